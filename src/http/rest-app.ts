// The Connect listener put together: page, overview, what services add, and Kafka Connect's API last.
import type { RequestListener } from 'node:http';
import { Router } from 'express';
import type { Logger } from '../core/log.ts';
import type { Redactor } from '../core/redact.ts';
import { DeadLetterDesk } from '../host/index.ts';
import type { CallLimit } from './call-limit.ts';
import { connectResources } from './connect/index.ts';
import type { ConnectApi } from './connect/root.ts';
import { deadLetterResources } from './dead-letters.ts';
import { errorHandler } from './errors.ts';
import { offsetPlanResources } from './offset-plan.ts';
import { withOpenApi } from './openapi.ts';
import { type OverviewSource, overviewResources } from './overview.ts';
import { type Resource, resources } from './resource.ts';
import { makeApp } from './server.ts';
import { webRouter } from './web.ts';

export type { Resource };

/** What the listener serves. */
export interface RestParts {
  readonly api: ConnectApi;
  /** Resources of services (back-fills). */
  readonly services: readonly Resource[];
  readonly overview: OverviewSource;
  /** Folder of the page; null: none. */
  readonly web: string | null;
  readonly redactor: Redactor;
  readonly log: Logger;
  now(): number;
}

export function restApp(parts: RestParts): RequestListener {
  const { web, redactor, log } = parts;
  return makeApp({
    routers: [...(web === null ? [] : [pageRouter(web)]), resources(restResources(parts), callLimit(parts.api))],
    onError: errorHandler(redactor, (error, request) => {
      const message = error instanceof Error ? error.message : String(error);
      log.error('A request failed.', { method: request.method, path: request.path, error: message });
    }),
  });
}

function callLimit({ worker, health }: ConnectApi): CallLimit {
  const { clock, settings } = worker.environment;
  const servers = settings.raw['bootstrap.servers'] ?? null;
  return {
    clock,
    outage: async () => {
      const kafka = (await health?.checks())?.['kafka'];
      if (kafka === undefined || kafka.ok) return null;
      const named = servers === null ? 'The brokers' : `The brokers named in bootstrap.servers (${servers})`;
      return `${named} do not answer${kafka.message === undefined ? '.' : `: ${kafka.message}`}`;
    },
  };
}

/** All that is served as JSON. */
export function restResources({
  api,
  services,
  overview,
  now,
}: Pick<RestParts, 'api' | 'services' | 'overview' | 'now'>): readonly Resource[] {
  const letters = deadLetterResources(new DeadLetterDesk(api.worker));
  const own = [...offsetPlanResources(api.worker), ...letters, ...overviewResources(overview, now)];
  return withOpenApi([...connectResources(api), ...own, ...services], overview.version);
}

/** Browsers ask for HTML before anything; API clients that accept nothing but HTML get the reference's 406. */
function pageRouter(web: string): Router {
  const router = Router();
  // No route of its own: that would answer OPTIONS too, which is the API's to do.
  router.use((request, response, next) => {
    const isPage = request.path === '/' && (request.method === 'GET' || request.method === 'HEAD');
    if (isPage && (request.headers.accept ?? '').startsWith('text/html,')) response.redirect(302, '/ui/');
    else next();
  });
  router.get('/api-docs', (_request, response) => response.redirect(302, '/ui/api.html'));
  router.use(webRouter(web));
  return router;
}
