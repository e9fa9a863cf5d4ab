// The Connect listener put together: page, overview, what services add, and Kafka Connect's API last.
import type { RequestListener } from 'node:http';
import { Router } from 'express';
import type { Logger } from '../core/log.ts';
import type { Redactor } from '../core/redact.ts';
import { connectRouter } from './connect/index.ts';
import type { ConnectApi } from './connect/root.ts';
import { errorHandler } from './errors.ts';
import { type OverviewSource, overviewRouter } from './overview.ts';
import { makeApp } from './server.ts';
import { webRouter } from './web.ts';

export type { Router };

/** What the listener serves. */
export interface RestParts {
  readonly api: ConnectApi;
  /** Routers of services (back-fills, lineage), mounted before the Connect API. */
  readonly routers: readonly Router[];
  readonly overview: OverviewSource;
  /** Folder of the page; null: none. */
  readonly web: string | null;
  readonly redactor: Redactor;
  readonly log: Logger;
  now(): number;
}

export function restApp({ api, routers, overview, web, redactor, log, now }: RestParts): RequestListener {
  return makeApp({
    routers: [
      ...(web === null ? [] : [pageRouter(web)]),
      overviewRouter(overview, now),
      ...routers,
      connectRouter(api),
    ],
    onError: errorHandler(redactor, (error, request) => {
      const message = error instanceof Error ? error.message : String(error);
      log.error('A request failed.', { method: request.method, path: request.path, error: message });
    }),
  });
}

/** Browsers ask for HTML before anything; API clients that accept nothing but HTML get the reference's 406. */
function pageRouter(web: string): Router {
  const router = Router();
  router.get('/', (request, response, next) => {
    if ((request.headers.accept ?? '').startsWith('text/html,')) response.redirect(302, '/ui/');
    else next();
  });
  router.use(webRouter(web));
  return router;
}
