// The state store port: materialized state of tasks, a cache of their changelogs. Two adapters pass
// `test/ports/state-store.contract.ts`: Redis (ioredis) and LMDB. A third, in memory, serves `trib eval` and tests.
//
// Law: the store never leads the log. It is written only after the Kafka transaction that holds the same entries has
// committed; it may lag or vanish, and `open` tells the position from which the changelog must be replayed.
// Law: every read and write verifies the unique token of the newest `open`; older holders get a `fenced` error.

import { TributaryError } from '../core/errors.ts';
import type { Offsets } from './broker.ts';

/** Key and value bytes; a null value deletes. */
export type Entry = readonly [key: Buffer, value: Buffer | null];

/** An opened task state. */
export interface StateSession {
  readonly token: string;
  /** Changelog positions the stored state stands at; empty when nothing (or nothing trustworthy) is stored. */
  readonly position: Offsets;
  /**
   * Wall-clock time of the last write; absent when nothing was stored. A state that lags its changelog by longer than the
   * topic's `delete.retention.ms` must be cleared and rebuilt: tombstones that would delete its entries may be gone from the log.
   */
  readonly savedAtMs?: number;
}

/** Another holder has opened the task: close quietly. */
export function stateFenced(task: string): TributaryError {
  return new TributaryError('TRIB_STATE_FENCED', 'fenced', {
    what: `The state of task ${task} was taken over by another holder.`,
    fix: 'This copy stops; nothing was lost.',
  });
}

/**
 * The store no longer holds what this token wrote (it was flushed, restarted from an older snapshot, or a write failed with unknown
 * outcome). Nothing may be read or written with the token any more: open again and replay the changelog from the new position.
 */
export function stateLost(task: string, cause?: unknown): TributaryError {
  return new TributaryError('TRIB_STATE_LOST', 'fenced', {
    what: `The state store no longer holds the state of task ${task} as it was written.`,
    fix: 'The task opens it again and rebuilds it from its changelog.',
    cause,
  });
}

/** True when the task should open its state again instead of closing. */
export function isStateLost(error: unknown): boolean {
  return error instanceof TributaryError && error.code === 'TRIB_STATE_LOST';
}

export interface StateStore {
  /** Takes the state of a task over: issues a new unique token, fences earlier ones. Entries without a position are dropped. */
  open(task: string): Promise<StateSession>;
  /** Values for keys of one store of the task, in the order asked; null where absent. */
  read(task: string, token: string, store: string, keys: readonly Buffer[]): Promise<readonly (Buffer | null)[]>;
  /** Walks a whole store, in no promised order, in pages. An entry may come twice while the store is being written to. */
  scan(task: string, token: string, store: string): AsyncIterable<readonly Entry[]>;
  /**
   * Writes entries of several stores and the new position, all or nothing. After a failure other than `fenced` the token is
   * `lost` (it is unknown whether the write happened): open again, which is cheap.
   */
  write(task: string, token: string, entries: ReadonlyMap<string, readonly Entry[]>, position: Offsets): Promise<void>;
  /** Drops everything of the task (all stores, position) but keeps the token valid. */
  clear(task: string, token: string): Promise<void>;
  /**
   * Reads without owning, for pull queries from other processes: the values last written; null where absent.
   * Never blocks or fences the owner.
   */
  peek(task: string, store: string, keys: readonly Buffer[]): Promise<readonly (Buffer | null)[]>;
  /** Removes a task's state for good (its query was dropped). */
  remove(task: string): Promise<void>;
  close(): Promise<void>;
}
