// Source offsets of a connector that has a topic of its own for them, above the worker's topic.
//
// Law: the connector's own topic decides; what it does not hold stands in the worker's, so a connector that is given a topic of its
// own goes on where it stood. What is written goes to both: a connector that gives its own topic up goes on from the copy.
// Law: what is forgotten is forgotten in the worker's topic first: an old offset there must not come to light again.
import type { Logger } from '../../core/log.ts';
import type { Broker, Producer } from '../../ports/broker.ts';
import type { Clock } from '../../ports/clock.ts';
import { within } from '../tasks/deadline.ts';
import {
  type OffsetStore,
  partitionText,
  type SourceOffset,
  type SourcePart,
  type StoredOffsets,
} from './offset-store.ts';

const LAST_COPY_LIMIT_MS = 5000;

export interface LayeredOptions {
  /** The worker's brokers, where copies go that cannot be in one transaction with the rest; null: copies go along. */
  readonly copiesTo: Broker | null;
  readonly clock: Clock;
  readonly log: Logger;
}

export class LayeredOffsets implements StoredOffsets {
  readonly #own: OffsetStore;
  readonly #shared: OffsetStore;
  readonly #options: LayeredOptions;
  #waiting = new Map<string, SourceOffset>();
  #copier: Producer | null = null;
  #copying: Promise<void> | null = null;

  /** @param own closed with this; @param shared the worker's, which stays open */
  constructor(own: OffsetStore, shared: OffsetStore, options: LayeredOptions) {
    this.#own = own;
    this.#shared = shared;
    this.#options = options;
  }

  async open(): Promise<void> {
    await Promise.all([this.#shared.open(), this.#own.open()]);
  }

  async look(): Promise<void> {
    await Promise.all([this.#shared.look(), this.#own.look()]);
  }

  get(connector: string, partition: SourcePart): SourcePart | null {
    return this.#own.get(connector, partition) ?? this.#shared.get(connector, partition);
  }

  list(connector: string): readonly SourceOffset[] {
    const all = [...this.#shared.list(connector), ...this.#own.list(connector)];
    return [...new Map(all.map((one) => [partitionText(one.partition), one])).values()];
  }

  holds(connector: string, offsets: readonly SourceOffset[]): boolean {
    return this.#own.holds(connector, offsets);
  }

  append(producer: Producer, connector: string, offsets: readonly SourceOffset[]): void {
    this.#own.append(producer, connector, offsets);
    if (this.#options.copiesTo === null) this.#shared.append(producer, connector, offsets);
  }

  applied(connector: string, offsets: readonly SourceOffset[]): void {
    this.#own.applied(connector, offsets);
    this.#shared.applied(connector, offsets);
    const { copiesTo } = this.#options;
    if (copiesTo === null) return;
    for (const offset of offsets) this.#waiting.set(partitionText(offset.partition), offset);
    this.#copying ??= this.#copy(copiesTo, connector);
  }

  async write(connector: string, offsets: readonly SourceOffset[]): Promise<void> {
    await this.#shared.write(connector, offsets);
    await this.#own.write(connector, offsets);
  }

  /** Copies that are under way are waited for, within limits. */
  async close(): Promise<void> {
    if (this.#copying !== null) await within(this.#copying, LAST_COPY_LIMIT_MS, this.#options.clock);
    await this.#copier?.close().catch(() => {});
    await this.#own.close();
  }

  /** Only the newest offset of a partition is worth copying; a copy that fails is made up for by the next one. */
  async #copy(broker: Broker, connector: string): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        const offsets = [...this.#waiting.values()];
        this.#waiting = new Map();
        this.#copier ??= await broker.produce();
        this.#shared.append(this.#copier, connector, offsets);
        await this.#copier.flush();
      }
    } catch (error) {
      this.#options.log.warn(
        'Source offsets could not be copied to the worker’s topic; the connector’s own has them.',
        {
          error: String(error),
        },
      );
      await this.#copier?.close().catch(() => {});
      this.#copier = null;
    } finally {
      this.#copying = null;
    }
  }
}
