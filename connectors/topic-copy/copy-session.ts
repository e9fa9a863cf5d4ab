// One life of a task's connections: from opening both clusters until it is stopped or something fails.
//
// Law: the output is opened before the committed positions are read, so an older copy of this task is fenced before they are
// believed. After a failure everything is opened anew: what was not committed is read again.
import {
  type Broker,
  isTransient,
  OffsetRenewal,
  type Offsets,
  type ProcessorContext,
  partitionKey,
  type Reader,
  type Records,
  type TopicInfo,
  TributaryError,
} from 'tributary/connect';
import { CopyCycle, makeStateTopic, marksTopic, positionKey } from './copy-cycle.ts';
import { GroupOffsets } from './group-offsets.ts';
import { PartitionCopy } from './partition-copy.ts';
import type { CopySettings } from './settings.ts';
import { TargetTopics } from './target-topics.ts';

const POLL_MS = 250;
// Committed offsets expire after days without a commit; a quiet partition must not lose its place.
const SHOW_EVERY_MS = 5_000;

/** Resolves when stopped. `progressed` is called after each turn that succeeds. */
export async function runCopySession(
  settings: CopySettings,
  context: ProcessorContext,
  progressed: () => void,
): Promise<void> {
  const source = await context.openBroker(settings.sourceClient);
  try {
    const producer = await context.broker.transact(context.transactionalId, { compression: settings.compression });
    const cycle = new CopyCycle(settings, context, producer);
    const session = new CopySession(settings, context, source, cycle);
    try {
      await session.run(progressed);
    } catch (error) {
      await cycle.abort();
      throw error;
    } finally {
      await session.close();
      await producer.close();
    }
  } finally {
    if (source !== context.broker) await source.close();
  }
}

class CopySession {
  readonly #settings: CopySettings;
  readonly #context: ProcessorContext;
  readonly #source: Broker;
  readonly #cycle: CopyCycle;
  readonly #topics: TargetTopics;
  readonly #ended = new AbortController();
  /** By source key. */
  #copies = new Map<string, PartitionCopy>();
  #reader: Reader | null = null;
  #refreshAtMs = 0;
  readonly #renewal: OffsetRenewal;
  #showAtMs: number;

  constructor(settings: CopySettings, context: ProcessorContext, source: Broker, cycle: CopyCycle) {
    this.#settings = settings;
    this.#context = context;
    this.#source = source;
    this.#cycle = cycle;
    this.#topics = new TargetTopics(settings, context, source);
    this.#renewal = new OffsetRenewal(context.clock);
    this.#showAtMs = settings.isShownAtSource ? context.clock.now() : Number.POSITIVE_INFINITY;
  }

