// The ksqlDB listener: nothing but that API, with its own error bodies.
import type { RequestListener } from 'node:http';
import express from 'express';
import type { QueryEngine } from '../queries/index.ts';
import { type KsqlSettings, ksqlRouter } from './ksql/router.ts';

/** The app of the listener at `ksql.listeners`. */
export function ksqlApp(engine: QueryEngine, settings: KsqlSettings): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.use(ksqlRouter(engine, settings));
  return app;
}
