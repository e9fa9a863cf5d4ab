// Where a query stands, for people and pages: state, lag a source, rows, skipped records, time left.
import { isTransient } from '../core/errors.ts';
import type { Broker } from '../ports/broker.ts';
import { splitPartitionKey } from '../ports/broker.ts';
import type { PersistentQuery } from '../sql/catalog/catalog.ts';
import type { HostState } from './host-states.ts';
import type { PersistentRun } from './persistent-run.ts';
import type { QueryError } from './query-tally.ts';

/** UNKNOWN: it runs on another host, which has said nothing of it. */
export type QueryState = 'RUNNING' | 'ERROR' | 'PAUSED' | 'STARTING' | 'STOPPED' | 'UNKNOWN';

/** How far one input has been read. */
export interface SourceLag {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to process. */
  readonly position: number;
  /** Stable end of the log. */
  readonly end: number;
  readonly lag: number;
}
export interface QueryStatus {
  readonly queryId: string;
  readonly statement: string;
  readonly kind: PersistentQuery['kind'];
  readonly sink: string | null;
  readonly reads: readonly string[];
  /** The connector that owns it; null: the server. */
  readonly owner: string | null;
  readonly state: QueryState;
  readonly group: string;
  readonly sources: readonly SourceLag[];
  /** Null: the broker cannot be asked now. */
  readonly lag: number | null;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly rowsPerSecond: number;
  /** Seconds until it has caught up at its present pace; 0: it has; null: it cannot be told. */
  readonly secondsLeft: number | null;
  /** Records that could not be read, and the first of them. */
  readonly skipped: {
    readonly count: number;
    readonly first: { readonly where: string; readonly message: string } | null;
  };
  /** Rows or expressions that failed. */
  readonly failures: { readonly count: number; readonly samples: readonly string[] };
  readonly errors: readonly QueryError[];
}

/** What is known of a query beside its run here. */
export interface StatusFacts {
  readonly owner: string | null;
  readonly paused: boolean;
  readonly broken: QueryError | null;
  /** In a group, what the host that runs it says; null: this host stands alone. */
  readonly elsewhere: HostState | 'unknown' | null;
}

/** A query's state, without asking anybody. */
export function stateOf(run: PersistentRun | null, { paused, broken, elsewhere }: StatusFacts): QueryState {
  if (broken !== null) return 'ERROR';
  if (paused) return 'PAUSED';
  if (run?.active === true || elsewhere === null) return run?.state ?? 'STOPPED';
  return elsewhere === 'unknown' ? 'UNKNOWN' : elsewhere.state;
}

/** A query as it stands now. */
export async function statusOf(
  broker: Broker,
  query: PersistentQuery,
  run: PersistentRun | null,
  about: StatusFacts,
): Promise<QueryStatus> {
  const sources = run === null ? [] : await knownLagsOf(broker, run);
  const lag = sources === null ? null : sources.reduce((sum, source) => sum + source.lag, 0);
  const pace = run?.tally.rowsPerSecond ?? 0;
  return {
    queryId: query.id,
    statement: query.text,
    kind: query.kind,
    sink: query.sink,
    reads: query.reads,
    owner: about.owner,
    state: stateOf(run, about),
    group: run?.group ?? '',
    sources: sources ?? [],
    lag,
    rowsIn: run?.tally.rowsIn ?? 0,
    rowsOut: run?.tally.rowsOut ?? 0,
    rowsPerSecond: pace,
    secondsLeft: lag === 0 ? 0 : lag !== null && pace > 0 ? Math.ceil(lag / pace) : null,
    skipped: { count: run?.tally.skippedCount ?? 0, first: run?.tally.firstSkipped ?? null },
    failures: { count: run?.tally.failedCount ?? 0, samples: run?.tally.failureSamples ?? [] },
    errors: about.broken !== null ? [about.broken] : errorsOf(run, about.elsewhere),
  };
}

function errorsOf(run: PersistentRun | null, elsewhere: HostState | 'unknown' | null): readonly QueryError[] {
  if (run?.active === true || elsewhere === null || elsewhere === 'unknown') return run?.tally.errors ?? [];
  return elsewhere.error === null ? [] : [{ atMs: 0, message: elsewhere.error, type: 'UNKNOWN' }];
}

/** Null while the broker cannot be asked: how a query stands is told all the same. */
async function knownLagsOf(broker: Broker, run: PersistentRun): Promise<readonly SourceLag[] | null> {
  try {
    return await lagsOf(broker, run);
  } catch (error) {
    if (!isTransient(error)) throw error;
    return null;
  }
}

async function lagsOf(broker: Broker, run: PersistentRun): Promise<readonly SourceLag[]> {
  await run.footprint.know();
  const keys = run.footprint.inputKeys;
  if (keys.length === 0) return [];
  const [ends, committed, earliest] = await Promise.all([
    broker.offsets(keys, 'stable'),
    broker.committed(run.group, keys),
    broker.offsets(keys, 'earliest'),
  ]);
  const reached = run.reached;
  return keys.map((key) => {
    const end = ends.get(key) ?? 0;
    const position = Math.max(reached?.get(key) ?? 0, committed.get(key) ?? 0, earliest.get(key) ?? 0);
    return { ...splitPartitionKey(key), position, end, lag: Math.max(0, end - position) };
  });
}
