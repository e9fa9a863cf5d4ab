// Only changes: a row leaves when its watched cells differ from the last announced ones of its key, or, with a quiet time, when a
// value has stood that long.
//
// Laws: what was announced is state with a changelog, so a re-delivered or repeated row is silent over restarts too. Silent rows
// (snapshots, back-fills) set the value without announcing it. Deletes do not come here: they leave the state as it is.
// Quiet time is wall-clock time from the arrival of the row, so a value that waits is kept with its arrival.
import type { Row, Value } from '../../core/data/schema.ts';
import type { Headers } from '../../ports/broker.ts';
import { keyIdentity } from '../key-identity.ts';
import type { KeyedState } from '../topology.ts';

/** A row to go on. */
export type Announce = (row: Row, timeMs: number, headers: Headers | null) => void;

/** State of a key: what was announced last (null: nothing yet), and the row that waits: `[row, time, due]`. */
type Known = [announced: Row | null, waiting: [row: Row, timeMs: number, arrivedMs: number] | null];

export class Changes {
  readonly #store: KeyedState;
  readonly #watched: readonly number[];
  readonly #quietMs: number | null;
  readonly #announce: Announce;
  /** Keys with a waiting row, in order of arrival. */
  readonly #waiting = new Map<ReturnType<typeof keyIdentity>, Row>();
  #wallMs = 0;

  constructor(store: KeyedState, watched: readonly number[], quietMs: number | null, announce: Announce) {
    this.#store = store;
    this.#watched = watched;
    this.#quietMs = quietMs;
    this.#announce = announce;
    if (quietMs !== null) {
      for (const [key, value] of store.entries()) {
        if ((value as unknown as Known)[1] !== null) this.#waiting.set(keyIdentity(key), key);
      }
    }
  }

  /** A row of a key. */
  accept(key: Row, row: Row, timeMs: number, silent: boolean, headers: Headers | null): void {
    const known = this.#store.get(key) as unknown as Known | null;
    const cells = this.#watched.map((index) => row[index]!);
    const announced = known?.[0] ?? null;
    if (silent) {
      if (announced === null || !sameCells(announced, cells) || known![1] !== null)
        this.#set(key, [cells, null], timeMs);
      this.#waiting.delete(keyIdentity(key));
      return;
    }
    const isSame = announced !== null && sameCells(announced, cells);
    if (this.#quietMs === null) {
      if (isSame) return;
      this.#set(key, [cells, null], timeMs);
      this.#announce(row, timeMs, headers);
      return;
    }
    const waiting = known?.[1] ?? null;
    if (
      waiting !== null &&
      sameCells(
        this.#watched.map((index) => waiting[0][index]!),
        cells,
      )
    )
      return;
    const identity = keyIdentity(key);
    this.#waiting.delete(identity);
    if (isSame) {
      // The value went back to what was announced: nothing changed in the end.
      if (waiting !== null) this.#set(key, [announced, null], timeMs);
      return;
    }
    this.#set(key, [announced, [row, timeMs, this.#wallMs]], timeMs);
    this.#waiting.set(identity, key);
  }

  /** Announces what has stood long enough; answers when the next row will have. */
  tick(wallMs: number): number | null {
    this.#wallMs = wallMs;
    if (this.#quietMs === null) return null;
    for (const [identity, key] of this.#waiting) {
      const known = this.#store.get(key) as unknown as Known;
      const [row, timeMs, arrivedMs] = known[1]!;
      // A row that came before the first tick has no arrival time: its quiet time begins now.
      if (arrivedMs === 0) {
        this.#set(key, [known[0], [row, timeMs, wallMs]], timeMs);
        return wallMs + this.#quietMs;
      }
      if (arrivedMs + this.#quietMs > wallMs) return arrivedMs + this.#quietMs;
      this.#waiting.delete(identity);
      this.#set(key, [this.#watched.map((index) => row[index]!), null], timeMs);
      this.#announce(row, timeMs, null);
    }
    return null;
  }

  #set(key: Row, known: Known, timeMs: number): void {
    this.#store.put(key, known as unknown as Row, timeMs);
  }
}

function sameCells(left: readonly Value[], right: readonly Value[]): boolean {
  for (let i = 0; i < left.length; i++) {
    if (left[i] !== right[i] && keyIdentity([left[i]!]) !== keyIdentity([right[i]!])) return false;
  }
  return true;
}
