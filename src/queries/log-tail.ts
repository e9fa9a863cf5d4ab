// Follows the command topic and hands its entries over, in order, each once: those of this host and those of others.
//
// Law: an entry that cannot be read ends the following for good, and so does a log that is not what it was: going on could pass
// entries over. Whatever else the broker says (credentials or rights that were taken away) may be mended there; it is tried again.
// Whoever waits is told why in either case.
import { isTransient, TributaryError } from '../core/errors.ts';
import type { Broker, Reader, Records } from '../ports/broker.ts';
import { partitionKey } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import { type LogEntry, parseEntry } from './log-entry.ts';

const POLL_WAIT_MS = 1000;
const RETRY_MS = 500;
const RETRY_REFUSED_MS = 2_000;
const LOST: ReadonlySet<string> = new Set(['TRIB_OFFSET_OUT_OF_RANGE', 'TRIB_TOPIC_UNKNOWN']);

export type OnEntry = (offset: number, entry: LogEntry) => void;

interface Waiter {
  readonly end: number;
  readonly done: () => void;
}

export class LogTail {
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #topic: string;
  readonly #key: string;
  readonly #onEntry: OnEntry;
  readonly #stop = new AbortController();
  #position = 0;
  /** Ended the following. */
  #failure: Error | null = null;
  /** Why the broker cannot be read now. */
  #trouble: Error | null = null;
  #waiters: Waiter[] = [];
  #loop: Promise<void> = Promise.resolve();

  constructor(broker: Broker, clock: Clock, topic: string, onEntry: OnEntry) {
    this.#broker = broker;
    this.#clock = clock;
    this.#topic = topic;
    this.#key = partitionKey(topic, 0);
    this.#onEntry = onEntry;
  }

  /** Begins at the head; resolves when all that stood in the topic has been handed over. */
  async open(limitMs: number): Promise<void> {
    this.#position = (await this.#broker.offsets([this.#key], 'earliest')).get(this.#key) ?? 0;
    this.#loop = this.#follow();
    await this.reach(await this.#end('stable'), limitMs);
  }

  /** Reads to the end as it is now. What was committed a moment ago lies before the latest end, but not yet before the stable one. */
  async sync(limitMs: number): Promise<void> {
    await this.reach(await this.#end('latest'), limitMs);
  }

  /** Resolves when all before this offset has been handed over. Throws `transient` when that takes too long. */
  async reach(end: number, limitMs: number): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#position >= end) return;
    if (this.#trouble !== null) throw this.#trouble;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter: Waiter = { end, done: resolve };
    this.#waiters.push(waiter);
    const over = new AbortController();
    await Promise.race([promise, this.#clock.sleep(limitMs, over.signal)]);
    over.abort();
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    if (this.#failure !== null) throw this.#failure;
    if (this.#position >= end) return;
    if (this.#trouble !== null) throw this.#trouble;
    throw new TributaryError('TRIB_COMMANDS_BEHIND', 'transient', {
      what: 'The end of the command topic could not be read in time.',
      where: this.#topic,
      fix: 'Try again. A transaction that a killed host left open holds it up for a minute at most.',
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#loop;
  }

  async #end(at: 'stable' | 'latest'): Promise<number> {
    return (await this.#broker.offsets([this.#key], at)).get(this.#key) ?? 0;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted && this.#failure === null) {
      let reader: Reader | null = null;
      const close = (): void => void reader?.close().catch(() => undefined);
      try {
        reader = await this.#broker.read(new Map([[this.#key, this.#position]]), { isolation: 'committed' });
        signal.addEventListener('abort', close, { once: true });
        while (!signal.aborted) {
          const polled = await reader.poll(POLL_WAIT_MS);
          this.#trouble = null;
          for (const records of polled) this.#take(records);
        }
      } catch (error) {
        if (!signal.aborted) await this.#stumbled(error as Error);
      } finally {
        signal.removeEventListener('abort', close);
        close();
      }
    }
    this.#wake();
  }

  async #stumbled(error: Error): Promise<void> {
    if (this.#failure !== null) return;
    if (isTransient(error)) {
      await this.#clock.sleep(RETRY_MS, this.#stop.signal);
    } else if (!(error instanceof TributaryError) || error.kind === 'bug' || LOST.has(error.code)) {
      this.#failure = error;
    } else {
      this.#trouble = error;
      this.#wake();
      await this.#clock.sleep(RETRY_REFUSED_MS, this.#stop.signal);
    }
  }

  #take(records: Records): void {
    try {
      for (let i = 0; i < records.count; i++) {
        const offset = records.offsets[i]!;
        if (offset < this.#position) continue;
        this.#onEntry(offset, parseEntry(records, i));
        this.#position = offset + 1;
      }
    } catch (error) {
      this.#failure = error as Error;
      throw error;
    }
    this.#position = Math.max(this.#position, records.nextOffset);
    for (const { end, done } of this.#waiters) if (this.#position >= end) done();
  }

  #wake(): void {
    for (const { done } of this.#waiters) done();
  }
}
