// Conversions of `Cast`, with Java's arithmetic: narrowing wraps, floating point is cut towards zero and saturates.

import { decimalScientificText, decimalToNumber } from '../../core/data/decimal.ts';
import { isDecimal } from '../../core/data/logical.ts';
import { longOf, longOfDecimal, longOfDouble, parseLong, toBigInt } from '../../core/data/long.ts';
import { type Decimal, type Kind, LOGICAL, type Long, type Schema, type Value } from '../../core/data/schema.ts';
import { typed, typeOfNumber, untyped } from '../../core/data/typed.ts';
import { doubleText, floatText, parseDouble } from '../../core/java/number-text.ts';
import { isoText } from '../../core/java/simple-date-format.ts';
import { typeName } from '../cells.ts';
import { dataFault } from '../faults.ts';

/** What `Cast` casts to. */
export const CAST_TARGETS = ['int8', 'int16', 'int32', 'int64', 'float32', 'float64', 'boolean', 'string'] as const;
export type CastTarget = (typeof CAST_TARGETS)[number];

/** A cast of values of one schema. */
export type Caster = (value: Value) => Value;

/** The cast of non-null values of a schema. Throws a data fault for a schema that cannot be cast. */
export function casterOf(schema: Schema, target: CastTarget): Caster {
  const { kind } = schema;
  if (kind === 'array' || kind === 'map' || kind === 'struct') {
    // Only a value is refused: the reference lets a null through before it looks at the type.
    return () => {
      throw uncastable(kind);
    };
  }
  const dateUnitMs = target === 'string' ? DATE_UNITS[schema.name ?? ''] : undefined;
  if (dateUnitMs !== undefined)
    return (value) => isoText(dateUnitMs === 1 ? (value as Long) : (value as number) * dateUnitMs);
  if (kind === target) return (value) => (isDecimal(value) ? fromDecimal(value, target) : value);
  return (value) => (isDecimal(value) ? fromDecimal(value, target) : cast(value, kind, target));
}

/** The cast of a value without schema. */
export function castFree(value: Value, target: CastTarget): Value {
  if (value === null) return null;
  const kind = typeOfNumber(value) ?? kindOf(value);
  if (kind === null || kind === 'timestamp' || kind === 'bigint') throw uncastable(typeName(value));
  return retyped(cast(untyped(value), kind, target), target);
}

/** Puts a number of a kind back into its schemaless form. */
function retyped(value: Value, target: CastTarget): Value {
  return typeof value === 'number' || typeof value === 'bigint' ? typed(target as 'int8', value) : value;
}

const DATE_UNITS: Readonly<Record<string, number>> = {
  [LOGICAL.date]: 86_400_000,
  [LOGICAL.time]: 1,
  [LOGICAL.timestamp]: 1,
};

function kindOf(value: Value): Kind | null {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'string';
  return value instanceof Uint8Array ? 'bytes' : null;
}

function cast(value: Value, kind: Kind, target: CastTarget): Value {
  if (target === 'string') return toText(value, kind);
  if (kind === 'bytes') throw dataFault(`Unexpected type in Cast transformation: bytes to ${target}`);
  if (kind === 'string') return fromText(value as string, target);
  if (kind === 'boolean') return target === 'boolean' ? value : value ? 1 : 0;
  return fromNumber(value as Long, kind === 'float32' || kind === 'float64', target);
}

function toText(value: Value, kind: Kind): string {
  if (kind === 'float32') return floatText(value as number);
  if (kind === 'float64') return doubleText(value as number);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64');
  return String(value);
}

function fromNumber(value: Long, isFloating: boolean, target: CastTarget): Value {
  switch (target) {
    case 'int8':
      return (lowBits(value, isFloating) << 24) >> 24;
    case 'int16':
      return (lowBits(value, isFloating) << 16) >> 16;
    case 'int32':
      return lowBits(value, isFloating);
    case 'int64':
      return isFloating ? longOfDouble(value as number) : value;
    case 'float32':
      return Math.fround(Number(value));
    case 'float64':
      return Number(value);
    case 'boolean':
      return isFloating ? longOfDouble(value as number) !== 0 : value !== 0;
    default:
      return String(value);
  }
}

/** As a 32-bit integer: wrapped from a long, saturated from floating point. */
function lowBits(value: Long, isFloating: boolean): number {
  if (typeof value === 'bigint') return Number(BigInt.asIntN(32, value));
  if (!isFloating) return value | 0;
  return Number.isNaN(value) ? 0 : Math.trunc(Math.min(2147483647, Math.max(-2147483648, value)));
}

function fromDecimal(value: Decimal, target: CastTarget): Value {
  if (target === 'string') return decimalScientificText(value);
  if (target === 'float64') return decimalToNumber(value);
  if (target === 'float32') return Math.fround(decimalToNumber(value));
  return fromNumber(longOfDecimal(value), false, target);
}

const INTEGER_BITS: Readonly<Record<string, bigint>> = { int8: 7n, int16: 15n, int32: 31n, int64: 63n };

function fromText(text: string, target: CastTarget): Value {
  if (target === 'boolean') return text.toLowerCase() === 'true';
  const bits = INTEGER_BITS[target];
  if (bits === undefined) {
    const number = parseDouble(text);
    if (number === null) throw outOfRange(text);
    return target === 'float32' ? Math.fround(number) : number;
  }
  const parsed = parseLong(text);
  if (parsed === null) throw outOfRange(text);
  const exact = toBigInt(parsed);
  if (exact >= 1n << bits || exact < -(1n << bits)) throw outOfRange(text);
  return longOf(exact);
}

function uncastable(what: string): Error {
  return dataFault(
    `Cast transformation does not support casting from ${what.toUpperCase()}; supported types are [${CAST_TARGETS.join(', ')}, bytes]`,
  );
}

function outOfRange(text: string): Error {
  return dataFault(`Value (${text}) was out of range for requested data type`);
}
