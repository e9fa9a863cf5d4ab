// Source offsets: a compacted topic with Kafka Connect's keys, `["<connector>",{<partition>}]` → `{<offset>}`.
//
// Law: a source task writes its offsets in the very transaction that writes its records (through `append`), so after a crash the
// source goes on exactly behind the last record that readers can see. Memory follows after the commit (`applied`).
import { partitionOf } from '../core/murmur2.ts';
import type { Broker, Producer } from '../ports/broker.ts';
import { readWhole } from './compacted-topic.ts';

export type SourcePart = Readonly<Record<string, unknown>>;

/** One source partition and where it stands; a null offset forgets it. */
export interface SourceOffset {
  readonly partition: SourcePart;
  readonly offset: SourcePart | null;
}

interface Entry extends SourceOffset {
  /** The key as first written: members keep the connector's own order. */
  readonly key: string;
}

export class OffsetStore {
  readonly #broker: Broker;
  readonly #topic: string;
  readonly #partitions: number;
  readonly #replication: number;
  readonly #entries = new Map<string, Map<string, Entry>>();
  #count = 1;
  #opened: Promise<void> | null = null;
  #stale = false;

  constructor(
    broker: Broker,
    options: { readonly topic: string; readonly partitions: number; readonly replication: number },
  ) {
    this.#broker = broker;
    this.#topic = options.topic;
    this.#partitions = options.partitions;
    this.#replication = options.replication;
  }

  /** Reads the topic. Called by whoever needs it first; a failed try may be repeated. */
  open(): Promise<void> {
    if (this.#stale) return this.reread();
    this.#opened ??= this.#read().catch((error) => {
      this.#opened = null;
      throw error;
    });
    return this.#opened;
  }

  /** A commit failed: what is in memory may be older than the log, so the next `open` reads it again. */
  markStale(): void {
    this.#stale = true;
  }

  /** Reads the topic again: whether a transaction was committed is not known. */
  async reread(): Promise<void> {
    this.#stale = false;
    this.#opened = null;
    this.#entries.clear();
    await this.open();
  }

  /** True when the store holds just these offsets. */
  holds(connector: string, offsets: readonly SourceOffset[]): boolean {
    return offsets.every(({ partition, offset }) => canonical(this.get(connector, partition)) === canonical(offset));
  }

  async #read(): Promise<void> {
    const config = { 'cleanup.policy': 'compact' };
    const spec = {
      name: this.#topic,
      partitions: this.#partitions,
      ...(this.#replication > 0 ? { replication: this.#replication } : {}),
      config,
    };
    this.#count = await readWhole(this.#broker, spec, (key, value) => this.#fold(key, value));
  }

  get(connector: string, partition: SourcePart): SourcePart | null {
    return this.#entries.get(connector)?.get(canonical(partition))?.offset ?? null;
  }

  list(connector: string): readonly SourceOffset[] {
    return [...(this.#entries.get(connector)?.values() ?? [])].map(({ partition, offset }) => ({ partition, offset }));
  }

  /** Adds the records of these offsets to the open transaction (or batch) of a producer. */
  append(producer: Producer, connector: string, offsets: readonly SourceOffset[]): void {
    for (const { partition, offset } of offsets) {
      const key = Buffer.from(this.#keyOf(connector, partition));
      const value = offset === null ? null : Buffer.from(JSON.stringify(offset));
      const lane = producer.lane(this.#topic, partitionOf(key, 0, key.length, this.#count));
      lane.append(-1, key, 0, key.length, value, 0, value?.length ?? 0, null);
    }
  }

  /** The offsets were committed: remembers them. */
  applied(connector: string, offsets: readonly SourceOffset[]): void {
    for (const { partition, offset } of offsets) {
      this.#set(connector, { key: this.#keyOf(connector, partition), partition, offset });
    }
  }

  /** Writes offsets outside of any task (REST). */
  async write(connector: string, offsets: readonly SourceOffset[]): Promise<void> {
    const producer = await this.#broker.produce();
    try {
      this.append(producer, connector, offsets);
      await producer.flush();
    } finally {
      await producer.close();
    }
    this.applied(connector, offsets);
  }

  #keyOf(connector: string, partition: SourcePart): string {
    const known = this.#entries.get(connector)?.get(canonical(partition))?.key;
    return known ?? JSON.stringify([connector, partition]);
  }

  #fold(key: string, value: string | null): void {
    let connector: unknown;
    let partition: unknown;
    let offset: unknown;
    try {
      [connector, partition] = JSON.parse(key) as unknown[];
      offset = value === null ? null : JSON.parse(value);
    } catch {
      return; // not a record of ours
    }
    if (typeof connector !== 'string' || typeof partition !== 'object' || partition === null) return;
    this.#set(connector, { key, partition: partition as SourcePart, offset: offset as SourcePart | null });
  }

  #set(connector: string, entry: Entry): void {
    let entries = this.#entries.get(connector);
    if (entries === undefined) {
      entries = new Map();
      this.#entries.set(connector, entries);
    }
    if (entry.offset === null) entries.delete(canonical(entry.partition));
    else entries.set(canonical(entry.partition), entry);
  }
}

/** The same text for the same members in any order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).join(',')}}`;
}
