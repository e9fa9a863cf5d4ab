// Reads partitions from Kafka: a fetch loop for each broker that leads some of them, and `poll` that decodes what they
// brought. Leaders that move, brokers that go and come back are followed here; the caller only hears of it when it lasts.

import { TributaryError } from '../../core/errors.ts';
import {
  type Offsets,
  partitionKey,
  type Reader,
  type ReadOptions,
  type Records,
  splitPartitionKey,
} from '../../ports/broker.ts';
import type { Clock } from '../../ports/clock.ts';
import { AbortedFilter, decodeBatches } from '../record-batch/index.ts';
import type { FetchLimits } from './api/fetch.ts';
import { backoffMs, type Cluster, isUnknownTopic, UNKNOWN_TOPIC_FOR_MS } from './cluster.ts';
import { explain, isRetriable, KafkaError, OFFSET_OUT_OF_RANGE, UNKNOWN_TOPIC_OR_PARTITION } from './error-codes.ts';
import { FETCH_LIMITS, type LoopOwner, runFetchLoop, type Source } from './fetch-loop.ts';
import { Signal } from './signal.ts';

const PARTITION_BYTES = 4 << 20;
// Shorter troubles are none of the caller's business.
const TROUBLE_UNTOLD_MS = 5_000;

export class KafkaReader implements Reader, LoopOwner {
  readonly clock: Clock;
  readonly isolation: 'committed' | 'uncommitted';
  readonly limits: FetchLimits;
  readonly ready = new Signal();
  readonly demand = new Signal();
  private readonly cluster: Cluster;
  private readonly sources: Source[] = [];
  private readonly byKey = new Map<string, Source>();
  private readonly loops = new Map<number, () => void>();
  private locating = false;
  private first = 0;
  private closed = false;
  // Since when something has been wrong without a break, and what.
  private trouble: { readonly sinceMs: number; error: unknown } | null = null;

  constructor(cluster: Cluster, from: Offsets, options: ReadOptions) {
    this.cluster = cluster;
    this.clock = cluster.clock;
    this.isolation = options.isolation;
    this.limits = {
      waitMs: options.waitMs ?? FETCH_LIMITS.waitMs,
      bytesMin: options.bytesMin ?? FETCH_LIMITS.bytesMin,
      bytesMax: options.bytesMax ?? FETCH_LIMITS.bytesMax,
    };
    const bytesMax = options.partitionBytesMax ?? PARTITION_BYTES;
    for (const [key, next] of from) {
      const place = { key, ...splitPartitionKey(key), bytesMax };
      const state = {
        leader: -1,
        fetchNext: next,
        next,
        generation: 0,
        paused: false,
        setbacks: 0,
        ready: [],
        failure: null,
      };
      const source: Source = { ...place, ...state };
      this.sources.push(source);
      this.byKey.set(key, source);
    }
    void this.locate();
  }

  async poll(maxWaitMs: number): Promise<readonly Records[]> {
    const deadline = this.clock.now() + maxWaitMs;
    for (;;) {
      if (this.closed) return [];
      const found = this.gather();
      if (found.length > 0) return found;
      this.throwFailure();
      const restMs = deadline - this.clock.now();
      if (restMs <= 0) {
        this.throwTrouble();
        return [];
      }
      await this.ready.changedWithin(restMs, this.clock);
    }
  }

  seek(topic: string, partition: number, offset: number): void {
    const source = this.byKey.get(partitionKey(topic, partition));
    if (source === undefined) return;
    source.generation++;
    source.ready.length = 0;
    source.failure = null;
    source.next = offset;
    source.fetchNext = offset;
    this.demand.notify();
  }

  pause(partitions: Iterable<string>): void {
    this.setPaused(partitions, true);
  }

