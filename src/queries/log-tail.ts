// Follows the command topic and hands its entries over, in order, each once: those of this host and those of others.
//
// Law: an entry that cannot be read ends the following for good, and whoever waits is told why.
import { isTransient, TributaryError } from '../core/errors.ts';
import type { Broker, Reader, Records } from '../ports/broker.ts';
import { partitionKey } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import { type LogEntry, parseEntry } from './log-entry.ts';

const POLL_WAIT_MS = 1000;
const RETRY_MS = 500;

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
  #failure: Error | null = null;
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
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter: Waiter = { end, done: resolve };
    this.#waiters.push(waiter);
    const over = new AbortController();
    await Promise.race([promise, this.#clock.sleep(limitMs, over.signal)]);
    over.abort();
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    if (this.#failure !== null) throw this.#failure;
    if (this.#position >= end) return;
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
        while (!signal.aborted) for (const records of await reader.poll(POLL_WAIT_MS)) this.#take(records);
      } catch (error) {
        if (!signal.aborted && isTransient(error)) await this.#clock.sleep(RETRY_MS, signal);
        else if (!signal.aborted) this.#failure = error as Error;
      } finally {
        signal.removeEventListener('abort', close);
        close();
      }
    }
    this.#wake();
  }

  #take(records: Records): void {
    for (let i = 0; i < records.count; i++) {
      const offset = records.offsets[i]!;
      if (offset < this.#position) continue;
      this.#onEntry(offset, parseEntry(records, i));
      this.#position = offset + 1;
    }
    this.#position = Math.max(this.#position, records.nextOffset);
    for (const { end, done } of this.#waiters) if (this.#position >= end) done();
  }

  #wake(): void {
    for (const { done } of this.#waiters) done();
  }
}
