// What the engine makes of a plan, and what runs it. Pure: no clock, no I/O.
//
// A query is cut at repartition topics into sub-topologies; a *task* is one partition number of one sub-topology. A task reads
// chunks of its sources, runs them through compiled operators over in-memory state, and emits rows to sinks. Whoever drives it
// (engine/task.ts with a broker and one transaction a cycle; `trib eval` with lists) decodes, encodes and commits.
//
// Windows: the key row of a windowed source or sink has two more cells at its end, window start and end (ms). `serde.ts` cuts
// them off the payload and appends them again.
import type { Row, Schema } from '../core/data/schema.ts';
import type { Headers } from '../ports/broker.ts';

/** How one side of a topic is written: everything a format needs, as data. */
export interface SerdeRef {
  /** A name known to `formats/index.ts`, or `ROW`: the engine's own self-describing encoding (internal topics). */
  readonly format: string;
  /** A struct; its fields are the columns of this side in order (window bounds are not among them). */
  readonly schema: Schema;
  readonly unwrapped: boolean;
  readonly properties: Readonly<Record<string, string>>;
  /** Keys only: bounds follow the payload. TIME: 8 bytes start; SESSION: 8 bytes end, 8 bytes start. */
  readonly window: { readonly kind: 'TIME' | 'SESSION'; readonly sizeMs: number | null } | null;
}

/** Rows in the engine. Arrays have `length` entries; they belong to whoever made them until `run` returns. */
export interface Chunk {
  readonly length: number;
  readonly keys: (Row | null)[];
  /** Null row: tombstone. */
  readonly rows: (Row | null)[];
  readonly timesMs: number[];
  /** Present only when the source def asks for them. */
  readonly headers?: (Headers | null)[];
  readonly partitions?: number[];
  readonly offsets?: number[];
  /** Row came from a back-fill (header `__trib.backfill`): it sets state, and stream queries do not announce it. Absent: none did. */
  readonly silent?: boolean[];
}

export interface SourceDef {
  readonly topic: string;
  readonly shape: 'stream' | 'table';
  readonly key: SerdeRef;
  readonly value: SerdeRef;
  /** Paths of the key / value columns that the query reads; a chunk's cells come in this order. Empty: rows are `[]`, nothing is decoded. */
  readonly wantedKey: readonly (readonly number[])[];
  readonly wantedValue: readonly (readonly number[])[];
  /** Header columns of a table whose cells stand behind the value's in each row, so that a store holds them; null is all headers. */
  readonly wantedHeaders: readonly (string | null)[];
  /** Hand over `chunk.headers` (a query that hands headers on, or reads them). */
  readonly needsHeaders: boolean;
  readonly needsOffsets: boolean;
  /** Topic made by this query for itself (repartition). */
  readonly internal: boolean;
}
export interface SinkDef {
  readonly topic: string;
  readonly internal: boolean;
  readonly key: SerdeRef;
  readonly value: SerdeRef;
  /** Partition count to make an internal topic with; null: not internal. */
  readonly partitions: number | null;
}
/** A keyed store: rows by key row, logged to a compacted changelog topic in `ROW` encoding. */
export interface StoreDef {
  readonly name: string;
  /** Empty when `ofSource` is set. */
  readonly changelog: string;
  /** The store is the table itself as it stands in a topic the task reads (wanted cells of that source): no changelog of its own. */
  readonly ofSource: number | null;
  /** Entries that were not touched for long may be dropped from memory and loaded again through `keysOf`. False: all of it must be in memory. */
  readonly evictable: boolean;
}
export interface SubTopology {
  readonly id: string;
  readonly sources: readonly SourceDef[];
  readonly sinks: readonly SinkDef[];
  readonly stores: readonly StoreDef[];
  /** The generated code, for people (`--explain-code`). */
  readonly code: string;
  /** Makes a runnable instance over the given stores (same order as `stores`), filled before with what they held. */
  instantiate(stores: readonly KeyedState[]): TaskInstance;
}
export interface Topology {
  readonly queryId: string;
  /** In the order of the data: a part reads what earlier parts write. The last one holds the sink. */
  readonly parts: readonly SubTopology[];
  /** Where pull queries read the result table; null for streams. */
  readonly materialized: Materialized | null;
}
/** The result table of a query, by key, as the sink has it. */
export interface Materialized {
  readonly part: number;
  readonly store: number;
  /** The sink's value row of a stored entry; null when HAVING or a filter hides it. `key` is the store's key, which is the sink's key row. */
  rowOf(key: Row, state: Row, timeMs: number): { readonly key: Row; readonly value: Row } | null;
  /** Windowed aggregations: entries whose window start lies below stream time − this are gone; null: kept for ever. */
  readonly retentionMs: number | null;
}

/** State of one store of one task. Rows are the caller's to read, never to change in place. */
export interface KeyedState {
  /** Null when absent. The key must have been declared by `keysOf` before the chunk ran. */
  get(key: Row): Row | null;
  /** Null deletes. Marked dirty: written to the changelog and the state store with the cycle. */
  put(key: Row, value: Row | null, timeMs: number): void;
  /** Record time of the entry; −1 when absent. */
  timeOf(key: Row): number;
  /** All entries (pull scans, window expiry). */
  entries(): Iterable<readonly [key: Row, value: Row, timeMs: number]>;
}

/** Receives rows for `sinks[sink]`, in order. */
export interface Output {
  emit(sink: number, key: Row | null, row: Row | null, timeMs: number, headers: Headers | null, silent: boolean): void;
}
export interface TaskInstance {
  /** Keys that `run` of this chunk will look up, by store index, so that evicted ones can be loaded in one round trip. */
  keysOf(source: number, chunk: Chunk): readonly (readonly [store: number, keys: readonly Row[]])[];
  /** Throws `fatal` when the query cannot go on (E-RUN-10). A row that fails otherwise is counted in `failures` and goes on as the rules say. */
  run(source: number, chunk: Chunk, output: Output): void;
  /** Stream time or wall-clock time has advanced: close windows, expire buffers. Answers when it next wants to be called by wall clock, or null. */
  tick(streamTimeMs: number, wallTimeMs: number, output: Output): number | null;
  /** What failed on rows since the last call (processing log), at most some dozens of texts. */
  takeFailures(): { readonly count: number; readonly samples: readonly string[] };
}
