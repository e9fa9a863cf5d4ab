// Writes dead letters again: to a topic that only their connector reads, to the original topic, or to another.
//
// Law: a batch is one transaction of replayed records, of the marks that say so, and of the offsets of the group
// `<cluster.id>-dlq-replay-<connector>`. A crash neither loses nor doubles a letter. One replay of a connector at a time: a
// second one fences the first by the transactional id.
import { TributaryError } from '../../core/errors.ts';
import { partitionOf } from '../../core/murmur2.ts';
import { type Broker, type Headers, partitionKey, type TransactionalProducer } from '../../ports/broker.ts';
import {
  type Letter,
  type LetterOrigin,
  letterName,
  ORIGINAL_OFFSET,
  ORIGINAL_PARTITION,
  ORIGINAL_TOPIC,
  REPLAYED_FROM,
} from './dead-letter-form.ts';
import type { ReplayMarks } from './dead-letter-marks.ts';
import { forward, type Stretch } from './dead-letter-scan.ts';

const BATCH_LETTERS = 500;
const BATCH_BYTES = 4 * 1024 * 1024;
const SCAN_MAX = 200_000;
const PLANNED_SHOWN = 100;
/** A call ends well before its client gives up; the cursor goes on from there. */
const CALL_MS = 10_000;

/** Where replayed records go. */
export interface ReplayTarget {
  /** Null: each to its original topic. */
  readonly topic: string | null;
  /** The connector reads it back as if it came from the original topic. */
  readonly isRetry: boolean;
  /** The original topic of letters that do not tell theirs; null: unknown. */
  readonly assumedOrigin: string | null;
}

/** What one call is to do. */
export interface ReplayOrder {
  readonly deadLetterTopic: string;
  readonly stretches: readonly Stretch[];
  /** True when each letter of the stretches was looked at from the first one on: then gaps between marks are gaps of the log. */
  readonly isWhole: boolean;
  wants(letter: Letter): boolean;
  readonly target: ReplayTarget;
  readonly marks: ReplayMarks;
  readonly again: boolean;
  readonly dryRun: boolean;
  readonly limit: number;
  readonly transactionalId: string;
  readonly group: string;
  now(): number;
}

/** What a call did. */
export interface ReplayOutcome {
  /** Letters written, or in a dry run: that would be. */
  readonly replayed: number;
  readonly alreadyReplayed: number;
  /** Letters that do not tell their original topic. */
  readonly unknownOrigin: number;
  /** Letters that no topic takes for their size. */
  readonly tooLarge: number;
  readonly scanned: number;
  /** The first of what was (or would be) written. */
  readonly plan: readonly { readonly letter: string; readonly topic: string; readonly partition: number }[];
  /** What is left, by partition. */
  readonly left: readonly Stretch[];
}

/** Carries one call out. Throws `conflict` when another replay took over, `notFound` when a target topic is missing. */
export async function replay(broker: Broker, order: ReplayOrder): Promise<ReplayOutcome> {
  const run = new ReplayRun(broker, order);
  try {
    return await run.run();
  } catch (error) {
    if (!(error instanceof TributaryError) || error.kind !== 'fenced') throw error;
    throw new TributaryError('TRIB_REPLAY_TAKEN_OVER', 'conflict', {
      what: 'Another replay of this connector has begun and took over; what this one had written stays.',
      fix: 'Wait for the other, then ask again: letters that were replayed are not replayed twice.',
      cause: error,
    });
  } finally {
    await run.close();
  }
}

class ReplayRun {
  readonly #broker: Broker;
  readonly #order: ReplayOrder;
  readonly #partitions = new Map<string, number>();
  readonly #earliest = new Map<number, number>();
  readonly #touched = new Set<number>();
  readonly #plan: { letter: string; topic: string; partition: number }[] = [];
  #producer: TransactionalProducer | null = null;
  #open = false;
  #batchLetters = 0;
  #batchBytes = 0;
  #next = 0;
  #replayed = 0;
  #alreadyReplayed = 0;
  #unknownOrigin = 0;
  #tooLarge = 0;
  #scanned = 0;

  constructor(broker: Broker, order: ReplayOrder) {
    this.#broker = broker;
    this.#order = order;
    for (const { partition, from } of order.stretches) {
      this.#earliest.set(partition, Math.min(from, this.#earliest.get(partition) ?? from));
    }
  }

