// The transactional producer.
//
// Law: fencing rests on the transactional id: opening a producer raises the id's epoch, and everything an older one still
// tries is refused by the broker. A transaction costs three round trips in turn: the coordinator learns of the partitions
// (while the caller still works) and of the group; records and offsets are written at the same time; the transaction ends.

import { TributaryError } from '../../core/errors.ts';
import type { Offsets, TransactionalProducer } from '../../ports/broker.ts';
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  describeTransaction,
  endTxn,
  initProducerId,
  type ProducerIdentity,
  txnOffsetCommit,
} from './api/transactions.ts';
import { offsetsByTopic, partitionsByTopic } from './by-topic.ts';
import { type Cluster, movesCoordinator } from './cluster.ts';
import { explain, KafkaError } from './error-codes.ts';
import type { KafkaLane } from './lane.ts';
import type { Call, Link } from './link.ts';
import { LaneProducer, type ProducerLimits } from './producer.ts';

// Out of order or unknown sequence, transaction not known, producer id moved, "abortable".
const MENDED_BY_ABORT: ReadonlySet<number> = new Set([45, 48, 49, 59, 120]);

export class KafkaTransactionalProducer extends LaneProducer implements TransactionalProducer {
  private readonly id: string;
  private isOpen = false;
  private begunAtMs = 0;
  // Whether the coordinator may know of the transaction, so that it must be ended there.
  private isKnown = false;
  // The answer to a commit never came: only opening the id anew tells what became of it.
  private inDoubt: unknown = null;
  private overtaken: unknown = null;
  private readonly unregistered = new Set<KafkaLane>();
  private readonly registered = new Set<KafkaLane>();
  private registering: Promise<void> | null = null;
  private flushed = new Map<string, number>();
  private coordinatorLink: { readonly nodeId: number; readonly link: Link } | null = null;

  constructor(cluster: Cluster, limits: ProducerLimits, id: string) {
    super(cluster, limits, id);
    this.id = id;
  }

  /** Takes the id: older holders are fenced, and what they left open has ended when this resolves. */
  async open(): Promise<this> {
    this.current = await this.initialize(null);
    return this;
  }

  begin(): void {
    if (this.isOpen) throw misuse(this.id, 'begin was called within a transaction');
    if (this.overtaken !== null) throw this.overtaken;
    if (this.inDoubt !== null) throw this.inDoubt;
    this.isOpen = true;
    this.begunAtMs = this.now();
  }

  async flush(): Promise<Offsets> {
    try {
      const ends = await this.flushLanes();
      for (const [key, end] of ends) this.flushed.set(key, end);
      return ends;
    } catch (error) {
      throw await this.judge(error);
    }
  }

  override async drain(): Promise<void> {
    try {
      await super.drain();
    } catch (error) {
      throw await this.judge(error);
    }
  }

  async commit(group: string | null, inputs: Offsets): Promise<Offsets> {
    if (!this.isOpen) throw misuse(this.id, 'commit was called outside a transaction');
    try {
      const hasOffsets = group !== null && inputs.size > 0;
      const offsets = hasOffsets ? this.sendOffsets(group, inputs) : Promise.resolve();
      // Both are awaited to their end, whatever becomes of the other: nothing may still be under way afterwards.
      const [written, sent] = await Promise.allSettled([this.flush(), offsets]);
      if (written.status === 'rejected') throw written.reason;
      if (sent.status === 'rejected') throw sent.reason;
      if (this.isKnown) await this.end();
    } catch (error) {
      throw await this.judge(error);
    }
    const ends = this.flushed;
    this.reset();
    return ends;
  }

