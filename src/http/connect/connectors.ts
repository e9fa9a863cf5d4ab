// `/connectors`: life, config, status, tasks, topics.
import type { Request, Response } from 'express';
import type { RawConfig } from '../../core/config/define.ts';
import { TributaryError } from '../../core/errors.ts';
import {
  ALGORITHM_HEADER,
  connectorSettings,
  parseCreateRequest,
  SIGNATURE_HEADER,
  shownConfig,
  type Worker,
} from '../../host/index.ts';
import { HttpError, sendError } from '../errors.ts';
import { bodyBytes, flag, integerParam, param, type Resource, values } from '../resource.ts';
import { expandedAnswer, infoAnswer, statusAnswer, taskAnswer, wantsDetails, writtenAnswer } from './answers.ts';

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
        get: (request) => infoAnswer(worker, param(request, 'name')),
        delete: async (request, response) => {
          await worker.remove(param(request, 'name'));
          response.status(204);
        },
      },
    },
    configResource(worker),
    {
      path: '/connectors/:name/status',
      on: {
        get: (request) => statusAnswer(worker, worker.status(param(request, 'name')), wantsDetails(request)),
      },
    },
    ...commands(worker),
    ...tasks(worker),
    ...topics(worker),
  ];
}

function list(worker: Worker, request: Request): unknown {
  if (values(request, 'expand').length === 0) return worker.names();
  return Object.fromEntries(worker.names().map((name) => [name, expandedAnswer(worker, name, request)]));
}

function create(worker: Worker) {
  return async (request: Request, response: Response): Promise<unknown> => {
    const { name, config, target } = parseCreateRequest(request.body);
    // The reference tells of a missing name only in validation, where it stands with all other faults.
    const given = name ?? '';
    await worker.create(given, config, target);
    response.status(201).location(locationOf(request, given));
    return writtenAnswer(worker, given, true, wantsDetails(request));
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
        const isNew = (await worker.put(name, connectorSettings(request.body))) === 'created';
        if (isNew) response.status(201).location(locationOf(request, name));
        return writtenAnswer(worker, name, isNew, wantsDetails(request));
      },
      patch: async (request) => {
        const name = param(request, 'name');
        await worker.patch(name, connectorSettings(request.body));
        return writtenAnswer(worker, name, false, wantsDetails(request));
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
          return statusAnswer(worker, plan, wantsDetails(request));
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
          const tasks = worker.has(name) ? worker.status(name).tasks : [];
          const task = tasks.find((candidate) => candidate.id === id);
          if (task !== undefined) return taskAnswer(worker, name, task, wantsDetails(request));
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

function locationOf(request: Request, name: string): string {
  const segment = encodeURI(name).replaceAll('?', '%3F').replaceAll('#', '%23');
  return `${request.protocol}://${request.get('host')}/connectors/${segment}`;
}
