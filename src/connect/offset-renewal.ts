// When committed offsets are committed again though nothing moved.
//
// Law: Kafka forgets a committed offset of a group without members when it has not been committed for a while (seven days by
// default). The product's groups have no members, so whoever holds partitions renews their offsets, busy or not.
import type { Clock } from '../ports/clock.ts';

const EVERY_MS = 3_600_000;

/** Says, about hourly, that all committed offsets are to be committed again. */
export class OffsetRenewal {
  readonly #clock: Clock;
  #dueMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#dueMs = clock.now() + EVERY_MS;
  }

  get isDue(): boolean {
    return this.#clock.now() >= this.#dueMs;
  }

  /** Milliseconds until then. */
  get waitMs(): number {
    return Math.max(0, this.#dueMs - this.#clock.now());
  }

  /** All have been committed. */
  done(): void {
    this.#dueMs = this.#clock.now() + EVERY_MS;
  }
}
