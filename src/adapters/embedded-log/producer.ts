// Producers of the embedded log. Batches are written as they fill, so nothing waits but what is still being built.
//
// Law: a transaction's records are in the partitions before its commit stands in the journal, and its markers after.

import { TributaryError } from '../../core/errors.ts';
import type { Headers, Lane, Offsets, Producer, TransactionalProducer } from '../../ports/broker.ts';
import { partitionKey } from '../../ports/broker.ts';
import { BatchBuilder, HEADER_BYTES } from '../record-batch/index.ts';
import type { LogCore } from './core.ts';
import type { Owner } from './journal.ts';
import type { PartitionLog } from './partition-log.ts';
import { MESSAGE_BYTES_MAX } from './topic-settings.ts';
import { tooLarge, writeBatch } from './writer.ts';

const BATCH_BYTES = 1 << 20;

class EmbeddedLane implements Lane {
  readonly key: string;
  readonly builder = new BatchBuilder();
  private readonly producer: LaneOwner;

  constructor(key: string, producer: LaneOwner) {
    this.key = key;
    this.producer = producer;
  }

  append(
    timestampMs: number,
    key: Buffer | null,
    keyStart: number,
    keyEnd: number,
    value: Buffer | null,
    valueStart: number,
    valueEnd: number,
    headers: Headers | null,
  ): void {
    const { builder } = this;
    const bytes = (key === null ? 0 : keyEnd - keyStart) + (value === null ? 0 : valueEnd - valueStart);
    if (bytes > MESSAGE_BYTES_MAX) this.producer.checkSize(this, bytes);
    if (builder.count === 0) this.producer.laneStarted(this);
    const time = timestampMs === -1 ? this.producer.now() : timestampMs;
    builder.append(time, key, keyStart, keyEnd, value, valueStart, valueEnd, headers);
    if (key === null) this.producer.nullKey(this);
    if (builder.position >= BATCH_BYTES) this.producer.laneFull(this);
  }
}

interface LaneOwner {
  now(): number;
  checkSize(lane: EmbeddedLane, bytes: number): void;
  laneStarted(lane: EmbeddedLane): void;
  laneFull(lane: EmbeddedLane): void;
  nullKey(lane: EmbeddedLane): void;
}

/** What both kinds of producer share: lanes, ends, and the first error, which is kept until someone waits. */
abstract class LaneWriter implements LaneOwner {
  protected readonly core: LogCore;
  protected readonly codecId: number;
  protected closed = false;
  private readonly lanes = new Map<string, EmbeddedLane>();
  private readonly started = new Set<EmbeddedLane>();
  private readonly nullKeyed = new Set<EmbeddedLane>();
  private readonly touched = new Set<PartitionLog>();
  private ends = new Map<string, number>();
  private failure: unknown = null;

  constructor(core: LogCore, codecId: number) {
    this.core = core;
    this.codecId = codecId;
  }

  now(): number {
    return this.core.clock.now();
  }

  lane(topic: string, partition: number): Lane {
    const key = partitionKey(topic, partition);
    const found = this.lanes.get(key);
    if (found !== undefined) return found;
    const made = new EmbeddedLane(key, this);
    this.lanes.set(key, made);
    return made;
  }

  /** As a Kafka producer's own limit does: such a record is refused alone and at once, the others of its batch are not touched. */
  checkSize(lane: EmbeddedLane, bytes: number): void {
    const log = this.core.topics.log(lane.key);
    if (this.codecId === 0 && bytes + HEADER_BYTES > log.settings.messageBytesMax) throw tooLarge(log, bytes);
  }

  laneStarted(lane: EmbeddedLane): void {
    this.started.add(lane);
  }

  nullKey(lane: EmbeddedLane): void {
    this.nullKeyed.add(lane);
  }

  laneFull(lane: EmbeddedLane): void {
    if (this.failure !== null) lane.builder.clear();
    else this.attempt(() => this.write(lane));
  }

  async drain(): Promise<void> {
    this.throwFailure();
  }

  /** Writes what is being built, makes it durable as asked for, and answers and forgets the ends. */
  protected async flushLanes(): Promise<Map<string, number>> {
    for (const lane of this.started) {
      if (this.failure === null && lane.builder.count > 0) this.attempt(() => this.write(lane));
    }
    this.started.clear();
    this.throwFailure();
    if (this.core.fsync) for (const log of this.touched) await log.sync();
    this.touched.clear();
    const { ends } = this;
    this.ends = new Map();
    return ends;
  }

