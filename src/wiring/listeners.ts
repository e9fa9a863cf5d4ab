// The ports of a worker. They are opened before anything else, and answer "starting" until there is something to serve.
import { existsSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import type { Logs } from '../core/log.ts';
import type { Metrics } from '../core/metrics.ts';
import type { Redactor } from '../core/redact.ts';
import type { Environment, HostView, MetricsDialect, Worker } from '../host/index.ts';
import { startingAnswer } from '../http/health.ts';
import { restApp } from '../http/rest-app.ts';
import { listen } from '../http/server.ts';
import type { Facts } from '../lineage/graph.ts';
import type { Clock } from '../ports/clock.ts';
import type { Adapters } from './adapters.ts';
import { healthOf } from './health-checks.ts';
import { processMetrics } from './process-metrics.ts';
import type { RecentErrors } from './recent-errors.ts';
import type { ServiceSet } from './services.ts';
import { CONNECT_VERSION, PRODUCT_VERSION } from './version.ts';
import type { WorkerSettings } from './worker-settings.ts';

/** All that is served once the worker is up. */
export interface Served {
  readonly worker: Worker;
  readonly environment: Environment;
  readonly view: HostView;
  readonly metricNames: MetricsDialect;
  readonly logs: Logs;
  readonly metrics: Metrics;
  readonly redactor: Redactor;
  readonly services: ServiceSet;
  facts(): Promise<Facts>;
  readonly errors: RecentErrors;
  readonly adapters: Adapters;
  readonly clock: Clock;
}

export interface Listeners {
  readonly urls: { readonly rest: string; readonly ksql: string | null; readonly page: string | null };
  /** What the worker waits for while it starts; shown by `/health`. */
  waiting(what: string): void;
  serve(served: Served): void;
  close(): Promise<void>;
}

/** Opens the ports. Throws `config` naming port and setting when one is taken. */
export async function openListeners(settings: WorkerSettings): Promise<Listeners> {
  const start: Start = { waitsFor: null };
  const gates = { rest: starting(start), ksql: starting(start) };
  const rest = await listen(settings.parsed['listeners'] as string, 'listeners', (request, response) =>
    gates.rest(request, response),
  );
  const ksqlAddress = settings.parsed['ksql.listeners'] as string;
  let ksql: Awaited<ReturnType<typeof listen>> | null = null;
  try {
    if (ksqlAddress !== '') {
      ksql = await listen(ksqlAddress, 'ksql.listeners', (request, response) => gates.ksql(request, response));
    }
  } catch (error) {
    await rest.close();
    throw error;
  }
  const web = join(import.meta.dirname, '..', '..', 'web');
  const hasPage = existsSync(join(web, 'index.html'));
  return {
    urls: { rest: rest.url, ksql: ksql?.url ?? null, page: hasPage ? `${rest.url}/ui` : null },
    waiting: (what) => {
      start.waitsFor = what;
    },
    serve: (served) => {
      gates.rest = appOf(served, hasPage ? web : null);
      if (served.services.ksqlApp !== null) gates.ksql = served.services.ksqlApp;
    },
    close: async () => {
      await Promise.all([rest.close(), ksql?.close()]);
    },
  };
}

function appOf(served: Served, web: string | null): RequestListener {
  const { worker, environment, logs, metrics, redactor, services, errors, adapters, clock } = served;
  const startedMs = clock.now();
  return restApp({
    api: {
      worker,
      logs,
      metrics,
      version: CONNECT_VERSION,
      commit: commitOf(PRODUCT_VERSION),
      view: served.view,
      health: healthOf(worker, environment),
      metricNames: served.metricNames,
      processMetrics: processMetrics(startedMs),
    },
    services: services.restResources,
    overview: {
      facts: served.facts,
      recentErrors: () => errors.list(),
      version: PRODUCT_VERSION,
      startedMs,
      adapters: adapters.names,
    },
    web,
    redactor,
    log: logs.logger('http'),
    now: () => clock.now(),
  });
}

interface Start {
  waitsFor: string | null;
}

function starting(start: Start): RequestListener {
  return (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0]!;
    const { status, body } = startingAnswer(path, start.waitsFor);
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(status === 503 ? { 'retry-after': '1' } : {}),
    });
    response.end(JSON.stringify(body));
  };
}

/** Clients show it beside the version; any stable text does. */
function commitOf(version: string): string {
  return Buffer.from(version).toString('hex').padEnd(16, '0').slice(0, 16);
}
