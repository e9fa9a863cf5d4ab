// What the page, the live table and the caught-up check are told: connectors, queries and back-fills as they stand now.

import type { Metrics } from '../core/metrics.ts';
import { retryText } from '../core/retry-text.ts';
import { rollUp, type Worker } from '../host/index.ts';
import type { BackfillFact, ConnectorFact, Facts, QueryFact } from '../lineage/graph.ts';
import { nearestOutside, readsElsewhere } from './outside.ts';

/** Facts that other parts of the product add. */
export interface FactSources {
  queries(): Promise<readonly QueryFact[]> | readonly QueryFact[];
  backfills(): Promise<readonly BackfillFact[]> | readonly BackfillFact[];
}

const NO_LAG_YET = new Set(['STOPPED', 'UNASSIGNED']);

/** How far a connector is behind; null when it is not known. */
export type LagOf = (name: string) => Promise<number | null> | number | null;

/** All facts. Lag needs the broker: while it cannot be reached it is unknown. By default each connector's group is asked. */
export async function gatherFacts(
  worker: Worker,
  sources: FactSources,
  lagOf: LagOf = askedLag(worker),
): Promise<Facts> {
  const counters = countersByConnector(worker.environment.metrics);
  const fact = async (name: string): Promise<ConnectorFact | null> => {
    const known = connectorFact(worker, name, counters.get(name) ?? {});
    return known === null || NO_LAG_YET.has(known.state) ? known : { ...known, lag: await lagOf(name) };
  };
  const [connectors, queries, backfills] = await Promise.all([
    Promise.all(worker.names().map(fact)),
    sources.queries(),
    sources.backfills(),
  ]);
  return { connectors: connectors.filter((known) => known !== null), queries, backfills };
}

/** Connectors as they are known without asking anybody. */
export function knownFacts(worker: Worker): Facts {
  const counters = countersByConnector(worker.environment.metrics);
  const connectors = worker.names().map((name) => connectorFact(worker, name, counters.get(name) ?? {}));
  return { connectors: connectors.filter((known) => known !== null), queries: [], backfills: [] };
}

function connectorFact(worker: Worker, name: string, counters: Readonly<Record<string, number>>): ConnectorFact | null {
  if (!worker.has(name)) return null;
  const status = worker.status(name);
  const { config, reads, writes } = worker.get(name);
  const { environment } = worker;
  const found = environment.plugins.findConnector(config['connector.class'] ?? '');
  const state = rollUp(status);
  // Members may be expressions, which name no topic.
  const named = readsElsewhere(config) ? [] : (config['topics'] ?? '').split(',').map((topic) => topic.trim());
  const listed = named.filter((topic) => /^[a-zA-Z0-9._-]+$/.test(topic));
  return {
    name,
    kind: found?.def.kind ?? 'processor',
    className: found?.def.name ?? config['connector.class'] ?? '',
    state,
    tasks: status.tasks.map(({ id, state: taskState, trace, retrying }) => ({
      id,
      state: taskState,
      trace,
      retrying: retrying === null ? null : retryText(retrying, environment.clock.now()),
    })),
    reads: [...new Set([...listed, ...reads])],
    writes: [...writes],
    outside: nearestOutside(found?.def.kind ?? 'processor', found?.def.name ?? '', config),
    counters,
    lag: null,
  };
}

function askedLag(worker: Worker): LagOf {
  return async (name) => {
    try {
      return await worker.sourceAndSinkOffsets.lag(name);
    } catch {
      return null; // the broker cannot be asked now, or the connector has just gone
    }
  };
}

/** All counters in one pass: with a thousand connectors a pass for each would be too many. */
function countersByConnector(metrics: Metrics): ReadonlyMap<string, Readonly<Record<string, number>>> {
  const all = new Map<string, Record<string, number>>();
  for (const { name, labels, kind, value } of metrics.samples()) {
    const connector = labels['connector'];
    if (kind !== 'counter' || connector === undefined) continue;
    let totals = all.get(connector);
    if (totals === undefined) {
      totals = {};
      all.set(connector, totals);
    }
    totals[name] = (totals[name] ?? 0) + value;
  }
  return all;
}
