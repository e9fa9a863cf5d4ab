// Comparing values whose types are known. Code is chosen once per pair of types; the row loop only calls it.
//
// Nulls: the functions of `comparisonCode` take non-null values (an ordinary comparison with a null is false, and the caller knows
// that); `equalCode` is null-safe at every depth.
import { compareDecimals, decimalOfNumber } from '../../core/data/decimal.ts';
import { toBigInt } from '../../core/data/long.ts';
import type { Decimal, Long, Value } from '../../core/data/schema.ts';
import type { ComparisonOperator } from '../syntax/ast.ts';
import { DAY_MS } from './calendar.ts';
import type { SqlType } from './sql-type.ts';
import { parseDateText, parseTimestampText, parseTimeText } from './time-text.ts';

export type Test = (left: Value, right: Value) => boolean;
export type Order = (left: Value, right: Value) => number;

/**
 * Code of `left operator right` for non-null values of comparable types (`comparable` in coerce.ts).
 * IS [NOT] DISTINCT FROM takes nulls too. Throws E-EVAL-6 when a text opposite a time type is none.
 */
export function comparisonCode(operator: ComparisonOperator, left: SqlType, right: SqlType): Test {
  if (operator === 'IS DISTINCT FROM' || operator === 'IS NOT DISTINCT FROM') {
    const equal = comparisonCode('=', left, right);
    const same = (a: Value, b: Value) => (a === null || b === null ? a === b : equal(a, b));
    return operator === 'IS DISTINCT FROM' ? (a, b) => !same(a, b) : same;
  }
  if (isStructural(left)) {
    const equal = equalCode(left);
    return operator === '=' ? equal : (a, b) => !equal(a, b);
  }
  const inline = inlineComparison(operator, left, right, 'a', 'b');
  if (inline !== null) return INLINE[operator];
  const order = orderCode(left, right);
  switch (operator) {
    case '=':
      return (a, b) => order(a, b) === 0;
    case '<>':
      return (a, b) => order(a, b) !== 0;
    case '<':
      return (a, b) => order(a, b) < 0;
    case '<=':
      return (a, b) => order(a, b) <= 0;
    case '>':
      return (a, b) => order(a, b) > 0;
    case '>=':
      return (a, b) => order(a, b) >= 0;
  }
}

// Numbers, bigints, strings and booleans of one run-time family compare by JavaScript's own operators.
// NaN: `=` is false, `<>` by the reference's rule (< or >) is false as well.
const INLINE: Readonly<Record<'=' | '<>' | '<' | '<=' | '>' | '>=', Test>> = {
  '=': (a, b) => a === b,
  '<>': (a, b) => a! < b! || a! > b!,
  '<': (a, b) => a! < b!,
  '<=': (a, b) => a! <= b!,
  '>': (a, b) => a! > b!,
  '>=': (a, b) => a! >= b!,
};

/** JavaScript text of a comparison of non-null atoms; null when it takes code of `comparisonCode`. */
export function inlineComparison(
  operator: ComparisonOperator,
  left: SqlType,
  right: SqlType,
  a: string,
  b: string,
): string | null {
  if (operator.startsWith('IS')) return null;
  const family = inlineFamily(left);
  if (family === null || family !== inlineFamily(right)) {
    const doubles = [left.base, right.base].every((base) => base === 'DOUBLE' || base === 'INTEGER');
    if (!doubles) return null;
  }
  if (operator === '=') return `(${a} === ${b})`;
  if (operator === '<>') {
    return left.base === 'DOUBLE' || right.base === 'DOUBLE' ? `(${a} < ${b} || ${a} > ${b})` : `(${a} !== ${b})`;
  }
  return `(${a} ${operator} ${b})`;
}

function inlineFamily(type: SqlType): string | null {
  switch (type.base) {
    case 'INTEGER':
    case 'BIGINT':
      return 'integer';
    case 'DOUBLE':
    case 'STRING':
    case 'BOOLEAN':
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
      return type.base;
    default:
      return null;
  }
}

function isStructural(type: SqlType): boolean {
  return type.base === 'ARRAY' || type.base === 'MAP' || type.base === 'STRUCT';
}

/** −1, 0, 1 of non-null values; of two numbers by value, of texts by UTF-16 code units, of bytes signed. NaN gives NaN. */
export function orderCode(left: SqlType, right: SqlType): Order {
  const bases = [left.base, right.base];
  if (bases.includes('DECIMAL') || (bases.includes('BIGINT') && bases.includes('DOUBLE'))) {
    return numberOrder(left, right);
  }
  if (bases.every((base) => base === 'BYTES')) return (a, b) => compareBytes(a as Uint8Array, b as Uint8Array);
  if (left.base !== right.base && (isTimeType(left) || isTimeType(right))) {
    const toLeft = timeValue(left, right);
    const toRight = timeValue(right, left);
    return (a, b) => toLeft(a) - toRight(b);
  }
  return naturalOrder;
}

function naturalOrder(left: Value, right: Value): number {
  return left! < right! ? -1 : left! > right! ? 1 : left === right ? 0 : Number.NaN;
}

function numberOrder(left: SqlType, right: SqlType): Order {
  if (left.base === 'DOUBLE' || right.base === 'DOUBLE') {
    if (left.base !== 'DECIMAL' && right.base !== 'DECIMAL') return (a, b) => naturalOrder(Number(a), Number(b));
  }
  return (a, b) => {
    const x = asDecimal(a);
    const y = asDecimal(b);
    // Only a DOUBLE can be NaN or infinite; beside those a decimal is any finite number.
    if (x === null || y === null) return naturalOrder(x === null ? a : 0, y === null ? b : 0);
    return compareDecimals(x, y);
  };
}

