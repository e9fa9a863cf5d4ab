// `/admin/loggers`: levels at run time.
import { TributaryError } from '../../core/errors.ts';
import { type LoggerState, type Logs, parseLevel } from '../../core/log.ts';
import type { Worker } from '../../host/index.ts';
import { param, type Resource, values } from '../resource.ts';

/** The logger resources. */
export function loggerResources(logs: Logs, worker: Worker): readonly Resource[] {
  return [
    {
      path: '/admin/loggers',
      on: { get: () => Object.fromEntries([...logs.list()].map(([name, state]) => [name, shown(state)])) },
    },
    {
      path: '/admin/loggers/:logger',
      body: ['put'],
      on: {
        get: (request) => {
          const name = param(request, 'logger');
          const state = logs.get(name);
          if (state !== null) return shown(state);
          throw new TributaryError('TRIB_LOGGER_UNKNOWN', 'notFound', { what: `Logger ${name} not found.` });
        },
        put: async (request, response) => {
          const text = levelOf(request.body);
          const level = parseLevel(text);
          if (level === null) {
            throw new TributaryError('TRIB_LOG_LEVEL', 'notFound', { what: `invalid log level '${text}'.` });
          }
          const logger = param(request, 'logger');
          if (values(request, 'scope').at(-1)?.toLowerCase() !== 'cluster') return logs.setLevel(logger, level);
          // Every worker, this one too, acts on the record.
          await worker.setClusterLogLevel(logger, level);
          response.status(204);
          return undefined;
        },
      },
    },
  ];
}

function shown({ level, lastModified }: LoggerState) {
  return { level, last_modified: lastModified };
}

function levelOf(body: unknown): string {
  const level = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)['level'] : undefined;
  if (level !== undefined && level !== null) return String(level);
  throw new TributaryError('TRIB_LOG_LEVEL', 'config', {
    what: "Desired 'level' parameter was not specified in request.",
  });
}
