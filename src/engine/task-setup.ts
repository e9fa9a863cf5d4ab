// What a task is given to run with, and whom it tells.
import type { Broker, Offsets } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { Serdes } from './serdes.ts';
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
  /** False when another host may run the task by now: nothing is begun or committed any more. */
  mayWork(): boolean;
  /** Passing markers is committed too: other hosts see by the group's offsets alone how far the task has come. */
  readonly commitsMarkers: boolean;
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
