// Follows a compacted topic: reads it from its head to its end, and then hands over what comes.
//
// Law: a fold sees committed records only, oldest first within a partition. A follower that falls off the log (the topic was made
// anew, or its head was cleaned away under it) begins again at the head: every record is absolute, so twice is as good as once.
import { isTransient, TributaryError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { type Broker, type Offsets, partitionKey, type Reader, type Records } from '../../ports/broker.ts';
import type { Clock } from '../../ports/clock.ts';
import { eachEntry, type OnEntry } from './compacted-topic.ts';

const POLL_WAIT_MS = 1000;
const RETRY_MS = 500;
/** A transaction that a killed worker left open ends by itself within a minute. */
export const TOPIC_END_LIMIT_MS = 90_000;

export interface FollowerOptions {
  readonly topic: string;
  readonly partitions: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onEntry: OnEntry;
  /** The log is not what it was (made anew, or gone); called before it is read from its head. */
  readonly onLost?: () => Promise<void>;
}

/** Follows a topic; resolves when all that stood in it has been handed over. */
export async function follow(broker: Broker, options: FollowerOptions): Promise<TopicFollower> {
  const follower = new TopicFollower(broker, options);
  try {
    await follower.open();
    return follower;
  } catch (error) {
    await follower.close();
    throw error;
  }
}

export class TopicFollower {
  readonly #broker: Broker;
  readonly #options: FollowerOptions;
  readonly #keys: readonly string[];
  readonly #positions = new Map<string, number>();
  readonly #stop = new AbortController();
  #waiters: { readonly ends: Offsets; readonly done: () => void }[] = [];
  #loop: Promise<void> = Promise.resolve();

  constructor(broker: Broker, options: FollowerOptions) {
    this.#broker = broker;
    this.#options = options;
    this.#keys = Array.from({ length: options.partitions }, (_, partition) => partitionKey(options.topic, partition));
  }

  /** Begins; resolves when all has been handed over that could be read at the moment of the call. */
  async open(): Promise<void> {
    await this.#rewind();
    this.#loop = this.#follow();
    await this.refresh('stable', TOPIC_END_LIMIT_MS);
  }

  /** The next offset to be read of a partition. */
  position(partition: number): number {
    return this.#positions.get(this.#keys[partition] ?? '') ?? 0;
  }

  /** Reads to the end as it is now. Throws `transient` when that takes longer than `limitMs`. */
  async refresh(at: 'stable' | 'latest', limitMs: number): Promise<void> {
    await this.reach(await this.#broker.offsets(this.#keys, at), limitMs);
  }

  /** Resolves when all before these offsets has been handed over. Throws `transient` when that takes longer than `limitMs`. */
  async reach(ends: Offsets, limitMs: number): Promise<void> {
    if (this.#isPast(ends)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { ends, done: resolve };
    this.#waiters.push(waiter);
    const over = new AbortController();
    try {
      await Promise.race([promise, this.#options.clock.sleep(limitMs, over.signal)]);
    } finally {
      over.abort();
      this.#waiters = this.#waiters.filter((one) => one !== waiter);
    }
    if (!this.#isPast(ends)) throw tooSlow(this.#options.topic);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  #isPast(ends: Offsets): boolean {
    for (const [key, end] of ends) if ((this.#positions.get(key) ?? 0) < end) return false;
    return true;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      let reader: Reader | null = null;
      const close = (): void => void reader?.close().catch(() => {});
      try {
        reader = await this.#broker.read(new Map(this.#positions), { isolation: 'committed' });
        signal.addEventListener('abort', close, { once: true });
        while (!signal.aborted) this.#take(await reader.poll(POLL_WAIT_MS));
      } catch (error) {
        if (!signal.aborted) await this.#stumbled(error);
      } finally {
        signal.removeEventListener('abort', close);
        close();
      }
    }
  }

  #take(polled: readonly Records[]): void {
    for (const records of polled) {
      eachEntry(records, this.#options.onEntry);
      this.#positions.set(partitionKey(records.topic, records.partition), records.nextOffset);
    }
    if (polled.length === 0) return;
    for (const waiter of this.#waiters) if (this.#isPast(waiter.ends)) waiter.done();
  }

  async #stumbled(error: unknown): Promise<void> {
    const { clock, log, topic, onLost } = this.#options;
    if (!isTransient(error)) {
      log.warn('A topic cannot be followed from here; it is read from its head.', { topic, error: messageOf(error) });
      try {
        await onLost?.();
        await this.#rewind();
      } catch (again) {
        log.debug('The head of the topic is not known now.', { topic, error: messageOf(again) });
      }
    }
    await clock.sleep(RETRY_MS, this.#stop.signal);
  }

  async #rewind(): Promise<void> {
    for (const [key, offset] of await this.#broker.offsets(this.#keys, 'earliest')) this.#positions.set(key, offset);
  }
}

function tooSlow(topic: string): TributaryError {
  return new TributaryError('TRIB_STORE_BEHIND', 'transient', {
    what: 'The end of the topic could not be read in time.',
    where: topic,
    fix: 'Look whether the broker is slow, or whether a transaction of a killed worker is still open: that ends by itself.',
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
