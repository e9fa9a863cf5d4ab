// Kafka Connect's REST API over a worker.
import type { Router } from 'express';
import { documented } from '../documented.ts';
import { type Resource, resources } from '../resource.ts';
import { CONNECT_OPERATIONS, WORKER_OPERATIONS } from './api-docs.ts';
import { connectorResources } from './connectors.ts';
import { forwarded } from './forward.ts';
import { loggerResources } from './loggers.ts';
import { offsetResources } from './offsets.ts';
import { pluginResources } from './plugins.ts';
import { type ConnectApi, rootResources, viewIn } from './root.ts';

/** The router, to be mounted at the root of the listener. */
export function connectRouter(api: ConnectApi): Router {
  return resources(connectResources(api));
}

/** Kafka Connect's resources, documented. */
export function connectResources(api: ConnectApi): readonly Resource[] {
  const { worker, logs } = api;
  return [
    ...documented('Worker', rootResources(api), WORKER_OPERATIONS),
    ...documented('Connectors', forwarded(worker, connectorResources(worker)), CONNECT_OPERATIONS),
    ...documented('Connectors', forwarded(worker, offsetResources(worker, viewIn(api))), CONNECT_OPERATIONS),
    ...documented('Plugins', pluginResources(worker), CONNECT_OPERATIONS),
    ...documented('Loggers', loggerResources(logs, worker), CONNECT_OPERATIONS),
  ];
}
