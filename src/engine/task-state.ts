// All stores of one task: opened from the state store, caught up from their logs, logged with each cycle, saved after it.
//
// Laws (docs: exactly once):
// - Changelog entries go into the transaction of the cycle; the state store is written only after it has committed. So the store
//   never leads the log, and on start only the gap from its position to the changelog's stable end is replayed.
// - A store that is itself a topic the task reads (a joined table) has no changelog: it is caught up to the committed offset of that topic.
import { ByteWriter } from '../core/bytes.ts';
import type { Row } from '../core/data/schema.ts';
import type { Lane, Offsets, Producer } from '../ports/broker.ts';
import type { Entry } from '../ports/state-store.ts';
import { CachedState } from './cached-state.ts';
import { entriesOf, StateCodec } from './state-codec.ts';
import { logKeyOf, Replay, replayTargets } from './state-replay.ts';
import type { StateSetup } from './state-setup.ts';
import type { Chunk, TaskInstance } from './topology.ts';

/** A committed entry as readers from outside see it. */
export interface CommittedEntry {
  readonly value: Row;
  readonly timeMs: number;
}

/** Kafka's default of `delete.retention.ms`: tombstones of compacted topics may be gone when a state lags by longer. */
const TOMBSTONES_KEPT_MS = 24 * 3_600_000;

export class TaskState {
  readonly stores: readonly CachedState[];
  /** Log entries that had to be replayed at start. */
  replayed = 0;
  readonly #setup: StateSetup;
  readonly #token: string;
  readonly #position: Map<string, number>;
  readonly #codec: StateCodec;
  readonly #lanes: (Lane | undefined)[];
  #encoded: ReadonlyMap<string, readonly Entry[]> = new Map();

  private constructor(setup: StateSetup, token: string, position: Offsets) {
    this.#setup = setup;
    this.#token = token;
    this.#position = new Map(position);
    this.#codec = new StateCodec(setup.serdes);
    this.stores = setup.stores.map((def) => new CachedState(def));
    this.#lanes = setup.stores.map(() => undefined);
  }

  /**
   * Takes the state over and brings it up to the last commit.
   * @param committed the group's offsets of the task's inputs; call after the task's older holders were fenced.
   */
  static async open(setup: StateSetup, committed: Offsets): Promise<TaskState> {
    if (setup.stores.length === 0) return new TaskState(setup, '', new Map());
    const session = await setup.store.open(setup.task);
    const targets = await replayTargets(setup, committed);
    let position = session.position;
    const lags = [...targets].some(([key, end]) => (position.get(key) ?? 0) < end);
    const outlived = session.savedAtMs !== undefined && setup.clock.now() - session.savedAtMs > TOMBSTONES_KEPT_MS;
    // A position beyond the log's end: the topic was made anew, so what is stored belongs to another life.
    const foreign = [...position].some(([key, offset]) => offset > (targets.get(key) ?? offset));
    if (position.size > 0 && ((lags && outlived) || foreign)) {
      await setup.store.clear(setup.task, session.token);
      position = new Map();
    }
    const state = new TaskState(setup, session.token, position);
    await state.#loadStored();
    const replay = new Replay(setup, session.token, {
      stores: state.stores,
      codec: state.#codec,
      position: state.#position,
    });
    state.replayed = await replay.run(targets);
    return state;
  }

