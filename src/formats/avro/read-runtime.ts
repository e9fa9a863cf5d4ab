// What generated Avro readers call: the slow and the rare cases, and the errors.
import { decimalOfBytes, decimalText, fitDecimal } from '../../core/data/decimal.ts';
import { type Cursor, readVarint } from '../../core/data/long.ts';
import { type Decimal, type Long, Struct } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import { doubleText, floatText } from '../../core/java/number-text.ts';
import { textAt } from '../text-bytes.ts';

export const READ_RUNTIME = {
  readVarint,
  textAt,
  bytesAt,
  lengthOf,
  decimalAt,
  fitted,
  truncated,
  tooMany,
  badBranch,
  badSymbol,
  doubleText,
  floatText,
  divided,
  Struct,
};

/** A copy: payloads are slices of a fetched buffer that is not to be kept alive by one cell. */
function bytesAt(bytes: Buffer, start: number, end: number): Buffer {
  return Uint8Array.prototype.slice.call(bytes, start, end) as Buffer;
}

/** A length or count of more than one byte at the cursor. */
function lengthOf(bytes: Buffer, cursor: Cursor): number {
  const length = readVarint(bytes, cursor);
  if (typeof length !== 'number' || !(length >= 0)) throw corrupt(`holds the length ${length}`);
  return length;
}

function decimalAt(bytes: Buffer, start: number, end: number, scale: number): Decimal {
  return decimalOfBytes(bytes, start, end, scale);
}

/** The decimal in a column of another precision or scale. */
function fitted(value: Decimal, precision: number, scale: number): Decimal {
  const fit = fitDecimal(value, precision, scale);
  if (fit !== null) return fit;
  throw new TributaryError('TRIB_FORMAT_TYPE_MISMATCH', 'data', {
    what: `The decimal ${decimalText(value)} does not fit into DECIMAL(${precision}, ${scale}) without rounding.`,
    fix: 'Declare the column with more digits.',
  });
}

/** Floor division for times in smaller units than milliseconds. */
function divided(value: Long, divisor: number): Long {
  return typeof value === 'number' ? Math.floor(value / divisor) : floorDivided(value, BigInt(divisor));
}

function floorDivided(value: bigint, divisor: bigint): number {
  const quotient = value / divisor;
  return Number(value < 0n && quotient * divisor !== value ? quotient - 1n : quotient);
}

function truncated(): never {
  throw corrupt('ends in the middle of a field');
}

function tooMany(count: Long): never {
  throw corrupt(`claims ${count} items, more than it has room for`);
}

function badBranch(index: number): never {
  throw corrupt(`names branch ${(index >>> 1) ^ -(index & 1)} of a union that has no such branch`);
}

function badSymbol(index: number): never {
  throw corrupt(`names symbol ${index} of an enum that has no such symbol`);
}

function corrupt(how: string): TributaryError {
  return new TributaryError('TRIB_AVRO_PAYLOAD', 'data', {
    what: `The payload does not follow its schema: it ${how}.`,
    fix: 'The producer wrote another schema than the id in its first bytes names, or the payload was cut.',
  });
}
