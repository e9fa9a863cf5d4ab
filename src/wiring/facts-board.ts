// Facts for those who look often: answered fast, whatever is down.
//
// Law: an asker waits for new facts no longer than a fraction of a second; what is answered then is marked as stale. All askers share
// one gathering.
import type { Facts } from '../lineage/graph.ts';
import type { Clock } from '../ports/clock.ts';

/** Facts with their age. */
export interface DatedFacts extends Facts {
  readonly asOfMs: number;
  /** Newer facts were asked for and could not be had in time: something that is asked for them does not answer. */
  readonly stale: boolean;
}

const FRESH_MS = 1_000;
const WAIT_MS = 400;

export class FactsBoard {
  readonly #gather: () => Promise<Facts>;
  readonly #known: () => Facts;
  readonly #clock: Clock;
  #last: DatedFacts | null = null;
  #gathering: Promise<DatedFacts | null> | null = null;

  /** @param known what is known without asking anybody: shown until the first gathering is over. */
  constructor(gather: () => Promise<Facts>, known: () => Facts, clock: Clock) {
    this.#gather = gather;
    this.#known = known;
    this.#clock = clock;
  }

  async read(): Promise<DatedFacts> {
    const last = this.#last;
    if (last !== null && this.#clock.now() - last.asOfMs < FRESH_MS) return last;
    this.#gathering ??= this.#refresh();
    const stop = new AbortController();
    const fresh = await Promise.race([this.#gathering, this.#clock.sleep(WAIT_MS, stop.signal).then(() => null)]);
    stop.abort();
    if (fresh !== null) return fresh;
    // States and counters are in memory; only what was asked of others is old.
    const { connectors } = this.#known();
    const { queries = [], backfills = [], asOfMs = 0 } = this.#last ?? {};
    const lags = new Map(this.#last?.connectors.map(({ name, lag }) => [name, lag]));
    return {
      connectors: connectors.map((fact) => ({ ...fact, lag: lags.get(fact.name) ?? null })),
      queries,
      backfills,
      asOfMs,
      stale: true,
    };
  }

  async #refresh(): Promise<DatedFacts | null> {
    try {
      const facts = await this.#gather();
      this.#last = { ...facts, asOfMs: this.#clock.now(), stale: false };
      return this.#last;
    } catch {
      return null; // told as stale; those who work tell the cause
    } finally {
      this.#gathering = null;
    }
  }
}
