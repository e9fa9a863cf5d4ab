// 64-bit integers as `Long`: a number while it is exact, a bigint beyond.
//
// Law: a `Long` is a `number` when |x| ≤ 2^53−1 and a `bigint` otherwise, never the other way round, so `===` compares exactly
// and the common case costs no allocation. Everything that makes a Long goes through the functions below.
import { integerPart, precisionOf } from './decimal.ts';
import type { Decimal, Long } from './schema.ts';

/** Least 64-bit integer. */
export const LONG_MIN = -(2n ** 63n);
/** Greatest 64-bit integer. */
export const LONG_MAX = 2n ** 63n - 1n;

const TWO_TO_63 = 2 ** 63;
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

// One scratch for joining halves: written and read within one call, so it carries nothing from call to call.
const halves = new Int32Array(2);
const whole = new BigInt64Array(halves.buffer);
const [LOW, HIGH] = new Uint8Array(new Int32Array([1]).buffer)[0] === 1 ? [0, 1] : [1, 0];

/** The Long of an integer that is known to have 64 bits. */
export function longOf(value: bigint): Long {
  return value <= SAFE_MAX && value >= -SAFE_MAX ? Number(value) : value;
}

/** The Long of an integer of any size: its low 64 bits, as Java's arithmetic wraps. */
export function wrapLong(value: bigint): Long {
  return longOf(BigInt.asIntN(64, value));
}

/** The low 64 bits of a decimal's integer part. An exponent of any size costs nothing: 10^64 and up have none but zero bits there. */
export function longOfDecimal(value: Decimal): Long {
  if (value.scale <= -64 || value.scale >= precisionOf(value)) return 0;
  return wrapLong(integerPart(value));
}

/** The Long made of two 32-bit halves; `low` counts by its bits only. */
export function longOfHalves(high: number, low: number): Long {
  // 2^21 × 2^32 = 2^53: within these the sum is exact as a number; −2^53 itself is a bigint by law.
  if (high < 0x200000 && high >= -0x200000 && !(high === -0x200000 && low === 0)) {
    return high * 4294967296 + (low >>> 0);
  }
  halves[LOW!] = low;
  halves[HIGH!] = high;
  return whole[0]!;
}

/** The low 32 bits, signed. */
export function lowHalf(value: Long): number {
  return typeof value === 'number' ? value | 0 : Number(BigInt.asIntN(32, value));
}

/** The high 32 bits, signed. */
export function highHalf(value: Long): number {
  return typeof value === 'number' ? Math.floor(value / 4294967296) | 0 : Number(BigInt.asIntN(32, value >> 32n));
}

/** As bigint. */
export function toBigInt(value: Long): bigint {
  return typeof value === 'bigint' ? value : BigInt(value);
}