  /** Loads what the chunk will look up and memory does not hold: one round trip a store. Null when nothing is missing. */
  loadFor(instance: TaskInstance, source: number, chunk: Chunk): Promise<unknown> | null {
    if (this.stores.every((store) => store.complete)) return null;
    const loads: Promise<void>[] = [];
    for (const [index, keys] of instance.keysOf(source, chunk)) {
      const store = this.stores[index]!;
      const missing = store.missing(keys);
      if (missing.length > 0) loads.push(this.#load(store, missing));
    }
    return loads.length === 0 ? null : Promise.all(loads);
  }

  /** Appends the changed entries to the changelogs: part of the cycle's transaction. Answers how many there were. */
  log(producer: Producer): number {
    const out = new ByteWriter(16_384);
    const encoded = new Map<string, readonly number[]>();
    let count = 0;
    for (let index = 0; index < this.stores.length; index++) {
      const store = this.stores[index]!;
      if (store.dirty.length === 0) continue;
      const lane = store.def.ofSource === null ? this.#lane(producer, index) : null;
      encoded.set(store.def.name, this.#codec.encodeDirty(store, lane, out));
      if (lane !== null) count += store.dirty.length;
    }
    this.#encoded = new Map([...encoded].map(([name, slices]) => [name, entriesOf(slices, out.bytes)]));
    return count;
  }

  /**
   * The cycle is committed: what it changed is clean from now on, and what `log` encoded is written to the state store. `ends` are
   * the lanes' ends, `inputs` the committed offsets. The next cycle may run while this is under way; await it before the next `save`.
   */
  save(ends: Offsets, inputs: Offsets): Promise<void> {
    const { store: port, task } = this.#setup;
    for (let index = 0; index < this.stores.length; index++) {
      const key = logKeyOf(this.#setup, index);
      const at = this.stores[index]!.def.ofSource === null ? ends.get(key) : inputs.get(key);
      if (at !== undefined) this.#position.set(key, at);
    }
    const encoded = this.#encoded;
    this.#encoded = new Map();
    for (const store of this.stores) store.settle();
    return encoded.size === 0 ? Promise.resolve() : port.write(task, this.#token, encoded, new Map(this.#position));
  }

  /** Drops what memory need not hold. Only while no save is under way: an entry that is clean here must stand in the store. */
  evict(): void {
    for (const store of this.stores) store.evict(this.#setup.cacheRowsMax);
  }

  /** The committed value of a key: from memory, else from the state store. */
  async lookUp(index: number, key: Row): Promise<CommittedEntry | null> {
    const store = this.stores[index]!;
    const known = store.committed(key);
    if (known !== undefined) return known.value === null ? null : { value: known.value, timeMs: known.timeMs };
    const { store: port, task } = this.#setup;
    const [stored] = await port.read(task, this.#token, store.def.name, [this.#codec.encodeKey(key)]);
    return stored === undefined || stored === null ? null : this.#codec.decodeValue(stored);
  }

  /** All committed entries of a store, in pages, each key once. */
  async *scan(index: number): AsyncIterable<readonly (readonly [key: Row, value: Row, timeMs: number])[]> {
    const store = this.stores[index]!;
    const known = new Set<string>();
    const { complete } = store;
    const inMemory: [Row, Row, number][] = [];
    for (const [key, value, timeMs] of store.committedEntries()) {
      // What memory knows wins over what is stored, so its keys are passed over below.
      if (!complete) known.add(this.#codec.encodeKey(key).toString('latin1'));
      if (value !== null) inMemory.push([key, value, timeMs]);
    }
    yield inMemory;
    if (complete) return;
    const { store: port, task } = this.#setup;
    for await (const page of port.scan(task, this.#token, store.def.name)) {
      const rows: [Row, Row, number][] = [];
      for (const [key, stored] of page) {
        const identity = key.toString('latin1');
        if (stored === null || known.has(identity)) continue;
        known.add(identity);
        const { value, timeMs } = this.#codec.decodeValue(stored);
        rows.push([this.#codec.decodeKey(key), value, timeMs]);
      }
      yield rows;
    }
  }

  async #load(store: CachedState, keys: readonly Row[]): Promise<void> {
    const { store: port, task } = this.#setup;
    const encoded = keys.map((key) => this.#codec.encodeKey(key));
    const values = await port.read(task, this.#token, store.def.name, encoded);
    for (let i = 0; i < keys.length; i++) {
      const stored = values[i] ?? null;
      const entry = stored === null ? null : this.#codec.decodeValue(stored);
      store.load(keys[i]!, entry === null ? null : entry.value, entry === null ? -1 : entry.timeMs);
    }
  }

  /** Fills memory from the state store, as far as it may. */
  async #loadStored(): Promise<void> {
    if (this.#position.size === 0) return;
    const { store: port, task, signal, cacheRowsMax } = this.#setup;
    for (const store of this.stores) {
      for await (const page of port.scan(task, this.#token, store.def.name)) {
        if (signal.aborted) return;
        if (store.def.evictable && store.size + page.length > cacheRowsMax) {
          store.complete = false;
          break;
        }
        for (const [key, stored] of page) {
          if (stored === null) continue;
          const { value, timeMs } = this.#codec.decodeValue(stored);
          store.load(this.#codec.decodeKey(key), value, timeMs);
        }
      }
    }
  }

  #lane(producer: Producer, index: number): Lane {
    let lane = this.#lanes[index];
    if (lane === undefined) {
      lane = producer.lane(this.stores[index]!.def.changelog, this.#setup.partition);
      this.#lanes[index] = lane;
    }
    return lane;
  }
}
