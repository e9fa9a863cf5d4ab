// Pages of worker settings and of routes.
import type { RequestHandler, Router } from 'express';
import { backfillRouter } from '../../src/http/backfill.ts';
import { connectRouter } from '../../src/http/connect/index.ts';
import { ksqlRouter } from '../../src/http/ksql/router.ts';
import { overviewRouter } from '../../src/http/overview.ts';
import { WORKER_CONFIG } from '../../src/wiring/worker-settings.ts';
import { code, page, settingsTable, table } from './markdown.ts';

/** Page by file name. */
export function workerPages(): ReadonlyMap<string, string> {
  return new Map([
    [
      'worker-settings.md',
      page(
        'Worker settings',
        'What `trib run <worker.json>` reads, as JSON or properties. Values may hold `${env:NAME}`, `${env:NAME:default}` and `${file:path:key}`. Kafka client settings (`security.protocol`, `sasl.…`, `ssl.…`, `client.…`), `ksql.…` properties and converter settings (`value.converter.…`) are handed on; other settings of a Kafka Connect worker file are taken and have no effect.',
        [settingsTable(WORKER_CONFIG)],
      ),
    ],
    ['rest.md', restPage()],
  ]);
}

/** What our own routes do; Connect's and ksqlDB's are documented by their makers. */
const OURS: Readonly<Record<string, string>> = {
  'GET /backfills': 'All back-fills and where they stand.',
  'POST /backfills':
    'Submits `{"name", "backfill": {…}}`. 201 for a new run; 200 with its status when the same definition is there already. `?rerun=true` runs it anew; 409 when another definition has the name.',
  'GET /backfills/:name': 'One back-fill: state, steps, files, rows, rows a second, time left, bad rows.',
  'DELETE /backfills/:name': 'Cancels it. What was loaded stays.',
  'POST /backfills/:name/retry': 'Goes on after a failure: loaded files stay loaded.',
  'GET /api/overview': 'All that the page at `/ui` shows: pipelines, connectors, queries, back-fills, errors, lineage.',
  'GET /metrics': 'Counters in the text form of Prometheus.',
  'GET /health': '200 when the worker is up, 503 while it starts.',
};

function restPage(): string {
  const connect = routesOf(connectRouter(NOTHING));
  const own = [...routesOf(backfillRouter(NOTHING)), ...routesOf(overviewRouter(NOTHING, () => 0)), ...connect].filter(
    (route) => route in OURS,
  );
  const missing = Object.keys(OURS).filter((route) => !own.includes(route));
  if (missing.length > 0) throw new Error(`These routes are gone: ${missing.join(', ')}.`);
  const list = (routes: readonly string[]) => `\`\`\`\n${routes.join('\n')}\n\`\`\``;
  return page('Routes', 'Everything listens without authentication on the loopback address unless you set another.', [
    `## Ours, at \`listeners\`\n\n${table(
      ['route', ''],
      own.sort().map((route) => [code(route), OURS[route]!]),
    )}\n\nThe page is at \`/ui\`. The settings of a back-fill: [guide](../guide/backfill-from-bigquery.md).`,
    `## Kafka Connect's, at \`listeners\`\n\n${list(connect.filter((route) => !(route in OURS)))}`,
    `## ksqlDB's, at \`ksql.listeners\`\n\n${list(routesOf(ksqlRouter(NOTHING, NOTHING)))}`,
  ]);
}

/** Routers only register what they are made with; nothing of it is called here. */
const NOTHING = { worker: { environment: { settings: {} } }, logs: {}, metrics: {} } as never;

interface Layer {
  readonly route?: { readonly path: string | readonly string[]; readonly stack: readonly { method?: string }[] };
}

function routesOf(router: Router | RequestHandler): string[] {
  const layers = (router as unknown as { stack: readonly Layer[] }).stack;
  return layers.flatMap(({ route }) => {
    if (route === undefined) return [];
    const methods = new Set(
      route.stack.flatMap(({ method }) => (method === undefined || method === 'options' ? [] : [method])),
    );
    return [route.path].flat().flatMap((path) => [...methods].map((method) => `${method.toUpperCase()} ${path}`));
  });
}
