// The loop of a sink task: poll → decode → transforms → put → preCommit → commit.
//
// Law: an offset is committed only when the sink says that all before it is delivered, or when the record was reported (dead
// letter acknowledged) or dropped. A crash repeats what lies after it, at most: at least once, never a hole.
import type { SinkTask, SinkTaskContext } from '../../connect/connectors.ts';
import type { ConnectRecord } from '../../connect/records.ts';
import { isTransient, TributaryError } from '../../core/errors.ts';
import type { Counter } from '../../core/metrics.ts';
import type { TaskMeter } from '../../core/task-meter.ts';
import { compileChain } from '../../plugins/chain.ts';
import { type Offsets, partitionKey, type Reader, type Records } from '../../ports/broker.ts';
import { DeadLetters } from '../dead-letters/dead-letters.ts';
import { CommitRequests } from './commit-requests.ts';
import { converterClassName, lazyConverters } from './converters.ts';
import { checkLease } from './lease.ts';
import { batches, type Piece } from './sink-batches.ts';
import { type DecodeFailure, SinkDecoder } from './sink-decoder.ts';
import { isTopicGone, SinkOffsets } from './sink-offsets.ts';
import { partitionsOf, type SinkInput, sinkInput, startOffsets } from './sink-partitions.ts';
import { RejectDesk } from './sink-rejects.ts';
import { SinkRetries } from './sink-retries.ts';
import type { TaskFrame } from './task-frame.ts';

const IDLE_POLL_MS = 200;
const NO_TOPIC_WAIT_MS = 500;
const RETRY_FIRST_MS = 300;
const PAUSED_CHECK_MS = 1000;

export class SinkTaskLoop {
  readonly #frame: TaskFrame;
  readonly #task: SinkTask;
  readonly #input: SinkInput;
  readonly #decoder: SinkDecoder;
  readonly #letters: DeadLetters;
  readonly #rejects: RejectDesk;
  readonly #offsets: SinkOffsets;
  readonly #read: Counter;
  readonly #meter: TaskMeter;
  readonly #retries: SinkRetries;
  #reader: Reader | null = null;
  #assigned: readonly string[] = [];
  #nextRefreshMs = 0;
  #nextCommitMs = 0;
  readonly #commits = new CommitRequests();
  /** A topic that is read was deleted: reading begins anew with those that are there. */
  #isStale = false;

