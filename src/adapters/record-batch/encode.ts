// Writes record batches v2. One builder belongs to one lane: records are appended straight into the bytes that go on the
// wire, and `finishBatch` fills the header in once sequence, producer and compression are known.

import type { Headers } from '../../ports/broker.ts';
import { crc32c } from './crc32c.ts';
import {
  AT_ATTRIBUTES,
  AT_BASE_SEQUENCE,
  AT_BASE_TIMESTAMP,
  AT_CRC,
  AT_LAST_OFFSET_DELTA,
  AT_LEADER_EPOCH,
  AT_LENGTH,
  AT_MAGIC,
  AT_MAX_TIMESTAMP,
  AT_PRODUCER_EPOCH,
  AT_PRODUCER_ID,
  AT_RECORD_COUNT,
  CONTROL,
  HEADER_BYTES,
  PREFIX_BYTES,
  TRANSACTIONAL,
  writeInt64,
} from './layout.ts';

// The most that the fixed parts and varints of a record take.
const RECORD_OVERHEAD_BYTES = 48;
// Below this a loop beats the call into `Buffer.copy`.
const COPY_BY_LOOP_BYTES = 24;

/** The records of one batch under construction. */
export class BatchBuilder {
  /** Header space, then the records so far. Replaced on growth. */
  bytes: Buffer;
  position = HEADER_BYTES;
  count = 0;
  baseTimestampMs = 0;
  maxTimestampMs = 0;

  constructor(capacityBytes = 16_384) {
    this.bytes = Buffer.allocUnsafe(capacityBytes);
  }

  /** Takes the batch built so far (its header still blank) and starts the next one in fresh memory. */
  take(): BuiltBatch {
    const { count, baseTimestampMs, maxTimestampMs } = this;
    const bytes = this.bytes.subarray(0, this.position);
    this.bytes = Buffer.allocUnsafe(Math.max(1024, Math.min(this.bytes.length, this.position * 2)));
    this.position = HEADER_BYTES;
    this.count = 0;
    return { bytes, count, baseTimestampMs, maxTimestampMs };
  }

  /** Forgets the records so far. */
  clear(): void {
    this.position = HEADER_BYTES;
    this.count = 0;
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
    if (this.count === 0) {
      this.baseTimestampMs = timestampMs;
      this.maxTimestampMs = timestampMs;
    } else if (timestampMs > this.maxTimestampMs) this.maxTimestampMs = timestampMs;
    const timestampDelta = timestampMs - this.baseTimestampMs;
    const keyBytes = key === null ? 0 : keyEnd - keyStart;
    const valueBytes = value === null ? 0 : valueEnd - valueStart;
    const headerBytes = headers === null ? 1 : headersSize(headers);
    const recordBytes =
      1 +
      varintSize(timestampDelta) +
      varintSize(this.count) +
      (key === null ? 1 : varintSize(keyBytes)) +
      keyBytes +
      (value === null ? 1 : varintSize(valueBytes)) +
      valueBytes +
      headerBytes;
    this.reserve(recordBytes + RECORD_OVERHEAD_BYTES);
    this.varint(recordBytes);
    this.bytes[this.position++] = 0;
    this.varint(timestampDelta);
    this.varint(this.count);
    if (key === null) this.bytes[this.position++] = 1;
    else this.field(key, keyStart, keyEnd, keyBytes);
    if (value === null) this.bytes[this.position++] = 1;
    else this.field(value, valueStart, valueEnd, valueBytes);
    if (headers === null) this.bytes[this.position++] = 0;
    else this.headers(headers);
    this.count++;
  }

