// The loop of a processor that works record by record: topics → transforms → topics, exactly once.
//
// One cycle: poll → decode → chain → encode into lanes → commit(group, inputs) — outputs and read positions in one Kafka
// transaction. Law: the output is opened before the committed offsets are read, so an older copy of this task is fenced before
// its positions are believed. After a transient failure everything is opened anew: what was not committed is read again.

import { isTransient, TributaryError } from '../core/errors.ts';
import { compileFullMatch } from '../core/java/regex.ts';
import type { Broker, Offsets, Reader, Records, TransactionalProducer } from '../ports/broker.ts';
import { partitionKey } from '../ports/broker.ts';
import { headersAt } from '../ports/headers.ts';
import type { RecordChain } from './chain.ts';
import type { ErrorStage, ProcessorContext, RecordFailure } from './connectors.ts';
import { OffsetRenewal } from './offset-renewal.ts';
import { decodeRecords } from './record-decoder.ts';
import { type NewTopics, type PartitionRule, RecordEncoder } from './record-encoder.ts';
import type { ConnectRecord } from './records.ts';
import { refuseLoops } from './refuse-loops.ts';

/** What a {@link RecordProcessor} does, and for which share of the input. */
export interface RecordProcessorOptions {
  readonly context: ProcessorContext;
  /** Topics to read: names, or an expression (Java syntax) that the whole name must match; new matches join within seconds. */
  readonly topics: readonly string[] | { readonly regex: string };
  /** This task reads partitions p with p mod `taskCount` = `context.task`. */
  readonly taskCount: number;
  /** Applied to each batch after decoding; often `context.chain`. */
  readonly chain: RecordChain;
  /** Last say over a record (its topic, for one) before it is encoded; null drops it. */
  readonly finish?: (record: ConnectRecord) => ConnectRecord | null;
  /** Default `key`. */
  readonly partitionBy?: PartitionRule;
  readonly newTopics?: NewTopics;
  /** A transaction is committed after this long or so many records, or at once when no more input waits. Defaults 100 ms, 10,000. */
  readonly commitMs?: number;
  readonly commitRecords?: number;
  /** Where to begin without a committed offset. Default `earliest`. */
  readonly start?: 'earliest' | 'latest';
  /** Class names for dead letters, by side. */
  readonly converterClasses?: Readonly<Record<'key' | 'value' | 'header', string>>;
}

const POLL_MS = 250;
const REFRESH_MS = 5_000;
const RETRY_MS_MAX = 30_000;
const GIVE_UP_MS = 600_000;

/** Runs until the context's signal is aborted. One owner; `run` is called once. */
export class RecordProcessor {
  readonly #options: RecordProcessorOptions;
  readonly #isInput: (topic: string) => boolean;

  constructor(options: RecordProcessorOptions) {
    this.#options = options;
    if ('regex' in options.topics) {
      const pattern = compileFullMatch(options.topics.regex);
      this.#isInput = (topic) => pattern.test(topic);
    } else {
      const names = new Set(options.topics);
      this.#isInput = (topic) => names.has(topic);
    }
  }

