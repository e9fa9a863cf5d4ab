// A task: one partition number of one sub-topology, run exactly once (architecture: "Exactly once").
//
// A task lives through sessions. A session opens the transactional output first, which fences whoever ran the task before and
// ends their transaction, then the state, then reads from the committed offsets. Whatever goes wrong within a session leaves
// nothing behind that was not committed, so the remedy for all of it is a new session.
import { isTransient, TributaryError } from '../core/errors.ts';
import type { Broker, Offsets } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { StateStore } from '../ports/state-store.ts';
import { isStateLost } from '../ports/state-store.ts';
import type { Serdes } from './serdes.ts';
import { TaskSession } from './task-session.ts';
import type { TaskState } from './task-state.ts';
import type { SourceDef, SubTopology } from './topology.ts';

/** What a task is told and lent. */
export interface TaskSetup {
  /** Fixed for the life of the query: transactional id and name in the state store. */
  readonly id: string;
  readonly queryId: string;
  /** Group that the inputs' offsets are committed for. */
  readonly group: string;
  readonly part: SubTopology;
  readonly partition: number;
  /** Partition count of each sink's topic. */
  readonly sinkPartitions: readonly number[];
  /** Where a source is read from that has no committed offset. */
  readonly startAt: (source: SourceDef) => 'earliest' | 'latest';
  readonly guarantee: 'exactly_once' | 'at_least_once';
  readonly commitMs: number;
  readonly commitRowsMax: number;
  readonly cacheRowsMax: number;
  /** Resolves when the queries of this host that make the part's tables have processed what was written so far; null: no need to ask. */
  readonly tablesSettled: ((signal: AbortSignal) => Promise<void>) | null;
  readonly serdes: Serdes;
  readonly broker: Broker;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly watch: TaskWatch;
}

/** Takes notice of what a task does. Called a few times a cycle at most, but for `bad`. */
export interface TaskWatch {
  /** Inputs have been processed up to these offsets, and committed. */
  committed(inputs: Offsets): void;
  /** Rows read and written by a committed cycle. */
  counted(rowsIn: number, rowsOut: number): void;
  /** A record was skipped because it could not be decoded. */
  bad(topic: string, partition: number, offset: number, error: Error): void;
  /** Rows or expressions failed in processing. */
  failures(count: number, samples: readonly string[]): void;
  /** A session ended with an error and a new one begins. */
  restarting(error: Error): void;
  /** The session has caught its state up and begins to read. `replayed`: changelog entries it had to read. */
  started(replayed: number): void;
}

export type TaskEnd = 'stopped' | 'fenced';

const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 30_000;

export class Task {
  readonly setup: TaskSetup;
  readonly #stopped = new AbortController();
  #session: TaskSession | null = null;
  #failures = 0;

  constructor(setup: TaskSetup) {
    this.setup = setup;
  }

  /** State for readers from outside; null while the task is not running. */
  get state(): TaskState | null {
    return this.#session?.state ?? null;
  }

  /** Runs until stopped or taken over. Rejects when the task cannot go on. */
  async run(): Promise<TaskEnd> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await this.#runSession();
      } catch (error) {
        if (signal.aborted) break;
        const end = await this.#afterFailure(error);
        if (end !== null) return end;
      }
    }
    return 'stopped';
  }

  /** Asks `run` to end: what was processed is committed first. */
  stop(): void {
    this.#stopped.abort();
    this.#session?.wake();
  }

  async #runSession(): Promise<void> {
    const session = new TaskSession(this.setup, this.#stopped.signal, () => {
      this.#failures = 0;
    });
    try {
      await session.open();
      this.#session = session;
      await session.run();
    } finally {
      this.#session = null;
      await session.close();
    }
  }

  async #afterFailure(error: unknown): Promise<TaskEnd | null> {
    if (!isStateLost(error)) {
      if (error instanceof TributaryError && error.kind === 'fenced') return 'fenced';
      if (!isTransient(error)) throw error;
    }
    this.setup.watch.restarting(error as Error);
    const pauseMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(this.#failures++, 16));
    await this.setup.clock.sleep(pauseMs, this.#stopped.signal);
    return null;
  }
}
