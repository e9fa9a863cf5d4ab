// The idempotent producer, and what it shares with the transactional one.

import type { Lane, Offsets, Producer } from '../../ports/broker.ts';
import { partitionKey } from '../../ports/broker.ts';
import { LATEST, listOffsets } from './api/offsets.ts';
import { initProducerId, type ProducerIdentity } from './api/transactions.ts';
import { partitionsByTopic } from './by-topic.ts';
import type { Cluster } from './cluster.ts';
import { explain } from './error-codes.ts';
import { KafkaLane, type LaneOwner, type OutBatch } from './lane.ts';
import { Sender, type SenderOwner } from './sender.ts';
import { Signal } from './signal.ts';

// `drain` waits while more than this is on its way.
const PENDING_BYTES_MAX = 16 << 20;

/** Limits of producers. */
export interface ProducerLimits {
  readonly codecId: number;
  readonly recordBytesMax: number;
  readonly batchBytesMax: number;
  readonly deliveryTimeoutMs: number;
  readonly transactionTimeoutMs: number;
}

export abstract class LaneProducer implements LaneOwner, SenderOwner {
  readonly codecId: number;
  readonly recordBytesMax: number;
  readonly batchBytesMax: number;
  protected readonly cluster: Cluster;
  protected readonly limits: ProducerLimits;
  protected readonly sender: Sender;
  protected readonly changed = new Signal();
  protected current: ProducerIdentity | null = null;
  protected failure: unknown = null;
  protected closed = false;
  protected readonly lanes = new Map<string, KafkaLane>();
  private readonly started = new Set<KafkaLane>();
  private readonly written = new Set<KafkaLane>();
  private pendingBytes = 0;

  constructor(cluster: Cluster, limits: ProducerLimits, transactionalId: string | null) {
    this.cluster = cluster;
    this.limits = limits;
    this.codecId = limits.codecId;
    this.recordBytesMax = limits.recordBytesMax;
    this.batchBytesMax = limits.batchBytesMax;
    this.sender = new Sender(cluster, this, transactionalId, limits.deliveryTimeoutMs);
  }

  lane(topic: string, partition: number): Lane {
    const key = partitionKey(topic, partition);
    const found = this.lanes.get(key);
    if (found !== undefined) return found;
    const made = new KafkaLane(topic, partition, this);
    this.lanes.set(key, made);
    return made;
  }

  async drain(): Promise<void> {
    while (this.failure === null && this.pendingBytes > PENDING_BYTES_MAX) await this.changed.changed();
    this.throwFailure();
  }

  now(): number {
    return this.cluster.clock.now();
  }

  isBroken(): boolean {
    return this.failure !== null;
  }

  identity(): ProducerIdentity | null {
    return this.failure === null ? this.current : null;
  }

  abstract maySend(lane: KafkaLane): boolean;

  laneStarted(lane: KafkaLane): void {
    this.started.add(lane);
  }

  batchAdded(bytes: number): void {
    this.pendingBytes += bytes;
  }

  batchReady(lane: KafkaLane): void {
    this.sender.add(lane);
  }

  acknowledged(lane: KafkaLane, batch: OutBatch): void {
    this.pendingBytes -= batch.built.bytes.length;
    this.written.add(lane);
    this.changed.notify();
  }

  divided(batch: OutBatch): void {
    this.pendingBytes -= batch.built.bytes.length;
  }

  /** The first failure is kept for whoever waits; everything not acknowledged is given up. */
  failed(error: unknown): void {
    if (this.failure !== null) return;
    this.failure = explain(error);
    this.giveUp();
    this.changed.notify();
  }

  /** Sends what is being built and waits for the acknowledgements; answers and forgets the ends. */
  protected async flushLanes(): Promise<Map<string, number>> {
    this.throwFailure();
    for (const lane of this.started) lane.close();
    this.started.clear();
    while (this.failure === null && !this.isSettled) await this.changed.changed();
    this.throwFailure();
    const ends = new Map<string, number>();
    const untold: KafkaLane[] = [];
    for (const lane of this.written) {
      if (lane.end >= 0) ends.set(lane.key, lane.end);
      else untold.push(lane);
    }
    this.written.clear();
    if (untold.length > 0) await this.askEnds(untold, ends);
    return ends;
  }

  protected get isSettled(): boolean {
    return this.sender.isIdle && this.pendingBytes === 0;
  }

  protected giveUp(): void {
    this.sender.drop();
    this.started.clear();
    this.written.clear();
    this.pendingBytes = 0;
  }

  protected abstract throwFailure(): void;

  // The broker recognized a double without remembering where the first one went.
  private async askEnds(lanes: readonly KafkaLane[], ends: Map<string, number>): Promise<void> {
    await this.cluster.retrying(async () => {
      for (const [nodeId, entries] of await this.cluster.leaders(lanes)) {
        const call = listOffsets(partitionsByTopic(entries), LATEST, 'uncommitted');
        for (const answer of await this.cluster.link(nodeId).call(call)) {
          ends.set(partitionKey(answer.topic, answer.partition), answer.offset);
        }
      }
    });
  }
}

export class KafkaProducer extends LaneProducer implements Producer {
  private renewing = false;

  /** Gets a producer id, so that a wrong address or credentials show at once. */
  async open(): Promise<this> {
    this.current = await this.newIdentity();
    return this;
  }

  async flush(): Promise<Offsets> {
    return this.flushLanes();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    try {
      await this.flushLanes();
    } finally {
      this.sender.close();
    }
  }

  override maySend(): boolean {
    return true;
  }

  override batchReady(lane: KafkaLane): void {
    super.batchReady(lane);
    if (this.current === null) void this.renew();
  }

  protected override throwFailure(): void {
    const { failure } = this;
    if (failure === null) return;
    this.failure = null;
    // What became of batches under way is unknown, so their numbers are spent: go on under a new id.
    for (const lane of this.lanes.values()) lane.reset(true);
    this.current = null;
    throw failure;
  }

  private newIdentity(): Promise<ProducerIdentity> {
    return this.cluster.retrying(() => this.cluster.callAny(initProducerId(null, 0, null)));
  }

  private async renew(): Promise<void> {
    if (this.renewing) return;
    this.renewing = true;
    try {
      this.current = await this.newIdentity();
      this.sender.pump();
    } catch (error) {
      this.failed(error);
    }
    this.renewing = false;
  }
}