  resume(partitions: Iterable<string>): void {
    this.setPaused(partitions, false);
    this.demand.notify();
    this.ready.notify();
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const stop of this.loops.values()) stop();
    this.demand.notify();
    this.ready.notify();
  }

  isClosed(): boolean {
    return this.closed || this.cluster.closing.signal.aborted;
  }

  sourcesOf(nodeId: number): readonly Source[] {
    return this.sources.filter((source) => source.leader === nodeId);
  }

  misplaced(source: Source, error: unknown): void {
    this.misplace(source);
    this.note(error);
    void this.locate();
  }

  lost(nodeId: number, error: unknown): void {
    if (this.isClosed()) return;
    for (const source of this.sourcesOf(nodeId)) this.misplace(source);
    this.note(error);
    void this.locate();
  }

  progressed(): void {
    if (this.sources.every((source) => source.leader >= 0 && source.setbacks === 0)) this.trouble = null;
  }

  // One entry a partition, and another partition first each time, so that none is starved.
  private gather(): Records[] {
    const found: Records[] = [];
    const count = this.sources.length;
    let took = false;
    for (let i = 0; i < count; i++) {
      const source = this.sources[(this.first + i) % count]!;
      if (source.paused || source.ready.length === 0) continue;
      const fetched = source.ready.shift()!;
      took = true;
      const { topic, partition, next } = source;
      const { bytes, start, end } = fetched;
      const aborted = this.isolation === 'committed' ? new AbortedFilter(fetched.aborted) : null;
      const until = Number.POSITIVE_INFINITY;
      const decoded = decodeBatches({ topic, partition, bytes, start, end, from: next, until, aborted });
      source.next = decoded.nextOffset;
      for (const records of decoded.records) found.push(records);
    }
    if (count > 0) this.first = (this.first + 1) % count;
    if (took) this.demand.notify();
    return found;
  }

  private setPaused(partitions: Iterable<string>, paused: boolean): void {
    for (const key of partitions) {
      const source = this.byKey.get(key);
      if (source !== undefined) source.paused = paused;
    }
  }

  // Finds the leaders of partitions that have none and starts their loops. One run at a time; ends when all are placed.
  private async locate(): Promise<void> {
    if (this.locating) return;
    this.locating = true;
    for (let attempt = 0; !this.isClosed(); attempt++) {
      const lost = this.sources.filter((source) => source.leader < 0 && source.failure === null);
      if (lost.length === 0) break;
      // The first try is without a pause: at start, and when a leader has moved in good order.
      const setbacks = Math.max(attempt, ...lost.map((source) => source.setbacks - 1));
      if (setbacks > 0) await this.clock.sleep(backoffMs(setbacks), this.cluster.closing.signal);
      await this.place(lost);
    }
    this.locating = false;
  }

  private misplace(source: Source): void {
    source.leader = -1;
    source.setbacks++;
    this.cluster.forget(source.topic);
  }

  private async place(lost: readonly Source[]): Promise<void> {
    try {
      await this.cluster.askTogether([...new Set(lost.map((source) => source.topic))]);
    } catch (error) {
      this.note(error);
      if (!isRetriable(error)) for (const source of lost) this.fail(source, error);
      return;
    }
    for (const source of lost) {
      const leader = this.cluster.leaderOf(source.topic, source.partition);
      if (leader === null) this.note(new KafkaError(UNKNOWN_TOPIC_OR_PARTITION, source.key));
      else if (leader < 0) this.note(new KafkaError(5, source.key));
      else this.startAt(leader, source);
    }
  }

  private startAt(nodeId: number, source: Source): void {
    source.leader = nodeId;
    if (this.loops.has(nodeId)) {
      this.demand.notify();
      return;
    }
    const link = this.cluster.newLink(nodeId);
    this.loops.set(nodeId, () => link.close());
    void runFetchLoop(this, nodeId, link).then(() => {
      this.loops.delete(nodeId);
      // A partition may have been given to this broker just as the loop ended.
      for (const left of this.sourcesOf(nodeId)) left.leader = -1;
      if (!this.isClosed()) void this.locate();
    });
  }

  private note(error: unknown): void {
    if (this.trouble === null) this.trouble = { sinceMs: this.clock.now(), error };
    else this.trouble.error = error;
    const lastedMs = this.clock.now() - this.trouble.sinceMs;
    if (isUnknownTopic(error) && lastedMs > UNKNOWN_TOPIC_FOR_MS) this.ready.notify();
  }

  private fail(source: Source, error: unknown): void {
    source.failure = error;
    this.ready.notify();
  }

  private throwFailure(): void {
    for (const source of this.sources) {
      if (source.failure === null) continue;
      const { failure } = source;
      if (failure instanceof KafkaError && failure.code === OFFSET_OUT_OF_RANGE) throw outOfRange(source, failure);
      throw explain(failure);
    }
    const { trouble } = this;
    const isGone = trouble !== null && isUnknownTopic(trouble.error);
    if (isGone && this.clock.now() - trouble.sinceMs > UNKNOWN_TOPIC_FOR_MS) throw explain(trouble.error);
  }

  private throwTrouble(): void {
    const { trouble } = this;
    if (trouble !== null && this.clock.now() - trouble.sinceMs > TROUBLE_UNTOLD_MS) throw explain(trouble.error);
  }
}

function outOfRange(source: Source, cause: unknown): TributaryError {
  return new TributaryError('TRIB_OFFSET_OUT_OF_RANGE', 'fatal', {
    what: `Offset ${source.fetchNext} is not in the log.`,
    where: source.key,
    fix: 'The records were deleted by retention, or the topic was made anew. Reset the offset of the group.',
    cause,
  });
}
