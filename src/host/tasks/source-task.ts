// The loop of a source task: poll → transforms → converters → one transaction of records and source offsets.
//
// Law: records and the offsets behind them commit together, under an id that fences the task's older copies; the id is opened
// before offsets are read. So every record of the source is in the topic exactly once, whenever the host is killed.
// With `exactly.once.source.support=disabled` the offsets follow the acknowledged records instead: at least once.
import type { SourceTask, SourceTaskContext } from '../../connect/connectors.ts';
import { ConnectRecord } from '../../connect/records.ts';
import { isTransient, TributaryError } from '../../core/errors.ts';
import type { Counter } from '../../core/metrics.ts';
import type { TaskMeter } from '../../core/task-meter.ts';
import type { Producer, TransactionalProducer } from '../../ports/broker.ts';
import { isExactlyOnceSource } from '../config/offsets-topic.ts';
import { taskTransactionalId } from '../environment.ts';
import type { LayeredOffsets } from '../stores/layered-offsets.ts';
import type { OffsetStore, SourceOffset, SourceOffsets, SourcePart } from '../stores/offset-store.ts';
import { checkLease } from './lease.ts';
import { openOwnOffsets } from './own-offsets.ts';
import { SourceEncoder } from './source-encoder.ts';
import type { TaskFrame } from './task-frame.ts';
import { TopicCreation } from './topic-creation.ts';
import { type BoundaryOrder, TransactionBoundaries } from './transaction-boundaries.ts';

const RETRY_FIRST_MS = 300;
const RETRY_MAX_MS = 30_000;

export class SourceTaskLoop {
  readonly #frame: TaskFrame;
  readonly #task: SourceTask;
  readonly #offsets: SourceOffsets;
  /** The same, when the connector has a topic of its own. */
  readonly #own: LayeredOffsets | null;
  readonly #encoder: SourceEncoder;
  readonly #topics: TopicCreation;
  readonly #polled: Counter;
  readonly #written: Counter;
  readonly #meter: TaskMeter;
  readonly #exactlyOnce: boolean;
  /** Time between commits; infinite where the task decides. */
  readonly #intervalMs: number;
  readonly #boundaries: TransactionBoundaries | null;
  #producer: Producer | null = null;
  /** The producer when it is transactional. */
  #transaction: TransactionalProducer | null = null;
  /** Writes offsets: the same, unless records go to another cluster. */
  #offsetProducer: Producer | null = null;
  #isOpen = false;
  /** A transaction could not be aborted: its producer is of no more use, and opening the id again settles it. */
  #isBroken = false;
  /** Newest offset of each source partition in the open transaction, by identity of the partition's text. */
  #pending = new Map<string, SourceOffset>();
  #openRecords = 0;
  #nextCommitMs = 0;

