// How rows stand in the state store and in changelogs.
//
// Keys: the encoded key row. Values: 8 bytes of time, then the encoded row; in a changelog the time is the record's own.
import { ByteWriter } from '../core/bytes.ts';
import type { Row } from '../core/data/schema.ts';
import { assert } from '../core/errors.ts';
import type { Lane } from '../ports/broker.ts';
import type { Entry } from '../ports/state-store.ts';
import type { CachedState } from './cached-state.ts';
import type { Serdes } from './serdes.ts';

const TIME_BYTES = 8;

export class StateCodec {
  readonly #serdes: Serdes;
  readonly #scratch = new ByteWriter();

  constructor(serdes: Serdes) {
    this.#serdes = serdes;
  }

  encodeKey(key: Row): Buffer {
    this.#scratch.reset();
    this.#serdes.encodeRow(key, this.#scratch);
    return this.#scratch.toBuffer();
  }

  decodeKey(bytes: Buffer, start = 0, end = bytes.length): Row {
    return this.#serdes.decodeRow(bytes, start, end);
  }

  decodeRow(bytes: Buffer, start: number, end: number): Row {
    return this.#serdes.decodeRow(bytes, start, end);
  }

  encodeValue(row: Row, timeMs: number): Buffer {
    this.#scratch.reset();
    this.#scratch.double(timeMs);
    this.#serdes.encodeRow(row, this.#scratch);
    return this.#scratch.toBuffer();
  }

  decodeValue(stored: Buffer): { readonly value: Row; readonly timeMs: number } {
    assert(stored.length >= TIME_BYTES, 'a stored value begins with its time');
    return { value: this.#serdes.decodeRow(stored, TIME_BYTES, stored.length), timeMs: stored.readDoubleBE(0) };
  }

  /** The changed entries of a store, appended to its changelog (null: it has none) and to `out`: encoded once for both. */
  encodeDirty(store: CachedState, lane: Lane | null, out: ByteWriter): EncodedEntries {
    const slices: number[] = [];
    for (const entry of store.dirty) {
      const keyStart = out.position;
      this.#serdes.encodeRow(entry.key, out);
      const valueStart = out.position;
      const { value } = entry;
      if (value !== null) {
        out.double(entry.timeMs);
        this.#serdes.encodeRow(value, out);
      }
      slices.push(keyStart, valueStart, value === null ? -1 : valueStart, out.position);
      lane?.append(
        entry.timeMs,
        out.bytes,
        keyStart,
        valueStart,
        value === null ? null : out.bytes,
        valueStart + TIME_BYTES,
        out.position,
        null,
      );
    }
    return slices;
  }
}

/** Per entry: key start, key end, value start (−1: deleted), value end, within the writer's bytes. */
export type EncodedEntries = readonly number[];

/** Encoded entries as the state store takes them. */
export function entriesOf(slices: EncodedEntries, bytes: Buffer): readonly Entry[] {
  const entries: Entry[] = [];
  for (let i = 0; i < slices.length; i += 4) {
    const valueStart = slices[i + 2]!;
    const value = valueStart < 0 ? null : bytes.subarray(valueStart, slices[i + 3]!);
    entries.push([bytes.subarray(slices[i]!, slices[i + 1]!), value]);
  }
  return entries;
}

/** A changelog's value as the state store keeps it. */
export function storedValue(timeMs: number, bytes: Buffer, start: number, end: number): Buffer {
  const value = Buffer.allocUnsafe(TIME_BYTES + end - start);
  value.writeDoubleBE(timeMs, 0);
  bytes.copy(value, TIME_BYTES, start, end);
  return value;
}
