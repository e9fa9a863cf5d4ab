// Source cells → values of the target's columns.
//
// Law: a conversion loses nothing or is refused: 64-bit integers and decimals keep their digits, a number that the target cannot
// hold is a bad row. Whether a cell came as text, as a JSON number or as an Avro value makes no difference.

import {
  compareDecimals,
  decimalOfNumber,
  decimalText,
  fitDecimal,
  integerPart,
  parseDecimal,
  rescale,
} from '../../core/data/decimal.ts';
import { isDecimal, isDecimalSchema, precisionOfSchema, scaleOf } from '../../core/data/logical.ts';
import { LONG_MAX, LONG_MIN, longOf, parseLong } from '../../core/data/long.ts';
import { type Decimal, LOGICAL, type Long, type Schema, type Value } from '../../core/data/schema.ts';
import { quoted } from '../../core/errors.ts';
import { type Printable, parseJson, printJson } from '../../formats/json-text.ts';
import { JsonNumber } from '../../formats/json-value.ts';
import { type Cell, type CellObject, Moment } from '../rows/row-source.ts';
import {
  dateText,
  millisOf,
  parseDate,
  parseTime,
  parseTimestamp,
  type SubMillisecond,
  timestampText,
  timeText,
} from './times.ts';

/** Why a cell cannot be taken. A part of a bad row's report, never shown alone. */
export class BadCell extends Error {
  override name = 'BadCell';
}

/** Converts a cell. Throws {@link BadCell}. */
export type Convert = (cell: Cell) => Value;

/** The converter into a schema. Null stays null; whether the column may be null is the format's to say. */
export function converterTo(target: Schema, policy: SubMillisecond): Convert {
  const convert = notNullConverter(target, policy);
  return (cell) => (cell === null ? null : convert(cell));
}

function notNullConverter(target: Schema, policy: SubMillisecond): Convert {
  switch (target.kind) {
    case 'boolean':
      return toBoolean;
    case 'int8':
      return (cell) => inRange(toLong(cell), -128, 127, cell);
    case 'int16':
      return (cell) => inRange(toLong(cell), -32_768, 32_767, cell);
    case 'int32':
      if (target.name === LOGICAL.date) return toDate;
      if (target.name === LOGICAL.time) return (cell) => toTime(cell, policy);
      return (cell) => inRange(toLong(cell), -2_147_483_648, 2_147_483_647, cell);
    case 'int64':
      return target.name === LOGICAL.timestamp ? (cell) => toTimestamp(cell, policy) : toLong;
    case 'float32':
    case 'float64':
      return toDouble;
    case 'string':
      return toText;
    case 'bytes':
      return isDecimalSchema(target) ? decimalConverter(target) : toBytes;
    case 'array':
      return arrayConverter(converterTo(target.items!, policy));
    case 'map':
      return mapConverter(converterTo(target.items!, policy));
    case 'struct':
      return structConverter(target, policy);
  }
}

function toBoolean(cell: Cell): Value {
  if (typeof cell === 'boolean') return cell;
  const text = typeof cell === 'string' ? cell.toLowerCase() : '';
  if (text === 'true') return true;
  if (text === 'false') return false;
  throw refused(cell, 'a BOOLEAN');
}

function toLong(cell: Cell): Long {
  if (typeof cell === 'number' && Number.isSafeInteger(cell)) return cell === 0 ? 0 : cell;
  if (typeof cell === 'bigint' && cell <= LONG_MAX && cell >= LONG_MIN) return longOf(cell);
  if (typeof cell === 'string') {
    const long = parseLong(cell);
    if (long !== null) return long === 0 ? 0 : long;
  }
  // 97.0 and 1e3 are integers too.
  const decimal = decimalOf(cell);
  const whole = decimal === null ? null : rescale(decimal, 0);
  if (whole !== null && integerPart(whole) <= LONG_MAX && integerPart(whole) >= LONG_MIN) {
    return longOf(integerPart(whole));
  }
  throw refused(cell, 'a 64-bit integer');
}

function inRange(value: Long, least: number, most: number, cell: Cell): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw refused(cell, `an integer from ${least} to ${most}`);
}

const ODD_DOUBLES: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '+inf': Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  '+infinity': Number.POSITIVE_INFINITY,
  '-infinity': Number.NEGATIVE_INFINITY,
};

function toDouble(cell: Cell): Value {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'string') {
    const odd = ODD_DOUBLES[cell.toLowerCase()];
    if (odd !== undefined) return odd;
  }
  const decimal = decimalOf(cell);
  if (decimal !== null) {
    const double = Number(textOfDecimal(cell, decimal));
    const back = decimalOfNumber(double);
    // The shortest text of a double is that double again; longer ones (NUMERIC, big integers) may be no double at all.
    if (back !== null && compareDecimals(back, decimal) === 0) return double;
  }
  throw refused(cell, 'a DOUBLE without loss');
}

function textOfDecimal(cell: Cell, decimal: Decimal): string {
  return typeof cell === 'string' ? cell : cell instanceof JsonNumber ? cell.text : decimalText(decimal);
}

function decimalConverter(target: Schema): Convert {
  const precision = precisionOfSchema(target);
  const scale = scaleOf(target) ?? 0;
  return (cell) => {
    const decimal = decimalOf(cell);
    const fitting = decimal === null ? null : fitDecimal(decimal, precision, scale);
    if (fitting === null) throw refused(cell, `a DECIMAL(${precision}, ${scale}) without loss`);
    return fitting;
  };
}

