// Kafka Connect's REST API over a worker.
import type { Router } from 'express';
import { resources } from '../resource.ts';
import { connectorResources } from './connectors.ts';
import { loggerResources } from './loggers.ts';
import { offsetResources } from './offsets.ts';
import { pluginResources } from './plugins.ts';
import { type ConnectApi, rootResources } from './root.ts';

/** The router, to be mounted at the root of the listener. */
export function connectRouter(api: ConnectApi): Router {
  return resources([
    ...rootResources(api),
    ...connectorResources(api.worker),
    ...offsetResources(api.worker),
    ...pluginResources(api.worker),
    ...loggerResources(api.logs),
  ]);
}
