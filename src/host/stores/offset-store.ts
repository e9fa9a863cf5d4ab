// Source offsets: a compacted topic with Kafka Connect's keys, `["<connector>",{<partition>}]` → `{<offset>}`.
//
// Law: a source task writes its offsets in the very transaction that writes its records (through `append`), so after a crash the
// source goes on exactly behind the last record that readers can see. Memory follows after the commit (`applied`).
// Law: `open` reads up to the true end of the log, past transactions that are still open when it is called. A task calls it after
// it has fenced its older copy: whatever that had begun is then committed or gone, and seen, whichever worker it ran on.
import type { Logger } from '../../core/log.ts';
import { partitionOf } from '../../core/murmur2.ts';
import type { Broker, Producer } from '../../ports/broker.ts';
import type { Clock } from '../../ports/clock.ts';
import { openStoreTopic, type StoreTopic } from './store-topic.ts';
import { follow, TOPIC_END_LIMIT_MS, type TopicFollower } from './topic-follower.ts';

export type SourcePart = Readonly<Record<string, unknown>>;

/** One source partition and where it stands; a null offset forgets it. */
export interface SourceOffset {
  readonly partition: SourcePart;
  readonly offset: SourcePart | null;
}

/** Source offsets as a task uses them. */
export interface SourceOffsets {
  /** Reads to the end of the log as it is now. Called by every task after it has fenced its older copies; a failed try may be repeated. */
  open(): Promise<void>;
  get(connector: string, partition: SourcePart): SourcePart | null;
  /** True when just these offsets are stored. */
  holds(connector: string, offsets: readonly SourceOffset[]): boolean;
  /** Adds the records of these offsets to the open transaction (or batch) of a producer. */
  append(producer: Producer, connector: string, offsets: readonly SourceOffset[]): void;
  /** The offsets were committed. */
  applied(connector: string, offsets: readonly SourceOffset[]): void;
}

/** Source offsets as REST reads and changes them. */
export interface StoredOffsets extends SourceOffsets {
  /** Reads what can be read now, past no open transaction. */
  look(): Promise<void>;
  list(connector: string): readonly SourceOffset[];
  /** Writes offsets outside of any task; null forgets one. */
  write(connector: string, offsets: readonly SourceOffset[]): Promise<void>;
}

export interface OffsetStoreOptions {
  readonly topic: StoreTopic;
  readonly clock: Clock;
  readonly log: Logger;
  /** False: the topic is read only when it is asked for, and nothing waits for it in between. */
  readonly follows?: boolean;
}

interface Entry extends SourceOffset {
  /** The key as first written: members keep the connector's own order. */
  readonly key: string;
}

export class OffsetStore implements StoredOffsets {
  readonly #broker: Broker;
  readonly #topic: StoreTopic;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #follows: boolean;
  readonly #entries = new Map<string, Map<string, Entry>>();
  #count = 1;
  #follower: Promise<TopicFollower> | null = null;

  constructor(broker: Broker, options: OffsetStoreOptions) {
    this.#broker = broker;
    this.#topic = options.topic;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#follows = options.follows ?? true;
  }

  open(): Promise<void> {
    return this.#read('latest');
  }

  /**
   * Reads what can be read now. Unlike `open` it waits for no transaction: one that a killed host left open ends only when its task
   * starts again, which must not wait for it in turn.
   */
  look(): Promise<void> {
    return this.#read('stable');
  }

  async #read(end: 'latest' | 'stable'): Promise<void> {
    const follower = await this.#followed();
    try {
      await follower.refresh(end, TOPIC_END_LIMIT_MS);
    } finally {
      if (!this.#follows) await this.close();
    }
  }

  #followed(): Promise<TopicFollower> {
    this.#follower ??= this.#follow().catch((error: unknown) => {
      this.#follower = null;
      throw error;
    });
    return this.#follower;
  }

  async close(): Promise<void> {
    const follower = await this.#follower?.catch(() => null);
    this.#follower = null;
    await follower?.close();
  }

  holds(connector: string, offsets: readonly SourceOffset[]): boolean {
    return offsets.every(
      ({ partition, offset }) => partitionText(this.get(connector, partition)) === partitionText(offset),
    );
  }

  async #follow(): Promise<TopicFollower> {
    this.#count = await openStoreTopic(this.#broker, this.#topic);
    this.#entries.clear();
    return follow(this.#broker, {
      topic: this.#topic.name,
      partitions: this.#count,
      clock: this.#clock,
      log: this.#log,
      onEntry: (key, value) => this.#fold(key, value),
    });
  }

  get(connector: string, partition: SourcePart): SourcePart | null {
    return this.#entries.get(connector)?.get(partitionText(partition))?.offset ?? null;
  }

  list(connector: string): readonly SourceOffset[] {
    return [...(this.#entries.get(connector)?.values() ?? [])].map(({ partition, offset }) => ({ partition, offset }));
  }

  append(producer: Producer, connector: string, offsets: readonly SourceOffset[]): void {
    for (const { partition, offset } of offsets) {
      const key = Buffer.from(this.#keyOf(connector, partition));
      const value = offset === null ? null : Buffer.from(JSON.stringify(offset));
      const lane = producer.lane(this.#topic.name, partitionOf(key, 0, key.length, this.#count));
      lane.append(-1, key, 0, key.length, value, 0, value?.length ?? 0, null);
    }
  }

  /** Remembers them at once. The log brings them back in a moment, after older ones. */
  applied(connector: string, offsets: readonly SourceOffset[]): void {
    for (const { partition, offset } of offsets) {
      this.#set(connector, { key: this.#keyOf(connector, partition), partition, offset });
    }
  }

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
    const known = this.#entries.get(connector)?.get(partitionText(partition))?.key;
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
    if (entry.offset === null) entries.delete(partitionText(entry.partition));
    else entries.set(partitionText(entry.partition), entry);
  }
}

/** The same text for the same members in any order: what a partition (or an offset) is known by. */
export function partitionText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(partitionText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${partitionText(item)}`).join(',')}}`;
}
