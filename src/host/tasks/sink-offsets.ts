// Offset book-keeping of a sink task: handed over, delivered, committed.
//
// Law: never more is committed than was handed over, and nothing is sent when nothing changed.
// What is committed is the last record's offset + 1, as Kafka's own sinks do it; the reading position may be farther on, past
// control records, and then counts as settled once all before it is committed.
import { OffsetRenewal } from '../../connect/offset-renewal.ts';
import { isTransient, TributaryError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { Broker, Offsets } from '../../ports/broker.ts';
import type { Clock } from '../../ports/clock.ts';

export class SinkOffsets {
  readonly #broker: Broker;
  readonly #group: string;
  readonly #log: Logger;
  readonly #handed = new Map<string, number>();
  readonly #committed = new Map<string, number>();
  readonly #positions = new Map<string, number>();
  /** What the group holds a committed offset of. */
  readonly #held = new Set<string>();
  readonly #renewal: OffsetRenewal;

  constructor(broker: Broker, group: string, log: Logger, clock: Clock) {
    this.#renewal = new OffsetRenewal(clock);
    this.#broker = broker;
    this.#group = group;
    this.#log = log;
  }

  /** Milliseconds until committed offsets are committed again. */
  get renewalWaitMs(): number {
    return this.#renewal.waitMs;
  }

  /** Reading of these partitions begins here; of `kept` at the offset that is committed. */
  begin(from: Offsets, kept: readonly string[]): void {
    for (const key of kept) this.#held.add(key);
    for (const [key, offset] of from) {
      this.#handed.set(key, offset);
      this.#committed.set(key, offset);
      this.#positions.set(key, offset);
    }
  }

  drop(partitions: readonly string[]): void {
    for (const key of partitions) {
      this.#handed.delete(key);
      this.#committed.delete(key);
      this.#positions.delete(key);
      this.#held.delete(key);
    }
  }

  /** Where reading goes on. */
  positions(): Offsets {
    return new Map(this.#positions);
  }

  /** `delivered` is the last record's offset + 1, null when there was none; `position` is where reading goes on. */
  handed(key: string, delivered: number | null, position: number): void {
    if (delivered !== null) this.#handed.set(key, delivered);
    this.#positions.set(key, position);
  }

  /** Up to where nothing is left to do, by partition. */
  settled(): Offsets {
    const settled = new Map<string, number>();
    for (const [key, committed] of this.#committed) {
      settled.set(key, committed === this.#handed.get(key) ? (this.#positions.get(key) ?? committed) : committed);
    }
    return settled;
  }

  handedOver(): Offsets {
    return new Map(this.#handed);
  }

  /** Records handed over and not committed: an upper bound, for offsets may skip. */
  open(): number {
    let count = 0;
    for (const [key, handed] of this.#handed) count += Math.max(0, handed - (this.#committed.get(key) ?? handed));
    return count;
  }

  /** Commits what is new among the offsets that a sink says are delivered. A broker that cannot be reached is tried at the next commit. */
  async commit(delivered: Offsets): Promise<'done' | 'failed' | 'unchanged'> {
    const changed = new Map<string, number>();
    for (const [key, offset] of delivered) {
      const handed = this.#handed.get(key);
      if (handed === undefined || offset > handed) {
        this.#log.warn('The sink answered an offset that it was not handed; ignored.', { partition: key, offset });
      } else if (offset !== this.#committed.get(key)) changed.set(key, offset);
    }
    const renewed = this.#renewal.isDue ? [...this.#held].filter((key) => !changed.has(key)) : [];
    if (changed.size + renewed.length === 0) {
      if (this.#renewal.isDue) this.#renewal.done();
      return 'unchanged';
    }
    try {
      const again = renewed.map((key) => [key, this.#committed.get(key)!] as const);
      await this.#broker.commit(this.#group, new Map([...changed, ...again]));
    } catch (error) {
      // A topic that is gone keeps no offsets; it is dropped as soon as that is known. Those of the others are committed with the next.
      if (!isTransient(error) && !isTopicGone(error)) throw error;
      this.#log.warn('Offsets could not be committed; trying again with the next.', {
        error: (error as Error).message,
      });
      return 'failed';
    }
    for (const [key, offset] of changed) {
      this.#committed.set(key, offset);
      this.#held.add(key);
    }
    if (this.#renewal.isDue) this.#renewal.done();
    return changed.size === 0 ? 'unchanged' : 'done';
  }
}

/** Topic or partition is not there, or not any more. */
export function isTopicGone(error: unknown): boolean {
  return error instanceof TributaryError && error.code === 'TRIB_TOPIC_UNKNOWN';
}
