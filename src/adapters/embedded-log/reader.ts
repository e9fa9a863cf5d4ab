// Reads partitions of the embedded log. Readers are woken by appends, so nothing polls and a record is seen at once.

import type { Offsets, Reader, ReadOptions, Records } from '../../ports/broker.ts';
import { partitionKey, splitPartitionKey } from '../../ports/broker.ts';
import { AbortedFilter, decodeBatches, emptyRecords } from '../record-batch/index.ts';
import type { LogCore } from './core.ts';
import type { PartitionLog, RawRead } from './partition-log.ts';
import type { Segment } from './segment.ts';

const PARTITION_BYTES = 4 << 20;
const POLL_BYTES = 16 << 20;

interface Source {
  readonly topic: string;
  readonly partition: number;
  readonly log: PartitionLog;
  next: number;
  near: { segment: Segment; position: number } | null;
  paused: boolean;
}

export class EmbeddedReader implements Reader {
  private readonly core: LogCore;
  private readonly sources: Source[] = [];
  private readonly byKey = new Map<string, Source>();
  private readonly unregister: (() => void)[] = [];
  private readonly committed: boolean;
  private readonly partitionBytesMax: number;
  private first = 0;
  private waiting: AbortController | null = null;
  private woken = false;
  private closed = false;

  constructor(core: LogCore, from: Offsets, options: ReadOptions) {
    this.core = core;
    this.committed = options.isolation === 'committed';
    this.partitionBytesMax = options.partitionBytesMax ?? PARTITION_BYTES;
    for (const [key, next] of from) {
      const log = core.topics.log(key);
      const source: Source = { ...splitPartitionKey(key), log, next, near: null, paused: false };
      this.sources.push(source);
      this.byKey.set(key, source);
      this.unregister.push(log.onAppend(() => this.wake()));
    }
  }

  async poll(maxWaitMs: number): Promise<readonly Records[]> {
    // Reads are synchronous: without this turn of the loop a busy reader would starve the rest of the process.
    await this.core.clock.sleep(0);
    const deadline = this.core.clock.now() + maxWaitMs;
    for (;;) {
      if (this.closed) return [];
      this.core.checkOpen();
      this.woken = false;
      const found = this.gather();
      if (found.length > 0) return found;
      const restMs = deadline - this.core.clock.now();
      if (restMs <= 0 || !(await this.sleep(restMs))) return [];
    }
  }

  seek(topic: string, partition: number, offset: number): void {
    const source = this.byKey.get(partitionKey(topic, partition));
    if (source === undefined) return;
    source.next = offset;
    source.near = null;
    this.wake();
  }

  pause(partitions: Iterable<string>): void {
    this.setPaused(partitions, true);
  }

  resume(partitions: Iterable<string>): void {
    this.setPaused(partitions, false);
    this.wake();
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const unregister of this.unregister) unregister();
    this.wake();
  }

  private setPaused(partitions: Iterable<string>, paused: boolean): void {
    for (const key of partitions) {
      const source = this.byKey.get(key);
      if (source !== undefined) source.paused = paused;
    }
  }

  private wake(): void {
    this.woken = true;
    this.waiting?.abort();
  }

  // True when something happened before the time was over.
  private async sleep(ms: number): Promise<boolean> {
    if (this.woken) return true;
    this.waiting = new AbortController();
    await this.core.clock.sleep(ms, this.waiting.signal);
    this.waiting = null;
    return this.woken;
  }

  // Starts with another partition each time, so that a full one cannot keep the others from being read.
  private gather(): Records[] {
    const found: Records[] = [];
    const { sources } = this;
    let bytes = 0;
    let visited = 0;
    for (; visited < sources.length && bytes < POLL_BYTES; visited++) {
      const source = sources[(this.first + visited) % sources.length]!;
      if (!source.paused) bytes += this.readOne(source, found);
    }
    if (sources.length > 0) this.first = (this.first + Math.max(1, visited)) % sources.length;
    return found;
  }

  private readOne(source: Source, found: Records[]): number {
    const { log } = source;
    log.checkRange(source.next);
    const until = this.committed ? log.lastStable : log.nextOffset;
    const before = found.length;
    let bytes = 0;
    // An index points up to a block before the offset: small reads may first have to pass over that.
    while (source.next < until && found.length === before) {
      const raw = log.read(source.next, this.partitionBytesMax, source.near);
      if (raw === null) {
        // Compaction took everything up to the end.
        source.next = until;
        found.push(emptyRecords(source.topic, source.partition, until));
      } else bytes += this.decode(source, raw, until, found);
    }
    return bytes;
  }

  private decode(source: Source, raw: RawRead, until: number, found: Records[]): number {
    const { topic, partition, next, log } = source;
    const aborted = this.committed
      ? new AbortedFilter(log.aborted.filter((range) => range.markerOffset >= next))
      : null;
    const request = { topic, partition, bytes: raw.bytes, start: 0, end: raw.bytes.length, from: next, until, aborted };
    const decoded = decodeBatches(request);
    for (const records of decoded.records) found.push(records);
    source.next = decoded.nextOffset;
    source.near = { segment: raw.segment, position: raw.position + decoded.consumedTo };
    return decoded.consumedTo;
  }
}
