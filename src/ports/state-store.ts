// The state store port: materialized state of tasks, a cache of their changelogs. Two adapters pass
// `test/ports/state-store.contract.ts`: Redis (ioredis) and LMDB. A third, in memory, serves `trib eval` and tests.
//
// Law: the store never leads the log. It is written only after the Kafka transaction that holds the same entries has
// committed; it may lag or vanish, and `open` tells the position from which the changelog must be replayed.
// Law: every read and write verifies the unique token of the newest `open`; older holders get a `fenced` error.

import type { Offsets } from './broker.ts';

/** Key and value bytes; a null value deletes. */
export type Entry = readonly [key: Buffer, value: Buffer | null];

/** An opened task state. */
export interface StateSession {
  readonly token: string;
  /** Changelog positions the stored state stands at; empty when nothing (or nothing trustworthy) is stored. */
  readonly position: Offsets;
}

export interface StateStore {
  /** Takes the state of a task over: issues a new unique token, fences earlier ones. */
  open(task: string): Promise<StateSession>;
  /** Values for keys of one store of the task, in the order asked; null where absent. */
  read(task: string, token: string, store: string, keys: readonly Buffer[]): Promise<readonly (Buffer | null)[]>;
  /** Walks a whole store, in no promised order, in pages. */
  scan(task: string, token: string, store: string): AsyncIterable<readonly Entry[]>;
  /** Writes entries of several stores and the new position, all or nothing. */
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
