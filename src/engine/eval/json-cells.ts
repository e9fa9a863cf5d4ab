// Cells as JSON and JSON as cells, typed by SQL types (the contract's §4).
import { parseDecimal, rescale } from '../../core/data/decimal.ts';
import { parseLong } from '../../core/data/long.ts';
import type { Decimal, Value } from '../../core/data/schema.ts';
import { doubleText } from '../../core/java/number-text.ts';
import type { Printable } from '../../formats/json-text.ts';
import { isJsonNumber, isJsonObject, JsonNumber, type JsonValue, numberText } from '../../formats/json-value.ts';
import type { Column, SqlType } from '../../sql/types/sql-type.ts';
import { dateText, timestampText, timeTextWithMs } from '../../sql/types/time-text.ts';

/** A cell as JSON. `timesAsText`: as query responses show DATE, TIME and TIMESTAMP. */
export function jsonOfCell(value: Value, type: SqlType, timesAsText: boolean): Printable {
  if (value === null) return null;
  switch (type.base) {
    case 'DOUBLE':
      return Number.isFinite(value as number) ? new JsonNumber(doubleText(value as number)) : String(value);
    case 'DATE':
      return timesAsText ? dateText(value as number) : (value as number);
    case 'TIME':
      return timesAsText ? timeTextWithMs(value as number) : (value as number);
    case 'TIMESTAMP':
      return timesAsText ? timestampText(value as number) : (value as number);
    case 'ARRAY':
      return (value as Value[]).map((item) => jsonOfCell(item, type.items, timesAsText));
    case 'MAP':
      return new Map(
        [...(value as Map<Value, Value>)].map(([key, item]) => [
          String(key),
          jsonOfCell(item, type.items, timesAsText),
        ]),
      );
    case 'STRUCT':
      return jsonOfRow(value as Value[], type.fields, timesAsText);
    default:
      return value as Printable;
  }
}

/** A row as a JSON object, every column there. */
export function jsonOfRow(row: readonly Value[], columns: readonly Column[], timesAsText: boolean): Printable {
  return new Map(columns.map(({ name, type }, index) => [name, jsonOfCell(row[index] ?? null, type, timesAsText)]));
}

/** A JSON value as a cell; fields match without regard to case, unknown ones are dropped. Throws when it cannot be one. */
export function cellOfJson(json: JsonValue | undefined, type: SqlType): Value {
  if (json === null || json === undefined) return null;
  switch (type.base) {
    case 'BOOLEAN':
      return typeof json === 'boolean' ? json : String(json).toLowerCase() === 'true';
    case 'INTEGER':
    case 'BIGINT':
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
      return integerOf(json);
    case 'DOUBLE':
      return isJsonNumber(json) ? Number(numberText(json)) : Number(json);
    case 'DECIMAL':
      return decimalOf(json, type.scale);
    case 'STRING':
      return typeof json === 'string' ? json : isJsonNumber(json) ? numberText(json) : String(json);
    case 'BYTES':
      return Buffer.from(String(json), 'base64');
    case 'ARRAY':
      return Array.isArray(json) ? json.map((item) => cellOfJson(item, type.items)) : refuse(json, 'an array');
    case 'MAP':
      if (!isJsonObject(json)) return refuse(json, 'an object');
      return new Map(Object.entries(json).map(([key, item]) => [key, cellOfJson(item, type.items)]));
    case 'STRUCT':
      return isJsonObject(json) ? rowOfJson(json, type.fields) : refuse(json, 'an object');
  }
}

/** A JSON object as a row of these columns. */
export function rowOfJson(json: { readonly [name: string]: JsonValue }, columns: readonly Column[]): Value[] {
  const upper = new Map(Object.entries(json).map(([name, item]) => [name.toUpperCase(), item]));
  return columns.map(({ name, type }) => cellOfJson(json[name] ?? upper.get(name.toUpperCase()), type));
}

function integerOf(json: JsonValue): Value {
  const text = isJsonNumber(json) ? numberText(json) : String(json);
  return parseLong(text) ?? Math.trunc(Number(text));
}
function decimalOf(json: JsonValue, scale: number): Decimal {
  const text = isJsonNumber(json) ? numberText(json) : String(json);
  const decimal = parseDecimal(text);
  if (decimal === null) return refuse(json, 'a number');
  return rescale(decimal, scale) ?? decimal;
}
function refuse(json: JsonValue, wanted: string): never {
  throw new Error(`${String(json)} is not ${wanted}`);
}
