// Brings a task's stores up to its last commit by reading what they miss from their logs.
//
// Law: memory and state store get the same entries; the store's position moves with them, so a crash in the middle of a long
// replay loses only one page.
import type { Offsets, Reader, Records } from '../ports/broker.ts';
import { partitionKey } from '../ports/broker.ts';
import type { Entry } from '../ports/state-store.ts';
import type { CachedState } from './cached-state.ts';
import type { SourceDecoder } from './decode-chunk.ts';
import { type StateCodec, storedValue } from './state-codec.ts';
import type { StateSetup } from './state-setup.ts';

const REPLAY_POLL_MS = 200;

/** The log that a store is rebuilt from: its changelog, or the topic it is the table of. */
export function logKeyOf(setup: StateSetup, index: number): string {
  const { ofSource, changelog } = setup.stores[index]!;
  const topic = ofSource === null ? changelog : setup.decoders[ofSource]!.def.topic;
  return partitionKey(topic, setup.partition);
}

/** How far each log must be read to stand where the last commit left the task. */
export async function replayTargets(setup: StateSetup, committed: Offsets): Promise<Offsets> {
  const targets = new Map<string, number>();
  const changelogs: string[] = [];
  for (let index = 0; index < setup.stores.length; index++) {
    const key = logKeyOf(setup, index);
    if (setup.stores[index]!.ofSource === null) changelogs.push(key);
    else targets.set(key, committed.get(key) ?? 0);
  }
  for (const [key, end] of await setup.broker.offsets(changelogs, 'stable')) targets.set(key, end);
  return targets;
}

export class Replay {
  readonly #setup: StateSetup;
  readonly #token: string;
  readonly #stores: readonly CachedState[];
  readonly #codec: StateCodec;
  /** Moves with what is written. */
  readonly #position: Map<string, number>;
  #entries = 0;

  constructor(
    setup: StateSetup,
    token: string,
    state: {
      readonly stores: readonly CachedState[];
      readonly codec: StateCodec;
      readonly position: Map<string, number>;
    },
  ) {
    this.#setup = setup;
    this.#token = token;
    this.#stores = state.stores;
    this.#codec = state.codec;
    this.#position = state.position;
  }

  /** Reads the logs from where the stored state stands up to the targets; answers the number of entries read. */
  async run(targets: Offsets): Promise<number> {
    const from = new Map<string, number>();
    const earliest = await this.#setup.broker.offsets(targets.keys(), 'earliest');
    for (const [key, end] of targets) {
      const at = Math.max(this.#position.get(key) ?? 0, earliest.get(key) ?? 0);
      if (at < end) from.set(key, at);
    }
    if (from.size === 0) return 0;
    const reader = await this.#setup.broker.read(from, { isolation: 'committed' });
    try {
      await this.#read(reader, from, targets);
    } finally {
      await reader.close();
    }
    return this.#entries;
  }

  async #read(reader: Reader, at: Map<string, number>, targets: Offsets): Promise<void> {
    const behind = (): boolean => [...at].some(([key, offset]) => offset < targets.get(key)!);
    while (behind() && !this.#setup.signal.aborted) {
      for (const records of await reader.poll(REPLAY_POLL_MS)) {
        const key = partitionKey(records.topic, records.partition);
        const end = targets.get(key)!;
        if (at.get(key)! >= end) continue;
        await this.#take(key, records, end);
        at.set(key, records.nextOffset);
      }
    }
  }

  async #take(key: string, records: Records, end: number): Promise<void> {
    const { store: port, task, cacheRowsMax } = this.#setup;
    const entries = new Map<string, readonly Entry[]>();
    for (let index = 0; index < this.#stores.length; index++) {
      if (logKeyOf(this.#setup, index) !== key) continue;
      const store = this.#stores[index]!;
      const { ofSource } = store.def;
      const taken =
        ofSource === null
          ? this.#takeChangelog(store, records)
          : await this.#takeSource(store, this.#setup.decoders[ofSource]!, records, end);
      entries.set(store.def.name, taken);
      this.#entries += taken.length;
    }
    this.#position.set(key, Math.min(records.nextOffset, end));
    await port.write(task, this.#token, entries, this.#position);
    for (const store of this.#stores) store.evict(cacheRowsMax);
  }

  #takeChangelog(store: CachedState, records: Records): readonly Entry[] {
    const { bytes, keyStarts, keyEnds, valueStarts, valueEnds, timestampsMs } = records;
    const entries: Entry[] = [];
    for (let i = 0; i < records.count; i++) {
      const key = bytes.subarray(keyStarts[i]!, keyEnds[i]!);
      const valueStart = valueStarts[i]!;
      const timeMs = timestampsMs[i]!;
      const row = valueStart < 0 ? null : this.#codec.decodeRow(bytes, valueStart, valueEnds[i]!);
      store.replay(this.#codec.decodeKey(key), row, timeMs);
      entries.push([key, row === null ? null : storedValue(timeMs, bytes, valueStart, valueEnds[i]!)]);
    }
    return entries;
  }

  async #takeSource(
    store: CachedState,
    decoder: SourceDecoder,
    records: Records,
    end: number,
  ): Promise<readonly Entry[]> {
    await decoder.prepare(records);
    // What cannot be decoded was counted when the task itself read it.
    const { chunk, offsets } = decoder.decode(records, 0, records.count, () => undefined);
    const entries: Entry[] = [];
    for (let i = 0; i < chunk.length; i++) {
      const key = chunk.keys[i]!;
      if (key === null || offsets[i]! >= end) continue;
      const row = chunk.rows[i]!;
      const timeMs = chunk.timesMs[i]!;
      store.replay(key, row, timeMs);
      entries.push([this.#codec.encodeKey(key), row === null ? null : this.#codec.encodeValue(row, timeMs)]);
    }
    return entries;
  }
}
