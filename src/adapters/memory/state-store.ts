// State in memory: for `trib eval`, the simulator and tests. Obeys the same laws as the stores that last.

import { randomUUID } from 'node:crypto';
import type { Offsets } from '../../ports/broker.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Entry, type StateSession, type StateStore, stateFenced, stateLost } from '../../ports/state-store.ts';

interface TaskState {
  token: string;
  position: Offsets | null;
  savedAtMs: number;
  /** Values by key bytes as latin1 text, which maps bytes to characters one to one. */
  readonly stores: Map<string, Map<string, Buffer>>;
}

const PAGE_ENTRIES = 1000;

/** Keeps the state of tasks in maps. */
export class MemoryStateStore implements StateStore {
  readonly #tasks = new Map<string, TaskState>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async open(task: string): Promise<StateSession> {
    const token = randomUUID();
    const state = this.#tasks.get(task);
    if (state === undefined || state.position === null) {
      this.#tasks.set(task, { token, position: null, savedAtMs: 0, stores: new Map() });
      return { token, position: new Map() };
    }
    state.token = token;
    return { token, position: state.position, savedAtMs: state.savedAtMs };
  }

  async read(task: string, token: string, store: string, keys: readonly Buffer[]): Promise<readonly (Buffer | null)[]> {
    return valuesOf(this.#owned(task, token), store, keys);
  }

  async *scan(task: string, token: string, store: string): AsyncIterable<readonly Entry[]> {
    const entries = [...(this.#owned(task, token).stores.get(store) ?? [])];
    for (let from = 0; from < entries.length; from += PAGE_ENTRIES) {
      this.#owned(task, token);
      yield entries
        .slice(from, from + PAGE_ENTRIES)
        .map(([key, value]) => [Buffer.from(key, 'latin1'), Buffer.from(value)] as const);
    }
  }

  async write(
    task: string,
    token: string,
    entries: ReadonlyMap<string, readonly Entry[]>,
    position: Offsets,
  ): Promise<void> {
    const state = this.#owned(task, token);
    for (const [name, list] of entries) {
      let store = state.stores.get(name);
      if (store === undefined) {
        store = new Map();
        state.stores.set(name, store);
      }
      for (const [key, value] of list) {
        if (value === null) store.delete(key.toString('latin1'));
        else store.set(key.toString('latin1'), Buffer.from(value));
      }
    }
    state.position = new Map(position);
    state.savedAtMs = this.#clock.now();
  }

  async clear(task: string, token: string): Promise<void> {
    const state = this.#owned(task, token);
    state.stores.clear();
    state.position = null;
  }

  async peek(task: string, store: string, keys: readonly Buffer[]): Promise<readonly (Buffer | null)[]> {
    const state = this.#tasks.get(task);
    return state === undefined ? keys.map(() => null) : valuesOf(state, store, keys);
  }

  async remove(task: string): Promise<void> {
    this.#tasks.delete(task);
  }

  async close(): Promise<void> {
    this.#tasks.clear();
  }

  #owned(task: string, token: string): TaskState {
    const state = this.#tasks.get(task);
    if (state === undefined) throw stateLost(task);
    if (state.token !== token) throw stateFenced(task);
    return state;
  }
}

function valuesOf(state: TaskState, store: string, keys: readonly Buffer[]): (Buffer | null)[] {
  const values = state.stores.get(store);
  return keys.map((key) => {
    const value = values?.get(key.toString('latin1'));
    return value === undefined ? null : Buffer.from(value);
  });
}