/** Big-endian at `at`. */
export function readLong(bytes: Uint8Array, at: number): Long {
  const high = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  const low = (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!;
  return longOfHalves(high, low);
}

/** Writes big-endian at `at`, 8 bytes; the room must be there. */
export function writeLong(bytes: Uint8Array, at: number, value: Long): void {
  const high = highHalf(value);
  const low = lowHalf(value);
  bytes[at] = high >>> 24;
  bytes[at + 1] = high >>> 16;
  bytes[at + 2] = high >>> 8;
  bytes[at + 3] = high;
  bytes[at + 4] = low >>> 24;
  bytes[at + 5] = low >>> 16;
  bytes[at + 6] = low >>> 8;
  bytes[at + 7] = low;
}

/** Decimal digits with an optional sign, as Java's `Long.parseLong` takes them; null when it is anything else or has more than 64 bits. */
export function parseLong(text: string): Long | null {
  const length = text.length;
  const first = text.charCodeAt(0);
  const start = first === 43 || first === 45 ? 1 : 0;
  if (length === start) return null;
  let value = 0;
  for (let i = start; i < length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
  }
  // A sum below 2^53 was exact all along; leading zeros do no harm.
  if (value <= Number.MAX_SAFE_INTEGER) return first === 45 ? 0 - value : value;
  const exact = BigInt(first === 43 ? text.slice(1) : text);
  return exact > LONG_MAX || exact < LONG_MIN ? null : exact;
}

/** As {@link parseLong}, for 32 bits. */
export function parseInt32(text: string): number | null {
  const value = parseLong(text);
  return typeof value === 'number' && value >= -2147483648 && value <= 2147483647 ? value : null;
}

/** Java's `(long) double`: cut towards zero, saturated, NaN is 0. */
export function longOfDouble(value: number): Long {
  if (Number.isNaN(value)) return 0;
  if (value >= TWO_TO_63) return LONG_MAX;
  if (value <= -TWO_TO_63) return LONG_MIN;
  const cut = Math.trunc(value) + 0;
  return Number.isSafeInteger(cut) ? cut : longOf(BigInt(cut));
}

/** The largest count of bytes a zig-zag varint of 64 bits takes. */
export const VARINT_BYTES_MAX = 10;

/** Writes a zig-zag varint (Avro `int`, `long`; Kafka's record fields) and answers where it ends. Room for 10 bytes must be there. */
export function writeVarint(bytes: Uint8Array, at: number, value: Long): number {
  let position = at;
  if (typeof value === 'number' && value >= -1073741824 && value < 1073741824) {
    let small = (value << 1) ^ (value >> 31);
    while ((small & ~127) !== 0) {
      bytes[position++] = (small & 127) | 128;
      small >>>= 7;
    }
    bytes[position++] = small;
    return position;
  }
  const high = highHalf(value);
  const low = lowHalf(value);
  const sign = high >> 31;
  return writeUnsignedHalves(bytes, position, ((high << 1) | (low >>> 31)) ^ sign, (low << 1) ^ sign);
}

/** Writes an unsigned varint of 64 bits given in halves (Protobuf) and answers where it ends. Room for 10 bytes must be there. */
export function writeUnsignedHalves(bytes: Uint8Array, at: number, high: number, low: number): number {
  let position = at;
  let upper = high >>> 0;
  let lower = low >>> 0;
  while (upper !== 0 || lower > 127) {
    bytes[position++] = (lower & 127) | 128;
    lower = ((lower >>> 7) | (upper << 25)) >>> 0;
    upper >>>= 7;
  }
  bytes[position++] = lower;
  return position;
}

/** A reading position shared by functions that each read on from it. */
export interface Cursor {
  at: number;
}

/** Reads a zig-zag varint of up to 64 bits. Running off the end is the caller's to notice (`cursor.at` lies behind it). */
export function readVarint(bytes: Uint8Array, cursor: Cursor): Long {
  let at = cursor.at;
  let byte = bytes[at++]!;
  let low = byte & 127;
  if (byte > 127) {
    byte = bytes[at++]!;
    low |= (byte & 127) << 7;
    if (byte > 127) {
      byte = bytes[at++]!;
      low |= (byte & 127) << 14;
      if (byte > 127) {
        byte = bytes[at++]!;
        low |= (byte & 127) << 21;
        if (byte > 127) return readLongVarint(bytes, cursor, at, low);
      }
    }
  }
  cursor.at = at;
  return (low >>> 1) ^ -(low & 1);
}

/** The rest of a varint of five bytes and more: `low` holds its first 28 bits. */
function readLongVarint(bytes: Uint8Array, cursor: Cursor, start: number, low: number): Long {
  let at = start;
  let middle = 0;
  let top = 0;
  let shift = 0;
  let byte = 128;
  while (byte > 127 && shift < 28) {
    byte = bytes[at++]!;
    middle |= (byte & 127) << shift;
    shift += 7;
  }
  if (byte > 127) {
    byte = bytes[at++]!;
    top = byte & 127;
    if (byte > 127) top |= (bytes[at++]! & 1) << 7;
  }
  cursor.at = at;
  // The sum halved, in two exact parts: bits 1 to 27 of `low`, then 28 of `middle`, then 8 of `top`.
  const sign = -(low & 1);
  if (top === 0) {
    const half = middle * 134217728 + (low >>> 1);
    if (half < Number.MAX_SAFE_INTEGER) return sign === 0 ? half : -half - 1;
  }
  const halfLow = (low >>> 1) | (middle << 27);
  const halfHigh = (middle >>> 5) | (top << 23);
  return longOfHalves(halfHigh ^ sign, halfLow ^ sign);
}

/** Reads an unsigned varint (Protobuf) into halves: answers the low one, leaves the high one in `halvesOut[0]`. */
export function readUnsignedHalves(bytes: Uint8Array, cursor: Cursor, halvesOut: Int32Array): number {
  let at = cursor.at;
  let low = 0;
  let high = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = bytes[at++]!;
    const bits = byte & 127;
    if (shift < 28) low |= bits << shift;
    else if (shift === 28) {
      low |= bits << 28;
      high |= bits >>> 4;
    } else high |= bits << (shift - 32);
    if (!(byte > 127)) break;
  }
  cursor.at = at;
  halvesOut[0] = high;
  return low;
}
