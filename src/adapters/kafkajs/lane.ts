// One topic-partition of a producer: the batch being built, those that wait, those under way.
//
// Law: batches of a lane reach the log in the order they were filled. Sequence numbers are given when a batch first leaves,
// so that what never left leaves no gap. When one fails in a way that may pass, the lane waits until none is under way and
// sends again from the first unacknowledged one, with the same numbers.

import { TributaryError } from '../../core/errors.ts';
import type { Headers, Lane } from '../../ports/broker.ts';
import { partitionKey } from '../../ports/broker.ts';
import { BatchBuilder, type BuiltBatch, compress, finishBatch, HEADER_BYTES } from '../record-batch/index.ts';
import type { ProducerIdentity } from './api/transactions.ts';

/** A closed batch on its way. */
export interface OutBatch {
  readonly built: BuiltBatch;
  /** With its header, compressed if so wished; null while that is being done. */
  bytes: Buffer | null;
  /** −1 until it first leaves. */
  sequence: number;
  readonly sinceMs: number;
}

export interface LaneOwner {
  readonly codecId: number;
  readonly recordBytesMax: number;
  readonly batchBytesMax: number;
  now(): number;
  /** The first record after the lane was empty. */
  laneStarted(lane: KafkaLane): void;
  /** A batch has been closed; it counts as pending until it is acknowledged. */
  batchAdded(bytes: number): void;
  /** A batch is ready to leave. */
  batchReady(lane: KafkaLane): void;
  failed(error: unknown): void;
  /** Whether anything is still to be written: after a failure records are dropped until the owner has been told. */
  isBroken(): boolean;
}

// Sequences are int32 and start again at 0.
const SEQUENCE_MODULUS = 2 ** 31;
// The most that the fixed parts and varints of a record take.
const RECORD_SLACK_BYTES = 64;

export class KafkaLane implements Lane {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly waiting: OutBatch[] = [];
  readonly underWay: OutBatch[] = [];
  /** Sending again after a failure: nothing leaves while something is under way. */
  recovering = false;
  /** Not before this time. */
  notBeforeMs = 0;
  attempts = 0;
  /** In a transaction: known to the coordinator. */
  isRegistered = false;
  /** Offset behind the last acknowledged batch since the last flush; −1 none, −2 not told by the broker. */
  end = -1;
  batchBytesMax: number;
  private readonly owner: LaneOwner;
  private readonly builder = new BatchBuilder();
  private nextSequence = 0;

  constructor(topic: string, partition: number, owner: LaneOwner) {
    this.topic = topic;
    this.partition = partition;
    this.key = partitionKey(topic, partition);
    this.owner = owner;
    this.batchBytesMax = owner.batchBytesMax;
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
    const { builder, owner } = this;
    if (owner.isBroken()) return;
    const keyBytes = key === null ? 0 : keyEnd - keyStart;
    const valueBytes = value === null ? 0 : valueEnd - valueStart;
    const bytesMost = keyBytes + valueBytes + RECORD_SLACK_BYTES + (headers === null ? 0 : headerBytesMost(headers));
    if (bytesMost + HEADER_BYTES > owner.recordBytesMax) throw tooLarge(this.key, bytesMost, owner.recordBytesMax);
    if (builder.position + bytesMost > this.batchBytesMax) this.close();
    if (builder.count === 0) owner.laneStarted(this);
    const time = timestampMs === -1 ? owner.now() : timestampMs;
    builder.append(time, key, keyStart, keyEnd, value, valueStart, valueEnd, headers);
  }

  /** Closes the batch being built, if there is one. */
  close(): void {
    if (this.builder.count === 0) return;
    const built = this.builder.take();
    this.enqueue([built], this.waiting.length);
  }