  /** Resolves when stopped; rejects `fenced` when another copy took over, and with whatever cannot be retried. */
  async run(): Promise<void> {
    const { context } = this.#options;
    const { signal, clock, log } = context;
    let failingSinceMs: number | null = null;
    let waitMs = 500;
    while (!signal.aborted) {
      try {
        await this.#session(() => {
          failingSinceMs = null;
          waitMs = 500;
          context.retrying?.(null);
        });
      } catch (error) {
        failingSinceMs ??= clock.now();
        if (!isTransient(error) || clock.now() - failingSinceMs > GIVE_UP_MS) throw error;
        context.retrying?.(error as Error);
        log('warn', `Trying again in ${waitMs} ms: ${(error as Error).message}`);
        await clock.sleep(waitMs, signal);
        waitMs = Math.min(waitMs * 2, RETRY_MS_MAX);
      }
    }
  }

  /** One life of producer and reader, until stopped or until something fails. */
  async #session(progressed: () => void): Promise<void> {
    const { context } = this.#options;
    const producer = await context.broker.transact(context.transactionalId);
    let reader: Reader | null = null;
    const cycle = new Cycle(this.#options, producer, this.#isInput);
    try {
      let partitions: readonly string[] = [];
      let refreshAtMs = 0;
      while (!context.signal.aborted) {
        if (context.clock.now() >= refreshAtMs) {
          const found = await this.#partitions();
          refreshAtMs = context.clock.now() + REFRESH_MS;
          if (found.join() !== partitions.join()) {
            await cycle.commit();
            await reader?.close();
            partitions = found;
            reader = found.length === 0 ? null : await this.#open(found, cycle);
          }
        }
        if (reader === null) {
          await context.clock.sleep(POLL_MS, context.signal);
          continue;
        }
        await cycle.turn(reader);
        await cycle.renewIfDue();
        progressed();
      }
      // What was begun is finished: a stop loses no work.
      await cycle.commit();
    } catch (error) {
      await cycle.abort();
      throw error;
    } finally {
      await reader?.close();
      await producer.close();
    }
  }

  /** This task's share of the input, sorted. */
  async #partitions(): Promise<readonly string[]> {
    const { context, taskCount } = this.#options;
    const mine: string[] = [];
    for (const { name, partitions } of await context.broker.listTopics()) {
      if (!this.#isInput(name)) continue;
      for (let p = 0; p < partitions; p++) if (p % taskCount === context.task) mine.push(partitionKey(name, p));
    }
    return mine.sort();
  }

  async #open(partitions: readonly string[], cycle: Cycle): Promise<Reader> {
    const { broker, group } = this.#options.context;
    const committed = await broker.committed(group, partitions);
    cycle.holds(committed);
    const fresh = partitions.filter((partition) => !committed.has(partition));
    const begin = await broker.offsets(fresh, this.#options.start ?? 'earliest');
    return broker.read(new Map([...begin, ...committed]), { isolation: 'committed' });
  }
}

/** The open transaction and what it has taken in. */
class Cycle {
  readonly #options: RecordProcessorOptions;
  readonly #broker: Broker;
  readonly #producer: TransactionalProducer;
  readonly #encoder: RecordEncoder;
  readonly #isInput: (topic: string) => boolean;
  #inputs = new Map<string, number>();
  #records = 0;
  #beganMs: number | null = null;
  /** The committed offsets of the partitions that this task reads. */
  #committed = new Map<string, number>();
  readonly #renewal: OffsetRenewal;

