// The transactions of a task: records, read positions and offset marks, each whole or not at all.
//
// Positions are the committed offsets of the connector's group on the target. A group can only commit for topics that exist, so
// where the source is another cluster they stand under the name of the copy.
import {
  type Broker,
  type Lane,
  type ProcessorContext,
  type Records,
  type TransactionalProducer,
  TributaryError,
} from 'tributary/connect';
import { offsetMarkKey, offsetMarkValue } from './mirror-records.ts';
import type { PartitionCopy } from './partition-copy.ts';
import type { CopySettings } from './settings.ts';
import { TransformedCopy } from './transformed-copy.ts';

export function marksTopic(sourceAlias: string): string {
  return `mm2-offset-syncs.${sourceAlias}.internal`;
}

export class CopyCycle {
  readonly #settings: CopySettings;
  readonly #context: ProcessorContext;
  readonly #producer: TransactionalProducer;
  readonly #transformed: TransformedCopy | null;
  #copies: ReadonlyMap<string, PartitionCopy> = new Map();
  /** Partitions with something in the open transaction. */
  readonly #touched = new Set<PartitionCopy>();
  #inputs = new Map<string, number>();
  #records = 0;
  #dueMs: number | null = null;
  #marksLane: Lane | null = null;

  constructor(settings: CopySettings, context: ProcessorContext, producer: TransactionalProducer) {
    this.#settings = settings;
    this.#context = context;
    this.#producer = producer;
    this.#transformed = settings.hasTransforms
      ? new TransformedCopy(context, producer, (topic) => settings.isOwnCluster && settings.names.isCopied(topic))
      : null;
  }

  /** From now on these partitions are copied, by their source key. Call it between transactions. */
  use(copies: ReadonlyMap<string, PartitionCopy>): void {
    this.#copies = copies;
  }

  /** When the open transaction is due; null: none is open. */
  get dueMs(): number | null {
    return this.#dueMs;
  }

  get isFull(): boolean {
    return this.#records >= this.#settings.commitRecords;
  }

  async take(records: Records): Promise<void> {
    const copy = this.#copies.get(`${records.topic}-${records.partition}`);
    if (copy === undefined) return;
    this.#begin();
    if (records.count > 0) {
      if (!this.#touched.has(copy)) {
        this.#touched.add(copy);
        copy.begin();
      }
      const written = this.#transformed === null ? this.#copy(records, copy) : await this.#transform(records, copy);
      this.#context.count('records_read', records.count);
      if (written > 0) this.#context.count('records_written', written);
      if (written < records.count) this.#context.count('records_skipped', records.count - written);
    }
    copy.next = records.nextOffset;
    this.#inputs.set(positionKey(this.#settings, copy), copy.next);
    this.#records += records.count;
  }

  /** Commits the positions of all partitions though nothing was read: committed offsets that are never renewed expire. */
  async remember(): Promise<void> {
    if (this.#copies.size === 0) return;
    this.#begin();
    for (const copy of this.#copies.values()) this.#inputs.set(positionKey(this.#settings, copy), copy.next);
    await this.commit();
  }

  async drain(): Promise<void> {
    await this.#producer.drain();
  }

  async commit(): Promise<void> {
    if (this.#dueMs === null) return;
    if (this.#settings.markEvery !== null && this.#touched.size > 0) this.#mark(await this.#producer.flush());
    const inputs = this.#inputs;
    this.#inputs = new Map();
    this.#records = 0;
    this.#touched.clear();
    this.#dueMs = null;
    await this.#producer.commit(this.#context.group, inputs);
  }

  /** Ends the open transaction without effect. It would end anyway when the next holder of the id opens. */
  async abort(): Promise<void> {
    if (this.#dueMs === null) return;
    this.#dueMs = null;
    await this.#producer.abort().catch((error: Error) => {
      this.#context.log('debug', `The transaction could not be aborted: ${error.message}`);
    });
  }

  #begin(): void {
    if (this.#dueMs !== null) return;
    this.#producer.begin();
    this.#dueMs = this.#context.clock.now() + this.#settings.commitMs;
  }

  #copy(records: Records, copy: PartitionCopy): number {
    copy.lane ??= this.#producer.lane(copy.target, copy.partition);
    const before = copy.count;
    copy.append(records, this.#settings.markEvery ?? 0, (index, error) => this.#refused(records, index, error));
    return copy.count - before;
  }

  async #transform(records: Records, copy: PartitionCopy): Promise<number> {
    copy.lastOffset = records.offsets[records.count - 1]!;
    return this.#transformed!.take(records, copy.target);
  }

  /** A record too large for the target. A dead letter would be as large, so none is written. */
  #refused(records: Records, index: number, error: unknown): void {
    if (!(error instanceof TributaryError) || error.kind !== 'data') throw error;
    const { topic, partition, offsets } = records;
    this.#context.count('records_failed', 1);
    this.#context.failed({
      stage: 'KAFKA_PRODUCE',
      className: 'tributary.TopicCopy',
      topic,
      partition,
      offset: offsets[index]!,
      error,
    });
  }

  #mark(ends: ReadonlyMap<string, number>): void {
    this.#marksLane ??= this.#producer.lane(marksTopic(this.#settings.sourceAlias), 0);
    const lane = this.#marksLane;
    const nowMs = this.#context.clock.now();
    for (const copy of this.#touched) {
      const end = ends.get(copy.targetKey);
      if (end === undefined) continue;
      const key = offsetMarkKey(copy.topic, copy.partition);
      const mark = (upstream: number, downstream: number): void => {
        const value = offsetMarkValue(upstream, downstream);
        lane.append(nowMs, key, 0, key.length, value, 0, value.length, null);
      };
      if (this.#transformed === null) copy.settle(end, mark);
      else copy.settleLast(end, mark);
    }
  }
}

/** Under which partition the position is committed. */
export function positionKey(settings: CopySettings, copy: PartitionCopy): string {
  return settings.isOwnCluster ? copy.sourceKey : copy.targetKey;
}

/** Makes a compacted topic of one partition, for marks or checkpoints. */
export async function makeStateTopic(broker: Broker, name: string, replication: number | null): Promise<void> {
  if ((await broker.topic(name)) !== null) return;
  await broker.createTopics([
    { name, partitions: 1, config: { 'cleanup.policy': 'compact' }, ...(replication === null ? {} : { replication }) },
  ]);
}
