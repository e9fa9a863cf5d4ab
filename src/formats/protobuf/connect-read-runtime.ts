// What generated Protobuf readers call.
//
// Law: a reader never reads behind `end` unnoticed: lengths are checked before use, and the position once more at the end.
import { decimalOfBytes, rescale } from '../../core/data/decimal.ts';
import { type Cursor, longOfHalves, readUnsignedHalves } from '../../core/data/long.ts';
import { type Decimal, type Long, Struct } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import { textAt } from '../text-bytes.ts';

/** A reading position, with the high half of the varint that was read last. */
export interface ProtoCursor extends Cursor {
  readonly high: Int32Array;
}

export const READ_RUNTIME = {
  ...{ low, long, zigzag, zigzagLong, bool, innerEnd, text, binary, skip, decimal, date, timeOfDay, timestamp },
  ...{ fixed32, float, double, fixed64, truncated, symbol, Struct },
};

function low(b: Buffer, c: ProtoCursor): number {
  const byte = b[c.at]!;
  if (byte < 128) {
    c.at++;
    c.high[0] = 0;
    return byte;
  }
  return readUnsignedHalves(b, c, c.high);
}

function long(b: Buffer, c: ProtoCursor): Long {
  const lower = low(b, c);
  return longOfHalves(c.high[0]!, lower);
}

function zigzagLong(b: Buffer, c: ProtoCursor): Long {
  const lower = low(b, c);
  const upper = c.high[0]!;
  const sign = -(lower & 1);
  return longOfHalves((upper >>> 1) ^ sign, ((lower >>> 1) | (upper << 31)) ^ sign);
}

function zigzag(b: Buffer, c: ProtoCursor): number {
  const bits = low(b, c);
  return (bits >>> 1) ^ -(bits & 1);
}

function bool(b: Buffer, c: ProtoCursor): boolean {
  return (low(b, c) | c.high[0]!) !== 0;
}

/** Where what has its length before it ends; the position is then at its start. */
function innerEnd(b: Buffer, c: ProtoCursor, end: number): number {
  const length = low(b, c) >>> 0;
  const inner = c.at + length;
  if (c.high[0] !== 0 || !(inner <= end)) truncated();
  return inner;
}

function text(b: Buffer, c: ProtoCursor, end: number): string {
  const inner = innerEnd(b, c, end);
  const start = c.at;
  c.at = inner;
  return textAt(b, start, inner - start);
}

/** A copy: payloads are slices of a fetched buffer that is not to be kept alive by one cell. */
function binary(b: Buffer, c: ProtoCursor, end: number): Buffer {
  const inner = innerEnd(b, c, end);
  const start = c.at;
  c.at = inner;
  return Uint8Array.prototype.slice.call(b, start, inner) as Buffer;
}

function skip(b: Buffer, c: ProtoCursor, tag: number, end: number): void {
  switch (tag & 7) {
    case 0:
      low(b, c);
      return;
    case 1:
      c.at += 8;
      return;
    case 2:
      c.at = innerEnd(b, c, end);
      return;
    case 3:
      skipGroup(b, c, tag >>> 3, end);
      return;
    case 5:
      c.at += 4;
      return;
    default:
      throw corrupt(`holds the wire type ${tag & 7}`);
  }
}

function skipGroup(b: Buffer, c: ProtoCursor, number: number, end: number): void {
  while (c.at < end) {
    const tag = low(b, c) >>> 0;
    if ((tag & 7) === 4 && tag >>> 3 === number) return;
    skip(b, c, tag, end);
  }
  truncated();
}

function decimal(b: Buffer, c: ProtoCursor, end: number, scale: number): Decimal {
  const inner = innerEnd(b, c, end);
  let digits: Buffer = Buffer.alloc(0);
  let own = 0;
  while (c.at < inner) {
    const tag = low(b, c) >>> 0;
    if (tag === 10) digits = binary(b, c, inner);
    else if (tag === 24) own = low(b, c);
    else skip(b, c, tag, inner);
  }
  const value = decimalOfBytes(digits, 0, digits.length, own);
  return own === scale ? value : (rescale(value, scale) ?? value);
}

/** Date, TimeOfDay and Timestamp hold numbers as their fields 1 to 4. */
function parts(b: Buffer, c: ProtoCursor, end: number): readonly number[] {
  const inner = innerEnd(b, c, end);
  const numbers = [0, 0, 0, 0, 0];
  while (c.at < inner) {
    const tag = low(b, c) >>> 0;
    if ((tag & 7) === 0 && tag >= 8 && tag < 40) numbers[tag >>> 3] = Number(long(b, c));
    else skip(b, c, tag, inner);
  }
  return numbers;
}

function date(b: Buffer, c: ProtoCursor, end: number): number {
  const [, year, month, day] = parts(b, c, end) as [number, number, number, number];
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  return Math.floor(time.getTime() / 86400000);
}

function timeOfDay(b: Buffer, c: ProtoCursor, end: number): number {
  const [, hours, minutes, seconds, nanos] = parts(b, c, end) as [number, number, number, number, number];
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + Math.floor(nanos / 1000000);
}

function timestamp(b: Buffer, c: ProtoCursor, end: number): number {
  const [, seconds, nanos] = parts(b, c, end) as [number, number, number];
  return seconds * 1000 + Math.floor(nanos / 1000000);
}

function fixed32(b: Buffer, c: Cursor): number {
  if (c.at + 4 > b.length) truncated();
  c.at += 4;
  return b.readInt32LE(c.at - 4);
}

function float(b: Buffer, c: Cursor): number {
  if (c.at + 4 > b.length) truncated();
  c.at += 4;
  return b.readFloatLE(c.at - 4);
}

function double(b: Buffer, c: Cursor): number {
  if (c.at + 8 > b.length) truncated();
  c.at += 8;
  return b.readDoubleLE(c.at - 8);
}

function fixed64(b: Buffer, c: Cursor): Long {
  if (c.at + 8 > b.length) truncated();
  c.at += 8;
  return longOfHalves(b.readInt32LE(c.at - 4), b.readInt32LE(c.at - 8));
}

/** The name of an enum's value; a number that this schema does not know stays a number. */
function symbol(symbols: ReadonlyMap<number, string>, number: number): string {
  return symbols.get(number) ?? String(number);
}

function truncated(): never {
  throw corrupt('ends in the middle of a field');
}

function corrupt(how: string): TributaryError {
  return new TributaryError('TRIB_PROTO_PAYLOAD', 'data', {
    what: `The payload does not follow its schema: it ${how}.`,
    fix: 'The producer wrote another schema than the id in its first bytes names, or the payload was cut.',
  });
}
