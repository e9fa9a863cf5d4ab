// State of tasks in LMDB files of the data folder: the store of a single machine. A cache of the changelogs, like Redis.
//
// Law: entries and position of a write go in one transaction; the token is read inside it, so an overtaken owner, in this
// process or another one on the same folder, writes nothing.
// Law: a commit is visible at once and flushed behind (LMDB's overlapping sync): a killed process loses nothing, a machine
// that loses power comes back to an earlier whole commit, which the replay of the changelog brings up to date. Plain no-sync would be
// little faster and could leave a torn file. A wiped folder is an empty store.
//
// Layout: table `tasks` holds a record a task; table `entries` holds bytes under `generation (u32) · store (u16) · kind · key`.
// A task that is cleared gets a new generation; entries of dead generations are swept behind, a slice a transaction.

import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type Database, open, type RootDatabase } from 'lmdb';
import { TributaryError } from '../../core/errors.ts';
import type { Offsets } from '../../ports/broker.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Entry, type StateSession, type StateStore, stateFenced, stateLost } from '../../ports/state-store.ts';

interface TaskRecord {
  readonly token: string;
  readonly generation: number;
  readonly position: Readonly<Record<string, number>> | null;
  readonly savedAtMs: number;
  /** Store numbers by name. */
  readonly stores: Readonly<Record<string, number>>;
}

const PREFIX_BYTES = 7;
/** LMDB's keys hold 1,978 bytes; longer state keys go under their digest, with the key in front of the value. */
const KEY_BYTES_MAX = 1024;
const KIND_PLAIN = 0;
const KIND_DIGEST = 1;
const PAGE_ENTRIES = 1000;
const SWEEP_ENTRIES = 10_000;
const GENERATIONS = ' generations';

/** Settings of the store. */
export interface LmdbStateStoreOptions {
  readonly folder: string;
  readonly clock: Clock;
}

/** The state store in a folder. */
export class LmdbStateStore implements StateStore {
  readonly #root: RootDatabase;
  readonly #tasks: Database<TaskRecord, string>;
  readonly #entries: Database<Buffer, Buffer>;
  readonly #clock: Clock;
  #sweeping: Promise<void>;
  #closed = false;