  async abort(): Promise<void> {
    if (this.inDoubt !== null) throw this.inDoubt;
    // Never again with this id: whatever we would end is the other holder's.
    if (this.overtaken !== null) throw this.overtaken;
    if (!this.isOpen) return;
    await this.registering;
    while (this.failure === null && this.hasUnderWay) await this.changed.changed();
    const isClean = this.failure === null && this.allAcknowledged;
    this.giveUp();
    if (!this.isKnown) {
      this.renumber(false);
    } else if (isClean) {
      await this.call(() => endTxn(this.id, this.current!, false)).catch(async (error: unknown) => {
        throw await this.judge(error);
      });
      this.renumber(false);
    } else {
      // Numbers were spent that the log may never see. A new epoch begins at 0, and getting it ends the transaction.
      this.current = await this.initialize(this.current);
      this.renumber(true);
    }
    this.reset();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    try {
      if (this.isOpen && this.inDoubt === null && this.overtaken === null) await this.abort();
    } catch (error) {
      // A fenced holder has nothing left to end; anything else times out at the coordinator or ends with the next owner.
      if (!(error instanceof TributaryError)) throw error;
    } finally {
      this.sender.close();
      this.coordinatorLink?.link.close();
    }
  }

  override laneStarted(lane: KafkaLane): void {
    if (!this.isOpen) throw misuse(this.id, 'a record was appended outside a transaction');
    super.laneStarted(lane);
    if (this.registered.has(lane)) return;
    this.unregistered.add(lane);
    // One request for all lanes that the caller begins in one go.
    this.registering ??= Promise.resolve().then(() => this.register());
  }

  // Whatever broke the order of batches, an abort mends it: the work is done again under a new epoch.
  override failed(error: unknown): void {
    const isMendable = error instanceof KafkaError && MENDED_BY_ABORT.has(error.code);
    super.failed(isMendable ? broken(this.id, error) : error);
  }

  override maySend(lane: KafkaLane): boolean {
    return this.registered.has(lane);
  }

  protected override throwFailure(): void {
    // It stays until `abort`: the transaction cannot go on.
    if (this.failure !== null) throw this.failure;
  }

  private get hasUnderWay(): boolean {
    for (const lane of this.lanes.values()) if (lane.underWay.length > 0) return true;
    return false;
  }

  // Nothing that was numbered is left: what waits can be dropped without a gap.
  private get allAcknowledged(): boolean {
    for (const lane of this.lanes.values()) if (lane.waiting.some((batch) => batch.sequence >= 0)) return false;
    return true;
  }

  private async register(): Promise<void> {
    try {
      while (this.unregistered.size > 0 && this.failure === null) {
        const lanes = [...this.unregistered];
        this.unregistered.clear();
        this.isKnown = true;
        await this.call(() => addPartitionsToTxn(this.id, this.current!, partitionsByTopic(lanes)));
        for (const lane of lanes) this.registered.add(lane);
        this.sender.pump();
      }
    } catch (error) {
      this.failed(error);
    }
    this.registering = null;
  }

  private async sendOffsets(group: string, inputs: Offsets): Promise<void> {
    this.isKnown = true;
    await this.call(() => addOffsetsToTxn(this.id, this.current!, group));
    const call = txnOffsetCommit(this.id, this.current!, group, offsetsByTopic(inputs));
    await this.cluster.callCoordinator('group', group, call);
  }

  private async end(): Promise<void> {
    let isSent = false;
    try {
      await this.call(() => {
        isSent = true;
        return endTxn(this.id, this.current!, true);
      });
    } catch (error) {
      if (isSent && error instanceof TributaryError && error.kind === 'transient')
        this.inDoubt = doubtful(this.id, error);
      throw this.inDoubt ?? error;
    }
  }

  // Calls the coordinator over a link of our own. `make` is asked for each attempt.
  private call<T>(make: () => Call<T>): Promise<T> {
    return this.cluster.retrying(async () => {
      try {
        const link = await this.linkToCoordinator();
        return await link.call(make());
      } catch (error) {
        if (movesCoordinator(error)) {
          this.cluster.forgetCoordinator('transaction', this.id);
          this.coordinatorLink?.link.close();
          this.coordinatorLink = null;
        }
        throw error;
      }
    }, this.limits.transactionTimeoutMs);
  }

