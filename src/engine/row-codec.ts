// The engine's own encoding of rows: for state, changelogs and the private topics between parts of a query.
//
// Self-describing, so that no schema is needed to read it and a store outlives a change of the plan above it. One byte of kind a
// cell; small integers in the kind byte itself. Equal rows of equal types have equal bytes: keys are compared as bytes.
import type { ByteWriter } from '../core/bytes.ts';
import { integerBytes, integerOfBytes } from '../core/data/decimal.ts';
import type { Decimal, Row, Value } from '../core/data/schema.ts';
import { TributaryError } from '../core/errors.ts';

const KIND = {
  null: 0,
  false: 1,
  true: 2,
  int32: 3,
  double: 4,
  bigint: 5,
  text: 6,
  bytes: 7,
  decimal: 8,
  array: 9,
  map: 10,
} as const;
/** Kinds from here on are small integers: value = kind − SMALL_ZERO. */
const SMALL_FIRST = 32;
const SMALL_ZERO = 48;
const SMALL_LAST = 255;

/** Appends the row. */
export function encodeRow(row: Row, out: ByteWriter): void {
  writeCount(row.length, out);
  for (let i = 0; i < row.length; i++) writeCell(row[i]!, out);
}

/** Reads a row that `encodeRow` wrote. */
export function decodeRow(bytes: Buffer, start: number, end: number): Row {
  const reader = new Reader(bytes, start, end);
  const row = reader.cells();
  return row;
}

function writeCount(count: number, out: ByteWriter): void {
  let rest = count;
  while (rest > 127) {
    out.byte((rest & 127) | 128);
    rest >>>= 7;
  }
  out.byte(rest);
}

function writeCell(cell: Value, out: ByteWriter): void {
  switch (typeof cell) {
    case 'number':
      writeNumber(cell, out);
      return;
    case 'string':
      writeText(cell, out);
      return;
    case 'boolean':
      out.byte(cell ? KIND.true : KIND.false);
      return;
    case 'bigint':
      out.byte(KIND.bigint);
      out.int64(cell);
      return;
    default:
      if (cell === null) out.byte(KIND.null);
      else writeObject(cell, out);
  }
}

function writeNumber(cell: number, out: ByteWriter): void {
  if ((cell | 0) === cell && !Object.is(cell, -0)) {
    const small = cell + SMALL_ZERO;
    if (small >= SMALL_FIRST && small <= SMALL_LAST) {
      out.byte(small);
      return;
    }
    out.byte(KIND.int32);
    out.int32(cell);
    return;
  }
  out.byte(KIND.double);
  out.double(cell);
}

/** Texts up to this long are written by a loop: their count is one byte, and a call into native code costs more. */
const LOOPED_TEXT_MAX = 48;

function writeText(cell: string, out: ByteWriter): void {
  out.byte(KIND.text);
  const { length } = cell;
  if (length <= LOOPED_TEXT_MAX) {
    out.reserve(length + 1);
    const { bytes, position } = out;
    bytes[position] = length;
    let i = 0;
    for (; i < length; i++) {
      const code = cell.charCodeAt(i);
      if (code > 127) break;
      bytes[position + 1 + i] = code;
    }
    if (i === length) {
      out.position = position + 1 + length;
      return;
    }
  }
  writeCount(Buffer.byteLength(cell, 'utf8'), out);
  out.text(cell);
}

function writeObject(cell: object, out: ByteWriter): void {
  if (Array.isArray(cell)) {
    out.byte(KIND.array);
    encodeRow(cell as Row, out);
  } else if (cell instanceof Map) {
    out.byte(KIND.map);
    writeCount(cell.size, out);
    for (const [key, value] of cell as Map<Value, Value>) {
      writeCell(key, out);
      writeCell(value, out);
    }
  } else if (cell instanceof Uint8Array) {
    out.byte(KIND.bytes);
    writeCount(cell.length, out);
    out.copy(cell);
  } else {
    const { unscaled, scale } = cell as Decimal;
    const digits = integerBytes(unscaled);
    out.byte(KIND.decimal);
    writeCount(scale, out);
    writeCount(digits.length, out);
    out.copy(digits);
  }
}

class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  cells(): Row {
    const count = this.#count();
    const row: Row = new Array(count);
    for (let i = 0; i < count; i++) row[i] = this.#cell();
    return row;
  }

  #byte(): number {
    if (this.#at >= this.#end) throw broken();
    return this.#bytes[this.#at++]!;
  }
  #count(): number {
    let count = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte();
      count |= (byte & 127) << shift;
      if (byte < 128) return count;
    }
  }
  /** Moves over `count` bytes; answers where they start. */
  #skip(count: number): number {
    const start = this.#at;
    this.#at += count;
    if (this.#at > this.#end) throw broken();
    return start;
  }

  #cell(): Value {
    const kind = this.#byte();
    if (kind >= SMALL_FIRST) return kind - SMALL_ZERO;
    switch (kind) {
      case KIND.null:
        return null;
      case KIND.false:
        return false;
      case KIND.true:
        return true;
      case KIND.int32:
        return this.#bytes.readInt32BE(this.#skip(4));
      case KIND.double:
        return this.#bytes.readDoubleBE(this.#skip(8));
      case KIND.bigint:
        return this.#bytes.readBigInt64BE(this.#skip(8));
      case KIND.text: {
        const length = this.#count();
        const start = this.#skip(length);
        return this.#bytes.toString('utf8', start, start + length);
      }
      case KIND.bytes: {
        const length = this.#count();
        const start = this.#skip(length);
        return Buffer.from(this.#bytes.subarray(start, start + length));
      }
      case KIND.decimal: {
        const scale = this.#count();
        const length = this.#count();
        const start = this.#skip(length);
        return { unscaled: integerOfBytes(this.#bytes, start, start + length), scale };
      }
      case KIND.array:
        return this.cells();
      case KIND.map: {
        const count = this.#count();
        const map = new Map<Value, Value>();
        for (let i = 0; i < count; i++) {
          const key = this.#cell();
          map.set(key, this.#cell());
        }
        return map;
      }
      default:
        throw broken();
    }
  }
}

function broken(): TributaryError {
  return new TributaryError('TRIB_STATE_BROKEN', 'fatal', {
    what: 'A row of state or of a private topic cannot be read: its bytes are cut off or of another version.',
    fix: "Delete the query's state so that it is built again from its changelog or its sources.",
  });
}
