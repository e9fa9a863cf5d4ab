// Values from one type to another: CAST and implicit conversion. Code is made once per pair of types.
//
// Law: a null stays null at every depth; everything that cannot be converted throws (E-EVAL-4, -5, -6), and the caller's boundary
// turns that into NULL. BIGINT to INTEGER keeps the low 32 bits, DOUBLE to integers saturates, to DECIMAL rounds HALF_UP.
import {
  decimalOfDoubleExactly,
  decimalText,
  decimalToNumber,
  integerPart,
  parseDecimal,
  powerOfTen,
  precisionOf,
  roundHalfUp,
} from '../../core/data/decimal.ts';
import { longOfDouble, lowHalf, parseInt32, parseLong, wrapLong } from '../../core/data/long.ts';
import type { Decimal, Long, Value } from '../../core/data/schema.ts';
import { doubleText, parseDouble } from '../../core/java/number-text.ts';
import { evaluationError } from '../errors.ts';
import { DAY_MS, mod } from './calendar.ts';
import { type SqlType, sameType } from './sql-type.ts';
import { dateText, parseDateText, parseTimestampText, parseTimeText, timestampText, timeText } from './time-text.ts';
import { typeText } from './type-text.ts';

export type Convert = (value: Value) => Value;

/** Converts values of `from` (castable to `to`). Null in, null out. */
export function castCode(from: SqlType, to: SqlType): Convert {
  if (sameType(from, to)) return (value) => value;
  const convert = castNonNull(from, to);
  return (value) => (value === null ? null : convert(value));
}

function castNonNull(from: SqlType, to: SqlType): Convert {
  if (from.base === 'ARRAY' && to.base === 'ARRAY') {
    const item = castCode(from.items, to.items);
    return (value) => (value as Value[]).map(item);
  }
  if (from.base === 'MAP' && to.base === 'MAP')
    return mapCast(castCode(from.keys, to.keys), castCode(from.items, to.items));
  if (from.base === 'STRUCT' && to.base === 'STRUCT') return structCast(from.fields, to.fields);
  switch (to.base) {
    case 'STRING':
      return textOf(from);
    case 'INTEGER':
      return toInteger(from);
    case 'BIGINT':
      return toBigint(from);
    case 'DOUBLE':
      return toDouble(from);
    case 'DECIMAL':
      return toDecimal(from, to);
    default:
      return toOther(from, to);
  }
}

function mapCast(key: Convert, item: Convert): Convert {
  return (value) => {
    const out = new Map<Value, Value>();
    for (const [k, v] of value as Map<Value, Value>) out.set(key(k), item(v));
    return out;
  };
}

function structCast(
  from: readonly { readonly name: string; readonly type: SqlType }[],
  to: readonly { readonly name: string; readonly type: SqlType }[],
): Convert {
  const fields = to.map((field) => {
    const index = from.findIndex(({ name }) => name === field.name);
    return index < 0 ? null : { index, convert: castCode(from[index]!.type, field.type) };
  });
  return (value) =>
    fields.map((field) => (field === null ? null : field.convert((value as Value[])[field.index] ?? null)));
}

function toOther(from: SqlType, to: SqlType): Convert {
  if (from.base === 'STRING') {
    switch (to.base) {
      case 'BOOLEAN':
        return (value) => isTrueText(value as string);
      case 'TIMESTAMP':
        return (value) => parseTimestampText(value as string);
      case 'TIME':
        return (value) => parseTimeText(value as string);
      case 'DATE':
        return (value) => parseDateText(value as string);
      case 'BYTES':
        return (value) => bytesOfBase64(value as string);
    }
  }
  if (from.base === 'TIMESTAMP' && to.base === 'DATE') return (value) => Math.floor((value as number) / DAY_MS);
  if (from.base === 'TIMESTAMP' && to.base === 'TIME') return (value) => mod(value as number, DAY_MS);
  if (from.base === 'DATE' && to.base === 'TIMESTAMP') return (value) => (value as number) * DAY_MS;
  throw evaluationError('CAST-1', `${typeText(from)} cannot be cast to ${typeText(to)}.`);
}

/** A non-empty prefix of "true" or "yes" in any case. */
export function isTrueText(text: string): boolean {
  const lower = text.trim().toLowerCase();
  return lower !== '' && ('true'.startsWith(lower) || 'yes'.startsWith(lower));
}

/** Throws E-EVAL-5. */
export function bytesOfBase64(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.replace(/=+$/, '').length % 4 === 1) {
    throw evaluationError('EVAL-5', `"${text.slice(0, 80)}" is not base64.`);
  }
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function toInteger(from: SqlType): Convert {
  switch (from.base) {
    case 'BIGINT':
      return (value) => lowHalf(value as Long);
    case 'DECIMAL':
      return (value) => lowHalf(wrapLong(integerPart(value as Decimal)));
    case 'DOUBLE':
      return (value) => integerOfDouble(value as number);
    default:
      return (value) => parseInt32((value as string).trim()) ?? badNumber(value as string, 'INTEGER');
  }
}

