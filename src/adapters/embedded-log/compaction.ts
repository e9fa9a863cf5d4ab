// Compaction: of every key of a `cleanup.policy=compact` topic the latest record stays, at its offset.
//
// Law: only closed segments below the last stable offset are rewritten, so every record in them is decided: aborted ones
// go, committed ones lose their transactional mark, and markers are no longer needed. Offsets never change.
// Runs in the background, a segment at a time, giving way in between; segments are swapped in one step.

import type { Clock } from '../../ports/clock.ts';
import {
  AbortedFilter,
  AT_ATTRIBUTES,
  AT_LENGTH,
  AT_RECORD_COUNT,
  CODEC_MASK,
  decodeBatches,
  HEADER_BYTES,
  PREFIX_BYTES,
  sealBatch,
  TRANSACTIONAL,
  VarintReader,
} from '../record-batch/index.ts';
import { type PartitionLog, segmentPath } from './partition-log.ts';
import { Segment } from './segment.ts';
import type { Storage } from './storage.ts';

// As Kafka's min.cleanable.dirty.ratio: a pass is worth its while when half of the closed bytes are new.
const DIRTY_SHARE = 0.5;

export async function compactLog(log: PartitionLog, storage: Storage, clock: Clock, stop: AbortSignal): Promise<void> {
  const stable = log.lastStable;
  const closed = log.segments.slice(0, -1).filter((segment) => segment.nextOffset <= stable);
  if (closed.length === 0 || !isDirtyEnough(log, closed)) return;
  const latest = new Map<string, number>();
  for (const segment of closed) {
    if (segment.nextOffset > log.compactedTo) collectLatest(log, segment, latest);
    await clock.sleep(0);
    if (stop.aborted || log.deleted) return;
  }
  const pass: Pass = { log, storage, latest, tombstonesBefore: clock.now() - log.settings.deleteRetentionMs };
  let group: Rewritten = { from: [], kept: [], bytes: 0 };
  for (const segment of closed) {
    const kept = survivors(pass, segment);
    const bytes = kept.reduce((sum, batch) => sum + batch.length, 0);
    if (group.from.length > 0 && group.bytes + bytes > log.settings.segmentBytes) {
      swap(pass, group);
      group = { from: [], kept: [], bytes: 0 };
    }
    group = { from: [...group.from, segment], kept: [...group.kept, ...kept], bytes: group.bytes + bytes };
    await clock.sleep(0);
    if (stop.aborted || log.deleted) return;
  }
  swap(pass, group);
  log.compactedTo = closed.at(-1)!.nextOffset;
}

interface Pass {
  readonly log: PartitionLog;
  readonly storage: Storage;
  /** Key bytes as latin1 → offset of its newest record in the closed segments that were new to this pass. */
  readonly latest: ReadonlyMap<string, number>;
  readonly tombstonesBefore: number;
}

// Neighbours that become one segment: after compaction most of them are small.
interface Rewritten {
  readonly from: readonly Segment[];
  readonly kept: readonly Buffer[];
  readonly bytes: number;
}

function isDirtyEnough(log: PartitionLog, closed: readonly Segment[]): boolean {
  let all = 0;
  let dirty = 0;
  for (const segment of closed) {
    all += segment.bytes;
    if (segment.nextOffset > log.compactedTo) dirty += segment.bytes;
  }
  return dirty > 0 && dirty >= all * DIRTY_SHARE;
}

function collectLatest(log: PartitionLog, segment: Segment, latest: Map<string, number>): void {
  const aborted = new AbortedFilter(log.aborted.filter((range) => range.markerOffset >= segment.baseOffset));
  for (const records of decodeAll(log, segment.file.read(0, segment.bytes), aborted)) {
    for (let i = 0; i < records.count; i++) {
      const start = records.keyStarts[i]!;
      if (start >= 0) latest.set(records.bytes.toString('latin1', start, records.keyEnds[i]!), records.offsets[i]!);
    }
  }
}

function survivors(pass: Pass, segment: Segment): readonly Buffer[] {
  const { log } = pass;
  const all = segment.file.read(0, segment.bytes);
  const aborted = new AbortedFilter(log.aborted.filter((range) => range.markerOffset >= segment.baseOffset));
  const dropTombstones = log.sealedAt(segment) < pass.tombstonesBefore;
  const kept: Buffer[] = [];
  for (let at = 0; at < all.length; ) {
    const end = at + PREFIX_BYTES + all.readInt32BE(at + AT_LENGTH);
    const batch = keepLatest(pass, all.subarray(at, end), aborted, dropTombstones);
    if (batch !== null) kept.push(batch);
    at = end;
  }
  return kept;
}

function swap(pass: Pass, group: Rewritten): void {
  const { log, storage } = pass;
  // Retention may have been there in the meantime.
  if (!group.from.every((segment) => log.segments.includes(segment))) return;
  const first = group.from[0]!;
  const path = segmentPath(log.folder, first.baseOffset);
  const file = storage.open(`${path}.compacted`);
  file.truncate(0);
  const compacted = new Segment(first.baseOffset, file);
  for (const batch of group.kept) compacted.append(batch);
  file.close();
  first.file.close();
  storage.rename(`${path}.compacted`, path);
  const swapped = new Segment(first.baseOffset, storage.open(path));
  // Its end stays where it was though the last records may be gone: reading must pass over the hole.
  swapped.useIndex({ ...compacted.toIndex(), nextOffset: group.from.at(-1)!.nextOffset });
  log.replace(group.from, swapped);
}

// The batch with its superseded records cut out, byte for byte otherwise; null when none is left.
function keepLatest(pass: Pass, batch: Buffer, aborted: AbortedFilter, dropTombstones: boolean): Buffer | null {
  const [records] = decodeAll(pass.log, batch, aborted);
  if (records === undefined || records.count === 0) return null;
  const isCompressed = (batch.readInt16BE(AT_ATTRIBUTES) & CODEC_MASK) !== 0;
  const reader = new VarintReader(records.bytes, isCompressed ? 0 : HEADER_BYTES);
  const parts: Buffer[] = [Buffer.from(batch.subarray(0, HEADER_BYTES))];
  for (let i = 0; i < records.count; i++) {
    const start = reader.position;
    const recordBytes = reader.int();
    reader.position += recordBytes;
    const keyStart = records.keyStarts[i]!;
    if (keyStart < 0 || (dropTombstones && records.valueStarts[i]! < 0)) continue;
    const newest = pass.latest.get(records.bytes.toString('latin1', keyStart, records.keyEnds[i]!));
    if (newest === undefined || newest <= records.offsets[i]!)
      parts.push(records.bytes.subarray(start, reader.position));
  }
  if (parts.length === 1) return null;
  const kept = Buffer.concat(parts);
  const attributes = kept.readInt16BE(AT_ATTRIBUTES) & ~TRANSACTIONAL & ~CODEC_MASK;
  kept.writeInt16BE(attributes, AT_ATTRIBUTES);
  kept.writeInt32BE(kept.length - PREFIX_BYTES, AT_LENGTH);
  kept.writeInt32BE(parts.length - 1, AT_RECORD_COUNT);
  sealBatch(kept);
  return kept;
}

function decodeAll(
  log: PartitionLog,
  bytes: Buffer,
  aborted: AbortedFilter,
): ReturnType<typeof decodeBatches>['records'] {
  const place = { topic: log.name, partition: 0, bytes, start: 0, end: bytes.length };
  return decodeBatches({ ...place, from: 0, until: Number.POSITIVE_INFINITY, aborted }).records;
}
