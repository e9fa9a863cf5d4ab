// What the page, the live table and the caught-up check are told: connectors, queries and back-fills as they stand now.

import type { Metrics } from '../core/metrics.ts';
import type { ConnectorStatus, Worker } from '../host/index.ts';
import type { BackfillFact, ConnectorFact, Facts, QueryFact } from '../lineage/graph.ts';
import { nearestOutside } from './outside.ts';

/** Facts that other parts of the product add. */
export interface FactSources {
  queries(): Promise<readonly QueryFact[]> | readonly QueryFact[];
  backfills(): Promise<readonly BackfillFact[]> | readonly BackfillFact[];
}

const NO_LAG_YET = new Set(['STOPPED', 'UNASSIGNED']);

/** All facts. Lag needs the broker: while it cannot be reached it is unknown. */
export async function gatherFacts(worker: Worker, sources: FactSources): Promise<Facts> {
  const [connectors, queries, backfills] = await Promise.all([
    Promise.all(worker.names().map((name) => connectorFact(worker, name))),
    sources.queries(),
    sources.backfills(),
  ]);
  return { connectors: connectors.filter((fact) => fact !== null), queries, backfills };
}

async function connectorFact(worker: Worker, name: string): Promise<ConnectorFact | null> {
  if (!worker.has(name)) return null;
  const status = worker.status(name);
  const { config, reads, writes } = worker.get(name);
  const { environment } = worker;
  const found = environment.plugins.findConnector(config['connector.class'] ?? '');
  const state = rollUp(status);
  const listed = (config['topics'] ?? '').split(',').map((topic) => topic.trim()).filter((topic) => topic !== ''); // biome-ignore format: short
  return {
    name,
    kind: found?.def.kind ?? 'processor',
    className: found?.def.name ?? config['connector.class'] ?? '',
    state,
    tasks: status.tasks.map(({ id, state: taskState, trace }) => ({ id, state: taskState, trace })),
    reads: [...new Set([...listed, ...reads])],
    writes: [...writes],
    outside: nearestOutside(found?.def.kind ?? 'processor', found?.def.name ?? '', config),
    counters: countersOf(environment.metrics, name),
    lag: NO_LAG_YET.has(state) ? null : await lagOf(worker, name),
  };
}

async function lagOf(worker: Worker, name: string): Promise<number | null> {
  try {
    return await worker.sourceAndSinkOffsets.lag(name);
  } catch {
    return null; // the broker cannot be asked now, or the connector has just gone
  }
}

/** One word for connector and tasks: a running connector with some failed tasks is DEGRADED. */
export function rollUp({ connector, tasks }: ConnectorStatus): string {
  if (connector.state !== 'RUNNING') return connector.state;
  const failed = tasks.filter(({ state }) => state === 'FAILED').length;
  if (failed === 0) return tasks.some(({ state }) => state === 'UNASSIGNED') ? 'UNASSIGNED' : 'RUNNING';
  return failed === tasks.length ? 'FAILED' : 'DEGRADED';
}

function countersOf(metrics: Metrics, connector: string): Readonly<Record<string, number>> {
  const totals: Record<string, number> = {};
  for (const { name, labels, kind, value } of metrics.samples()) {
    if (kind === 'counter' && labels['connector'] === connector) totals[name] = (totals[name] ?? 0) + value;
  }
  return totals;
}
