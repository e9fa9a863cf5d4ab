// Reads record batches v2 of one partition into `Records` columns. Nothing is copied: the slices point into the fetched
// bytes, or, for a compressed batch, into its decompressed ones.
//
// Law: `nextOffset` of the last answer lies behind everything that was looked at, so control batches, aborted records and
// the holes of compaction are passed over even when no record comes of them.

import { TributaryError } from '../../core/errors.ts';
import type { Records } from '../../ports/broker.ts';
import type { AbortedFilter } from './aborted.ts';
import { decompressSync } from './compression.ts';
import { crc32c } from './crc32c.ts';
import {
  AT_ATTRIBUTES,
  AT_BASE_TIMESTAMP,
  AT_CRC,
  AT_LAST_OFFSET_DELTA,
  AT_LENGTH,
  AT_MAGIC,
  AT_MAX_TIMESTAMP,
  AT_PRODUCER_ID,
  AT_RECORD_COUNT,
  CODEC_MASK,
  CONTROL,
  HEADER_BYTES,
  LOG_APPEND_TIME,
  PREFIX_BYTES,
  readInt64,
  TRANSACTIONAL,
} from './layout.ts';
import { VarintReader } from './varint.ts';

/** What is to be read. */
export interface DecodeRequest {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** Records before this offset are dropped: a batch may start before the offset that was asked for. */
  readonly from: number;
  /** Batches from here on are left (the last stable offset); Infinity when the server has already cut there. */
  readonly until: number;
  /** Hides aborted transactions; null shows everything but control batches. */
  readonly aborted: AbortedFilter | null;
}

/** What was read. */
export interface Decoded {
  readonly records: readonly Records[];
  /** Equal to the request's `from` when not even one whole batch was there. */
  readonly nextOffset: number;
  /** Where the first byte that was not consumed stands: the start of a torn or not yet readable batch. */
  readonly consumedTo: number;
}

/** Decodes whole batches; a torn one at the end is left. At most one entry a run of plain batches, one a compressed batch. */
export function decodeBatches(request: DecodeRequest): Decoded {
  const { bytes, end } = request;
  const runs: Run[] = [];
  let nextOffset = request.from;
  let position = request.start;
  while (position + HEADER_BYTES <= end) {
    const next = position + PREFIX_BYTES + bytes.readInt32BE(position + AT_LENGTH);
    if (next > end) break;
    checkMagic(request, position);
    const baseOffset = readInt64(bytes, position);
    if (baseOffset >= request.until) break;
    checkCrc(request, position, next);
    const lastOffset = baseOffset + bytes.readInt32BE(position + AT_LAST_OFFSET_DELTA);
    if (lastOffset >= request.from) {
      if (isShown(request, position, lastOffset)) addToRun(runs, bytes, position);
      nextOffset = Math.max(nextOffset, lastOffset + 1);
      const run = runs.at(-1);
      if (run !== undefined) run.nextOffset = nextOffset;
    }
    position = next;
  }
  const records: Records[] = [];
  for (const run of runs) {
    const columns = decodeRun(request, run);
    if (columns !== null) records.push(columns);
  }
  const reached = records.at(-1)?.nextOffset ?? request.from;
  if (nextOffset > reached) records.push(emptyRecords(request.topic, request.partition, nextOffset));
  return { records, nextOffset, consumedTo: position };
}

/** No records, only the news that reading goes on at `nextOffset`. */
export function emptyRecords(topic: string, partition: number, nextOffset: number): Records {
  const none = Buffer.alloc(0);
  return new Columns(topic, partition, none, 0).cut(0, nextOffset);
}

// Batches that are decoded into one set of columns: neighbours without compression, or a single compressed one.
interface Run {
  readonly compressed: boolean;
  readonly positions: number[];
  count: number;
  nextOffset: number;
}

function addToRun(runs: Run[], bytes: Buffer, position: number): void {
  const compressed = (bytes.readInt16BE(position + AT_ATTRIBUTES) & CODEC_MASK) !== 0;
  const count = bytes.readInt32BE(position + AT_RECORD_COUNT);
  const last = runs.at(-1);
  if (last !== undefined && !compressed && !last.compressed) {
    last.positions.push(position);
    last.count += count;
  } else runs.push({ compressed, positions: [position], count, nextOffset: 0 });
}

