// `/connectors`: life, config, status, tasks, topics.
import type { Request, Response } from 'express';
import type { RawConfig } from '../../core/config/define.ts';
import { TributaryError } from '../../core/errors.ts';
import {
  ALGORITHM_HEADER,
  type ConnectorStatus,
  connectorSettings,
  parseCreateRequest,
  SIGNATURE_HEADER,
  shownConfig,
  summaryOf,
  type Worker,
} from '../../host/index.ts';
import { HttpError, sendError } from '../errors.ts';
import { bodyBytes, flag, integerParam, param, type Resource, values } from '../resource.ts';

/** The resources under `/connectors`. */
export function connectorResources(worker: Worker): readonly Resource[] {
  return [
    {
      path: '/connectors',
      on: { get: (request) => list(worker, request), post: create(worker) },
      body: ['post'],
      at: { post: 'leader' },
    },
    {
      path: '/connectors/:name',
      at: { delete: 'leader' },
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
      ...(expansions.includes('summary') ? { summary: summaryOf(worker.status(name)) } : {}),
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
    at: { put: 'leader', patch: 'leader' },
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
    // Any worker may say that a connector is to pause or go on.
    ...(state === 'STOPPED' ? { at: { put: 'leader' as const } } : {}),
    on: {
      put: async (request, response) => {
        const name = param(request, 'name');
        if (!worker.has(name)) await worker.catchUp();
        await worker.setTarget(name, state);
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
      at: { post: (request) => (isPlanned(request) ? 'leader' : 'owner') },
      on: {
        post: async (request, response) => {
          const name = param(request, 'name');
          if (!isPlanned(request)) {
            await worker.restartInstance(name);
            response.status(204);
            return undefined;
          }
          const options = { includeTasks: flag(request, 'includeTasks'), onlyFailed: flag(request, 'onlyFailed') };
          const plan = await worker.restart(name, options);
          response.status(202);
          return status(worker, plan);
        },
      },
    },
  ];
}

/** The old form restarts the instance alone, and waits for it. */
function isPlanned(request: Request): boolean {
  return flag(request, 'includeTasks') || flag(request, 'onlyFailed');
}

function tasks(worker: Worker): readonly Resource[] {
  return [
    {
      path: '/connectors/:name/tasks',
      body: ['post'],
      at: { post: 'leader' },
      on: {
        post: async (request, response) => {
          checkSignature(worker, request);
          await worker.takeTasks(param(request, 'name'), taskConfigs(request.body));
          response.status(204);
        },
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
      path: '/connectors/:name/fence',
      at: { put: 'leader' },
      on: {
        put: async (request, response) => {
          checkSignature(worker, request);
          await worker.fence(param(request, 'name'));
          response.status(204);
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
      at: { post: 'owner' },
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
          return { [name]: { topics: worker.has(name) ? worker.topicsOf(name) : [] } };
        },
      },
    },
    {
      path: '/connectors/:name/topics/reset',
      on: {
        put: (request, response) => {
          if (!topicTracking) return sendError(response, 403, 'Topic tracking is disabled.');
          if (!topicTrackingReset) return sendError(response, 403, 'Topic tracking reset is disabled.');
          worker.forgetTopics(param(request, 'name'));
          response.status(202);
          return undefined;
        },
      },
    },
  ];
}

/** Only workers of the group may call. */
function checkSignature(worker: Worker, request: Request): void {
  const [signature, algorithm] = [request.get(SIGNATURE_HEADER), request.get(ALGORITHM_HEADER)];
  const fault = worker.signatureFault(bodyBytes(request), signature, algorithm);
  if (fault !== null) throw new HttpError(fault.status, fault.message);
}

function taskConfigs(body: unknown): readonly RawConfig[] {
  if (Array.isArray(body)) return body.map((config: unknown) => connectorSettings(config));
  throw new TributaryError('TRIB_REQUEST_MALFORMED', 'config', { what: 'The body must be an array of task configs.' });
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

function status(worker: Worker, { name, connector, tasks: all, type }: ConnectorStatus) {
  const { metrics } = worker.environment;
  // A connector that is well looks exactly as in Kafka Connect.
  const summary = summaryOf({ connector, tasks: all });
  const isPlain = summary.state === connector.state && summary.cause === null;
  const trace = (text: string | null) => (text === null ? {} : { trace: text });
  const attempts = (task: number) => {
    const labels = { connector: name, task: String(task), reason: 'automatic' };
    const { value } = metrics.counter('task_restarts', labels);
    return value === 0 ? {} : { restart_attempts: value };
  };
  return {
    name,
    connector: {
      state: connector.state,
      worker_id: connector.workerId,
      ...trace(connector.trace),
      version: connector.version,
    },
    tasks: all.map((task) => ({
      id: task.id,
      state: task.state,
      worker_id: task.workerId,
      ...trace(task.trace),
      version: task.version,
      ...(task.restartsAtMs === null ? {} : { restarts_at: task.restartsAtMs }),
      ...attempts(task.id),
    })),
    type: shownType(type),
    ...(isPlain ? {} : { summary }),
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