  private reserve(byteCount: number): void {
    if (this.position + byteCount <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.position + byteCount));
    this.bytes.copy(larger, 0, 0, this.position);
    this.bytes = larger;
  }

  private field(source: Buffer, start: number, end: number, byteCount: number): void {
    this.varint(byteCount);
    if (byteCount < COPY_BY_LOOP_BYTES) {
      const target = this.bytes;
      let at = this.position;
      for (let i = start; i < end; i++) target[at++] = source[i]!;
      this.position = at;
      return;
    }
    source.copy(this.bytes, this.position, start, end);
    this.position += byteCount;
  }

  private headers(headers: Headers): void {
    this.varint(headers.length);
    for (let i = 0; i < headers.length; i++) {
      const header = headers[i]!;
      const name = header[0];
      const value = header[1];
      this.varint(Buffer.byteLength(name));
      this.position += this.bytes.write(name, this.position, 'utf8');
      if (value === null) this.bytes[this.position++] = 1;
      else this.field(value, 0, value.length, value.length);
    }
  }

  // Zigzag, seven bits a byte. Beyond 32 bits (time deltas over 24 days) the shifts become divisions.
  private varint(value: number): void {
    let rest = value < 0 ? -value * 2 - 1 : value * 2;
    const target = this.bytes;
    while (rest > 127) {
      target[this.position++] = (rest & 127) | 128;
      rest = rest > 0x7fffffff ? Math.floor(rest / 128) : rest >>> 7;
    }
    target[this.position++] = rest;
  }
}

/** A closed batch: bytes with a blank header, and what the header must say. */
export interface BuiltBatch {
  readonly bytes: Buffer;
  readonly count: number;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
}

/** What is known of a batch only when it leaves. */
export interface BatchStamp {
  readonly baseOffset: number;
  readonly codecId: number;
  readonly transactional: boolean;
  /** −1 when the producer is neither idempotent nor transactional. */
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

/** Fills the header of `bytes` in (the records may be compressed by now) and seals it with the checksum. */
export function finishBatch(bytes: Buffer, built: BuiltBatch, stamp: BatchStamp): void {
  writeInt64(bytes, stamp.baseOffset, 0);
  bytes.writeInt32BE(bytes.length - PREFIX_BYTES, AT_LENGTH);
  bytes.writeInt32BE(-1, AT_LEADER_EPOCH);
  bytes[AT_MAGIC] = 2;
  bytes.writeInt16BE(stamp.codecId | (stamp.transactional ? TRANSACTIONAL : 0), AT_ATTRIBUTES);
  bytes.writeInt32BE(built.count - 1, AT_LAST_OFFSET_DELTA);
  writeInt64(bytes, built.baseTimestampMs, AT_BASE_TIMESTAMP);
  writeInt64(bytes, built.maxTimestampMs, AT_MAX_TIMESTAMP);
  writeInt64(bytes, stamp.producerId, AT_PRODUCER_ID);
  bytes.writeInt16BE(stamp.producerEpoch, AT_PRODUCER_EPOCH);
  bytes.writeInt32BE(stamp.baseSequence, AT_BASE_SEQUENCE);
  bytes.writeInt32BE(built.count, AT_RECORD_COUNT);
  sealBatch(bytes);
}

/** Writes the checksum; to be called after any change behind the crc field. */
export function sealBatch(bytes: Buffer): void {
  bytes.writeUInt32BE(crc32c(bytes, AT_ATTRIBUTES, bytes.length), AT_CRC);
}

/** The marker that ends a transaction in a partition. */
export function controlBatch(
  outcome: 'commit' | 'abort',
  producer: { readonly id: number; readonly epoch: number },
  baseOffset: number,
  timestampMs: number,
): Buffer {
  const builder = new BatchBuilder(128);
  const key = Buffer.alloc(4);
  key.writeInt16BE(outcome === 'commit' ? 1 : 0, 2);
  builder.append(timestampMs, key, 0, 4, Buffer.alloc(6), 0, 6, null);
  const built = builder.take();
  const stamp = { baseOffset, codecId: CONTROL, transactional: true, producerId: producer.id, baseSequence: -1 };
  finishBatch(built.bytes, built, { ...stamp, producerEpoch: producer.epoch });
  return built.bytes;
}

function varintSize(value: number): number {
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  let size = 1;
  while (rest > 127) {
    size++;
    rest = rest > 0x7fffffff ? Math.floor(rest / 128) : rest >>> 7;
  }
  return size;
}

function headersSize(headers: Headers): number {
  let size = varintSize(headers.length);
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i]!;
    const nameBytes = Buffer.byteLength(header[0]);
    const valueBytes = header[1] === null ? 0 : header[1].length;
    size += varintSize(nameBytes) + nameBytes + (header[1] === null ? 1 : varintSize(valueBytes)) + valueBytes;
  }
  return size;
}