  protected dropBuilt(): void {
    for (const lane of this.started) lane.builder.clear();
    this.started.clear();
    this.nullKeyed.clear();
    this.touched.clear();
    this.ends.clear();
    this.failure = null;
  }

  protected abstract owner(): Owner | null;
  protected abstract wrote(log: PartitionLog, firstOffset: number): void;

  private write(lane: EmbeddedLane): void {
    this.core.checkOpen();
    const log = this.core.topics.log(lane.key);
    if (log.settings.compact && this.nullKeyed.has(lane)) throw keyless(lane.key);
    const owner = this.owner();
    const firstOffset = log.nextOffset;
    const end = writeBatch(log, lane.builder.take(), this.codecId, owner, this.core.clock, this.core.rolled);
    this.nullKeyed.delete(lane);
    this.touched.add(log);
    this.ends.set(lane.key, end);
    this.wrote(log, firstOffset);
  }

  private attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.failure = error;
    }
  }

  private throwFailure(): void {
    if (this.failure === null) return;
    const { failure } = this;
    this.dropBuilt();
    throw failure;
  }
}

export class EmbeddedProducer extends LaneWriter implements Producer {
  async flush(): Promise<Offsets> {
    return this.flushLanes();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.flushLanes();
  }

  protected override owner(): null {
    return null;
  }

  protected override wrote(): void {}
}

export class EmbeddedTransactionalProducer extends LaneWriter implements TransactionalProducer {
  private readonly id: string;
  private readonly taken: Owner;
  private open = false;
  // Partition folder → first offset in this transaction, for the journal and the markers.
  private parts = new Map<PartitionLog, number>();
  // What the caller has flushed within the transaction also belongs to the ends that commit answers.
  private flushed = new Map<string, number>();

  constructor(core: LogCore, codecId: number, id: string, taken: Owner) {
    super(core, codecId);
    this.id = id;
    this.taken = taken;
  }

  begin(): void {
    if (this.open) throw misuse(this.id, 'begin was called within a transaction');
    this.open = true;
    this.parts.clear();
    this.flushed.clear();
  }

  override laneStarted(lane: EmbeddedLane): void {
    if (!this.open) throw misuse(this.id, 'a record was appended outside a transaction');
    super.laneStarted(lane);
  }

  async flush(): Promise<Offsets> {
    const ends = await this.flushLanes();
    for (const [key, end] of ends) this.flushed.set(key, end);
    return ends;
  }

  async commit(group: string | null, inputs: Offsets): Promise<Offsets> {
    if (!this.open) throw misuse(this.id, 'commit was called outside a transaction');
    this.owner();
    await this.flush();
    this.core.checkOpen();
    this.owner();
    if (this.parts.size > 0 || (group !== null && inputs.size > 0)) {
      const touched: Record<string, number> = {};
      for (const [log, firstOffset] of this.parts) touched[log.folder] = firstOffset;
      const { producerId } = this.taken;
      const entry = { kind: 'commit', producerId, touched, group, offsets: Object.fromEntries(inputs) } as const;
      await this.core.commitTransaction(entry, [...this.parts.keys()], this.taken);
    }
    this.open = false;
    return this.flushed;
  }

  async abort(): Promise<void> {
    this.dropBuilt();
    if (!this.open) return;
    this.open = false;
    this.core.finish([...this.parts.keys()], this.taken, 'abort');
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.abort();
  }

  protected override owner(): Owner {
    const newest = this.core.journal.owners.get(this.id);
    if (newest?.epoch === this.taken.epoch && newest.producerId === this.taken.producerId) return this.taken;
    throw new TributaryError('TRIB_PRODUCER_FENCED', 'fenced', {
      what: 'Another holder has taken the transactional id over; this one has stopped.',
      where: this.id,
      fix: 'Nothing is lost: the other one goes on from the last commit.',
    });
  }

  protected override wrote(log: PartitionLog, firstOffset: number): void {
    if (!this.parts.has(log)) this.parts.set(log, firstOffset);
  }
}

function keyless(key: string): TributaryError {
  return new TributaryError('TRIB_RECORD_KEYLESS', 'data', {
    what: 'A record without a key was written to a compacted topic.',
    where: key,
    fix: 'Give every record a key, or make the topic with cleanup.policy=delete.',
  });
}

function misuse(id: string, what: string): TributaryError {
  return new TributaryError('TRIB_BUG', 'bug', {
    what: `Broken belief: ${what}.`,
    where: id,
    fix: 'Please report this.',
  });
}
