// Pull queries: the committed state of a table, asked in the tasks that keep it.
import type { Row, Value } from '../core/data/schema.ts';
import { TributaryError } from '../core/errors.ts';
import { keyIdentity } from '../engine/key-identity.ts';
import { type PullRow, pullFunction } from '../engine/pull.ts';
import type { TaskState } from '../engine/task-state.ts';
import type { Materialized } from '../engine/topology.ts';
import type { Clock } from '../ports/clock.ts';
import type { PullPlan } from '../sql/bind/pull.ts';
import type { FunctionContext, Functions } from '../sql/functions/registry.ts';
import type { PersistentRun } from './persistent-run.ts';
import type { RowStream, StreamRow } from './results.ts';

/** How long a query waits for tasks that are just starting. */
const START_WAIT_MS = 10_000;
const START_LOOK_MS = 25;

export interface PullSetup {
  readonly queryId: string;
  readonly plan: PullPlan;
  readonly run: PersistentRun;
  readonly functions: Functions;
  readonly context: FunctionContext;
  readonly clock: Clock;
}

/** Opens a pull query over a table. */
export async function openPull(setup: PullSetup): Promise<RowStream> {
  const { plan, run } = setup;
  const { materialized } = run.topology;
  if (materialized === null) {
    throw new TributaryError('TRIB_SQL_PULL_9', 'sql', {
      what: `The rows of ${plan.source.name} are not kept by query ${run.queryId}.`,
    });
  }
  const states = await runningStates(setup, materialized);
  return new PullStream(setup, materialized, states);
}

async function runningStates(setup: PullSetup, { part }: Materialized): Promise<readonly TaskState[]> {
  const { run, clock } = setup;
  const deadlineMs = clock.now() + START_WAIT_MS;
  for (;;) {
    const states = run.statesOf(part);
    if (states.length > 0 && states.every((state) => state !== null)) return states as readonly TaskState[];
    if (states.length === 0 || clock.now() >= deadlineMs) {
      throw notUp(setup.plan.source.name, run);
    }
    await clock.sleep(START_LOOK_MS);
  }
}

/** Says what the query waits for or failed of: a state that is on its way is no answer to who waits in vain. */
function notUp(table: string, { queryId, state, trouble }: PersistentRun): TributaryError {
  const why = trouble === null ? '.' : `: ${trouble.message}`;
  const cause = trouble === null ? {} : { cause: trouble };
  const what = `Table ${table} cannot be asked now: its query ${queryId}`;
  if (state === 'ERROR') {
    const isGone = trouble instanceof TributaryError && trouble.code === 'TRIB_TOPIC_UNKNOWN';
    return new TributaryError('TRIB_TABLE_NOT_UP', 'transient', {
      what: `${what} failed${why}`,
      fix: isGone
        ? `If that topic was deleted for good, what the query knew is gone with it: DROP TABLE ${table}; and create it again with auto.offset.reset=earliest, so that it is built anew from what it reads.`
        : `The query is tried again by itself; it runs once this is mended. EXPLAIN ${queryId}; shows its last errors.`,
      ...cause,
    });
  }
  return new TributaryError('TRIB_TABLE_NOT_UP', 'transient', {
    what: `${what} is ${state}${why}`,
    fix:
      state === 'STOPPED'
        ? `RESUME ${queryId};`
        : `${trouble === null ? 'It loads its state; try' : 'It starts by itself when that is over: try'} again soon.`,
    ...cause,
  });
}

class PullStream implements RowStream {
  readonly kind = 'pull';
  readonly queryId: string;
  readonly columns: RowStream['columns'];
  ended: RowStream['ended'] = null;
  readonly #setup: PullSetup;
  readonly #materialized: Materialized;
  readonly #states: readonly TaskState[];
  readonly #evaluate: PullRow;
  #left: number;

  constructor(setup: PullSetup, materialized: Materialized, states: readonly TaskState[]) {
    this.queryId = setup.queryId;
    this.columns = setup.plan.columns;
    this.#setup = setup;
    this.#materialized = materialized;
    this.#states = states;
    this.#evaluate = pullFunction(setup.plan, setup.functions, setup.context);
    this.#left = setup.plan.limit ?? Number.POSITIVE_INFINITY;
  }

  async *rows(): AsyncIterable<readonly StreamRow[]> {
    const { plan } = this.#setup;
    const byKey = plan.keys !== null && plan.node.window === null && this.#keysAreStored();
    for await (const page of byKey ? this.#lookUps(plan.keys as readonly Row[]) : this.#scan()) {
      if (this.ended !== null) return;
      const rows = page.slice(0, this.#left);
      this.#left -= rows.length;
      if (rows.length > 0) yield rows;
      if (this.#left <= 0) break;
    }
    this.ended ??= 'completed';
  }

  async close(): Promise<void> {
    this.ended ??= 'closed';
  }

  /** Equal to the sink's key where the state is kept by it; a projection may have put its columns in another order. */
  #keysAreStored(): boolean {
    const { plan, run } = this.#setup;
    const part = run.topology.parts[this.#materialized.part]!;
    const sink = part.sinks.find(({ internal }) => !internal);
    return sink === undefined || sink.key.schema.fields?.length === plan.node.key.length;
  }

  async *#lookUps(keys: readonly Row[]): AsyncIterable<readonly StreamRow[]> {
    const { store } = this.#materialized;
    const asked = new Set<ReturnType<typeof keyIdentity>>();
    for (const key of keys) {
      const identity = keyIdentity(key);
      if (asked.has(identity)) continue;
      asked.add(identity);
      for (const state of this.#states) {
        const entry = await state.lookUp(store, key);
        const row = entry === null ? null : this.#resultOf(key, entry.value, entry.timeMs);
        if (row !== null) yield [row];
      }
    }
  }

  async *#scan(): AsyncIterable<readonly StreamRow[]> {
    for (const state of this.#states) {
      for await (const page of state.scan(this.#materialized.store)) {
        const rows: StreamRow[] = [];
        for (const [key, value, timeMs] of page) {
          const row = this.#resultOf(key, value, timeMs);
          if (row !== null) rows.push(row);
        }
        yield rows;
      }
    }
  }

  #resultOf(key: Row, state: Row, timeMs: number): StreamRow | null {
    const stored = this.#materialized.rowOf(key, state, timeMs);
    if (stored === null) return null;
    const cells: Value[] | null = this.#evaluate(stored.key, stored.value, timeMs);
    return cells === null ? null : { cells, tombstone: false };
  }
}