  constructor(options: RecordProcessorOptions, producer: TransactionalProducer, isInput: (topic: string) => boolean) {
    this.#options = options;
    this.#broker = options.context.broker;
    this.#producer = producer;
    this.#isInput = isInput;
    this.#renewal = new OffsetRenewal(options.context.clock);
    this.#encoder = new RecordEncoder(producer, this.#broker, {
      converters: options.context.converters,
      newTopics: options.newTopics ?? {},
      partitionBy: options.partitionBy ?? 'key',
    });
  }

  /** Polls once and handles what came; commits when it is time. */
  async turn(reader: Reader): Promise<void> {
    const { context, commitMs = 100, commitRecords = 10_000 } = this.#options;
    const isOpen = this.#beganMs !== null;
    const batches = await reader.poll(isOpen ? 0 : POLL_MS);
    for (let i = 0; i < batches.length; i++) await this.#take(batches[i]!);
    if (batches.length > 0) await this.#producer.drain();
    if (this.#beganMs === null) return;
    const isDue = this.#records >= commitRecords || context.clock.now() - this.#beganMs >= commitMs;
    if (isDue || batches.length === 0) await this.commit();
  }

  /** Commits outputs and inputs as one step. Nothing when nothing was taken in. */
  async commit(): Promise<void> {
    if (this.#beganMs === null) return;
    this.#checkMayWork();
    const inputs: Offsets = this.#inputs;
    this.#inputs = new Map();
    this.#records = 0;
    this.#beganMs = null;
    await this.#producer.commit(this.#options.context.group, inputs);
    for (const [key, offset] of inputs) this.#committed.set(key, offset);
  }

  /** The partitions read from now on, with what is committed of them. */
  holds(committed: Offsets): void {
    this.#committed = new Map(committed);
  }

  /** Commits all offsets again, once an hour. */
  async renewIfDue(): Promise<void> {
    if (!this.#renewal.isDue || this.#beganMs !== null) return;
    if (this.#committed.size > 0) {
      this.#begin();
      this.#inputs = new Map(this.#committed);
      await this.commit();
    }
    this.#renewal.done();
  }

  #begin(): void {
    if (this.#beganMs !== null) return;
    this.#checkMayWork();
    this.#producer.begin();
    this.#beganMs = this.#options.context.clock.now();
  }

  /** Ends the open transaction without effect. It would end anyway when the next holder of the id opens. */
  async abort(): Promise<void> {
    if (this.#beganMs === null) return;
    this.#beganMs = null;
    await this.#producer.abort().catch((error: Error) => {
      this.#options.context.log('debug', `The transaction could not be aborted: ${error.message}`);
    });
  }

  async #take(records: Records): Promise<void> {
    const { context, chain, finish } = this.#options;
    this.#begin();
    const failures: RecordFailure[] = [];
    const fail = (index: number, stage: ErrorStage, className: string, error: Error) => {
      const { topic, partition } = records;
      failures.push({ stage, className, topic, partition, offset: records.offsets[index]!, error });
    };
    const convertFailed = (index: number, stage: ErrorStage, error: Error) =>
      fail(index, stage, this.#converterClass(stage), error);
    const batch = await decodeRecords(records, context.converters, convertFailed);
    chain(batch, (index, { className, error }) => fail(index, 'TRANSFORMATION', className, error));
    if (finish !== undefined)
      for (let i = 0; i < batch.length; i++) if (batch[i] !== null) batch[i] = finish(batch[i]!);
    refuseLoops(batch, this.#isInput, toldOfLoop);
    await this.#encoder.prepare(batch);
    const written = this.#encoder.append(batch, convertFailed);
    for (const failure of failures) await this.#report(records, failure);
    this.#inputs.set(partitionKey(records.topic, records.partition), records.nextOffset);
    this.#records += records.count;
    context.count('records_read', records.count);
    context.count('records_written', written);
    const skipped = records.count - written - failures.length;
    if (skipped > 0) context.count('records_skipped', skipped);
  }

  /** A worker that was out of touch ends here, before it does what another one may be doing. */
  #checkMayWork(): void {
    if (this.#options.context.mayWork()) return;
    throw new TributaryError('TRIB_LEASE_OVER', 'fenced', {
      what: 'This worker was out of touch with its group, so others may run this task by now.',
    });
  }

  #converterClass(stage: ErrorStage): string {
    const classes = this.#options.converterClasses;
    const side = stage === 'KEY_CONVERTER' ? 'key' : stage === 'VALUE_CONVERTER' ? 'value' : 'header';
    return classes?.[side] ?? stage;
  }

  /** Skips the record as the `errors.…` settings allow, with a dead letter in the same transaction; throws otherwise. */
  async #report(records: Records, failure: RecordFailure): Promise<void> {
    const { context } = this.#options;
    context.count('records_failed', 1);
    const letter = context.failed(failure);
    if (letter === null) return;
    const index = records.offsets.indexOf(failure.offset);
    const { bytes } = records;
    const keyStart = records.keyStarts[index]!;
    const valueStart = records.valueStarts[index]!;
    const headers = [...headersAt(records, index), ...letter.headers];
    const lane = await this.#encoder.rawLane(letter.topic, bytes, keyStart, records.keyEnds[index]!);
    lane.append(
      records.timestampsMs[index]!,
      keyStart < 0 ? null : bytes,
      keyStart,
      records.keyEnds[index]!,
      valueStart < 0 ? null : bytes,
      valueStart,
      records.valueEnds[index]!,
      headers.length === 0 ? null : headers,
    );
  }
}

function toldOfLoop(topic: string): { readonly what: string; readonly fix: string } {
  return {
    what: `Records would be written to ${topic}, which this connector reads.`,
    fix: 'Name another target topic.',
  };
}