  private async linkToCoordinator(): Promise<Link> {
    const nodeId = await this.cluster.coordinator('transaction', this.id);
    if (this.coordinatorLink?.nodeId !== nodeId) {
      this.coordinatorLink?.link.close();
      this.coordinatorLink = { nodeId, link: this.cluster.newLink(nodeId) };
    }
    return this.coordinatorLink.link;
  }

  private initialize(current: ProducerIdentity | null): Promise<ProducerIdentity> {
    return this.call(() => initProducerId(this.id, this.limits.transactionTimeoutMs, current));
  }

  // The broker says "fenced" also when it ended the transaction itself because it took too long. From Kafka 4 on, whoever
  // still holds the newest epoch may raise it, and a holder that was really overtaken may not. Before that, a time-out looks
  // like a takeover but for the state it leaves: one epoch further, and the transaction just aborted.
  private async judge(error: unknown): Promise<unknown> {
    const told = explain(error);
    if (!(told instanceof TributaryError) || told.kind !== 'fenced' || this.current === null) return told;
    let renewed: ProducerIdentity | null;
    try {
      renewed = (await this.raised(this.current)) ?? (await this.retaken(this.current));
    } catch (verdict) {
      return verdict;
    }
    if (renewed === null) {
      this.overtaken = told;
      return told;
    }
    this.current = renewed;
    this.giveUp();
    this.renumber(true);
    this.reset();
    return timedOut(this.id, this.limits.transactionTimeoutMs, told);
  }

  private async raised(current: ProducerIdentity): Promise<ProducerIdentity | null> {
    try {
      return await this.initialize(current);
    } catch (error) {
      if (error instanceof TributaryError && error.kind === 'fenced') return null;
      throw error;
    }
  }

  private async retaken(current: ProducerIdentity): Promise<ProducerIdentity | null> {
    if (this.now() - this.begunAtMs < this.limits.transactionTimeoutMs) return null;
    const { state, producer } = await this.call(() => describeTransaction(this.id));
    const isTimeOut = state === 'CompleteAbort' && producer.id === current.id && producer.epoch === current.epoch + 1;
    return isTimeOut ? this.initialize(null) : null;
  }

  private renumber(restart: boolean): void {
    for (const lane of this.lanes.values()) lane.reset(restart);
  }

  private reset(): void {
    this.isOpen = false;
    this.isKnown = false;
    this.failure = null;
    this.unregistered.clear();
    this.registered.clear();
    this.flushed = new Map();
  }
}

function timedOut(id: string, timeoutMs: number, cause: unknown): TributaryError {
  return new TributaryError('TRIB_TRANSACTION_TIMEOUT', 'transient', {
    what: `Kafka aborted the transaction: it was open for more than ${timeoutMs} ms.`,
    where: id,
    fix: 'It is done again from the last commit; raise "transaction.timeout.ms" if this repeats.',
    cause,
  });
}

function broken(id: string, cause: KafkaError): TributaryError {
  return new TributaryError('TRIB_TRANSACTION_BROKEN', 'transient', {
    what: `Kafka cannot go on with the transaction (${cause.codeName}, ${cause.where}).`,
    where: id,
    fix: 'It is aborted and done again from the last commit.',
    cause,
  });
}

function doubtful(id: string, cause: unknown): TributaryError {
  return new TributaryError('TRIB_TRANSACTION_IN_DOUBT', 'transient', {
    what: 'The connection broke while the transaction was being committed: whether it was is not known.',
    where: id,
    fix: 'The producer must be opened anew and the committed offsets read; then it goes on where the log says.',
    cause,
  });
}

function misuse(id: string, what: string): TributaryError {
  return new TributaryError('TRIB_BUG', 'bug', {
    what: `Broken belief: ${what}.`,
    where: id,
    fix: 'Please report this.',
  });
}