  async run(progressed: () => void): Promise<void> {
    const { signal, clock } = this.#context;
    const { markEvery, marksReplication, sourceAlias } = this.#settings;
    if (markEvery !== null) await makeStateTopic(this.#context.broker, marksTopic(sourceAlias), marksReplication);
    const groups = this.#followGroups();
    while (!signal.aborted) {
      if (clock.now() >= this.#refreshAtMs) await this.#refresh();
      if (this.#reader === null) await clock.sleep(POLL_MS, signal);
      else await this.#turn();
      progressed();
    }
    // What was begun is finished: a stop loses no work.
    await this.#cycle.commit();
    this.#ended.abort();
    await groups;
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#reader?.close();
  }

  async #turn(): Promise<void> {
    const cycle = this.#cycle;
    const { clock } = this.#context;
    const { dueMs } = cycle;
    const batches = await this.#poll(dueMs === null ? POLL_MS : Math.max(0, dueMs - clock.now()));
    for (let i = 0; i < batches.length; i++) await cycle.take(batches[i]!);
    if (batches.length > 0) await cycle.drain();
    if (cycle.dueMs !== null && (cycle.isFull || clock.now() >= cycle.dueMs)) await cycle.commit();
    if (clock.now() >= this.#showAtMs && cycle.dueMs === null) await this.#show();
    if (!this.#renewal.isDue) return;
    await cycle.remember();
    this.#renewal.done();
  }

  /** For people only, so a source that does not allow it is told of once and left alone. */
  async #show(): Promise<void> {
    const { clock, group, log } = this.#context;
    this.#showAtMs = clock.now() + SHOW_EVERY_MS;
    try {
      await this.#source.commit(
        group,
        new Map([...this.#copies.values()].map(({ sourceKey, next }) => [sourceKey, next])),
      );
    } catch (error) {
      if (!isTransient(error)) this.#showAtMs = Number.POSITIVE_INFINITY;
      log('warn', `Positions cannot be shown at the source: ${(error as Error).message}`);
    }
  }

  async #poll(waitMs: number): Promise<readonly Records[]> {
    try {
      return await this.#reader!.poll(waitMs);
    } catch (error) {
      const isGap = error instanceof TributaryError && error.code === 'TRIB_OFFSET_OUT_OF_RANGE';
      const copy = isGap ? this.#copies.get(error.parts.where ?? '') : undefined;
      if (copy === undefined) throw error;
      await this.#leap(copy);
      return [];
    }
  }

  /** The next record is gone at the source: go on as `consumer.auto.offset.reset` says. */
  async #leap(copy: PartitionCopy): Promise<void> {
    const { reset } = this.#settings;
    const [starts, ends] = await this.#bounds(copy);
    const begin = starts.get(copy.sourceKey)!;
    const end = ends.get(copy.sourceKey)!;
    const what =
      copy.next < begin
        ? `Offsets ${copy.next} to ${begin - 1} are gone at the source: its retention was faster than the copy.`
        : `Offset ${copy.next} lies behind the end (${end}) at the source: the topic was made anew or cut.`;
    if (reset === 'none') {
      throw new TributaryError('TRIB_COPY_GAP', 'fatal', {
        what,
        where: copy.sourceKey,
        fix: 'Set consumer.auto.offset.reset to earliest or latest to go on, or alter the offsets of the connector.',
      });
    }
    const next = reset === 'latest' ? end : begin;
    this.#context.log('warn', `${copy.sourceKey}: ${what} Going on at ${next} (consumer.auto.offset.reset=${reset}).`);
    this.#context.count('offset_resets', 1);
    copy.next = next;
    await this.#open();
  }

  async #bounds(copy: PartitionCopy): Promise<readonly [Offsets, Offsets]> {
    const keys = [copy.sourceKey];
    return [await this.#source.offsets(keys, 'earliest'), await this.#source.offsets(keys, 'stable')];
  }

  /** Looks for new topics and partitions, makes their copies, and lets those go that are no more. */
  async #refresh(): Promise<void> {
    const topics = (await this.#source.listTopics()).filter(({ name }) => this.#settings.names.isCopied(name));
    this.#refuseSharedCopies(topics);
    if (topics.length === 0) this.#sayNothingMatches();
    const found = new Map<string, { readonly topic: string; readonly partition: number }>();
    const mine = new Set<TopicInfo>();
    for (const info of topics) {
      for (let partition = 0; partition < info.partitions; partition++) {
        if (!this.#isMine(info.name, partition)) continue;
        found.set(partitionKey(info.name, partition), { topic: info.name, partition });
        mine.add(info);
      }
    }
    await this.#topics.ensure([...mine]);
    if (this.#context.task === 0) await this.#topics.syncConfigs(topics);
    const gone = [...this.#copies.keys()].filter((key) => !found.has(key));
    const fresh = [...found.keys()].filter((key) => !this.#copies.has(key));
    if (gone.length > 0 || fresh.length > 0) {
      await this.#cycle.commit();
      for (const key of gone) this.#copies.delete(key);
      if (gone.length > 0) this.#context.log('warn', 'Partitions are gone at the source; their copies stay.', { gone });
      await this.#begin(fresh.map((key) => found.get(key)!));
      await this.#open();
    }
    this.#refreshAtMs = this.#context.clock.now() + this.#settings.refreshMs;
  }

  /** Once: that none is there yet may be meant, and a slip in a name shows nowhere else. */
  #sayNothingMatches(): void {
    if (this.#context.task !== 0 || this.#refreshAtMs > 0) return;
    this.#context.log('warn', 'No topic of the source matches "topics" (less "topics.exclude") yet; looked for again.');
  }

  /** Positions and offset marks of two topics in one copy could not be told apart. */
  #refuseSharedCopies(topics: readonly TopicInfo[]): void {
    const taken = new Map<string, string>();
    for (const { name } of topics) {
      const target = this.#settings.names.targetOf(name);
      const other = taken.get(target);
      taken.set(target, name);
      if (other === undefined) continue;
      throw new TributaryError('TRIB_COPY_SHARED', 'config', {
        what: `Topics ${other} and ${name} would both be copied to ${target}.`,
        where: 'target.topic',
        fix: 'Put ${topic} into target.topic, or narrow "topics".',
      });
    }
  }

  /** Topics of one partition each are spread, too. */
  #isMine(topic: string, partition: number): boolean {
    let hash = 7;
    for (let i = 0; i < topic.length; i++) hash = (hash * 31 + topic.charCodeAt(i)) >>> 0;
    return (hash + partition) % this.#settings.taskCount === this.#context.task;
  }

  /** Positions of partitions that are new to this session. */
  async #begin(fresh: readonly { readonly topic: string; readonly partition: number }[]): Promise<void> {
    if (fresh.length === 0) return;
    const { broker, group } = this.#context;
    const copies = fresh.map(
      ({ topic, partition }) => new PartitionCopy(topic, partition, this.#settings.names.targetOf(topic), 0, 0),
    );
    const committed = await broker.committed(
      group,
      copies.map((copy) => positionKey(this.#settings, copy)),
    );
    const ends = await broker.offsets(
      copies.map(({ targetKey }) => targetKey),
      'latest',
    );
    const unknown = copies.filter((copy) => !committed.has(positionKey(this.#settings, copy)));
    const starts = await this.#source.offsets(
      unknown.map(({ sourceKey }) => sourceKey),
      this.#settings.reset === 'latest' ? 'stable' : 'earliest',
    );
    for (const copy of copies) {
      copy.next = committed.get(positionKey(this.#settings, copy)) ?? starts.get(copy.sourceKey)!;
      copy.expected = ends.get(copy.targetKey)!;
      this.#copies.set(copy.sourceKey, copy);
    }
    const doubtful = unknown.filter(({ expected }) => expected > 0).map(({ targetKey }) => targetKey);
    if (doubtful.length > 0) {
      const where = this.#settings.reset === 'latest' ? 'latest' : 'earliest';
      this.#context.log(
        'warn',
        `Copies that hold records have no known position and go on at the ${where} offset of their source: records may be there twice.`,
        { partitions: doubtful },
      );
    }
  }

  async #open(): Promise<void> {
    await this.#reader?.close();
    this.#reader = null;
    this.#cycle.use(this.#copies);
    if (this.#copies.size === 0) return;
    const from = new Map([...this.#copies.values()].map(({ sourceKey, next }) => [sourceKey, next]));
    this.#reader = await this.#source.read(from, { isolation: 'committed' });
  }

  /** Offsets of groups are carried over beside the copying, by one task; their troubles do not stop it. */
  async #followGroups(): Promise<void> {
    const { checkpointEveryMs, groupSyncEveryMs, markEvery } = this.#settings;
    if (this.#context.task !== 0 || markEvery === null) return;
    if (checkpointEveryMs === null && groupSyncEveryMs === null) return;
    const signal = AbortSignal.any([this.#context.signal, this.#ended.signal]);
    await new GroupOffsets(this.#settings, this.#context, this.#source).run(signal);
  }
}
