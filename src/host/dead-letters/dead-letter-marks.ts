// Which letters have been replayed, kept in a compacted topic: one record a connector and partition of a dead-letter topic.
//
// Law: a mark is written in the transaction that writes the replayed record. So a crash neither loses a replay nor doubles it.
import type { Broker, TransactionalProducer } from '../../ports/broker.ts';
import { recordsOf, stretchesOf } from './dead-letter-scan.ts';

/** Offsets as half-open ranges, sorted and apart. */
export type Ranges = readonly (readonly [from: number, to: number])[];

/** Marks of one connector, by dead-letter topic and partition. */
export class ReplayMarks {
  readonly #broker: Broker;
  readonly #topic: string;
  readonly #replication: number;
  readonly #connector: string;
  #ranges = new Map<string, Ranges>();

  constructor(
    broker: Broker,
    options: { readonly topic: string; readonly replication: number; readonly connector: string },
  ) {
    this.#broker = broker;
    this.#topic = options.topic;
    this.#replication = options.replication;
    this.#connector = options.connector;
  }

  /** Reads what is marked now. The topic is made only when `create` says so: looking leaves nothing behind. */
  async load(create: boolean): Promise<void> {
    const found = new Map<string, Ranges>();
    this.#ranges = found;
    if (create) {
      const replication = this.#replication > 0 ? { replication: this.#replication } : {};
      const config = { 'cleanup.policy': 'compact' };
      await this.#broker.createTopics([{ name: this.#topic, partitions: 1, ...replication, config }]);
    }
    for (const stretch of await stretchesOf(this.#broker, this.#topic)) {
      for await (const { records, index } of recordsOf(this.#broker, this.#topic, stretch)) {
        const { bytes, keyStarts, keyEnds, valueStarts, valueEnds } = records;
        if (keyStarts[index]! < 0) continue;
        const place = placeOf(bytes.toString('utf8', keyStarts[index], keyEnds[index]));
        if (place === null || place.connector !== this.#connector) continue;
        const isTombstone = valueStarts[index]! < 0;
        const value = isTombstone ? '' : bytes.toString('utf8', valueStarts[index], valueEnds[index]);
        found.set(idOf(place.topic, place.partition), rangesOf(value));
      }
    }
  }

  has(topic: string, partition: number, offset: number): boolean {
    return inRanges(this.#ranges.get(idOf(topic, partition)) ?? [], offset);
  }

  /** How many offsets from `from` to `to` (exclusive) are marked. */
  count(topic: string, partition: number, from: number, to: number): number {
    let sum = 0;
    for (const [low, high] of this.#ranges.get(idOf(topic, partition)) ?? []) {
      sum += Math.max(0, Math.min(high, to) - Math.max(low, from));
    }
    return sum;
  }

  /** The first offset from `earliest` on that is not marked. */
  firstOpen(topic: string, partition: number, earliest: number): number {
    const range = (this.#ranges.get(idOf(topic, partition)) ?? []).find(
      ([low, high]) => low <= earliest && earliest < high,
    );
    return range === undefined ? earliest : range[1];
  }

  /** Marks in memory; `write` makes it durable. */
  add(topic: string, partition: number, from: number, to: number): void {
    const id = idOf(topic, partition);
    this.#ranges.set(id, withRange(this.#ranges.get(id) ?? [], from, to));
  }

  /** Appends the marks of a partition to an open transaction; what the topic has lost by age is forgotten. */
  write(producer: TransactionalProducer, topic: string, partition: number, earliest: number): void {
    const kept = (this.#ranges.get(idOf(topic, partition)) ?? []).filter(([, to]) => to > earliest);
    const key = Buffer.from(JSON.stringify([this.#connector, topic, partition]));
    const value = Buffer.from(JSON.stringify({ replayed: kept }));
    producer.lane(this.#topic, 0).append(-1, key, 0, key.length, value, 0, value.length, null);
  }
}

/** The ranges with one more; neighbours become one. */
export function withRange(ranges: Ranges, from: number, to: number): Ranges {
  let low = from;
  let high = to;
  const apart: (readonly [number, number])[] = [];
  for (const [start, end] of ranges) {
    if (end < low || start > high) apart.push([start, end]);
    else {
      low = Math.min(low, start);
      high = Math.max(high, end);
    }
  }
  return [...apart, [low, high] as const].sort(([left], [right]) => left - right);
}

function inRanges(ranges: Ranges, offset: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]![1] <= offset) low = middle + 1;
    else high = middle;
  }
  return low < ranges.length && ranges[low]![0] <= offset;
}

function idOf(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/** Null for records that are not ours. */
function placeOf(
  key: string,
): { readonly connector: string; readonly topic: string; readonly partition: number } | null {
  const parts = parsed(key);
  if (!Array.isArray(parts) || parts.length !== 3) return null;
  return { connector: String(parts[0]), topic: String(parts[1]), partition: Number(parts[2]) };
}

function rangesOf(value: string): Ranges {
  const list = (parsed(value) as { replayed?: unknown } | null)?.replayed;
  return Array.isArray(list) ? (list as Ranges) : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