  constructor(frame: TaskFrame, task: SourceTask, offsets: OffsetStore) {
    const { environment, config } = frame;
    this.#frame = frame;
    this.#task = task;
    this.#own = openOwnOffsets(environment, config.raw, frame.clients, offsets);
    this.#offsets = this.#own ?? offsets;
    this.#topics = new TopicCreation(frame.clients.admin, config.raw, environment.settings.topicCreation);
    this.#encoder = new SourceEncoder(frame, this.#topics);
    this.#polled = frame.counter('records_read');
    this.#written = frame.counter('records_written');
    this.#meter = environment.metrics.meter(frame.connector, frame.task);
    this.#exactlyOnce = isExactlyOnceSource(config.raw, environment.settings);
    const boundary = config.raw['transaction.boundary']?.trim().toLowerCase();
    this.#boundaries = this.#exactlyOnce && boundary === 'connector' ? new TransactionBoundaries() : null;
    const flushMs = environment.settings.offsetFlushIntervalMs;
    if (!this.#exactlyOnce) this.#intervalMs = flushMs;
    else if (this.#boundaries !== null) this.#intervalMs = Number.POSITIVE_INFINITY;
    else
      this.#intervalMs =
        boundary === 'interval' ? Number(config.raw['transaction.boundary.interval.ms'] ?? flushMs) : 0;
  }

  async run(): Promise<void> {
    const { control, config } = this.#frame;
    this.#checkPromise();
    await this.#openProducer();
    try {
      await this.#offsets.open();
      await this.#task.start(config.parsed, config.raw, this.#context());
      control.is(control.paused ? 'PAUSED' : 'RUNNING');
      while (!control.signal.aborted) {
        if (control.paused) await this.#pause();
        else await this.#cycle();
      }
      // What the task has not ended is not whole: it is aborted, and read again by the next run.
      if (this.#boundaries === null) await this.#commit();
    } finally {
      await this.#end();
    }
  }

  #context(): SourceTaskContext {
    const { context, connector, environment } = this.#frame;
    return {
      ...context,
      registry: environment.registry,
      transaction: this.#boundaries,
      offset: async (partition) => this.#offsets.get(connector, partition),
    };
  }

  async #cycle(): Promise<void> {
    this.#frame.control.is('RUNNING');
    const { clock } = this.#frame.environment;
    const startedMs = clock.now();
    const records = await this.#poll();
    this.#frame.control.idle = records === null || records.length === 0;
    if (records !== null && records.length > 0) this.#measurePoll(records.length, startedMs, clock.now());
    if (this.#boundaries !== null) await this.#writeWithin(this.#boundaries, records ?? []);
    else if (records !== null && records.length > 0) await this.#write(records);
    if (this.#isOpen && this.#frame.environment.clock.now() >= this.#nextCommitMs) await this.#commit();
  }

  #measurePoll(records: number, startedMs: number, nowMs: number): void {
    const meter = this.#meter;
    meter.note('pollMs', nowMs - startedMs, nowMs);
    meter.note('read', records, nowMs);
    meter.note('batch', records, nowMs);
    meter.set('active', this.#openRecords + records);
    meter.note('active', this.#openRecords + records, nowMs);
  }

  /** A transient error of `poll` counts as "nothing now". */
  async #poll(): Promise<readonly ConnectRecord[] | null> {
    const { environment, control, log } = this.#frame;
    try {
      const records = checkedRecords(await this.#task.poll());
      control.retries.done('poll');
      return records;
    } catch (error) {
      if (!isTransient(error)) throw error;
      control.retries.failed('poll', error, environment.clock.now());
      log.warn('The source could not be read; trying again.', { error: messageOf(error) });
      await environment.clock.sleep(RETRY_FIRST_MS, control.signal);
      return null;
    }
  }

  /** Writes a batch in the pieces that the task's orders make of it. */
  async #writeWithin(boundaries: TransactionBoundaries, records: readonly ConnectRecord[]): Promise<void> {
    let from = 0;
    for (let i = 0; i < records.length; i++) {
      const order = boundaries.takeFor(records[i]!);
      if (order === null) continue;
      await this.#write(records.slice(from, i + 1));
      await this.#obey(order);
      from = i + 1;
    }
    if (from < records.length) await this.#write(records.slice(from));
    await this.#obey(boundaries.takeForBatch());
  }

  async #obey(order: BoundaryOrder | null): Promise<void> {
    if (order === null || !this.#isOpen) return;
    if (order === 'abort') {
      const done = this.#pending;
      await this.#transaction?.abort();
      this.#forget();
      this.#begin();
      this.#pending = done;
      this.#frame.log.info('Transaction aborted, as the connector asked; its offsets are kept.');
    }
    await this.#commit();
  }

  /** Appends a polled batch to the open transaction. A transaction that breaks is begun anew with the same records. */
  async #write(records: readonly ConnectRecord[]): Promise<void> {
    const { connector, environment, control, log, lease } = this.#frame;
    this.#polled.add(records.length);
    for (let attempt = 1; ; attempt++) {
      try {
        checkLease(lease);
        if (this.#isBroken) await this.#openAgain();
        const producer = this.#begin();
        this.#openRecords += await this.#encoder.write(records, producer);
        for (const record of records) this.#note(record.sourcePartition, record.sourceOffset);
        if (this.#exactlyOnce) await producer.drain();
        else await producer.flush();
        if (this.#intervalMs === 0) await this.#commit();
        control.retries.done('write');
        return;
      } catch (error) {
        // An interval transaction holds earlier batches too, which cannot be written again here: the task must go back.
        const holdsEarlier = this.#exactlyOnce && this.#intervalMs > 0;
        if (!isTransient(error) || holdsEarlier || control.signal.aborted) throw error;
        control.retries.failed('write', error, environment.clock.now());
        if (isInDoubt(error)) {
          if (await this.#wasCommitted()) return control.retries.done('write');
        } else await this.#abort();
        const delayMs = Math.min(RETRY_FIRST_MS * 2 ** (attempt - 1), RETRY_MAX_MS);
        log.warn('Records could not be written; trying again.', {
          connector,
          attempt,
          delayMs,
          error: messageOf(error),
        });
        await environment.clock.sleep(delayMs, control.signal);
        if (control.signal.aborted) throw error;
      }
    }
  }

  #begin(): Producer {
    const producer = this.#producer!;
    if (this.#isOpen) return producer;
    this.#transaction?.begin();
    this.#isOpen = true;
    this.#nextCommitMs = this.#frame.environment.clock.now() + this.#intervalMs;
    return producer;
  }

  #note(partition: SourcePart | null, offset: SourcePart | null): void {
    if (partition === null || offset === null) return;
    this.#pending.set(JSON.stringify(partition), { partition, offset });
  }

  async #commit(): Promise<void> {
    if (!this.#isOpen) return;
    checkLease(this.#frame.lease);
    const offsets = [...this.#pending.values()];
    const records = this.#openRecords;
    const { clock } = this.#frame.environment;
    const startedMs = clock.now();
    this.#offsets.append(this.#offsetProducer!, this.#frame.connector, offsets);
    try {
      if (this.#transaction === null) await this.#offsetProducer!.flush();
      else await this.#transaction.commit(null, new Map());
    } catch (error) {
      this.#meter.note('commitOk', 0, clock.now());
      throw error;
    }
    this.#measureCommit(records, startedMs);
    this.#written.add(records);
    this.#forget();
    this.#offsets.applied(this.#frame.connector, offsets);
    await this.#task.commit?.();
  }

  #measureCommit(records: number, startedMs: number): void {
    const meter = this.#meter;
    const nowMs = this.#frame.environment.clock.now();
    meter.note('commitMs', nowMs - startedMs, nowMs);
    meter.note('commitOk', 1, nowMs);
    meter.note('sent', records, nowMs);
    if (this.#transaction !== null) meter.note('transaction', records, nowMs);
    meter.set('active', 0);
  }

  /** What is promised when the connector is checked is kept: a transaction does not reach over two clusters. */
  #checkPromise(): void {
    const { config, environment, log } = this.#frame;
    if (this.#exactlyOnce || !environment.settings.exactlyOnceSources) return;
    if (config.raw['exactly.once.support']?.trim().toLowerCase() === 'required') {
      throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
        what: 'exactly.once.support is "required", but records go to another cluster than the offsets.',
        where: 'producer.override.bootstrap.servers',
        fix: 'Give the connector a topic of its own for offsets there, with "offsets.storage.topic", or use "requested".',
      });
    }
    log.warn('Records go to another cluster than the offsets: at least once.');
  }

  async #openProducer(): Promise<void> {
    const { environment, clients, connector, task } = this.#frame;
    this.#transaction = this.#exactlyOnce
      ? await clients.producer.transact(taskTransactionalId(environment.settings, connector, task))
      : null;
    this.#producer = this.#transaction ?? (await clients.producer.produce());
    const isApart = clients.producesElsewhere && this.#own === null;
    this.#offsetProducer = isApart ? await environment.broker.produce() : this.#producer;
  }

  async #openAgain(): Promise<void> {
    await this.#producer?.close().catch(() => {});
    await this.#openProducer();
    this.#isBroken = false;
  }

  /** After a commit of unknown outcome the log decides: opening the id again settles the transaction, then its offsets are there or not. */
  async #wasCommitted(): Promise<boolean> {
    const offsets = [...this.#pending.values()];
    const records = this.#openRecords;
    await this.#openAgain();
    this.#forget();
    await this.#offsets.open();
    if (offsets.length === 0 || !this.#offsets.holds(this.#frame.connector, offsets)) return false;
    this.#written.add(records);
    await this.#task.commit?.();
    return true;
  }

  #forget(): void {
    this.#isOpen = false;
    this.#pending = new Map();
    this.#openRecords = 0;
  }

  async #abort(): Promise<void> {
    // Without transactions what was acknowledged stays: its offsets are still to be committed.
    if (this.#transaction === null || this.#isBroken) return;
    this.#forget();
    await this.#transaction.abort().catch((error: unknown) => {
      if (error instanceof TributaryError && error.kind === 'fenced') throw error;
      this.#isBroken = true;
      this.#frame.log.debug('Abort failed; the id is opened again.', { error: messageOf(error) });
    });
  }

  async #pause(): Promise<void> {
    if (this.#boundaries === null) await this.#commit();
    this.#frame.control.is('PAUSED');
    await this.#frame.control.resumed();
  }

  async #end(): Promise<void> {
    if (this.#isOpen) await this.#abort().catch(() => {});
    await this.#producer?.close().catch(() => {});
    if (this.#offsetProducer !== this.#producer) await this.#offsetProducer?.close().catch(() => {});
    await this.#own?.close();
    await this.#task.stop();
  }
}

function isInDoubt(error: unknown): boolean {
  return error instanceof TributaryError && error.code === 'TRIB_TRANSACTION_IN_DOUBT';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What is no record would fail in the next transform or converter, and that would be blamed. */
function checkedRecords(given: unknown): readonly ConnectRecord[] | null {
  if (given === null) return null;
  const odd = Array.isArray(given) ? given.findIndex((one) => !isRecord(one)) : 0;
  if (odd < 0) return given as readonly ConnectRecord[];
  throw new TributaryError('TRIB_SOURCE_RESULT', 'fatal', {
    what: Array.isArray(given)
      ? `The poll of the source answered something else than a ConnectRecord (number ${odd + 1} of ${given.length}).`
      : `The poll of the source answered ${given === undefined ? 'nothing' : `a ${typeof given}`} instead of records or null.`,
    fix: "Mend the connector: poll answers an array of new ConnectRecord({topic, value, …}) of 'tributary/connect', or null.",
  });
}

function isRecord(one: unknown): boolean {
  // A record made by another copy of the library is one, too.
  return one instanceof ConnectRecord || typeof (one as ConnectRecord | null | undefined)?.withValue === 'function';
}