function isShown(request: DecodeRequest, position: number, lastOffset: number): boolean {
  const { bytes, aborted } = request;
  const attributes = bytes.readInt16BE(position + AT_ATTRIBUTES);
  const producerId = readInt64(bytes, position + AT_PRODUCER_ID);
  if ((attributes & CONTROL) !== 0) {
    if (aborted !== null && isAbortMarker(bytes, position)) aborted.markerSeen(producerId, lastOffset);
    return false;
  }
  return aborted === null || (attributes & TRANSACTIONAL) === 0 || !aborted.hides(producerId, lastOffset);
}

/** Whether the control batch at `position` ends its transaction by abort. */
export function isAbortMarker(bytes: Buffer, position: number): boolean {
  const reader = new VarintReader(bytes, position + HEADER_BYTES);
  reader.int(); // length of the record
  reader.position++; // attributes
  reader.long(); // timestamp delta
  reader.int(); // offset delta
  const keyBytes = reader.int();
  return keyBytes >= 4 && bytes.readInt16BE(reader.position + 2) === 0;
}

class Columns {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
  readonly offsets: Float64Array;
  readonly timestampsMs: Float64Array;
  readonly keyStarts: Int32Array;
  readonly keyEnds: Int32Array;
  readonly valueStarts: Int32Array;
  readonly valueEnds: Int32Array;
  readonly headerStarts: Int32Array;

  constructor(topic: string, partition: number, bytes: Buffer, count: number) {
    this.topic = topic;
    this.partition = partition;
    this.bytes = bytes;
    this.offsets = new Float64Array(count);
    this.timestampsMs = new Float64Array(count);
    this.keyStarts = new Int32Array(count);
    this.keyEnds = new Int32Array(count);
    this.valueStarts = new Int32Array(count);
    this.valueEnds = new Int32Array(count);
    this.headerStarts = new Int32Array(count);
  }

  put(
    n: number,
    offset: number,
    timestampMs: number,
    keyAt: number,
    keyBytes: number,
    valueAt: number,
    valueBytes: number,
  ): void {
    this.offsets[n] = offset;
    this.timestampsMs[n] = timestampMs;
    this.keyStarts[n] = keyBytes < 0 ? -1 : keyAt;
    this.keyEnds[n] = keyBytes < 0 ? -1 : keyAt + keyBytes;
    this.valueStarts[n] = valueBytes < 0 ? -1 : valueAt;
    this.valueEnds[n] = valueBytes < 0 ? -1 : valueAt + valueBytes;
  }

  cut(count: number, nextOffset: number): Records {
    const { topic, partition, bytes } = this;
    const whole = count === this.offsets.length;
    return {
      topic,
      partition,
      count,
      bytes,
      offsets: whole ? this.offsets : this.offsets.subarray(0, count),
      timestampsMs: whole ? this.timestampsMs : this.timestampsMs.subarray(0, count),
      keyStarts: whole ? this.keyStarts : this.keyStarts.subarray(0, count),
      keyEnds: whole ? this.keyEnds : this.keyEnds.subarray(0, count),
      valueStarts: whole ? this.valueStarts : this.valueStarts.subarray(0, count),
      valueEnds: whole ? this.valueEnds : this.valueEnds.subarray(0, count),
      headerStarts: whole ? this.headerStarts : this.headerStarts.subarray(0, count),
      nextOffset,
    };
  }
}

function decodeRun(request: DecodeRequest, run: Run): Records | null {
  const first = run.positions[0]!;
  let bytes = request.bytes;
  if (run.compressed) bytes = decompressed(request, first);
  const columns = new Columns(request.topic, request.partition, bytes, run.count);
  let count = 0;
  for (const position of run.positions) {
    const recordsAt = run.compressed ? 0 : position + HEADER_BYTES;
    const recordsEnd = run.compressed ? bytes.length : batchEnd(request.bytes, position);
    count = fill(request, position, recordsAt, recordsEnd, columns, count);
  }
  return count === 0 ? null : columns.cut(count, run.nextOffset);
}

