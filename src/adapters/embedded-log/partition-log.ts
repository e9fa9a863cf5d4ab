// The log of one partition: segments, open transactions, and what read-committed readers may see.
//
// Law: `lastStable` is the first offset of the oldest open transaction, or the end; everything before it is decided.
// Law: a transaction's records stand between its first offset and a marker. After a crash `openTransactions` tells the
// broker which ones lack a marker; it writes them from the journal.

import { TributaryError } from '../../core/errors.ts';
import {
  type AbortedTransaction,
  AT_ATTRIBUTES,
  AT_LAST_OFFSET_DELTA,
  AT_PRODUCER_ID,
  CONTROL,
  controlBatch,
  isAbortMarker,
  readInt64,
  TRANSACTIONAL,
} from '../record-batch/index.ts';
import { Segment, type SegmentIndex } from './segment.ts';
import type { LogFile, Storage } from './storage.ts';
import type { TopicSettings } from './topic-settings.ts';

/** An aborted transaction and where its marker stands. */
export interface AbortedRange extends AbortedTransaction {
  readonly markerOffset: number;
}

interface SealedIndex extends SegmentIndex {
  readonly aborted: readonly AbortedRange[];
  readonly open: readonly (readonly [producerId: number, firstOffset: number])[];
  readonly sealedAtMs: number;
  readonly compacted: boolean;
}

/** What a reader gets: raw batches from a position in the log, and where that was. */
export interface RawRead {
  readonly bytes: Buffer;
  readonly segment: Segment;
  readonly position: number;
}

export class PartitionLog {
  readonly name: string;
  readonly folder: string;
  settings: TopicSettings;
  /** Producer id → first offset of its open transaction. */
  readonly openTransactions = new Map<number, number>();
  /** By marker offset. */
  aborted: AbortedRange[] = [];
  /** Sealed ones and, last, the one that is written. Never empty. */
  segments: Segment[] = [];
  /** Until where compaction has come. */
  compactedTo = 0;
  deleted = false;
  private readonly storage: Storage;
  private readonly sealedAtMs = new Map<Segment, number>();
  private readonly wakers = new Set<() => void>();
  private readonly unsynced = new Set<LogFile>();
  // Ends well always: each caller sees its own failure.
  private syncing: Promise<void> = Promise.resolve();

  constructor(name: string, folder: string, settings: TopicSettings, storage: Storage) {
    this.name = name;
    this.folder = folder;
    this.settings = settings;
    this.storage = storage;
    this.load();
  }

  get startOffset(): number {
    return this.segments[0]!.baseOffset;
  }

  get nextOffset(): number {
    return this.segments.at(-1)!.nextOffset;
  }

  get lastStable(): number {
    let stable = this.nextOffset;
    for (const first of this.openTransactions.values()) stable = Math.min(stable, first);
    return stable;
  }

  /**
   * Puts what was written since the last time on the disk: the active file, and any that was closed in between. One caller
   * at a time, since the bytes of the second may be on their way with those of the first.
   */
  sync(): Promise<void> {
    const turn = this.syncing.then(() => this.syncFiles());
    this.syncing = turn.catch(() => {});
    return turn;
  }

  /** Appends a sealed batch that starts at `nextOffset`. Answers whether a segment was closed by it. */
  append(batch: Buffer, nowMs: number): boolean {
    const active = this.segments.at(-1)!;
    const rolls = active.bytes > 0 && active.bytes + batch.length > this.settings.segmentBytes;
    if (rolls) this.roll(nowMs);
    this.segments.at(-1)!.append(batch);
    this.unsynced.add(this.segments.at(-1)!.file);
    this.follow(batch, 0);
    this.wake();
    return rolls;
  }

  /** Ends the producer's open transaction here with a marker; does nothing when it has none. */
  finish(producer: { readonly id: number; readonly epoch: number }, outcome: 'commit' | 'abort', nowMs: number): void {
    if (!this.openTransactions.has(producer.id)) return;
    this.append(controlBatch(outcome, producer, this.nextOffset, nowMs), nowMs);
  }

  /** Raw batches that hold `from` or what follows it; null at the end. `near` is where the last read of this reader ended. */
  read(from: number, bytesMax: number, near: { segment: Segment; position: number } | null): RawRead | null {
    for (let index = this.segmentOf(from); index < this.segments.length; index++) {
      const segment = this.segments[index]!;
      const position = near?.segment === segment ? near.position : segment.positionBefore(from);
      if (position < segment.bytes && segment.nextOffset > from) {
        return { bytes: segment.read(position, bytesMax), segment, position };
      }
    }
    return null;
  }

  /** Throws when `offset` lies outside the log. */
  checkRange(offset: number): void {
    if (this.deleted) {
      throw new TributaryError('TRIB_TOPIC_UNKNOWN', 'notFound', {
        what: 'The topic has been deleted.',
        where: this.name,
        fix: 'Create it again, or stop what reads it.',
      });
    }
    if (offset >= this.startOffset && offset <= this.nextOffset) return;
    throw new TributaryError('TRIB_OFFSET_OUT_OF_RANGE', 'fatal', {
      what: `Offset ${offset} is not in the log, which holds ${this.startOffset} to ${this.nextOffset}.`,
      where: this.name,
      fix: 'The records were deleted by retention, or the topic was made anew. Reset the offset of the group.',
    });
  }

  sealedAt(segment: Segment): number {
    return this.sealedAtMs.get(segment) ?? 0;
  }

