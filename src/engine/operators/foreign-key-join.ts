// Table–table join on a foreign key: left rows look up right rows by an expression of theirs (joins.md §3.4).
//
// Laws: the result is keyed as the left table. A change on the right re-emits every left row that refers to it, in order of left
// keys. A left row without foreign key is padded (LEFT) or passed over entirely (INNER): what was emitted for it before stays.
import type { Row, Value } from '../../core/data/schema.ts';
import { type KeyIdentity, keyIdentity } from '../key-identity.ts';
import type { KeyedState } from '../topology.ts';
import { compareRows } from './compare-rows.ts';

/** `exists` false: the result is withdrawn. */
export type ForeignJoined = (key: Row, left: Row | null, right: Row | null, exists: boolean, timeMs: number) => void;

export class ForeignKeyJoin {
  readonly #left: KeyedState;
  readonly #right: KeyedState;
  readonly #isInner: boolean;
  readonly #joined: ForeignJoined;
  /** Foreign key → keys of the left rows that refer to it. */
  readonly #referers = new Map<KeyIdentity, Map<KeyIdentity, Row>>();

  /** Left rows are stored with their foreign key as first cell. */
  constructor(left: KeyedState, right: KeyedState, isInner: boolean, joined: ForeignJoined) {
    this.#left = left;
    this.#right = right;
    this.#isInner = isInner;
    this.#joined = joined;
    for (const [key, row] of left.entries()) this.#refer(key, row[0] ?? null);
  }

  left(key: Row, row: Row | null, timeMs: number): void {
    const old = this.#left.get(key);
    if (old !== null) this.#unrefer(key, old[0] ?? null);
    this.#left.put(key, row, timeMs);
    if (row === null) {
      if (old !== null) this.#joined(key, null, null, false, timeMs);
      return;
    }
    const foreign = row[0] ?? null;
    this.#refer(key, foreign);
    if (foreign === null) {
      if (!this.#isInner) this.#joined(key, row, null, true, timeMs);
      return;
    }
    if (this.#isInner && old !== null && (old[0] ?? null) === null) return;
    const right = this.#right.get([foreign]);
    const at = Math.max(timeMs, this.#right.timeOf([foreign]));
    if (right !== null || !this.#isInner) this.#joined(key, row, right, true, at);
    else if (old !== null) this.#joined(key, row, null, false, at);
  }

  right(key: Row, row: Row | null, timeMs: number): void {
    this.#right.put(key, row, timeMs);
    const referers = this.#referers.get(keyIdentity(key));
    if (referers === undefined) return;
    for (const leftKey of [...referers.values()].sort(compareRows)) {
      const left = this.#left.get(leftKey)!;
      const at = Math.max(timeMs, this.#left.timeOf(leftKey));
      this.#joined(leftKey, left, row, row !== null || !this.#isInner, at);
    }
  }

  #refer(key: Row, foreign: Value): void {
    if (foreign === null) return;
    const identity = keyIdentity([foreign]);
    let referers = this.#referers.get(identity);
    if (referers === undefined) {
      referers = new Map();
      this.#referers.set(identity, referers);
    }
    referers.set(keyIdentity(key), key);
  }

  #unrefer(key: Row, foreign: Value): void {
    if (foreign === null) return;
    const identity = keyIdentity([foreign]);
    const referers = this.#referers.get(identity);
    referers?.delete(keyIdentity(key));
    if (referers?.size === 0) this.#referers.delete(identity);
  }
}
