// Sessions: rows of one group belong together while no two neighbours are farther apart than the gap.
//
// Law: after every row, the stored sessions of a group are disjoint and more than the gap apart. A row may join several into one; the
// old results are then withdrawn, in order, before the joined one leaves. A session whose end lies more than gap + grace behind
// stream time has expired: it is not joined any more, and a row that would make one is dropped.
import type { Row, Value } from '../../core/data/schema.ts';
import type { AggregateCode } from '../../sql/functions/registry.ts';
import { type KeyIdentity, keyIdentity } from '../key-identity.ts';
import type { KeyedState } from '../topology.ts';
import { compareRows } from './compare-rows.ts';
import type { WindowChange, WindowOptions } from './window-options.ts';

interface Session {
  readonly start: number;
  readonly end: number;
  readonly key: Row;
}

export class SessionWindows {
  readonly #store: KeyedState;
  readonly #options: WindowOptions;
  readonly #codes: readonly AggregateCode[];
  readonly #changed: WindowChange;
  /** Sessions of each group, ascending. */
  readonly #groups = new Map<KeyIdentity, Session[]>();
  #streamTimeMs = -1;
  #closedTo = Number.NEGATIVE_INFINITY;

  constructor(store: KeyedState, options: WindowOptions, codes: readonly AggregateCode[], changed: WindowChange) {
    this.#store = store;
    this.#options = options;
    this.#codes = codes;
    this.#changed = changed;
    for (const [key] of store.entries()) {
      const session = sessionOf(key, options.groupLength);
      this.#streamTimeMs = Math.max(this.#streamTimeMs, session.end);
      this.#sessionsOf(key.slice(0, options.groupLength)).push(session);
    }
    for (const sessions of this.#groups.values()) sessions.sort((a, b) => a.start - b.start);
    if (this.#streamTimeMs >= 0) this.#closedTo = this.#limit();
  }

  /** One row of a group. `args`: the arguments of each aggregate. */
  add(group: Row, args: readonly (readonly Value[])[], timeMs: number): void {
    const gapMs = this.#options.sizeMs;
    if (timeMs > this.#streamTimeMs) this.#streamTimeMs = timeMs;
    const limit = this.#limit();
    const sessions = this.#sessionsOf(group);
    const joined = sessions.filter(
      ({ start, end }) => end >= limit && start <= timeMs + gapMs && end >= timeMs - gapMs,
    );
    const start = Math.min(timeMs, ...joined.map((session) => session.start));
    const end = Math.max(timeMs, ...joined.map((session) => session.end));
    if (end >= limit) this.#join(group, sessions, joined, start, end, args);
    if (this.#options.isFinal) this.#close();
    this.#expire();
  }

  #join(
    group: Row,
    sessions: Session[],
    joined: readonly Session[],
    start: number,
    end: number,
    args: readonly (readonly Value[])[],
  ): void {
    const states = joined.map(({ key }) => this.#store.get(key)!);
    const after = this.#codes.map((code, index) => {
      let state = code.initial;
      if (states.length === 1) state = states[0]![index]!;
      else for (const other of states) state = code.merge(state, other[index]!);
      return code.add(state, ...args[index]!);
    });
    const only = joined.length === 1 ? joined[0]! : null;
    if (only !== null && only.start === start && only.end === end) {
      this.#store.put(only.key, after, end);
      if (!this.#options.isFinal) this.#changed(only.key, states[0]!, after, end);
      return;
    }
    joined.forEach((session, index) => {
      this.#store.put(session.key, null, session.end);
      sessions.splice(sessions.indexOf(session), 1);
      if (!this.#options.isFinal) this.#changed(session.key, states[index]!, null, session.end);
    });
    const session = { start, end, key: [...group, start, end] };
    const place = sessions.findIndex((other) => other.start > start);
    sessions.splice(place < 0 ? sessions.length : place, 0, session);
    this.#store.put(session.key, after, end);
    if (!this.#options.isFinal) this.#changed(session.key, null, after, end);
  }

  #sessionsOf(group: Row): Session[] {
    const identity = keyIdentity(group);
    let sessions = this.#groups.get(identity);
    if (sessions === undefined) {
      sessions = [];
      this.#groups.set(identity, sessions);
    }
    return sessions;
  }

  /** Sessions that end before this have expired. */
  #limit(): number {
    return this.#streamTimeMs - this.#options.sizeMs - this.#options.graceMs;
  }

  #close(): void {
    const limit = this.#limit();
    if (limit <= this.#closedTo) return;
    const closed: Session[] = [];
    for (const sessions of this.#groups.values()) {
      for (const session of sessions) if (session.end < limit && session.end >= this.#closedTo) closed.push(session);
    }
    this.#closedTo = limit;
    closed.sort((a, b) => a.end - b.end || compareRows(a.key, b.key));
    for (const { key, end } of closed) this.#changed(key, null, this.#store.get(key), end);
  }

  #expire(): void {
    const limit = Math.min(this.#streamTimeMs - this.#options.retentionMs, this.#limit());
    for (const [identity, sessions] of this.#groups) {
      while (sessions.length > 0 && sessions[0]!.end < limit)
        this.#store.put(sessions.shift()!.key, null, this.#streamTimeMs);
      if (sessions.length === 0) this.#groups.delete(identity);
    }
  }
}

function sessionOf(key: Row, groupLength: number): Session {
  return { start: key[groupLength] as number, end: key[groupLength + 1] as number, key };
}
