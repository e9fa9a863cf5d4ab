// Stream rows that wait for their table row (JOIN_WAIT_MS), at most so long from arrival by the wall clock.
//
// Laws: a waiting row is state with a changelog, so it survives a restart. Rows of one key leave in the order of their arrival,
// either when the table row comes or, unmatched, when their time is over. A table row that came while the task was not running does
// not come again: the first tick after a start looks for it.
import type { Row } from '../../core/data/schema.ts';
import type { Headers } from '../../ports/broker.ts';
import { keyIdentity } from '../key-identity.ts';
import type { KeyedState } from '../topology.ts';

/** Goes on with a row: cells as they were kept. */
export type GoOn = (cells: Row, timeMs: number, silent: boolean, headers: Headers | null) => void;
type Waiting = [cells: Row, timeMs: number, silent: boolean, arrivedMs: number];

export class WaitingRows {
  readonly #store: KeyedState;
  readonly #waitMs: number;
  readonly #goOn: GoOn;
  readonly #isThere: (key: Row) => boolean;
  readonly #keys = new Map<ReturnType<typeof keyIdentity>, Row>();
  #wallMs = 0;
  #mustLook: boolean;

  /** @param isThere whether the table has a row of the key. */
  constructor(store: KeyedState, waitMs: number, goOn: GoOn, isThere: (key: Row) => boolean) {
    this.#store = store;
    this.#waitMs = waitMs;
    this.#goOn = goOn;
    this.#isThere = isThere;
    for (const [key] of store.entries()) this.#keys.set(keyIdentity(key), key);
    this.#mustLook = this.#keys.size > 0;
  }

  /** Keeps a row that found no table row. */
  wait(key: Row, cells: Row, timeMs: number, silent: boolean): void {
    const list = (this.#store.get(key) ?? []) as unknown as Waiting[];
    const next: Waiting[] = [...list, [cells, timeMs, silent, this.#wallMs]];
    this.#store.put(key, next as unknown as Row, timeMs);
    this.#keys.set(keyIdentity(key), key);
  }

  /** True when rows of this key wait: later ones must stand behind them. */
  has(key: Row): boolean {
    return this.#keys.has(keyIdentity(key));
  }

  /** The table row has come. */
  release(key: Row, timeMs: number): void {
    const identity = keyIdentity(key);
    if (!this.#keys.delete(identity)) return;
    const list = this.#store.get(key) as unknown as Waiting[];
    this.#store.put(key, null, timeMs);
    for (const [cells, time, silent] of list) this.#goOn(cells, time, silent, null);
  }

  /** Sends rows whose time is over; answers when the next will be. */
  tick(wallMs: number): number | null {
    this.#wallMs = wallMs;
    if (this.#mustLook) {
      this.#mustLook = false;
      for (const key of [...this.#keys.values()]) if (this.#isThere(key)) this.release(key, this.#newest(key));
    }
    let next: number | null = null;
    for (const [identity, key] of this.#keys) {
      const list = this.#store.get(key) as unknown as Waiting[];
      // Rows that came before the first tick begin to wait now.
      const dated = list.map((row): Waiting => (row[3] === 0 ? [row[0], row[1], row[2], wallMs] : row));
      const over = dated.filter((row) => row[3] + this.#waitMs <= wallMs);
      const rest = dated.slice(over.length);
      if (over.length > 0 || dated.some((row, index) => row !== list[index])) {
        this.#store.put(key, rest.length === 0 ? null : (rest as unknown as Row), dated[0]![1]);
      }
      if (rest.length === 0) this.#keys.delete(identity);
      else next = Math.min(next ?? Number.POSITIVE_INFINITY, rest[0]![3] + this.#waitMs);
      for (const [cells, time, silent] of over) this.#goOn(cells, time, silent, null);
    }
    return next;
  }
  /** Record time of the row of that key that came last. */
  #newest(key: Row): number {
    const list = this.#store.get(key) as unknown as Waiting[];
    return list.at(-1)![1];
  }
}
