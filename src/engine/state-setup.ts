// What the state of a task is made of and kept in.
import type { Broker } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { SourceDecoder } from './decode-chunk.ts';
import type { Serdes } from './serdes.ts';
import type { StoreDef } from './topology.ts';

/** What a task's state is made of and kept in. */
export interface StateSetup {
  readonly task: string;
  readonly partition: number;
  readonly stores: readonly StoreDef[];
  /** Decoders by source index, for stores that are a source's table. */
  readonly decoders: readonly SourceDecoder[];
  readonly serdes: Serdes;
  readonly broker: Broker;
  readonly store: StateStore;
  readonly clock: Clock;
  /** Rows kept in memory a store, where it may evict. */
  readonly cacheRowsMax: number;
  /** Aborted when the task stops: loading ends at the next page. */
  readonly signal: AbortSignal;
}
