// The state of one store of one task: decoded rows in memory over what the changelog and the state store hold.
//
// Laws:
// - A dirty entry remembers what it was when the cycle began (`before`), so that readers from outside see committed state only.
// - While `complete`, an absent key is absent everywhere. Once entries were evicted, an absent key may stand in the state store
//   and must be loaded (`missing`, `load`) before a chunk that looks it up runs.
// - Only clean entries are evicted: what is not yet in the state store stays.

import type { Row } from '../core/data/schema.ts';
import { assert } from '../core/errors.ts';
import { type KeyIdentity, keyIdentity } from './key-identity.ts';
import type { KeyedState, StoreDef } from './topology.ts';

/** One key. `value` null: known to be absent. */
export interface StateEntry {
  readonly key: Row;
  value: Row | null;
  timeMs: number;
  dirty: boolean;
  /** As committed; meaningful only while dirty. */
  before: Row | null;
  beforeMs: number;
  /** The last cycle that touched it. */
  cycle: number;
}

export class CachedState implements KeyedState {
  readonly def: StoreDef;
  /** False once something may stand in the state store that is not here. */
  complete = true;
  readonly #entries = new Map<KeyIdentity, StateEntry>();
  #dirty: StateEntry[] = [];
  #cycle = 0;
  /** The key row last looked up and its entry: generated code reads, times and writes a key with the same row object. */
  #lastKey: Row | null = null;
  #lastEntry: StateEntry | undefined;

  constructor(def: StoreDef) {
    this.def = def;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Entries changed since the last `settle`, each once, in order of first change. */
  get dirty(): readonly StateEntry[] {
    return this.#dirty;
  }

  get(key: Row): Row | null {
    const entry = this.#find(key);
    if (entry === undefined) return null;
    entry.cycle = this.#cycle;
    return entry.value;
  }

  put(key: Row, value: Row | null, timeMs: number): void {
    let entry = this.#find(key);
    if (entry === undefined) {
      if (value === null && this.complete) return;
      entry = { key, value: null, timeMs: -1, dirty: false, before: null, beforeMs: -1, cycle: this.#cycle };
      this.#entries.set(keyIdentity(key), entry);
      this.#lastEntry = entry;
    }
    if (!entry.dirty) {
      entry.dirty = true;
      entry.before = entry.value;
      entry.beforeMs = entry.timeMs;
      this.#dirty.push(entry);
    }
    entry.value = value;
    entry.timeMs = timeMs;
    entry.cycle = this.#cycle;
  }

  timeOf(key: Row): number {
    const entry = this.#find(key);
    return entry === undefined || entry.value === null ? -1 : entry.timeMs;
  }

  #find(key: Row): StateEntry | undefined {
    if (key === this.#lastKey) return this.#lastEntry;
    this.#lastKey = key;
    this.#lastEntry = this.#entries.get(keyIdentity(key));
    return this.#lastEntry;
  }

  /** Entries were put or dropped by other ways than `put`. */
  #forgetLast(): void {
    this.#lastKey = null;
    this.#lastEntry = undefined;
  }

  *entries(): Iterable<readonly [key: Row, value: Row, timeMs: number]> {
    assert(this.complete, `store ${this.def.name} is walked only while all of it is in memory`);
    for (const entry of this.#entries.values()) {
      if (entry.value !== null) yield [entry.key, entry.value, entry.timeMs];
    }
  }

  /** The keys that must be loaded before they can be looked up. Each once. */
  missing(keys: readonly Row[]): readonly Row[] {
    if (this.complete) return [];
    const absent = new Map<KeyIdentity, Row>();
    for (const key of keys) {
      const identity = keyIdentity(key);
      const entry = this.#entries.get(identity);
      if (entry === undefined) absent.set(identity, key);
      else entry.cycle = this.#cycle;
    }
    return [...absent.values()];
  }

  /** Takes a committed entry in; null: known to be absent. Does nothing where the key is here already. */
  load(key: Row, value: Row | null, timeMs: number): void {
    const identity = keyIdentity(key);
    if (this.#entries.has(identity)) return;
    this.#forgetLast();
    this.#entries.set(identity, clean(key, value, timeMs, this.#cycle));
  }

  /** Takes a committed entry in, over what is here (replay of a changelog, newest last). */
  replay(key: Row, value: Row | null, timeMs: number): void {
    const identity = keyIdentity(key);
    this.#forgetLast();
    if (value === null && this.complete) this.#entries.delete(identity);
    else this.#entries.set(identity, clean(key, value, timeMs, this.#cycle));
  }

  /** The entry as last committed: undefined when this store cannot tell (it was evicted). */
  committed(key: Row): { readonly value: Row | null; readonly timeMs: number } | undefined {
    const entry = this.#entries.get(keyIdentity(key));
    if (entry === undefined) return this.complete ? { value: null, timeMs: -1 } : undefined;
    return entry.dirty ? { value: entry.before, timeMs: entry.beforeMs } : { value: entry.value, timeMs: entry.timeMs };
  }

  /** All that is in memory as last committed; null values are known to be absent. */
  *committedEntries(): Iterable<readonly [key: Row, value: Row | null, timeMs: number]> {
    for (const entry of this.#entries.values()) {
      if (entry.dirty) yield [entry.key, entry.before, entry.beforeMs];
      else yield [entry.key, entry.value, entry.timeMs];
    }
  }

  /** The cycle is committed: dirty entries are clean, deleted ones are forgotten. */
  settle(): void {
    this.#forgetLast();
    for (const entry of this.#dirty) {
      entry.dirty = false;
      entry.before = null;
      // In an incomplete store it stays known as absent: the state store may not have forgotten it yet.
      if (entry.value === null && this.complete) this.#entries.delete(keyIdentity(entry.key));
    }
    this.#dirty = [];
    this.#cycle++;
  }

  /** Drops long untouched clean entries until at most `rowsMax` are left. Call only when the state store holds all clean ones. */
  evict(rowsMax: number): void {
    if (!this.def.evictable || this.#entries.size <= rowsMax) return;
    this.#forgetLast();
    const target = Math.floor(rowsMax * 0.8);
    // Untouched ones first, in order of arrival; if that is not enough, any clean ones.
    for (const keepCycles of [8, 0]) {
      for (const [identity, entry] of this.#entries) {
        if (this.#entries.size <= target) break;
        if (entry.dirty || entry.cycle > this.#cycle - keepCycles) continue;
        this.#entries.delete(identity);
        this.complete = false;
      }
    }
  }
}

function clean(key: Row, value: Row | null, timeMs: number, cycle: number): StateEntry {
  return { key, value, timeMs, dirty: false, before: null, beforeMs: -1, cycle };
}