  constructor(frame: TaskFrame, task: SinkTask) {
    const { environment, config, connector } = frame;
    this.#frame = frame;
    this.#task = task;
    this.#input = sinkInput(connector, config.raw, environment.settings);
    const classOf = (side: 'key' | 'value' | 'header') => converterClassName(side, config.raw, environment);
    this.#decoder = new SinkDecoder(
      lazyConverters(config.raw, environment),
      compileChain(config.raw, environment.plugins, (message) => frame.log.warn(message)),
      {
        classNames: { key: classOf('key'), value: classOf('value'), header: classOf('header') },
        retryTopic: this.#input.retryTopic,
      },
    );
    this.#meter = environment.metrics.meter(connector, frame.task);
    this.#retries = new SinkRetries(frame, this.#meter, () => this.#commitIfDue());
    this.#letters = new DeadLetters(frame.clients, frame.tolerance.settings.deadLetterReplication, () =>
      this.#meter.note('letterFailures', 1, environment.clock.now()),
    );
    this.#rejects = new RejectDesk(frame, this.#letters);
    this.#offsets = new SinkOffsets(frame.clients.consumer, this.#input.group, frame.log, environment.clock);
    this.#read = frame.counter('records_read');
  }

  /** Runs until stopped; rejects when the task cannot go on. */
  async run(): Promise<void> {
    const { control, config, tolerance } = this.#frame;
    if (tolerance.settings.deadLetterTopic !== null) await this.#letters.prepare(tolerance.settings.deadLetterTopic);
    await this.#task.start(config.parsed, config.raw, this.#context());
    let failed = true;
    try {
      while (!control.signal.aborted) {
        if (control.paused) await this.#pause();
        else await this.#cycle();
      }
      failed = false;
    } finally {
      await this.#end(failed);
    }
  }

  #context(): SinkTaskContext {
    return {
      ...this.#frame.context,
      reject: (record, why, answer) => this.#rejects.take(record, why, answer),
      requestCommit: () => this.#commits.ask(),
      store: this.#frame.environment.store,
    };
  }

  async #cycle(): Promise<void> {
    const { clock } = this.#frame.environment;
    await this.#refresh();
    this.#frame.control.is('RUNNING');
    if (this.#reader === null) {
      await clock.sleep(NO_TOPIC_WAIT_MS, this.#frame.control.signal);
      return;
    }
    const untilCommit = Math.max(0, this.#nextCommitMs - clock.now());
    const polled = await this.#poll(Math.min(IDLE_POLL_MS, untilCommit));
    this.#frame.control.idle = polled.length === 0;
    if (polled.length === 0) await this.#deliver([]);
    for (const pieces of batches(polled, this.#input.batchRows)) {
      if (this.#frame.control.signal.aborted) return;
      await this.#deliver(pieces);
      await this.#commitIfDue();
    }
    await this.#commitIfDue();
  }

  async #poll(maxWaitMs: number): Promise<readonly Records[]> {
    const reader = this.#reader!;
    const polling = reader.poll(maxWaitMs);
    await this.#commits.during(polling, () => this.#commit());
    // A commit that failed has begun reading anew.
    if (this.#reader !== reader) return [];
    try {
      const polled = await polling;
      this.#frame.control.retries.done('read');
      return polled;
    } catch (error) {
      if (isTransient(error) || isTopicGone(error)) {
        this.#retries.failed('read', error);
        this.#frame.log.warn('The input cannot be read; trying again.', { error: messageOf(error) });
        if (isTopicGone(error)) this.#nextRefreshMs = 0;
        this.#isStale ||= isTopicGone(error);
        await this.#frame.environment.clock.sleep(RETRY_FIRST_MS, this.#frame.control.signal);
        return [];
      }
      if (!isOutOfRange(error)) throw error;
      this.#frame.log.warn('An offset is no longer in the log.', { error: messageOf(error) });
      await this.#seek(this.#assigned);
      return [];
    }
  }

  /** Finds topics and partitions that came or went; the others are not disturbed but for a new fetch session. */
  async #refresh(): Promise<void> {
    const { clock } = this.#frame.environment;
    if (clock.now() < this.#nextRefreshMs) return;
    let partitions: readonly string[];
    try {
      partitions = await partitionsOf(
        this.#frame.clients.consumer,
        this.#input,
        this.#frame.task,
        this.#frame.taskCount,
      );
    } catch (error) {
      if (!isTransient(error)) throw error;
      this.#retries.failed('topics', error);
      this.#frame.log.warn('Topics cannot be listed; trying again.', { error: messageOf(error) });
      return;
    }
    this.#frame.control.retries.done('topics');
    this.#nextRefreshMs = clock.now() + (partitions.length === 0 ? NO_TOPIC_WAIT_MS : this.#input.metadataMs);
    if (this.#isStale || partitions.join() !== this.#assigned.join()) await this.#assign(partitions);
    this.#isStale = false;
  }

  async #assign(partitions: readonly string[]): Promise<void> {
    const before = new Set(this.#assigned);
    const gone = this.#assigned.filter((key) => !partitions.includes(key));
    const added = partitions.filter((key) => !before.has(key));
    if (this.#reader !== null) {
      await this.#commit();
      await this.#reader.close();
      this.#reader = null;
    }
    if (gone.length > 0) await this.#task.close?.(gone);
    this.#offsets.drop(gone);
    this.#assigned = partitions;
    this.#meter.set('partitions', partitions.length);
    // Reading begins anew; what is not there any more is not tried again.
    this.#frame.control.retries.done('read');
    if (partitions.length === 0) return;
    const { from, reset, kept } = await startOffsets(this.#frame.clients.consumer, this.#input, added);
    if (reset.length > 0) this.#frame.log.warn('Committed offsets are not in the log any more.', { partitions: reset });
    this.#offsets.begin(from, kept);
    this.#frame.control.settled = this.#offsets.settled();
    this.#reader = await this.#frame.clients.consumer.read(this.#offsets.positions(), {
      isolation: this.#input.isolation,
    });
    if (added.length > 0) await this.#task.open?.(added);
    this.#nextCommitMs = this.#frame.environment.clock.now() + this.#frame.environment.settings.offsetFlushIntervalMs;
    this.#frame.log.info('Partitions assigned.', { partitions: partitions.length });
  }

  /** Converts, transforms and puts one batch; an empty one lets the sink flush by time. */
  async #deliver(pieces: readonly Piece[]): Promise<void> {
    const batch: ConnectRecord[] = [];
    for (const piece of pieces) {
      if (piece.from === 0 && piece.records.count > 0) {
        this.#frame.noteTopic(piece.records.topic, 'reads');
        await this.#retries.run('decode', () => this.#decoder.prepare(piece.records));
      }
      await this.#decode(piece, batch);
    }
    this.#rejects.hold(pieces.map((piece) => piece.records));
    const startedMs = this.#frame.environment.clock.now();
    await this.#put(batch);
    this.#measure(batch.length, pieces, startedMs);
    await this.#rejects.settle();
    for (const { records, to } of pieces) {
      const delivered = to === 0 ? null : records.offsets[to - 1]! + 1;
      const position = to >= records.count ? records.nextOffset : delivered!;
      this.#offsets.handed(partitionKey(records.topic, records.partition), delivered, position);
    }
  }

  /** An empty put is not measured: it would hide what a put with records takes. */
  #measure(sent: number, pieces: readonly Piece[], startedMs: number): void {
    const last = pieces.at(-1);
    if (last === undefined || last.to === 0) return;
    const nowMs = this.#frame.environment.clock.now();
    const read = pieces.reduce((sum, { from, to }) => sum + to - from, 0);
    const meter = this.#meter;
    meter.note('read', read, nowMs);
    meter.note('sent', sent, nowMs);
    meter.note('batch', read, nowMs);
    meter.note('putMs', nowMs - startedMs, nowMs);
    meter.set('active', meter.gauge('active') + read);
    meter.note('active', meter.gauge('active'), nowMs);
    meter.set('lastRecordMs', last.records.timestampsMs[last.to - 1]!);
  }

  async #decode({ records, from, to }: Piece, batch: ConnectRecord[]): Promise<void> {
    const failures: DecodeFailure[] = [];
    const decoded = this.#decoder.run(records, from, to, failures);
    this.#read.add(to - from);
    for (const failure of failures) await this.#reportFailure(records, failure, decoded, from);
    for (let i = 0; i < decoded.length; i++) {
      const record = decoded[i]!;
      if (record !== null) batch.push(record);
    }
  }

  /** Transient failures are tried again within `errors.retry.timeout`; the rest is reported, or ends the task. */
  async #reportFailure(
    records: Records,
    failure: DecodeFailure,
    decoded: (ConnectRecord | null)[],
    from: number,
  ): Promise<void> {
    const { tolerance, environment, control } = this.#frame;
    const startedMs = environment.clock.now();
    let last = failure;
    for (let attempt = 1; ; attempt++) {
      const delay = tolerance.retryDelay(last.error, attempt, startedMs, environment.clock.now());
      if (delay === null || control.signal.aborted) break;
      this.#retries.failed('record', last.error);
      await environment.clock.sleep(delay, control.signal);
      tolerance.retried();
      await this.#decoder.prepare(records);
      const again: DecodeFailure[] = [];
      const [record] = this.#decoder.run(records, failure.index, failure.index + 1, again);
      if (again.length === 0) {
        control.retries.done('record');
        decoded[failure.index - from] = record ?? null;
        return;
      }
      last = again[0]!;
    }
    control.retries.done('record');
    const { topic, partition } = records;
    const offset = records.offsets[failure.index]!;
    const reported = { ...last, topic, partition, offset, timestampMs: records.timestampsMs[failure.index]! };
    const letter = tolerance.report(reported);
    if (letter !== null) await this.#letters.add(letter, records, failure.index);
    const verdict = tolerance.verdict(reported);
    if (verdict === null) return;
    await this.#letters.flush();
    throw verdict;
  }

  /** Hands a batch over; the same batch again after a transient error, as often as it takes. */
  async #put(batch: readonly ConnectRecord[]): Promise<void> {
    try {
      await this.#retries.run('put', () => {
        checkLease(this.#frame.lease);
        return this.#task.put(batch);
      });
    } catch (error) {
      const isData = error instanceof TributaryError && error.kind === 'data';
      if (!isData || !this.#frame.tolerance.settings.tolerant || batch.length === 0) throw error;
      await this.#bisect(batch, error);
    }
  }

  /** One bad record must not hold up the others: halves are put until it stands alone, then it is rejected. */
  async #bisect(batch: readonly ConnectRecord[], error: TributaryError): Promise<void> {
    if (batch.length === 1) {
      this.#rejects.take(batch[0]!, error);
      return;
    }
    const middle = batch.length >> 1;
    await this.#put(batch.slice(0, middle));
    await this.#put(batch.slice(middle));
  }

  async #commitIfDue(): Promise<void> {
    if (!this.#commits.wanted && this.#frame.environment.clock.now() < this.#nextCommitMs) return;
    await this.#commit();
  }

  async #commit(): Promise<void> {
    this.#commits.wanted = false;
    this.#nextCommitMs = this.#frame.environment.clock.now() + this.#frame.environment.settings.offsetFlushIntervalMs;
    if (this.#reader === null) return;
    checkLease(this.#frame.lease);
    await this.#rejects.settle();
    await this.#letters.flush();
    const { clock } = this.#frame.environment;
    const startedMs = clock.now();
    let done: Offsets;
    try {
      done = await this.#task.preCommit(this.#offsets.handedOver());
      this.#frame.control.retries.done('flush');
    } catch (error) {
      if (!isTransient(error)) throw error;
      this.#retries.failed('flush', error);
      this.#meter.note('commitOk', 0, clock.now());
      this.#frame.log.warn('Flush failed; going back to the last committed offsets.', { error: messageOf(error) });
      await this.#seek(this.#assigned);
      return;
    }
    const outcome = await this.#offsets.commit(done);
    this.#frame.control.settled = this.#offsets.settled();
    if (outcome !== 'unchanged') this.#committed(outcome === 'done', startedMs);
  }

  #committed(isDone: boolean, startedMs: number): void {
    const nowMs = this.#frame.environment.clock.now();
    this.#meter.note('commitMs', nowMs - startedMs, nowMs);
    this.#meter.note('commitOk', isDone ? 1 : 0, nowMs);
    this.#meter.set('commitSequence', this.#meter.gauge('commitSequence') + 1);
    if (!isDone) return;
    this.#meter.note('completed', 1, nowMs);
    this.#meter.set('active', this.#offsets.open());
  }

  async #seek(partitions: readonly string[]): Promise<void> {
    const { from, kept } = await startOffsets(this.#frame.clients.consumer, this.#input, partitions);
    this.#offsets.begin(from, kept);
    await this.#reader?.close();
    const positions = this.#offsets.positions();
    this.#reader = await this.#frame.clients.consumer.read(positions, { isolation: this.#input.isolation });
  }

  async #pause(): Promise<void> {
    const { control } = this.#frame;
    await this.#commit();
    this.#reader?.pause(this.#assigned);
    control.is('PAUSED');
    while (control.paused && !control.signal.aborted) await this.#paused();
    this.#reader?.resume(this.#assigned);
  }

  /** Waits for a change, or until committed offsets must be renewed: a pause may last longer than Kafka keeps them. */
  async #paused(): Promise<void> {
    const { control, environment } = this.#frame;
    const over = new AbortController();
    await Promise.race([
      control.changed(),
      environment.clock.sleep(Math.max(PAUSED_CHECK_MS, this.#offsets.renewalWaitMs), over.signal),
    ]);
    over.abort();
    if (control.paused && !control.signal.aborted) await this.#commit();
  }

  /** What is delivered is committed even when the task fails; the failure itself is what gets reported. */
  async #end(failed: boolean): Promise<void> {
    try {
      await this.#commit();
      if (this.#assigned.length > 0) await this.#task.close?.(this.#assigned);
    } catch (error) {
      if (!failed) throw error;
      this.#frame.log.debug('The last commit of a failed task did not succeed.', { error: messageOf(error) });
    } finally {
      await this.#reader?.close().catch(() => {});
      await this.#letters.close().catch(() => {});
      await this.#task.stop();
    }
  }
}

function isOutOfRange(error: unknown): boolean {
  return error instanceof TributaryError && /OUT_OF_RANGE/.test(error.code);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
