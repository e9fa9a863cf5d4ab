// `/connectors`: life, config, status, tasks, topics.
import type { Request, Response } from 'express';
import { TributaryError } from '../../core/errors.ts';
import {
  type ConnectorStatus,
  connectorSettings,
  parseCreateRequest,
  shownConfig,
  type Worker,
} from '../../host/index.ts';
import { sendError } from '../errors.ts';
import { flag, integerParam, param, type Resource, values } from '../resource.ts';

/** The resources under `/connectors`. */
export function connectorResources(worker: Worker): readonly Resource[] {
  return [
    { path: '/connectors', on: { get: (request) => list(worker, request), post: create(worker) }, body: ['post'] },
    {
      path: '/connectors/:name',
      on: {
        get: (request) => info(worker, param(request, 'name')),
        delete: async (request, response) => {
          await worker.remove(param(request, 'name'));
          response.status(204);
        },
      },
    },
    configResource(worker),
    {
      path: '/connectors/:name/status',
      on: { get: (request) => status(worker, worker.status(param(request, 'name'))) },
    },
    ...commands(worker),
    ...tasks(worker),
    ...topics(worker),
  ];
}

function list(worker: Worker, request: Request): unknown {
  const expansions = values(request, 'expand');
  if (expansions.length === 0) return worker.names();
  const expanded: Record<string, object> = {};
  for (const name of worker.names()) {
    expanded[name] = {
      ...(expansions.includes('info') ? { info: info(worker, name) } : {}),
      ...(expansions.includes('status') ? { status: status(worker, worker.status(name)) } : {}),
    };
  }
  return expanded;
}

function create(worker: Worker) {
  return async (request: Request, response: Response): Promise<unknown> => {
    const { name, config, target } = parseCreateRequest(request.body);
    // The reference tells of a missing name only in validation, where it stands with all other faults.
    const given = name ?? '';
    await worker.create(given, config, target);
    response.status(201).location(locationOf(request, given));
    return { ...info(worker, given), tasks: [] };
  };
}

function configResource(worker: Worker): Resource {
  return {
    path: '/connectors/:name/config',
    body: ['put', 'patch'],
    on: {
      get: (request) => shownConfig(worker.info(param(request, 'name')).config, worker.environment),
      put: async (request, response) => {
        const name = param(request, 'name');
        if ((await worker.put(name, connectorSettings(request.body))) === 'updated') return info(worker, name);
        response.status(201).location(locationOf(request, name));
        return { ...info(worker, name), tasks: [] };
      },
      patch: async (request) => {
        const name = param(request, 'name');
        await worker.patch(name, connectorSettings(request.body));
        return info(worker, name);
      },
    },
  };
}

function commands(worker: Worker): readonly Resource[] {
  const target = (path: string, state: 'PAUSED' | 'STARTED' | 'STOPPED', code: number): Resource => ({
    path: `/connectors/:name/${path}`,
    on: {
      put: async (request, response) => {
        await worker.setTarget(param(request, 'name'), state);
        response.status(code);
      },
    },
  });
  return [
    target('pause', 'PAUSED', 202),
    target('resume', 'STARTED', 202),
    target('stop', 'STOPPED', 204),
    {
      path: '/connectors/:name/restart',
      on: {
        post: async (request, response) => {
          const name = param(request, 'name');
          const includeTasks = flag(request, 'includeTasks');
          const onlyFailed = flag(request, 'onlyFailed');
          if (!includeTasks && !onlyFailed) {
            await worker.restartInstance(name);
            response.status(204);
            return undefined;
          }
          worker.restart(name, { includeTasks, onlyFailed });
          response.status(202);
          return status(worker, worker.status(name));
        },
      },
    },
  ];
}

function tasks(worker: Worker): readonly Resource[] {
  return [
    {
      path: '/connectors/:name/tasks',
      on: {
        get: (request) => {
          const name = param(request, 'name');
          const { tasks: all } = worker.get(name);
          return all.map((task) => ({
            id: { connector: name, task: task.id },
            config: shownConfig(task.config, worker.environment),
          }));
        },
      },
    },
    {
      path: '/connectors/:name/tasks/:task/status',
      on: {
        get: (request) => {
          const name = param(request, 'name');
          const id = integerParam(request, 'task');
          const shown = worker.has(name) ? status(worker, worker.status(name)).tasks : [];
          const task = shown.find((candidate) => candidate.id === id);
          if (task !== undefined) return task;
          throw new TributaryError('TRIB_TASK_NOT_FOUND', 'notFound', {
            what: `No status found for task ${name}-${id}`,
          });
        },
      },
    },
    {
      path: '/connectors/:name/tasks/:task/restart',
      on: {
        post: async (request, response) => {
          const id = integerParam(request, 'task');
          await worker.restartTask(param(request, 'name'), id);
          response.status(204);
        },
      },
    },
  ];
}

function topics(worker: Worker): readonly Resource[] {
  const { topicTracking, topicTrackingReset } = worker.environment.settings;
  return [
    {
      path: '/connectors/:name/topics',
      on: {
        get: (request, response) => {
          if (!topicTracking) return sendError(response, 403, 'Topic tracking is disabled.');
          const name = param(request, 'name');
          // Clients ask before the connector exists: an unknown one has no topics yet.
          return { [name]: { topics: worker.has(name) ? [...worker.get(name).topics] : [] } };
        },
      },
    },
    {
      path: '/connectors/:name/topics/reset',
      on: {
        put: (request, response) => {
          if (!topicTracking) return sendError(response, 403, 'Topic tracking is disabled.');
          if (!topicTrackingReset) return sendError(response, 403, 'Topic tracking reset is disabled.');
          const name = param(request, 'name');
          if (worker.has(name)) worker.get(name).topics.clear();
          response.status(202);
          return undefined;
        },
      },
    },
  ];
}

function info(worker: Worker, name: string) {
  const { config, taskCount, type } = worker.info(name);
  return {
    name,
    config: shownConfig(config, worker.environment),
    tasks: Array.from({ length: taskCount }, (_, task) => ({ connector: name, task })),
    type: shownType(type),
  };
}

function status(worker: Worker, { name, connector, tasks: all, type, version }: ConnectorStatus) {
  const { workerId } = worker.environment.settings;
  const trace = (text: string | null) => (text === null ? {} : { trace: text });
  return {
    name,
    connector: { state: connector.state, worker_id: workerId, ...trace(connector.trace), version },
    tasks: all.map((task) => ({
      id: task.id,
      state: task.state,
      worker_id: workerId,
      ...trace(task.trace),
      version,
      ...(task.restartsAtMs === null ? {} : { restarts_at: task.restartsAtMs }),
    })),
    type: shownType(type),
  };
}

/** Clients know sources and sinks only; a processor reads topics under a group as a sink does. */
function shownType(type: string): string {
  return type === 'processor' ? 'sink' : type;
}

function locationOf(request: Request, name: string): string {
  const segment = encodeURI(name).replaceAll('?', '%3F').replaceAll('#', '%23');
  return `${request.protocol}://${request.get('host')}/connectors/${segment}`;
}