  async run(): Promise<ReplayOutcome> {
    const { deadLetterTopic, stretches, dryRun, marks, transactionalId } = this.#order;
    // Fenced first, read then: what an older replay still commits is either seen in the marks or not committed at all.
    if (!dryRun) this.#producer = await this.#broker.transact(transactionalId);
    await marks.load(!dryRun);
    const left = new Map(stretches.map((stretch) => [stretch, stretch]));
    const endMs = this.#order.now() + CALL_MS;
    for (const stretch of stretches) {
      let before = stretch.from;
      let unbroken = this.#order.isWhole;
      let full = false;
      for await (const letter of forward(this.#broker, deadLetterTopic, [stretch])) {
        if (this.#isFull(endMs)) {
          full = true;
          break;
        }
        this.#scanned++;
        const handled = await this.#handle(letter, unbroken ? before : letter.offset);
        unbroken = this.#order.isWhole && handled;
        before = letter.offset + 1;
        left.set(stretch, { ...stretch, from: before });
      }
      if (full) break;
      left.delete(stretch);
    }
    await this.#commit();
    return {
      replayed: this.#replayed,
      alreadyReplayed: this.#alreadyReplayed,
      unknownOrigin: this.#unknownOrigin,
      tooLarge: this.#tooLarge,
      scanned: this.#scanned,
      plan: this.#plan,
      left: [...left.values()],
    };
  }

  async close(): Promise<void> {
    if (this.#open) await this.#producer?.abort().catch(() => {});
    await this.#producer?.close().catch(() => {});
  }

  #isFull(endMs: number): boolean {
    const { limit, now } = this.#order;
    return this.#replayed >= limit || this.#scanned >= SCAN_MAX || (this.#scanned > 0 && now() >= endMs);
  }

  /** Answers whether the letter is replayed now, by this call or before. `markFrom`: the mark covers the log from there. */
  async #handle(letter: Letter, markFrom: number): Promise<boolean> {
    const { marks, again, wants, target, dryRun } = this.#order;
    const done = marks.has(letter.topic, letter.partition, letter.offset);
    if (!wants(letter)) return done;
    if (done && !again) {
      this.#alreadyReplayed++;
      return true;
    }
    const origin = letter.origin ?? (target.assumedOrigin === null ? null : bareOrigin(target.assumedOrigin));
    const topic = target.topic ?? origin?.topic ?? null;
    if (topic === null || (target.isRetry && origin === null)) {
      this.#unknownOrigin++;
      return done;
    }
    const partition = this.#partitionFor(letter, origin, topic, await this.#countOf(topic));
    if (!dryRun && !this.#append(letter, origin, topic, partition)) {
      this.#tooLarge++;
      return done;
    }
    this.#replayed++;
    if (this.#plan.length < PLANNED_SHOWN) this.#plan.push({ letter: letterName(letter), topic, partition });
    if (dryRun) return done;
    marks.add(letter.topic, letter.partition, markFrom, letter.offset + 1);
    this.#touched.add(letter.partition);
    this.#batchLetters++;
    this.#batchBytes += sizeOf(letter);
    if (this.#batchLetters >= BATCH_LETTERS || this.#batchBytes >= BATCH_BYTES) await this.#commit();
    return true;
  }

  /** False when the record can never be sent for its size. */
  #append(letter: Letter, origin: LetterOrigin | null, topic: string, partition: number): boolean {
    const { records, index } = letter;
    const producer = this.#producer!;
    if (!this.#open) {
      producer.begin();
      this.#open = true;
    }
    const { bytes } = records;
    const keyStart = records.keyStarts[index]!;
    const valueStart = records.valueStarts[index]!;
    try {
      producer
        .lane(topic, partition)
        .append(
          records.timestampsMs[index]!,
          keyStart < 0 ? null : bytes,
          keyStart,
          records.keyEnds[index]!,
          valueStart < 0 ? null : bytes,
          valueStart,
          records.valueEnds[index]!,
          headersOf(letter, this.#order.target.isRetry ? origin : null),
        );
      return true;
    } catch (error) {
      if (error instanceof TributaryError && error.kind === 'data') return false;
      throw error;
    }
  }

  async #commit(): Promise<void> {
    if (!this.#open) return;
    const { deadLetterTopic, marks, group } = this.#order;
    const producer = this.#producer!;
    const keys = [...this.#touched].map((partition) => partitionKey(deadLetterTopic, partition));
    const earliest = await this.#broker.offsets(keys, 'earliest');
    const offsets = new Map<string, number>();
    for (const partition of this.#touched) {
      const key = partitionKey(deadLetterTopic, partition);
      const first = earliest.get(key) ?? 0;
      marks.write(producer, deadLetterTopic, partition, first);
      offsets.set(key, marks.firstOpen(deadLetterTopic, partition, first));
    }
    await producer.commit(group, offsets);
    this.#open = false;
    this.#touched.clear();
    this.#batchLetters = 0;
    this.#batchBytes = 0;
  }

  /** The original partition keeps the order of a key; where there is none of that number, the key decides. */
  #partitionFor(letter: Letter, origin: LetterOrigin | null, topic: string, count: number): number {
    const original = origin?.topic === topic ? origin.partition : null;
    if (original !== null && original < count) return original;
    const { records, index } = letter;
    const start = records.keyStarts[index]!;
    return start < 0 ? this.#next++ % count : partitionOf(records.bytes, start, records.keyEnds[index]!, count);
  }

  async #countOf(topic: string): Promise<number> {
    const known = this.#partitions.get(topic);
    if (known !== undefined) return known;
    const info = await this.#broker.topic(topic);
    if (info === null && !(this.#order.dryRun && this.#order.target.isRetry)) {
      throw new TributaryError('TRIB_REPLAY_TOPIC_MISSING', 'notFound', {
        what: `The letters would go to topic "${topic}", which does not exist.`,
        fix: 'Make the topic, or name another with "to".',
      });
    }
    const count = info?.partitions ?? 1;
    this.#partitions.set(topic, count);
    return count;
  }
}

/** The record's own headers, and where it came from. */
function headersOf(letter: Letter, origin: LetterOrigin | null): Headers {
  const added: [string, string][] = [[REPLAYED_FROM, letterName(letter)]];
  if (origin !== null) {
    added.push([ORIGINAL_TOPIC, origin.topic]);
    if (origin.partition !== null) added.push([ORIGINAL_PARTITION, String(origin.partition)]);
    if (origin.offset !== null) added.push([ORIGINAL_OFFSET, String(origin.offset)]);
  }
  return [...letter.headers, ...added.map(([name, text]) => [name, Buffer.from(text)] as const)];
}

function bareOrigin(topic: string): LetterOrigin {
  return { topic, partition: null, offset: null };
}

function sizeOf({ records, index }: Letter): number {
  const key = records.keyEnds[index]! - Math.max(0, records.keyStarts[index]!);
  return Math.max(0, key) + Math.max(0, records.valueEnds[index]! - Math.max(0, records.valueStarts[index]!));
}