  /** Puts closed batches into the line at a place. */
  enqueue(builts: readonly BuiltBatch[], at: number, sequence = -1): void {
    let next = sequence;
    const batches = builts.map((built): OutBatch => {
      const batch: OutBatch = { built, bytes: null, sequence: next, sinceMs: this.owner.now() };
      if (next >= 0) next = (next + built.count) % SEQUENCE_MODULUS;
      return batch;
    });
    this.waiting.splice(at, 0, ...batches);
    for (const batch of batches) {
      this.owner.batchAdded(batch.built.bytes.length);
      this.prepare(batch);
    }
  }

  /** The next batch that may leave now, numbered and sealed; null when none may. */
  next(producer: ProducerIdentity, transactional: boolean, nowMs: number): OutBatch | null {
    const batch = this.waiting[0];
    if (batch === undefined || batch.bytes === null || nowMs < this.notBeforeMs) return null;
    if (this.recovering && this.underWay.length > 0) return null;
    if (batch.sequence < 0) {
      batch.sequence = this.nextSequence;
      this.nextSequence = (this.nextSequence + batch.built.count) % SEQUENCE_MODULUS;
    }
    finishBatch(batch.bytes, batch.built, {
      baseOffset: 0,
      codecId: this.owner.codecId,
      transactional,
      producerId: producer.id,
      producerEpoch: producer.epoch,
      baseSequence: batch.sequence,
    });
    this.waiting.shift();
    this.underWay.push(batch);
    return batch;
  }

  /** Puts a batch that came back into the line again, before all that come after it. */
  putBack(batch: OutBatch): void {
    this.underWay.splice(this.underWay.indexOf(batch), 1);
    const at = this.waiting.findIndex((other) => other.sequence < 0 || isBefore(batch.sequence, other.sequence));
    this.waiting.splice(at < 0 ? this.waiting.length : at, 0, batch);
    this.recovering = true;
  }

  /** Takes an acknowledged (or given up) batch off. */
  done(batch: OutBatch): void {
    this.underWay.splice(this.underWay.indexOf(batch), 1);
    if (this.underWay.length === 0 && !this.waiting.some((other) => other.sequence >= 0)) this.recovering = false;
  }

  get isIdle(): boolean {
    return this.builder.count === 0 && this.waiting.length === 0 && this.underWay.length === 0;
  }

  /** Forgets everything; `restart` also begins numbering anew, for a new producer epoch. */
  reset(restart: boolean): void {
    this.builder.clear();
    this.waiting.length = 0;
    this.underWay.length = 0;
    this.recovering = false;
    this.notBeforeMs = 0;
    this.attempts = 0;
    this.end = -1;
    if (restart) this.nextSequence = 0;
  }

  private prepare(batch: OutBatch): void {
    const { codecId } = this.owner;
    if (codecId === 0) {
      batch.bytes = batch.built.bytes;
      this.owner.batchReady(this);
      return;
    }
    compress(codecId, batch.built.bytes.subarray(HEADER_BYTES)).then(
      (records) => {
        const bytes = Buffer.allocUnsafe(HEADER_BYTES + records.length);
        records.copy(bytes, HEADER_BYTES);
        batch.bytes = bytes;
        this.owner.batchReady(this);
      },
      (error: unknown) => this.owner.failed(error),
    );
  }
}

function headerBytesMost(headers: Headers): number {
  let bytes = 5;
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i]!;
    bytes += header[0].length * 3 + (header[1]?.length ?? 0) + 10;
  }
  return bytes;
}

// Sequences wrap around; those of one lane never lie further apart than half the circle.
function isBefore(left: number, right: number): boolean {
  return (right - left + SEQUENCE_MODULUS) % SEQUENCE_MODULUS < SEQUENCE_MODULUS / 2;
}

function tooLarge(key: string, recordBytes: number, bytesMax: number): TributaryError {
  return new TributaryError('TRIB_RECORD_TOO_LARGE', 'data', {
    what: `A record of ${recordBytes} bytes is larger than a request may be.`,
    where: key,
    fix: `Raise "max.request.size" (now ${bytesMax}) and the topic's "max.message.bytes", or make the record smaller.`,
  });
}
