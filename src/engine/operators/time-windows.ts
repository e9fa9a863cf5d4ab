// Tumbling and hopping windows: one state row a group and window.
//
// Laws: a window is [start, start + size); a row lies in every window that holds its time. Stream time is the highest time seen, and
// a window is closed for good once stream time has reached its end plus grace: later rows of it are dropped. Final results leave
// once, when their window closes; a window that begins more than size + grace before the newest one is gone before that.
import type { Row, Value } from '../../core/data/schema.ts';
import type { AggregateCode } from '../../sql/functions/registry.ts';
import { type KeyIdentity, keyIdentity } from '../key-identity.ts';
import type { KeyedState } from '../topology.ts';
import { compareRows } from './compare-rows.ts';
import type { WindowChange, WindowOptions } from './window-options.ts';

export class TimeWindows {
  readonly #store: KeyedState;
  readonly #options: WindowOptions;
  readonly #codes: readonly AggregateCode[];
  readonly #changed: WindowChange;
  /** Window start → keys that have a state there. */
  readonly #starts = new Map<number, Map<KeyIdentity, Row>>();
  #streamTimeMs = -1;
  #closedTo = Number.NEGATIVE_INFINITY;
  #newestStart = Number.NEGATIVE_INFINITY;

  constructor(store: KeyedState, options: WindowOptions, codes: readonly AggregateCode[], changed: WindowChange) {
    this.#store = store;
    this.#options = options;
    this.#codes = codes;
    this.#changed = changed;
    for (const [key, , timeMs] of store.entries()) {
      this.#streamTimeMs = Math.max(this.#streamTimeMs, timeMs);
      this.#remember(key);
    }
    if (this.#streamTimeMs >= 0) this.#closedTo = this.#streamTimeMs - options.graceMs;
  }

  /** One row of a group. `args`: the arguments of each aggregate. */
  add(group: Row, args: readonly (readonly Value[])[], timeMs: number): void {
    const { sizeMs, advanceMs, graceMs, isFinal } = this.#options;
    if (timeMs > this.#streamTimeMs) this.#streamTimeMs = timeMs;
    let start = Math.floor(Math.max(0, timeMs - sizeMs + advanceMs) / advanceMs) * advanceMs;
    for (; start <= timeMs; start += advanceMs) {
      if (start + sizeMs + graceMs <= this.#streamTimeMs) continue;
      if (isFinal && start < this.#newestStart - sizeMs - graceMs) continue;
      this.#fold(group, start, args, timeMs);
    }
    if (isFinal) this.#close();
    this.#expire();
  }

  #fold(group: Row, start: number, args: readonly (readonly Value[])[], timeMs: number): void {
    const key = [...group, start, start + this.#options.sizeMs];
    const before = this.#store.get(key);
    const after = new Array<Value>(this.#codes.length);
    for (let i = 0; i < after.length; i++) {
      const code = this.#codes[i]!;
      after[i] = code.add(before === null ? code.initial : before[i]!, ...args[i]!);
    }
    const at = before === null ? timeMs : Math.max(timeMs, this.#store.timeOf(key));
    this.#store.put(key, after, at);
    if (before === null) this.#remember(key);
    if (!this.#options.isFinal) this.#changed(key, before, after, at);
  }

  #remember(key: Row): void {
    const start = key[this.#options.groupLength] as number;
    if (start > this.#newestStart) this.#newestStart = start;
    let keys = this.#starts.get(start);
    if (keys === undefined) {
      keys = new Map();
      this.#starts.set(start, keys);
    }
    keys.set(keyIdentity(key), key);
  }

  /** Sends the results of windows that stream time has closed since the last time. */
  #close(): void {
    const { sizeMs, graceMs } = this.#options;
    const closeTo = this.#streamTimeMs - graceMs;
    if (closeTo <= this.#closedTo) return;
    const oldest = this.#newestStart - sizeMs - graceMs;
    const starts = [...this.#starts.keys()].filter(
      (start) => start + sizeMs > this.#closedTo && start + sizeMs <= closeTo && start >= oldest,
    );
    this.#closedTo = closeTo;
    for (const start of starts.sort((a, b) => a - b)) {
      const keys = [...this.#starts.get(start)!.values()].sort(compareRows);
      for (const key of keys) this.#changed(key, null, this.#store.get(key), this.#store.timeOf(key));
    }
  }

  #expire(): void {
    const limit = this.#streamTimeMs - this.#options.retentionMs;
    if (this.#starts.size === 0) return;
    for (const [start, keys] of this.#starts) {
      if (start >= limit) continue;
      for (const key of keys.values()) this.#store.put(key, null, this.#streamTimeMs);
      this.#starts.delete(start);
    }
  }
}