function asDecimal(value: Value): Decimal | null {
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? { unscaled: BigInt(value), scale: 0 } : decimalOfNumber(value);
  }
  if (typeof value === 'bigint') return { unscaled: toBigInt(value as Long), scale: 0 };
  return value as Decimal;
}

function isTimeType(type: SqlType): boolean {
  return type.base === 'DATE' || type.base === 'TIME' || type.base === 'TIMESTAMP';
}

/** A value beside one of type `other`, as a number on their common scale. */
function timeValue(type: SqlType, other: SqlType): (value: Value) => number {
  if (type.base === 'STRING') {
    if (other.base === 'TIME') return (value) => parseTimeText(value as string);
    if (other.base === 'DATE') return (value) => parseDateText(value as string);
    return (value) => parseTimestampText(value as string);
  }
  if (type.base === 'DATE' && other.base === 'TIMESTAMP') return (value) => (value as number) * DAY_MS;
  return (value) => value as number;
}

/** Signed byte-wise lexicographic order, the shorter first. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const difference = ((left[i]! << 24) >> 24) - ((right[i]! << 24) >> 24);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return Math.sign(left.length - right.length);
}

/** Null-safe equality of values of one type, at every depth. Map entries have no order. */
export function equalCode(type: SqlType): Test {
  switch (type.base) {
    case 'DECIMAL':
      return (a, b) => a === b || (a !== null && b !== null && compareDecimals(a as Decimal, b as Decimal) === 0);
    case 'BYTES':
      return (a, b) => a === b || (a !== null && b !== null && compareBytes(a as Uint8Array, b as Uint8Array) === 0);
    case 'ARRAY':
      return sequenceEqual(equalCode(type.items));
    case 'STRUCT': {
      const fields = type.fields.map((field) => equalCode(field.type));
      return (a, b) => {
        if (a === null || b === null) return a === b;
        return fields.every((equal, index) => equal((a as Value[])[index]!, (b as Value[])[index]!));
      };
    }
    case 'MAP':
      return mapEqual(type.keys, equalCode(type.items));
    case 'DOUBLE':
      // Inside collections Java's Double.equals: NaN equals NaN.
      return (a, b) => a === b || (typeof a === 'number' && Number.isNaN(a) && Number.isNaN(b));
    default:
      return (a, b) => a === b;
  }
}

function sequenceEqual(equal: Test): Test {
  return (a, b) => {
    if (a === null || b === null) return a === b;
    const left = a as Value[];
    const right = b as Value[];
    if (left.length !== right.length) return false;
    for (let i = 0; i < left.length; i++) if (!equal(left[i]!, right[i]!)) return false;
    return true;
  };
}

function mapEqual(keys: SqlType, equal: Test): Test {
  const keyOf = identityCode(keys);
  return (a, b) => {
    if (a === null || b === null) return a === b;
    const left = a as Map<Value, Value>;
    const right = b as Map<Value, Value>;
    if (left.size !== right.size) return false;
    const byKey = new Map([...right].map(([key, value]) => [keyOf(key), value]));
    for (const [key, value] of left) {
      const other = byKey.get(keyOf(key));
      if (other === undefined || !equal(value, other)) return false;
    }
    return true;
  };
}

/**
 * A function to a primitive that is equal for equal values of the type (null too): the key of sets and maps.
 * Numbers, booleans and texts are their own identity, hence cheap.
 */
export function identityCode(type: SqlType): (value: Value) => Value {
  switch (type.base) {
    case 'DECIMAL':
    case 'BYTES':
    case 'ARRAY':
    case 'MAP':
    case 'STRUCT': {
      const text = identityText(type);
      return (value) => (value === null ? null : text(value));
    }
    default:
      return (value) => value;
  }
}

function identityText(type: SqlType): (value: Value) => string {
  switch (type.base) {
    case 'DECIMAL':
      return (value) => {
        if (value === null) return 'null';
        let { unscaled, scale } = value as Decimal;
        while (scale > 0 && unscaled % 10n === 0n) {
          unscaled /= 10n;
          scale--;
        }
        return `${unscaled}e${unscaled === 0n ? 0 : scale}`;
      };
    case 'BYTES':
      return (value) => (value === null ? 'null' : Buffer.from(value as Uint8Array).toString('hex'));
    case 'ARRAY': {
      const item = identityText(type.items);
      return (value) => (value === null ? 'null' : `[${(value as Value[]).map(item).join(',')}]`);
    }
    case 'STRUCT': {
      const fields = type.fields.map((field) => identityText(field.type));
      return (value) =>
        value === null ? 'null' : `{${fields.map((field, index) => field((value as Value[])[index]!)).join(',')}}`;
    }
    case 'MAP': {
      const key = identityText(type.keys);
      const item = identityText(type.items);
      return (value) => {
        if (value === null) return 'null';
        const entries = [...(value as Map<Value, Value>)].map(([k, v]) => `${key(k)}=${item(v)}`);
        return `{${entries.sort().join(',')}}`;
      };
    }
    case 'STRING':
      return (value) => JSON.stringify(value);
    default:
      return (value) => String(value);
  }
}
