// Sends the batches of a producer's lanes to the brokers that lead them, and deals with their answers.
//
// Law: at most `UNDER_WAY_MAX` requests are under way to a broker, which keeps the last five batches of each producer and
// partition to recognize doubles; so a batch that is sent again is never stored twice, and never out of order.

import { TributaryError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { splitBatch } from '../record-batch/index.ts';
import { type ProduceAnswer, produceCall } from './api/produce.ts';
import type { ProducerIdentity } from './api/transactions.ts';
import { backoffMs, type Cluster, isUnknownTopic, UNKNOWN_TOPIC_FOR_MS } from './cluster.ts';
import {
  ConnectionError,
  DUPLICATE_SEQUENCE,
  isRetriable,
  KafkaError,
  MESSAGE_TOO_LARGE,
  OUT_OF_ORDER_SEQUENCE,
  RECORD_LIST_TOO_LARGE,
  UNKNOWN_TOPIC_OR_PARTITION,
} from './error-codes.ts';
import type { KafkaLane, OutBatch } from './lane.ts';
import type { Link } from './link.ts';

const UNDER_WAY_MAX = 5;
const REQUEST_BYTES = 1 << 20;
const SERVER_TIMEOUT_MS = 30_000;

export interface SenderOwner {
  /** Null while there is none: nothing leaves then. */
  identity(): ProducerIdentity | null;
  /** Whether a lane may send: in a transaction only once the coordinator knows it. */
  maySend(lane: KafkaLane): boolean;
  acknowledged(lane: KafkaLane, batch: OutBatch): void;
  /** A batch has been taken back to be divided. */
  divided(batch: OutBatch): void;
  failed(error: unknown): void;
}

interface Destination {
  readonly link: Link;
  underWay: number;
}

interface Parcel {
  readonly lane: KafkaLane;
  readonly batch: OutBatch;
}

export class Sender {
  private readonly cluster: Cluster;
  private readonly clock: Clock;
  private readonly owner: SenderOwner;
  private readonly transactionalId: string | null;
  private readonly deliveryTimeoutMs: number;
  private readonly destinations = new Map<number, Destination>();
  // Lanes that have something to send or under way.
  private readonly active = new Set<KafkaLane>();
  private locating = false;
  // Raised when everything under way is given up: late answers are dropped.
  private generation = 0;
  private closed = false;

  constructor(cluster: Cluster, owner: SenderOwner, transactionalId: string | null, deliveryTimeoutMs: number) {
    this.cluster = cluster;
    this.clock = cluster.clock;
    this.owner = owner;
    this.transactionalId = transactionalId;
    this.deliveryTimeoutMs = deliveryTimeoutMs;
  }

  get isIdle(): boolean {
    return this.active.size === 0;
  }

  add(lane: KafkaLane): void {
    this.active.add(lane);
    this.pump();
  }

  /** Sends what may leave now. Called whenever something has changed. */
  pump(): void {
    const identity = this.owner.identity();
    if (identity === null || this.closed) return;
    while (this.sendRound(identity)) {
      // Each round takes at most one batch of a lane: that is all a request may hold.
    }
  }

  /** Gives everything up. */
  drop(): void {
    this.generation++;
    this.active.clear();
    for (const destination of this.destinations.values()) destination.underWay = 0;
  }

  close(): void {
    this.closed = true;
    this.drop();
    for (const { link } of this.destinations.values()) link.close();
    this.destinations.clear();
  }

  private sendRound(identity: ProducerIdentity): boolean {
    const parcels = new Map<number, Parcel[]>();
    const sizes = new Map<number, number>();
    let lost = false;
    for (const lane of this.active) {
      if (lane.waiting.length === 0 || !this.owner.maySend(lane)) continue;
      const leader = this.cluster.leaderOf(lane.topic, lane.partition) ?? -1;
      if (leader < 0) {
        lost = true;
        continue;
      }
      const size = sizes.get(leader) ?? 0;
      const bytes = lane.waiting[0]!.bytes?.length ?? 0;
      if ((size > 0 && size + bytes > REQUEST_BYTES) || this.destination(leader).underWay >= UNDER_WAY_MAX) continue;
      const batch = lane.next(identity, this.transactionalId !== null, this.clock.now());
      if (batch === null) continue;
      sizes.set(leader, size + bytes);
      const known = parcels.get(leader);
      if (known === undefined) parcels.set(leader, [{ lane, batch }]);
      else known.push({ lane, batch });
    }
    for (const [nodeId, sent] of parcels) this.send(nodeId, sent);
    if (lost) void this.locate();
    return parcels.size > 0;
  }

  private destination(nodeId: number): Destination {
    const known = this.destinations.get(nodeId);
    if (known !== undefined) return known;
    const made = { link: this.cluster.newLink(nodeId), underWay: 0 };
    this.destinations.set(nodeId, made);
    return made;
  }

  private send(nodeId: number, parcels: readonly Parcel[]): void {
    const destination = this.destination(nodeId);
    destination.underWay++;
    const { generation } = this;
    const entries = parcels.map(({ lane, batch }) => ({
      topic: lane.topic,
      partition: lane.partition,
      batch: batch.bytes!,
    }));
    destination.link.call(produceCall(this.transactionalId, entries, SERVER_TIMEOUT_MS)).then(
      ({ partitions, throttleMs }) => {
        destination.link.throttle(throttleMs);
        if (generation !== this.generation) return;
        destination.underWay--;
        for (const answer of partitions) this.answered(parcels, answer);
        this.pump();
      },
      (error: unknown) => {
        if (generation !== this.generation) return;
        destination.underWay--;
        // Its address may have changed with a restart: the next attempt makes a new link.
        if (this.destinations.get(nodeId) === destination && destination.underWay === 0) {
          destination.link.close();
          this.destinations.delete(nodeId);
        }
        for (const { lane, batch } of parcels) this.tryAgain(lane, batch, error);
        this.pump();
      },
    );
  }

  private answered(parcels: readonly Parcel[], answer: ProduceAnswer): void {
    const parcel = parcels.find(({ lane }) => lane.topic === answer.topic && lane.partition === answer.partition);
    if (parcel === undefined || !parcel.lane.underWay.includes(parcel.batch)) return;
    const { lane, batch } = parcel;
    const { errorCode } = answer;
    if (errorCode === 0 || errorCode === DUPLICATE_SEQUENCE) {
      const isTold = errorCode === 0 && answer.baseOffset >= 0;
      this.delivered(lane, batch, isTold ? answer.baseOffset + batch.built.count : -2);
      return;
    }
    const error = new KafkaError(errorCode, lane.key);
    const isBig = errorCode === MESSAGE_TOO_LARGE || errorCode === RECORD_LIST_TOO_LARGE;
    if (isBig && batch.built.count > 1) this.divide(lane, batch);
    // It stands behind one that failed: that one is sent again first.
    else if (errorCode === OUT_OF_ORDER_SEQUENCE && lane.recovering) lane.putBack(batch);
    else if (isRetriable(error)) this.tryAgain(lane, batch, error);
    else this.owner.failed(isBig ? tooLarge(lane, batch, error) : error);
  }

  private delivered(lane: KafkaLane, batch: OutBatch, end: number): void {
    lane.done(batch);
    lane.attempts = 0;
    lane.end = end;
    if (lane.waiting.length === 0 && lane.underWay.length === 0) this.active.delete(lane);
    this.owner.acknowledged(lane, batch);
  }

  // The topic takes less than our batches hold: halve this one, under the same sequence numbers, and those to come.
  private divide(lane: KafkaLane, batch: OutBatch): void {
    lane.batchBytesMax = Math.max(256, Math.min(lane.batchBytesMax, batch.built.bytes.length) >>> 1);
    lane.putBack(batch);
    const at = lane.waiting.indexOf(batch);
    lane.waiting.splice(at, 1);
    this.owner.divided(batch);
    lane.enqueue(splitBatch(batch.built), at, batch.sequence);
  }

  private tryAgain(lane: KafkaLane, batch: OutBatch, error: unknown): void {
    const now = this.clock.now();
    if (!isRetriable(error)) {
      this.owner.failed(error);
      return;
    }
    const limitMs = isUnknownTopic(error) ? UNKNOWN_TOPIC_FOR_MS : this.deliveryTimeoutMs;
    if (now - batch.sinceMs > limitMs) {
      this.owner.failed(error);
      return;
    }
    lane.putBack(batch);
    const isStale = error instanceof ConnectionError || (error as KafkaError).treatment === 'refresh';
    if (isStale) this.cluster.forget(lane.topic);
    const pauseMs = backoffMs(lane.attempts++);
    lane.notBeforeMs = now + pauseMs;
    void this.clock.sleep(pauseMs + 1, this.cluster.closing.signal).then(() => this.pump());
  }

  // Learns leaders that are unknown, until there are none or it has taken too long.
  private async locate(): Promise<void> {
    if (this.locating) return;
    this.locating = true;
    const { generation } = this;
    const startMs = this.clock.now();
    for (let attempt = 0; generation === this.generation && !this.closed; attempt++) {
      const topics = new Set<string>();
      for (const lane of this.active) {
        if ((this.cluster.leaderOf(lane.topic, lane.partition) ?? -1) < 0) topics.add(lane.topic);
      }
      if (topics.size === 0) break;
      if (attempt > 0) await this.clock.sleep(backoffMs(attempt), this.cluster.closing.signal);
      const failure = await this.ask(topics);
      if (generation !== this.generation) break;
      const limitMs = isUnknownTopic(failure) ? UNKNOWN_TOPIC_FOR_MS : this.deliveryTimeoutMs;
      const isOver = this.clock.now() - startMs > limitMs || this.cluster.closing.signal.aborted;
      if (failure !== null && (!isRetriable(failure) || isOver)) {
        this.owner.failed(failure);
        break;
      }
    }
    this.locating = false;
    this.pump();
  }

  private async ask(topics: ReadonlySet<string>): Promise<unknown> {
    try {
      await this.cluster.askTogether([...topics]);
    } catch (error) {
      return error;
    }
    for (const lane of this.active) {
      const leader = this.cluster.leaderOf(lane.topic, lane.partition);
      if (leader === null) return new KafkaError(UNKNOWN_TOPIC_OR_PARTITION, lane.key);
      if (leader < 0) return new KafkaError(5, lane.key);
    }
    return null;
  }
}

function tooLarge(lane: KafkaLane, batch: OutBatch, cause: KafkaError): TributaryError {
  return new TributaryError('TRIB_RECORD_TOO_LARGE', 'data', {
    what: `A record of ${batch.built.bytes.length} bytes is larger than the topic takes (${cause.codeName}).`,
    where: lane.key,
    fix: 'Raise its "max.message.bytes", or make the record smaller.',
    cause,
  });
}