  constructor(options: LmdbStateStoreOptions) {
    this.#clock = options.clock;
    try {
      mkdirSync(options.folder, { recursive: true });
      // Batches of one event turn are left out: on a full disk each rejects a promise that nobody can hold, which ends the process.
      this.#root = open({
        path: options.folder,
        maxDbs: 4,
        noSubdir: false,
        separateFlushed: true,
        eventTurnBatching: false,
      });
      // A killed process leaves its reader slots behind, which would keep old pages from being used again.
      this.#root.readerCheck();
      this.#tasks = this.#root.openDB<TaskRecord, string>('tasks', { encoding: 'json' });
      this.#entries = this.#root.openDB<Buffer, Buffer>('entries', { encoding: 'binary', keyEncoding: 'binary' });
    } catch (cause) {
      throw new TributaryError('TRIB_STATE_FOLDER', 'config', {
        what: `The state folder ${options.folder} cannot be opened: ${cause instanceof Error ? cause.message : cause}.`,
        fix: 'Check that data.dir is a writable folder on a local disk. It holds caches: deleting its state folder is safe.',
        cause,
      });
    }
    this.#sweeping = this.#sweep().catch(() => {});
  }

  async open(task: string): Promise<StateSession> {
    const token = randomUUID();
    const record = await this.#commit(() => {
      const held = this.#tasks.get(task);
      const opened: TaskRecord =
        held === undefined || held.position === null
          ? { token, generation: this.#nextGeneration(), position: null, savedAtMs: 0, stores: {} }
          : { ...held, token };
      this.#tasks.putSync(task, opened);
      return opened;
    });
    if (record.position === null) return { token, position: new Map() };
    return { token, position: new Map(Object.entries(record.position)), savedAtMs: record.savedAtMs };
  }

  async read(task: string, token: string, store: string, keys: readonly Buffer[]): Promise<readonly (Buffer | null)[]> {
    return this.#values(this.#owned(task, token), store, keys);
  }

  async *scan(task: string, token: string, store: string): AsyncIterable<readonly Entry[]> {
    const record = this.#owned(task, token);
    const number = record.stores[store];
    if (number === undefined) return;
    let start = prefixOf(record.generation, number);
    const end = prefixOf(record.generation, number + 1);
    for (;;) {
      const page: Entry[] = [];
      let last: Buffer | null = null;
      for (const { key, value } of this.#entries.getRange({ start, end, limit: PAGE_ENTRIES })) {
        last = key;
        page.push(entryOf(key, value));
      }
      if (last === null) return;
      yield page;
      this.#owned(task, token);
      // The next key after `last` in byte order.
      start = Buffer.concat([last, Buffer.of(0)]);
    }
  }

  async write(
    task: string,
    token: string,
    entries: ReadonlyMap<string, readonly Entry[]>,
    position: Offsets,
  ): Promise<void> {
    await this.#commit(() => {
      const held = this.#owned(task, token);
      const stores: Record<string, number> = { ...held.stores };
      for (const [name, list] of entries) {
        const number = stores[name] ?? Object.keys(stores).length;
        stores[name] = number;
        const prefix = prefixOf(held.generation, number);
        for (let i = 0; i < list.length; i++) {
          const entry = list[i]!;
          this.#put(prefix, entry[0], entry[1]);
        }
      }
      const savedAtMs = this.#clock.now();
      this.#tasks.putSync(task, { ...held, stores, position: Object.fromEntries(position), savedAtMs });
    });
  }

  async clear(task: string, token: string): Promise<void> {
    await this.#commit(() => {
      this.#owned(task, token);
      const generation = this.#nextGeneration();
      this.#tasks.putSync(task, { token, generation, position: null, savedAtMs: 0, stores: {} });
    });
    this.#sweepSoon();
  }

  async peek(task: string, store: string, keys: readonly Buffer[]): Promise<readonly (Buffer | null)[]> {
    const record = this.#tasks.get(task);
    return record === undefined ? keys.map(() => null) : this.#values(record, store, keys);
  }

  async remove(task: string): Promise<void> {
    await this.#commit(() => {
      this.#tasks.removeSync(task);
    });
    this.#sweepSoon();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#sweeping;
    await this.#root.flushed;
    await this.#root.close();
  }

  /** One transaction. A disk that is full or broken is told as such, and never by promises of LMDB's that nobody holds. */
  async #commit<T>(act: () => T): Promise<T> {
    try {
      return await this.#root.transaction(act);
    } catch (error) {
      if (error instanceof TributaryError) throw error;
      // The reason comes in a promise of its own, which ends the process if it is left alone.
      const { commitError } = error as { commitError?: Promise<unknown> };
      commitError?.catch(() => {});
      throw new TributaryError('TRIB_STATE_FOLDER', 'transient', {
        what: `State could not be written: ${error instanceof Error ? error.message.replace(/ \(see commitError.*$/, '') : error}.`,
        fix: 'Check that the disk of data.dir is neither full nor broken. Tried again by itself; nothing is lost, Kafka holds it all.',
        cause: error,
      });
    }
  }

  #owned(task: string, token: string): TaskRecord {
    const record = this.#tasks.get(task);
    if (record === undefined) throw stateLost(task);
    if (record.token !== token) throw stateFenced(task);
    return record;
  }

  #values(record: TaskRecord, store: string, keys: readonly Buffer[]): (Buffer | null)[] {
    const number = record.stores[store];
    if (number === undefined) return keys.map(() => null);
    const prefix = prefixOf(record.generation, number);
    const values: (Buffer | null)[] = new Array(keys.length);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      const value = this.#entries.get(storedKey(prefix, key));
      values[i] = value === undefined ? null : key.length > KEY_BYTES_MAX ? longEntry(value)[1] : value;
    }
    return values;
  }

  /** Inside a transaction. */
  #put(prefix: Buffer, key: Buffer, value: Buffer | null): void {
    const stored = storedKey(prefix, key);
    if (value === null) this.#entries.removeSync(stored);
    else this.#entries.putSync(stored, key.length > KEY_BYTES_MAX ? withLongKey(key, value) : value);
  }

  /** Inside a transaction. Generations are never used twice, so entries of a dropped one cannot come back. */
  #nextGeneration(): number {
    const held = this.#tasks.get(GENERATIONS)?.generation ?? 0;
    this.#tasks.putSync(GENERATIONS, { token: '', generation: held + 1, position: null, savedAtMs: 0, stores: {} });
    return held + 1;
  }

  #sweepSoon(): void {
    // What a sweep leaves behind, the next one finds.
    this.#sweeping = this.#sweeping.then(() => this.#sweep()).catch(() => {});
  }

  /** Removes entries of generations that no task has any more. Walks generations, not entries: idle sweeps cost nothing. */
  async #sweep(): Promise<void> {
    for (let from = 0; !this.#closed; ) {
      const first = [...this.#entries.getKeys({ start: prefixOf(from, 0), limit: 1 })][0];
      if (first === undefined) return;
      const generation = first.readUInt32BE(0);
      const removed = this.#isLive(generation) ? 0 : await this.#removeSome(generation);
      if (removed < SWEEP_ENTRIES) from = generation + 1;
    }
  }

  #isLive(generation: number): boolean {
    for (const { key, value } of this.#tasks.getRange()) {
      if (key !== GENERATIONS && value.generation === generation) return true;
    }
    return false;
  }

  #removeSome(generation: number): Promise<number> {
    return this.#commit(() => {
      const range = { start: prefixOf(generation, 0), end: prefixOf(generation + 1, 0), limit: SWEEP_ENTRIES };
      const keys = [...this.#entries.getKeys(range)];
      for (const key of keys) this.#entries.removeSync(key);
      return keys.length;
    });
  }
}

function prefixOf(generation: number, store: number): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(generation, 0);
  prefix.writeUInt16BE(store, 4);
  return prefix;
}

function storedKey(prefix: Buffer, key: Buffer): Buffer {
  if (key.length > KEY_BYTES_MAX) {
    const digested = Buffer.concat([prefix, createHash('sha256').update(key).digest()]);
    digested[PREFIX_BYTES - 1] = KIND_DIGEST;
    return digested;
  }
  const stored = Buffer.allocUnsafe(PREFIX_BYTES + key.length);
  prefix.copy(stored);
  stored[PREFIX_BYTES - 1] = KIND_PLAIN;
  key.copy(stored, PREFIX_BYTES);
  return stored;
}

function withLongKey(key: Buffer, value: Buffer): Buffer {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(key.length);
  return Buffer.concat([length, key, value]);
}

function longEntry(value: Buffer): readonly [key: Buffer, value: Buffer] {
  const keyEnd = 4 + value.readUInt32BE(0);
  return [value.subarray(4, keyEnd), value.subarray(keyEnd)];
}

function entryOf(stored: Buffer, value: Buffer): Entry {
  if (stored[PREFIX_BYTES - 1] === KIND_DIGEST) return longEntry(value);
  return [Buffer.from(stored.subarray(PREFIX_BYTES)), value];
}