  /**
   * Puts one compacted segment in the place of neighbours. `sealed` keeps the time the youngest of them was closed, which
   * tombstones are judged by. A crash before the old files are gone leaves doubles, which `load` removes.
   */
  replace(old: readonly Segment[], compacted: Segment): void {
    const sealedAtMs = Math.max(...old.map((segment) => this.sealedAt(segment)));
    const first = this.segments.indexOf(old[0]!);
    this.segments.splice(first, old.length, compacted);
    for (const segment of old) {
      this.sealedAtMs.delete(segment);
      this.unsynced.delete(segment.file);
    }
    this.sealedAtMs.set(compacted, sealedAtMs);
    const { baseOffset, nextOffset } = compacted;
    this.aborted = this.aborted.filter((range) => range.markerOffset < baseOffset || range.markerOffset >= nextOffset);
    this.writeIndex(compacted, sealedAtMs, true);
    for (const segment of old.slice(1)) this.removeFiles(segment);
  }

  /** Deletes the oldest segment. */
  dropFirst(): void {
    const [first] = this.segments.splice(0, 1);
    this.sealedAtMs.delete(first!);
    const start = this.startOffset;
    this.aborted = this.aborted.filter((range) => range.markerOffset >= start);
    this.removeFiles(first!);
  }

  onAppend(waker: () => void): () => void {
    this.wakers.add(waker);
    return () => this.wakers.delete(waker);
  }

  wake(): void {
    for (const waker of this.wakers) waker();
  }

  closeFiles(): void {
    for (const segment of this.segments) segment.file.close();
  }

  private segmentOf(offset: number): number {
    let index = this.segments.length - 1;
    while (index > 0 && this.segments[index]!.baseOffset > offset) index--;
    return index;
  }

  private roll(nowMs: number): void {
    const active = this.segments.at(-1)!;
    this.sealedAtMs.set(active, nowMs);
    this.writeIndex(active, nowMs, false);
    const { nextOffset } = active;
    this.segments.push(new Segment(nextOffset, this.storage.open(segmentPath(this.folder, nextOffset))));
  }

  private writeIndex(segment: Segment, sealedAtMs: number, compacted: boolean): void {
    const within = (range: AbortedRange): boolean =>
      range.markerOffset >= segment.baseOffset && range.markerOffset < segment.nextOffset;
    const state = {
      aborted: this.aborted.filter(within),
      open: compacted ? [] : [...this.openTransactions],
      sealedAtMs,
    };
    const index: SealedIndex = { ...segment.toIndex(), ...state, compacted };
    this.storage.writeText(indexPath(this.folder, segment.baseOffset), JSON.stringify(index));
  }

  private async syncFiles(): Promise<void> {
    const files = [...this.unsynced];
    this.unsynced.clear();
    try {
      for (const file of files) await file.sync();
    } catch (error) {
      for (const file of files) this.unsynced.add(file);
      throw error;
    }
  }

  private removeFiles(segment: Segment): void {
    this.unsynced.delete(segment.file);
    segment.file.close();
    this.storage.remove(indexPath(this.folder, segment.baseOffset));
    this.storage.remove(segmentPath(this.folder, segment.baseOffset));
  }

  private load(): void {
    const bases = this.storage
      .list(this.folder)
      .filter((name) => name.endsWith('.log'))
      .map((name) => Number(name.slice(0, -4)));
    if (bases.length === 0) bases.push(0);
    for (const base of bases) {
      const segment = new Segment(base, this.storage.open(segmentPath(this.folder, base)));
      const before = this.segments.at(-1);
      if (before !== undefined && before.nextOffset > base) {
        this.removeFiles(segment);
        continue;
      }
      this.segments.push(segment);
      if (base === bases.at(-1) || !this.loadSealed(segment)) segment.scan((bytes, at) => this.follow(bytes, at));
    }
  }

  private loadSealed(segment: Segment): boolean {
    const text = this.storage.readText(indexPath(this.folder, segment.baseOffset));
    if (text === null) return false;
    const index = JSON.parse(text) as SealedIndex;
    if (index.bytes !== segment.file.size()) return false;
    segment.useIndex(index);
    this.sealedAtMs.set(segment, index.sealedAtMs);
    this.aborted.push(...index.aborted);
    if (index.compacted) {
      this.compactedTo = index.nextOffset;
      return true;
    }
    this.openTransactions.clear();
    for (const [producerId, firstOffset] of index.open) this.openTransactions.set(producerId, firstOffset);
    return true;
  }

  // Keeps the state of transactions in step with a batch that now stands in the log.
  private follow(bytes: Buffer, at: number): void {
    const attributes = bytes.readInt16BE(at + AT_ATTRIBUTES);
    if ((attributes & TRANSACTIONAL) === 0) return;
    const producerId = readInt64(bytes, at + AT_PRODUCER_ID);
    const baseOffset = readInt64(bytes, at);
    if ((attributes & CONTROL) === 0) {
      if (!this.openTransactions.has(producerId)) this.openTransactions.set(producerId, baseOffset);
      return;
    }
    const firstOffset = this.openTransactions.get(producerId);
    this.openTransactions.delete(producerId);
    if (firstOffset === undefined || !isAbortMarker(bytes, at)) return;
    const markerOffset = baseOffset + bytes.readInt32BE(at + AT_LAST_OFFSET_DELTA);
    this.aborted.push({ producerId, firstOffset, markerOffset });
  }
}

export function segmentPath(folder: string, baseOffset: number): string {
  return `${folder}/${String(baseOffset).padStart(20, '0')}.log`;
}

function indexPath(folder: string, baseOffset: number): string {
  return `${folder}/${String(baseOffset).padStart(20, '0')}.index`;
}