function decimalOf(cell: Cell): Decimal | null {
  if (typeof cell === 'string') return parseDecimal(cell);
  if (typeof cell === 'number') return decimalOfNumber(cell);
  if (typeof cell === 'bigint') return { unscaled: cell, scale: 0 };
  if (cell instanceof JsonNumber) return parseDecimal(cell.text);
  return isDecimal(cell) ? cell : null;
}

function toText(cell: Cell): Value {
  if (typeof cell === 'string') return cell;
  if (cell instanceof Moment) return momentText(cell);
  if (cell instanceof Uint8Array) return Buffer.from(cell).toString('base64');
  if (isDecimal(cell)) return plainDecimal(cell);
  // Numbers as they were written; objects and arrays as JSON text.
  return printJson(printable(cell));
}

/** BigQuery's own text of a NUMERIC: plain, without trailing zeros. */
function plainDecimal(decimal: Decimal): string {
  const text = decimalText(decimal);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function momentText(moment: Moment): string {
  if (moment.kind === 'date') return dateText(Number(moment.micros));
  return moment.kind === 'time' ? timeText(moment.micros) : timestampText(moment.micros);
}

function printable(cell: Cell): Printable {
  if (cell instanceof Moment) return momentText(cell);
  if (Array.isArray(cell)) return cell.map(printable);
  if (cell === null || typeof cell !== 'object' || cell instanceof JsonNumber || cell instanceof Uint8Array)
    return cell;
  if (isDecimal(cell)) return cell;
  return Object.fromEntries(Object.entries(cell as CellObject).map(([name, member]) => [name, printable(member)]));
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function toBytes(cell: Cell): Value {
  if (cell instanceof Uint8Array) return cell;
  if (typeof cell === 'string' && BASE64.test(cell)) return Buffer.from(cell, 'base64');
  throw refused(cell, 'BYTES in base64');
}

function toDate(cell: Cell): Value {
  if (cell instanceof Moment && cell.kind === 'date') return Number(cell.micros);
  const days = typeof cell === 'string' ? parseDate(cell) : null;
  if (days === null) throw refused(cell, 'a DATE such as 2024-02-29');
  return days;
}

function toTime(cell: Cell, policy: SubMillisecond): Value {
  if (cell instanceof Moment && cell.kind === 'time') return exact(millisOf(cell.micros, policy), cell);
  const ms = typeof cell === 'string' ? parseTime(cell, policy) : null;
  if (ms === null) throw refused(cell, 'a TIME such as 01:02:03.5');
  return exact(ms, cell);
}

function toTimestamp(cell: Cell, policy: SubMillisecond): Value {
  if (cell instanceof Moment && cell.kind === 'timestamp') return exact(millisOf(cell.micros, policy), cell);
  if (cell instanceof Moment && cell.kind === 'date') return Number(cell.micros) * 86_400_000;
  const ms = typeof cell === 'string' ? parseTimestamp(cell, policy) : null;
  if (ms === null) throw refused(cell, 'a TIMESTAMP such as 2024-02-29 01:02:03.5 UTC');
  return exact(ms, cell);
}

function exact(ms: number | 'finer', cell: Cell): number {
  if (ms !== 'finer') return ms;
  throw new BadCell(`${shown(cell)} is finer than a millisecond; set "sub.millisecond": "truncate" to cut such times`);
}

function arrayConverter(item: Convert): Convert {
  return (cell) => {
    const items = typeof cell === 'string' ? jsonOf(cell) : cell;
    if (!Array.isArray(items)) throw refused(cell, 'an ARRAY (in text: JSON)');
    return items.map((each) => item(each as Cell));
  };
}

function mapConverter(item: Convert): Convert {
  return (cell) => {
    const members = objectOf(cell);
    if (members === null) throw refused(cell, 'a MAP (in text: a JSON object)');
    return new Map(Object.entries(members).map(([name, member]): [Value, Value] => [name, item(member)]));
  };
}

/** A struct is its bare cells. Members are matched without regard to case; those that are missing are NULL. */
function structConverter(target: Schema, policy: SubMillisecond): Convert {
  const fields = (target.fields ?? []).map((field) => ({
    name: field.name,
    lower: field.name.toLowerCase(),
    convert: converterTo(field.schema, policy),
  }));
  return (cell) => {
    const members = objectOf(cell);
    if (members === null) throw refused(cell, 'a STRUCT (in text: a JSON object)');
    return fields.map((field) => {
      if (field.name in members) return field.convert(members[field.name]!);
      const name = Object.keys(members).find((each) => each.toLowerCase() === field.lower);
      return name === undefined ? null : field.convert(members[name]!);
    });
  };
}

function objectOf(cell: Cell): CellObject | null {
  const value = typeof cell === 'string' ? jsonOf(cell) : cell;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  if (value instanceof JsonNumber || value instanceof Moment || value instanceof Uint8Array) return null;
  return isDecimal(value) ? null : (value as CellObject);
}

function jsonOf(text: string): Cell {
  try {
    return parseJson(text) as Cell;
  } catch {
    return null;
  }
}

function refused(cell: Cell, wanted: string): BadCell {
  return new BadCell(`${shown(cell)} is not ${wanted}`);
}

function shown(cell: Cell): string {
  if (cell instanceof Uint8Array) return `${cell.length} bytes`;
  return quoted(typeof cell === 'string' ? cell : toText(cell));
}
