// One file of a partition's log: record batches one behind the other, with a sparse index in memory.
//
// Law: the file holds whole, checksummed batches with rising offsets up to `bytes`; whatever a crash left behind that is
// cut off when the segment is opened.

import { crc32c, HEADER_BYTES, PREFIX_BYTES, readInt64 } from '../record-batch/index.ts';
import {
  AT_ATTRIBUTES,
  AT_CRC,
  AT_LAST_OFFSET_DELTA,
  AT_LENGTH,
  AT_MAGIC,
  AT_MAX_TIMESTAMP,
} from '../record-batch/layout.ts';
import type { LogFile } from './storage.ts';

const INDEX_EVERY_BYTES = 16_384;
const SCAN_BYTES = 1 << 20;

/** What is kept beside a segment that is no longer written, so that it need not be scanned at the next start. */
export interface SegmentIndex {
  readonly bytes: number;
  readonly nextOffset: number;
  readonly offsets: readonly number[];
  readonly positions: readonly number[];
  /** The largest timestamp from the start of the segment to the end of each entry's block. */
  readonly maxTimestamps: readonly number[];
  readonly maxTimestampMs: number;
}

export class Segment {
  readonly baseOffset: number;
  readonly file: LogFile;
  /** How much of the file is good. */
  bytes = 0;
  nextOffset: number;
  maxTimestampMs = -1;
  private offsets: number[] = [];
  private positions: number[] = [];
  private maxTimestamps: number[] = [];

  constructor(baseOffset: number, file: LogFile) {
    this.baseOffset = baseOffset;
    this.nextOffset = baseOffset;
    this.file = file;
  }

  /** Writes a sealed batch behind the last one. A failed write leaves the segment as it was. */
  append(batch: Buffer): void {
    try {
      this.file.write(batch, this.bytes);
    } catch (error) {
      this.cutTail();
      throw error;
    }
    this.note(batch, 0, this.bytes);
    this.bytes += batch.length;
  }

  /** Up to `bytesMax` bytes from `position`, but at least the whole batch that stands there. */
  read(position: number, bytesMax: number): Buffer {
    const available = this.bytes - position;
    const bytes = this.file.read(position, Math.min(available, bytesMax));
    if (bytes.length < PREFIX_BYTES) return bytes;
    const batchBytes = PREFIX_BYTES + bytes.readInt32BE(AT_LENGTH);
    return batchBytes > bytes.length ? this.file.read(position, Math.min(available, batchBytes)) : bytes;
  }

  /** A position at or before the batch that holds `offset`, at most one index block away. */
  positionBefore(offset: number): number {
    const entry = lastAtMost(this.offsets, offset);
    return entry < 0 ? 0 : this.positions[entry]!;
  }

  /** A position from which the first record with a time of at least `timestampMs` is found; null when there is none. */
  positionOfTime(timestampMs: number): number | null {
    if (this.maxTimestampMs < timestampMs) return null;
    let entry = 0;
    while (entry < this.maxTimestamps.length - 1 && this.maxTimestamps[entry]! < timestampMs) entry++;
    return this.positions[entry] ?? 0;
  }

  /**
   * Walks all batches from the start, telling `visit` each one, and cuts off what is torn. Ends the segment's state as if
   * the batches had just been appended.
   */
  scan(visit: (bytes: Buffer, at: number) => void): void {
    const fileBytes = this.file.size();
    let position = 0;
    for (;;) {
      let chunk = this.file.read(position, Math.min(SCAN_BYTES, fileBytes - position));
      if (chunk.length < HEADER_BYTES) break;
      const firstBytes = PREFIX_BYTES + chunk.readInt32BE(AT_LENGTH);
      if (firstBytes > chunk.length) chunk = this.file.read(position, Math.min(firstBytes, fileBytes - position));
      const consumed = this.scanChunk(chunk, position, visit);
      if (consumed === 0) break;
      position += consumed;
    }
    this.bytes = position;
    if (position < fileBytes) this.file.truncate(position);
  }

  toIndex(): SegmentIndex {
    const { bytes, nextOffset, offsets, positions, maxTimestamps, maxTimestampMs } = this;
    return { bytes, nextOffset, offsets, positions, maxTimestamps, maxTimestampMs };
  }

  useIndex(index: SegmentIndex): void {
    this.bytes = index.bytes;
    this.nextOffset = index.nextOffset;
    this.offsets = [...index.offsets];
    this.positions = [...index.positions];
    this.maxTimestamps = [...index.maxTimestamps];
    this.maxTimestampMs = index.maxTimestampMs;
  }

  private scanChunk(chunk: Buffer, chunkAt: number, visit: (bytes: Buffer, at: number) => void): number {
    let at = 0;
    while (at + HEADER_BYTES <= chunk.length) {
      const end = at + PREFIX_BYTES + chunk.readInt32BE(at + AT_LENGTH);
      if (end > chunk.length || end < at + HEADER_BYTES || chunk[at + AT_MAGIC] !== 2) break;
      if (readInt64(chunk, at) < this.nextOffset) break;
      if (chunk.readUInt32BE(at + AT_CRC) !== crc32c(chunk, at + AT_ATTRIBUTES, end)) break;
      this.note(chunk, at, chunkAt + at);
      visit(chunk, at);
      at = end;
    }
    return at;
  }

  private note(bytes: Buffer, at: number, position: number): void {
    const baseOffset = readInt64(bytes, at);
    const lastIndexed = this.positions.at(-1);
    if (lastIndexed === undefined || position - lastIndexed >= INDEX_EVERY_BYTES) {
      this.offsets.push(baseOffset);
      this.positions.push(position);
      this.maxTimestamps.push(this.maxTimestampMs);
    }
    this.maxTimestampMs = Math.max(this.maxTimestampMs, readInt64(bytes, at + AT_MAX_TIMESTAMP));
    this.maxTimestamps[this.maxTimestamps.length - 1] = this.maxTimestampMs;
    this.nextOffset = baseOffset + bytes.readInt32BE(at + AT_LAST_OFFSET_DELTA) + 1;
  }

  // The next append overwrites the torn bytes anyway; cutting them keeps the file tidy if there is none.
  private cutTail(): void {
    try {
      this.file.truncate(this.bytes);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
  }
}

function lastAtMost(sorted: readonly number[], wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
