// What generated Protobuf writers call.
import type { ByteWriter } from '../../core/bytes.ts';
import { decimalBytes, decimalText, precisionOf, rescale } from '../../core/data/decimal.ts';
import { isDecimal } from '../../core/data/logical.ts';
import { highHalf, lowHalf, VARINT_BYTES_MAX, writeUnsignedHalves, writeVarint } from '../../core/data/long.ts';
import { type Long, Struct, type Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';

export const WRITE_RUNTIME = {
  ...{
    varint,
    zigzag,
    fixed32,
    fixed64,
    float,
    double,
    text,
    binary,
    begin,
    finish,
    decimal,
    date,
    timeOfDay,
    timestamp,
  },
  ...{ missing, symbolNumber, cellsOf, wrongValue },
};

function varint(out: ByteWriter, value: Long): void {
  out.reserve(VARINT_BYTES_MAX);
  if (typeof value === 'number' && value >= 0 && value < 128) out.bytes[out.position++] = value;
  else out.position = writeUnsignedHalves(out.bytes, out.position, highHalf(value), lowHalf(value));
}

function zigzag(out: ByteWriter, value: Long): void {
  out.reserve(VARINT_BYTES_MAX);
  out.position = writeVarint(out.bytes, out.position, value);
}

function fixed32(out: ByteWriter, value: Long): void {
  out.reserve(4);
  out.position = out.bytes.writeInt32LE(lowHalf(value), out.position);
}

function fixed64(out: ByteWriter, value: Long): void {
  out.reserve(8);
  out.position = out.bytes.writeInt32LE(lowHalf(value), out.position);
  out.position = out.bytes.writeInt32LE(highHalf(value), out.position);
}

function float(out: ByteWriter, value: number): void {
  out.reserve(4);
  out.position = out.bytes.writeFloatLE(value, out.position);
}

function double(out: ByteWriter, value: number): void {
  out.reserve(8);
  out.position = out.bytes.writeDoubleLE(value, out.position);
}

function text(out: ByteWriter, value: Value, path: string): void {
  if (typeof value !== 'string') throw wrong(path, quoted(value), 'text');
  const { length } = value;
  // Three bytes a UTF-16 unit at most: below 43 units the length fits one byte, which stands before the text.
  out.reserve(length * 3 + VARINT_BYTES_MAX);
  if (length < 43) {
    const written = out.bytes.write(value, out.position + 1, 'utf8');
    out.bytes[out.position] = written;
    out.position += written + 1;
    return;
  }
  varint(out, Buffer.byteLength(value, 'utf8'));
  out.position += out.bytes.write(value, out.position, 'utf8');
}

function binary(out: ByteWriter, value: Value, path: string): void {
  if (!(value instanceof Uint8Array)) throw wrong(path, quoted(value), 'bytes');
  varint(out, value.length);
  out.copy(value);
}

/** Leaves one byte for the length of what follows; `finish` makes more room when that is not enough. */
function begin(out: ByteWriter): number {
  out.reserve(1);
  return ++out.position;
}

function finish(out: ByteWriter, start: number): void {
  const length = out.position - start;
  if (length < 128) {
    out.bytes[start - 1] = length;
    return;
  }
  let more = 0;
  for (let rest = length >>> 7; rest > 0; rest >>>= 7) more++;
  out.reserve(more);
  out.bytes.copyWithin(start + more, start, out.position);
  writeUnsignedHalves(out.bytes, start - 1, 0, length);
  out.position += more;
}

function decimal(out: ByteWriter, value: Value, scale: number, precision: number, path: string): void {
  if (!isDecimal(value)) throw wrong(path, quoted(value), 'a decimal');
  const fit = value.scale === scale ? value : rescale(value, scale);
  if (fit === null) throw wrong(path, decimalText(value), `a decimal of scale ${scale}`);
  const start = begin(out);
  const digits = decimalBytes(fit);
  varint(out, 10);
  varint(out, digits.length);
  out.copy(digits);
  numbered(out, 16, precision === 0 ? precisionOf(fit) : precision);
  numbered(out, 24, scale);
  finish(out, start);
}

function date(out: ByteWriter, value: Value): void {
  const day = new Date(Number(value) * 86400000);
  const start = begin(out);
  numbered(out, 8, day.getUTCFullYear());
  numbered(out, 16, day.getUTCMonth() + 1);
  numbered(out, 24, day.getUTCDate());
  finish(out, start);
}

function timeOfDay(out: ByteWriter, value: Value): void {
  const ms = Number(value);
  const seconds = Math.floor(ms / 1000);
  const start = begin(out);
  numbered(out, 8, Math.floor(seconds / 3600));
  numbered(out, 16, Math.floor(seconds / 60) % 60);
  numbered(out, 24, seconds % 60);
  numbered(out, 32, (ms - seconds * 1000) * 1000000);
  finish(out, start);
}

function timestamp(out: ByteWriter, value: Value): void {
  const ms = Number(value);
  const seconds = Math.floor(ms / 1000);
  const start = begin(out);
  numbered(out, 8, seconds);
  numbered(out, 16, (ms - seconds * 1000) * 1000000);
  finish(out, start);
}

function numbered(out: ByteWriter, tag: number, value: number): void {
  if (value === 0) return;
  varint(out, tag);
  varint(out, value);
}

function symbolNumber(numbers: ReadonlyMap<string, number>, value: Value, path: string): number {
  const number = numbers.get(String(value));
  if (number !== undefined) return number;
  // A number that the reader's schema did not know came as a number.
  if (/^-?\d+$/.test(String(value))) return Number(value);
  throw wrong(path, quoted(value), `one of ${[...numbers.keys()].join(', ')}`);
}

/** The cells of what must be a struct. */
function cellsOf(value: Value, path: string): readonly Value[] {
  if (value instanceof Struct) return value.cells;
  throw wrong(path, quoted(value), 'a struct');
}

function missing(path: string): never {
  throw new TributaryError('TRIB_FORMAT_VALUE_MISSING', 'data', {
    what: `The field ${path} is null, but its schema demands a value.`,
    fix: 'Make the field optional in the schema, or give it a value.',
  });
}

function wrongValue(path: string, found: string, wanted: string): never {
  throw wrong(path, found, wanted);
}

function wrong(path: string, found: string, wanted: string): TributaryError {
  return new TributaryError('TRIB_FORMAT_VALUE_WRONG', 'data', {
    what: `The field ${path} holds ${found} where its schema demands ${wanted}.`,
  });
}
