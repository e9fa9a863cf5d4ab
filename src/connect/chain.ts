// Transforms at work: one, and a chain of them over an array of records.

import type { ConnectRecord } from './records.ts';

/** Applied to each record in order; null drops it. Throws `data` for a record it cannot handle. */
export type Transform = (record: ConnectRecord) => ConnectRecord | null;

/**
 * The `transforms` of a connector with their predicates, compiled once. Replaces `records[i]` by what the chain makes of it,
 * null when a stage drops it; null entries are skipped. A record that a stage cannot take becomes null and is handed to
 * `failed`, and the rest goes on, unless `failed` throws. Throws itself when a stage must not be asked again. Synchronous; the array is the caller's.
 */
export type RecordChain = (records: (ConnectRecord | null)[], failed: ChainFailed) => void;
/** Told of `records[index]`, which the stage could not take: the record as that stage got it. */
export type ChainFailed = (index: number, failure: ChainFailure) => void;
export interface ChainFailure {
  /** Alias in the config, e.g. `unwrap`. */
  readonly alias: string;
  readonly className: string;
  /** What the stage was given. */
  readonly record: ConnectRecord;
  readonly error: Error;
}
