// Stream–stream join: rows of either side wait in a buffer for rows of the other within reach.
//
// Laws (joins.md §3.1): each row is stored first, then meets all stored rows of the other side in reach, oldest first. Without GRACE
// PERIOD an outer row that meets none is padded at once, even if it is matched later. With it, the padded result leaves only when
// stream time has passed the row's reach plus grace, and not at all once the row was matched.
import type { Row } from '../../core/data/schema.ts';
import type { KeyedState } from '../topology.ts';
import { compareRows } from './compare-rows.ts';

export interface StreamJoinOptions {
  readonly beforeMs: number;
  readonly afterMs: number;
  /** Null: the older way without GRACE PERIOD. */
  readonly graceMs: number | null;
  readonly leftOuter: boolean;
  readonly rightOuter: boolean;
}
/** Null row: that side is padded. */
export type Joined = (
  key: Row,
  left: Row | null,
  right: Row | null,
  leftMs: number,
  rightMs: number,
  atMs: number,
) => void;

const DAY_MS = 86_400_000;
const LEFT = 0;
const RIGHT = 1;
type Side = typeof LEFT | typeof RIGHT;

/** A stored row: `[time, was matched, cells]`. Stored under its key as a list, ascending by time. */
type Entry = [timeMs: number, matched: boolean, cells: Row];
interface Held {
  readonly side: Side;
  readonly timeMs: number;
  readonly key: Row;
  readonly entry: Entry;
}

export class StreamJoin {
  readonly #stores: readonly [KeyedState, KeyedState];
  readonly #options: StreamJoinOptions;
  readonly #joined: Joined;
  readonly #retentionMs: number;
  readonly #newest: [number, number] = [-1, -1];
  #streamTimeMs = -1;
  #held: Held[] = [];

  constructor(left: KeyedState, right: KeyedState, options: StreamJoinOptions, joined: Joined) {
    this.#stores = [left, right];
    this.#options = options;
    this.#joined = joined;
    this.#retentionMs = options.beforeMs + options.afterMs + (options.graceMs ?? DAY_MS);
    for (const side of [LEFT, RIGHT] as const) this.#recover(side);
  }

  left(key: Row, cells: Row, timeMs: number): void {
    this.#arrive(LEFT, key, cells, timeMs);
  }
  right(key: Row, cells: Row, timeMs: number): void {
    this.#arrive(RIGHT, key, cells, timeMs);
  }
  /** A row without join key: only an outer side shows it. */
  unmatched(side: Side, key: Row, cells: Row, timeMs: number): void {
    if (this.#isOuter(side)) this.#pad(side, key, cells, timeMs);
  }

  #arrive(side: Side, key: Row, cells: Row, timeMs: number): void {
    const other: Side = side === LEFT ? RIGHT : LEFT;
    if (timeMs >= this.#streamTimeMs) {
      this.#streamTimeMs = timeMs;
      this.#release();
    }
    const entry: Entry = [timeMs, false, cells];
    const stored = this.#store(side, key, entry);
    const { beforeMs, afterMs } = this.#options;
    // Right rows in [t − before, t + after] of a left row; seen from the right it is the mirror image.
    const from = timeMs - (side === LEFT ? beforeMs : afterMs);
    const to = timeMs + (side === LEFT ? afterMs : beforeMs);
    const oldest = this.#newest[other] - this.#retentionMs + 1;
    const list = this.#stores[other].get(key) as unknown as Entry[] | null;
    let matched = false;
    let changed = false;
    for (const match of list ?? []) {
      if (match[0] < from || match[0] > to || match[0] < oldest) continue;
      matched = true;
      if (!match[1]) {
        match[1] = true;
        changed = true;
      }
      const at = Math.max(timeMs, match[0]);
      if (side === LEFT) this.#joined(key, cells, match[2], timeMs, match[0], at);
      else this.#joined(key, match[2], cells, match[0], timeMs, at);
    }
    if (changed) this.#stores[other].put(key, list as unknown as Row, this.#stores[other].timeOf(key));
    entry[1] = matched;
    if (!matched && this.#isOuter(side)) this.#miss(side, key, entry, stored);
  }

  #isOuter(side: Side): boolean {
    return side === LEFT ? this.#options.leftOuter : this.#options.rightOuter;
  }

  /** No match yet: padded now or when its time is over. */
  #miss(side: Side, key: Row, entry: Entry, stored: boolean): void {
    const reach = side === LEFT ? this.#options.afterMs : this.#options.beforeMs;
    if (this.#options.graceMs === null || !stored || entry[0] + reach < this.#streamTimeMs) {
      this.#settle(side, key, entry);
      this.#pad(side, key, entry[2], entry[0]);
    } else this.#held.push({ side, timeMs: entry[0], key, entry });
  }

  /** The row has its result: the mark is kept with it, so that it is not padded again after a restart. */
  #settle(side: Side, key: Row, entry: Entry): void {
    entry[1] = true;
    const store = this.#stores[side];
    const list = store.get(key);
    if (list !== null) store.put(key, list, store.timeOf(key));
  }

  #pad(side: Side, key: Row, cells: Row, timeMs: number): void {
    if (side === LEFT) this.#joined(key, cells, null, timeMs, -1, timeMs);
    else this.#joined(key, null, cells, -1, timeMs, timeMs);
  }

  /** Padded results whose time is over leave, in order of time, left before right, key. */
  #release(): void {
    const { graceMs, afterMs, beforeMs } = this.#options;
    if (graceMs === null || this.#held.length === 0) return;
    const isOver = (held: Held) =>
      held.timeMs + (held.side === LEFT ? afterMs : beforeMs) + graceMs < this.#streamTimeMs;
    const over = this.#held.filter(isOver);
    if (over.length === 0) return;
    this.#held = this.#held.filter((held) => !isOver(held) && !held.entry[1]);
    over.sort((a, b) => a.timeMs - b.timeMs || a.side - b.side || compareRows(a.key, b.key));
    for (const held of over) {
      if (held.entry[1]) continue;
      this.#settle(held.side, held.key, held.entry);
      this.#pad(held.side, held.key, held.entry[2], held.timeMs);
    }
  }

  /** False when the row is older than what is kept. */
  #store(side: Side, key: Row, entry: Entry): boolean {
    const limit = this.#newest[side] - this.#retentionMs + 1;
    if (entry[0] < limit) return false;
    if (entry[0] > this.#newest[side]) this.#newest[side] = entry[0];
    const store = this.#stores[side];
    const old = (store.get(key) as unknown as Entry[] | null) ?? [];
    const oldest = this.#newest[side] - this.#retentionMs + 1;
    const list = old.filter(([time]) => time >= oldest);
    let place = list.length;
    while (place > 0 && list[place - 1]![0] > entry[0]) place--;
    list.splice(place, 0, entry);
    store.put(key, list as unknown as Row, Math.max(entry[0], store.timeOf(key)));
    return true;
  }

  #recover(side: Side): void {
    for (const [key, value] of this.#stores[side].entries()) {
      for (const entry of value as unknown as Entry[]) {
        this.#newest[side] = Math.max(this.#newest[side], entry[0]);
        this.#streamTimeMs = Math.max(this.#streamTimeMs, entry[0]);
        if (!entry[1] && this.#isOuter(side) && this.#options.graceMs !== null) {
          this.#held.push({ side, timeMs: entry[0], key, entry });
        }
      }
    }
  }
}