function decompressed(request: DecodeRequest, position: number): Buffer {
  const codec = request.bytes.readInt16BE(position + AT_ATTRIBUTES) & CODEC_MASK;
  try {
    return decompressSync(codec, request.bytes.subarray(position + HEADER_BYTES, batchEnd(request.bytes, position)));
  } catch (cause) {
    throw corrupt(request, position, 'cannot be decompressed', cause);
  }
}

// Appends the records of one batch to the columns; answers how many stand there now.
function fill(
  request: DecodeRequest,
  batchAt: number,
  recordsAt: number,
  recordsEnd: number,
  columns: Columns,
  filled: number,
): number {
  const { bytes } = request;
  const baseOffset = readInt64(bytes, batchAt);
  const baseTimestamp = readInt64(bytes, batchAt + AT_BASE_TIMESTAMP);
  const count = bytes.readInt32BE(batchAt + AT_RECORD_COUNT);
  const reader = new VarintReader(columns.bytes, recordsAt);
  let n = filled;
  for (let i = 0; i < count; i++) {
    const recordBytes = reader.int();
    const recordEnd = reader.position + recordBytes;
    if (recordBytes < 6 || recordEnd > recordsEnd) throw corrupt(request, batchAt, `ends within record ${i}`);
    reader.position++;
    const timestamp = baseTimestamp + reader.long();
    const offset = baseOffset + reader.int();
    const keyBytes = reader.int();
    const keyAt = reader.position;
    if (keyBytes > 0) reader.position += keyBytes;
    const valueBytes = reader.int();
    const valueAt = reader.position;
    if (valueBytes > 0) reader.position += valueBytes;
    if (reader.position >= recordEnd) throw corrupt(request, batchAt, `has a field that leaves record ${i}`);
    if (offset >= request.from) {
      columns.put(n, offset, timestamp, keyAt, keyBytes, valueAt, valueBytes);
      // A header count of zero is the one byte that is left.
      columns.headerStarts[n] = recordEnd - reader.position <= 1 ? -1 : reader.position;
      n++;
    }
    reader.position = recordEnd;
  }
  restamp(bytes, batchAt, columns.timestampsMs, filled, n);
  return n;
}

// The broker's own time stands only in the header; a batch without times has none in its records either.
function restamp(bytes: Buffer, batchAt: number, timestampsMs: Float64Array, start: number, end: number): void {
  const appendTime = (bytes.readInt16BE(batchAt + AT_ATTRIBUTES) & LOG_APPEND_TIME) !== 0;
  if (appendTime) timestampsMs.fill(readInt64(bytes, batchAt + AT_MAX_TIMESTAMP), start, end);
  else if (readInt64(bytes, batchAt + AT_BASE_TIMESTAMP) === -1) timestampsMs.fill(-1, start, end);
}

function batchEnd(bytes: Buffer, position: number): number {
  return position + PREFIX_BYTES + bytes.readInt32BE(position + AT_LENGTH);
}

function checkMagic(request: DecodeRequest, position: number): void {
  const magic = request.bytes[position + AT_MAGIC];
  if (magic === 2) return;
  throw new TributaryError('TRIB_BATCH_FORMAT', 'fatal', {
    what: `Records are stored in message format ${magic}; only format 2 (Kafka 0.11 and later) is read.`,
    where: placeOf(request, position),
    fix: 'Copy the topic with a client that writes the present format, and read the copy.',
  });
}

function checkCrc(request: DecodeRequest, position: number, end: number): void {
  const { bytes } = request;
  if (bytes.readUInt32BE(position + AT_CRC) !== crc32c(bytes, position + AT_ATTRIBUTES, end)) {
    throw corrupt(request, position, 'does not match its checksum');
  }
}

function corrupt(request: DecodeRequest, position: number, what: string, cause?: unknown): TributaryError {
  return new TributaryError('TRIB_BATCH_CORRUPT', 'fatal', {
    what: `The record batch ${what}.`,
    where: placeOf(request, position),
    fix: 'The log or the transport is damaged: check the broker, or move the group past this offset.',
    cause,
  });
}

function placeOf(request: DecodeRequest, position: number): string {
  return `${request.topic}-${request.partition}@${readInt64(request.bytes, position)}`;
}