/** Java's `(int) double`: cut, saturated, NaN is 0. */
export function integerOfDouble(value: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.max(-2147483648, Math.min(2147483647, Math.trunc(value))) + 0;
}

function toBigint(from: SqlType): Convert {
  switch (from.base) {
    case 'INTEGER':
      return (value) => value;
    case 'DECIMAL':
      return (value) => wrapLong(integerPart(value as Decimal));
    case 'DOUBLE':
      return (value) => longOfDouble(value as number);
    default:
      return (value) => parseLong((value as string).trim()) ?? badNumber(value as string, 'BIGINT');
  }
}

function toDouble(from: SqlType): Convert {
  switch (from.base) {
    case 'INTEGER':
      return (value) => value;
    case 'BIGINT':
      return (value) => Number(value as Long);
    case 'DECIMAL':
      return (value) => decimalToNumber(value as Decimal);
    default:
      return (value) => {
        const number = parseDouble(value as string);
        return number === null || !Number.isFinite(number) ? badNumber(value as string, 'DOUBLE') : number;
      };
  }
}

function toDecimal(from: SqlType, to: SqlType & { base: 'DECIMAL' }): Convert {
  switch (from.base) {
    case 'INTEGER':
    case 'BIGINT':
      return (value) => fitInto({ unscaled: BigInt(value as Long), scale: 0 }, to);
    case 'DECIMAL':
      return (value) => fitInto(value as Decimal, to);
    case 'DOUBLE':
      return (value) => fitInto(decimalOfDouble(value as number, to.precision), to);
    default:
      return (value) => fitInto(parseDecimal((value as string).trim()) ?? badNumber(value as string, typeText(to)), to);
  }
}

/** Taken exactly in binary, then rounded to so many significant digits. */
function decimalOfDouble(value: number, digits: number): Decimal {
  const exact = decimalOfDoubleExactly(value);
  if (exact === null) throw evaluationError('EVAL-4', `${value} is not a DECIMAL.`);
  const surplus = precisionOf(exact) - digits;
  return surplus > 0 ? roundHalfUp(exact, exact.scale - surplus) : exact;
}

/** |value| must be below 10^(precision − scale), judged before rounding HALF_UP to the scale. Throws E-EVAL-4. */
export function fitInto(value: Decimal, to: { readonly precision: number; readonly scale: number }): Decimal {
  const magnitude = value.unscaled < 0n ? -value.unscaled : value.unscaled;
  const whole = to.precision - to.scale;
  const tooLarge =
    value.scale >= 0
      ? magnitude >= powerOfTen(whole + value.scale)
      : magnitude * powerOfTen(-value.scale) >= powerOfTen(whole);
  if (tooLarge) {
    const type = `DECIMAL(${to.precision}, ${to.scale})`;
    throw evaluationError('EVAL-4', `${decimalText(value)} does not fit ${type}: the limit is 10^${whole}.`);
  }
  return value.scale === to.scale ? value : roundHalfUp(value, to.scale);
}

function badNumber(text: string, type: string): never {
  throw evaluationError('EVAL-5', `"${text.slice(0, 80)}" is not ${type === 'INTEGER' ? 'an' : 'a'} ${type}.`);
}

/** The text of non-null values as CAST to STRING writes it. */
export function textOf(from: SqlType): (value: Value) => string {
  switch (from.base) {
    case 'DOUBLE':
      return (value) => doubleText(value as number);
    case 'DECIMAL':
      return (value) => decimalText(value as Decimal);
    case 'DATE':
      return (value) => dateText(value as number);
    case 'TIME':
      return (value) => timeText(value as number);
    case 'TIMESTAMP':
      return (value) => timestampText(value as number);
    case 'BYTES':
      return (value) => Buffer.from(value as Uint8Array).toString('base64');
    case 'ARRAY': {
      const item = nestedText(from.items);
      return (value) => `[${(value as Value[]).map(item).join(', ')}]`;
    }
    case 'MAP': {
      const key = nestedText(from.keys);
      const item = nestedText(from.items);
      return (value) => `{${[...(value as Map<Value, Value>)].map(([k, v]) => `${key(k)}=${item(v)}`).join(', ')}}`;
    }
    case 'STRUCT': {
      const fields = from.fields.map(({ name, type }) => ({ name, text: textOf(type) }));
      return (value) => {
        const parts: string[] = [];
        for (const [index, { name, text }] of fields.entries()) {
          const cell = (value as Value[])[index] ?? null;
          if (cell !== null) parts.push(`${name}=${text(cell)}`);
        }
        return `Struct{${parts.join(',')}}`;
      };
    }
    default:
      return (value) => String(value);
  }
}

function nestedText(type: SqlType): (value: Value) => string {
  const text = textOf(type);
  return (value) => (value === null ? 'null' : text(value));
}
