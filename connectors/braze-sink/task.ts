// The task: maps records, hands them to the sender, and tells which offsets are truly delivered.
import {
  type ConnectRecord,
  isTransient,
  type Offsets,
  type ParsedConfig,
  partitionKey,
  type RawConfig,
  type SinkTask,
  type SinkTaskContext,
} from 'tributary/connect';
import { type BrazeConfig, brazeConfig } from './config.ts';
import { type BrazeObject, mapper } from './mapping.ts';
import { Progress } from './progress.ts';
import { type Item, Sender } from './sender.ts';

const SAVE_RETRY_FIRST_MS = 100;
const SAVE_RETRY_MAX_MS = 2_000;

export class BrazeSinkTask implements SinkTask {
  #config!: BrazeConfig;
  #context!: SinkTaskContext;
  #map!: (record: ConnectRecord) => BrazeObject | null;
  #sender!: Sender;
  #progress!: Progress;

  async start(config: ParsedConfig, _raw: RawConfig, context: SinkTaskContext): Promise<void> {
    this.#config = brazeConfig(config);
    this.#context = context;
    this.#map = mapper(this.#config);
    this.#progress = new Progress(context.store, `braze:${context.connector}:${context.task}`);
    this.#sender = new Sender({
      config: this.#config,
      http: context.http,
      clock: context.clock,
      signal: context.signal,
      events: {
        settled: (items) => this.#settled(items),
        rejected: (item, why, answer) => context.reject(item.record, why, answer),
        count: (counter, by) => context.count(counter, by),
        warn: (message) => context.log('warn', message),
        retrying: (why) => context.retrying?.(why === null ? null : new Error(why)),
      },
    });
  }

  async open(partitions: readonly string[]): Promise<void> {
    await this.#progress.open(partitions);
  }

  async put(batch: readonly ConnectRecord[]): Promise<void> {
    for (const record of batch) this.#take(record);
    // Two rounds of requests may wait: enough to keep all connections busy, little enough to keep memory bounded.
    await this.#sender.drain(this.#config.objectsMax * this.#config.inFlightMax * 2);
  }

  #take(record: ConnectRecord): void {
    const { topic, partition, offset } = record.origin!;
    const key = partitionKey(topic, partition);
    if (!this.#progress.handed(key, offset)) {
      this.#context.count('events_known', 1);
      return;
    }
    let object: BrazeObject | null;
    try {
      object = this.#map(record);
    } catch (error) {
      this.#context.count('events_rejected', 1);
      this.#context.reject(record, error as Error);
      this.#progress.done(key, offset);
      return;
    }
    if (object === null) this.#progress.done(key, offset);
    else this.#sender.add({ ...object, bytes: Buffer.byteLength(object.json), record, taken: false });
  }

  async #settled(items: readonly Item[]): Promise<void> {
    const touched = new Set<string>();
    for (const { record } of items) {
      const { topic, partition, offset } = record.origin!;
      const key = partitionKey(topic, partition);
      this.#progress.done(key, offset);
      touched.add(key);
    }
    await this.#saved(touched);
    // The marks are what counts; while more is under way, offsets follow at the worker's own pace.
    if (this.#progress.settled) this.#context.requestCommit();
  }

  /**
   * Stores the marks, however long the store is away: its request counts as under way meanwhile, so that sending stops soon. A failure
   * would have the worker hand the same records over again, and what Braze has taken would be sent twice.
   */
  async #saved(touched: ReadonlySet<string>): Promise<void> {
    const { clock, signal, log, retrying } = this.#context;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#progress.save(touched);
        if (attempt > 0) retrying?.(null);
        return;
      } catch (error) {
        // A task that stops commits what is done, with or without marks.
        if (signal.aborted) return;
        if (!isTransient(error)) throw error;
        retrying?.(error as Error);
        if (attempt === 0) log('warn', `What was delivered cannot be noted down; waiting. ${(error as Error).message}`);
        await clock.sleep(Math.min(SAVE_RETRY_FIRST_MS * 2 ** Math.min(attempt, 10), SAVE_RETRY_MAX_MS), signal);
      }
    }
  }

  async preCommit(handed: Offsets): Promise<Offsets> {
    // Pushes out what waits for company, without waiting for answers: commits move with the answers that are there.
    await this.#sender.drain(Number.POSITIVE_INFINITY);
    const committable = new Map<string, number>();
    for (const [partition, offset] of handed) committable.set(partition, this.#progress.committable(partition, offset));
    return committable;
  }

  async close(partitions: readonly string[]): Promise<void> {
    this.#progress.close(partitions);
  }

  async stop(): Promise<void> {
    await this.#sender?.stopped();
  }
}
