// What a task or a transient query reads: its tables and its streams, in the order in which their rows may run.
//
// Law: a batch of a stream that joins tables runs only when the tables' queries have processed what was written before the batch
// was read, and the tables' topics were read to their stable end after that. Rows of tables go before rows of streams.
import type { Broker, Offsets } from '../ports/broker.ts';
import type { OnBadRecord, SourceDecoder } from './decode-chunk.ts';
import { Feed, type FeedSource } from './feed.ts';
import type { Work } from './inbox.ts';

/** What is read, and from where. */
export interface IntakeSetup {
  readonly broker: Broker;
  readonly decoders: readonly SourceDecoder[];
  /** Partition keys by source index. */
  readonly keys: readonly (readonly string[])[];
  readonly from: Offsets;
  readonly onBad: OnBadRecord;
  /** See `TaskSetup.tablesSettled`. */
  readonly tablesSettled: ((signal: AbortSignal) => Promise<void>) | null;
  readonly signal: AbortSignal;
}

/** Waiting for the tables of a join before a batch of its stream runs. */
interface Gate {
  /** Offsets of the tables' topics to be read before; null: their queries have not come so far. */
  targets: Offsets | null;
  error: unknown;
}

export class Intake {
  readonly #setup: IntakeSetup;
  readonly #tables: Feed | null;
  readonly #streams: Feed | null;
  #gate: Gate | null = null;
  #wake: (() => void) | null = null;

  private constructor(setup: IntakeSetup, tables: Feed | null, streams: Feed | null) {
    this.#setup = setup;
    this.#tables = tables;
    this.#streams = streams;
  }

  static async open(setup: IntakeSetup): Promise<Intake> {
    const sources = setup.decoders.map((decoder, source) => ({ source, decoder, keys: setup.keys[source]! }));
    const tables = await openFeed(
      setup,
      sources.filter(({ decoder }) => decoder.def.shape === 'table'),
    );
    try {
      return new Intake(
        setup,
        tables,
        await openFeed(
          setup,
          sources.filter(({ decoder }) => decoder.def.shape === 'stream'),
        ),
      );
    } catch (error) {
      await tables?.close();
      throw error;
    }
  }

  /** A batch of the stream waits for its tables' queries or their rows. */
  get waitsForTables(): boolean {
    return this.#gate !== null;
  }

  /** The rows to run next; null when nothing may run now: `wait`. */
  async next(): Promise<Work | null> {
    const tables = this.#tables;
    const streams = this.#streams;
    if (tables !== null && (await tables.ordered())) {
      const work = tables.take();
      if (work !== null) return work;
    }
    if (streams === null || !(await this.#streamsMayRun(streams))) return null;
    return streams.take();
  }

  /** Resolves when `next` should be asked again: something arrived, `wake` was called, or the time is over. */
  async wait(waitMs: number): Promise<void> {
    const gate = this.#gate;
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    if (this.#setup.signal.aborted) return;
    if (gate !== null && (gate.error !== null || this.#isOpen(gate, this.#tables!))) return;
    const waits: Promise<void>[] = [woken];
    if (this.#tables !== null) waits.push(this.#tables.fill(waitMs));
    if (this.#streams !== null && gate === null) waits.push(this.#streams.fill(waitMs));
    await Promise.race(waits);
    this.#wake = null;
  }

  wake(): void {
    this.#wake?.();
  }

  /** Nothing fetched waits to be run, and everything up to these offsets has been fetched. */
  reached(bounds: Offsets): boolean {
    for (const feed of [this.#tables, this.#streams]) {
      if (feed === null) continue;
      if (!feed.empty) return false;
      for (const [key, at] of feed.fetched) if (at < (bounds.get(key) ?? 0)) return false;
    }
    return true;
  }

  async close(): Promise<void> {
    await this.#tables?.close();
    await this.#streams?.close();
  }

  /** Whether the waiting rows of the streams may run: at once without tables, else when the gate before them has opened. */
  async #streamsMayRun(streams: Feed): Promise<boolean> {
    const tables = this.#tables;
    if (tables === null) return streams.ordered();
    if (streams.empty) this.#gate = null;
    if (streams.empty || streams.filling) return false;
    // What is left of a batch when a source has run dry waits for that one's rows, and then stands before a new gate.
    if (!(await streams.ordered())) {
      this.#gate = null;
      return false;
    }
    if (this.#gate === null) {
      this.#gate = this.#openGate(tables);
    }
    if (this.#gate.error !== null) throw this.#gate.error;
    return this.#isOpen(this.#gate, tables);
  }

  /** All rows of the tables up to the targets have been read and run. */
  #isOpen(gate: Gate, tables: Feed): boolean {
    if (gate.targets === null || !tables.empty) return false;
    for (const [key, target] of gate.targets) if (tables.fetched.get(key)! < target) return false;
    return true;
  }

  #openGate(tables: Feed): Gate {
    const gate: Gate = { targets: null, error: null };
    const settle = async (): Promise<void> => {
      await this.#setup.tablesSettled?.(this.#setup.signal);
      // Not the stable end: it lies before rows whose transaction has committed a moment ago.
      gate.targets = await this.#setup.broker.offsets(tables.fetched.keys(), 'latest');
    };
    settle()
      .catch((error: unknown) => {
        gate.error = error;
      })
      .finally(() => this.#wake?.());
    return gate;
  }
}

async function openFeed(setup: IntakeSetup, sources: readonly FeedSource[]): Promise<Feed | null> {
  return sources.length === 0 ? null : Feed.open(setup.broker, sources, setup.from, setup.onBad);
}
