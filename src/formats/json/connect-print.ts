// Connect data → JSON text, as JsonConverter writes it.
import { decimalBytes, decimalScientificText } from '../../core/data/decimal.ts';
import { isDecimal, scaleOf } from '../../core/data/logical.ts';
import { sameSchema } from '../../core/data/same-schema.ts';
import { LOGICAL, type Long, type Schema, Struct, Typed, type Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { doubleText, floatText } from '../../core/java/number-text.ts';
import { base64Of, quoteJson } from '../json-text.ts';

export interface ConnectPrintOptions {
  /** Decimals as numbers instead of base64 (`decimal.format=NUMERIC`). */
  readonly numericDecimals: boolean;
  readonly replaceNull: boolean;
}

/** The JSON text of a value. Throws `data` for a value that is not of its schema. */
export function printConnect(schema: Schema | null, value: Value, options: ConnectPrintOptions): string {
  if (schema === null) return printFree(value);
  if (value === null) {
    const fallback = schema.defaultValue ?? null;
    if (fallback !== null && options.replaceNull) return printConnect(schema, fallback, options);
    if (schema.optional) return 'null';
    throw wrong(schema, value);
  }
  switch (schema.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : refuse(schema, value);
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      if (typeof value !== 'number' && typeof value !== 'bigint') return refuse(schema, value);
      return schema.name === LOGICAL.time ? timeOfDay(schema, value) : String(value);
    case 'float32':
      return typeof value === 'number' ? finite(value, floatText) : refuse(schema, value);
    case 'float64':
      return typeof value === 'number' ? finite(value, doubleText) : refuse(schema, value);
    case 'string':
      return typeof value === 'string' ? quoteJson(value) : refuse(schema, value);
    case 'bytes':
      return schema.name === LOGICAL.decimal ? decimal(schema, value, options) : binary(schema, value);
    default:
      return printNested(schema, value, options);
  }
}

function printNested(schema: Schema, value: Value, options: ConnectPrintOptions): string {
  if (schema.kind === 'array') {
    if (!Array.isArray(value)) return refuse(schema, value);
    return `[${value.map((item) => printConnect(schema.items ?? null, item, options)).join(',')}]`;
  }
  if (schema.kind === 'map') {
    if (!(value instanceof Map)) return refuse(schema, value);
    const isObject = schema.keys?.kind === 'string';
    return printEntries(
      value,
      isObject,
      (key) => printConnect(schema.keys ?? null, key, options),
      (item) => printConnect(schema.items ?? null, item, options),
    );
  }
  if (!(value instanceof Struct)) return refuse(schema, value);
  if (value.schema !== schema && !sameSchema(value.schema, schema)) {
    throw new TributaryError('TRIB_CONNECT_VALUE', 'data', {
      what: 'A struct has another schema than its record says.',
    });
  }
  let text = '';
  for (const field of schema.fields ?? []) {
    const cell = value.cells[field.index] ?? null;
    text += `${text === '' ? '' : ','}${quoteJson(field.name)}:${printConnect(field.schema, cell, options)}`;
  }
  return `{${text}}`;
}

function printEntries(
  map: ReadonlyMap<Value, Value>,
  isObject: boolean,
  printKey: (key: Value) => string,
  printItem: (item: Value) => string,
): string {
  const entries = [...map].map(([key, item]) => {
    if (isObject) return `${quoteJson(typeof key === 'string' ? key : String(key))}:${printItem(item)}`;
    return `[${printKey(key)},${printItem(item)}]`;
  });
  return isObject ? `{${entries.join(',')}}` : `[${entries.join(',')}]`;
}

/** A value without a schema. Decimals and instants have no JSON without one: the reference refuses them too. */
function printFree(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quoteJson(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : finite(value, doubleText);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(printFree).join(',')}]`;
  if (value instanceof Uint8Array) return `"${base64Of(value)}"`;
  if (value instanceof Map) {
    const isObject = [...value.keys()].every((key) => typeof key === 'string');
    return printEntries(value, isObject, printFree, printFree);
  }
  if (value instanceof Struct) return refuseFree('a struct');
  return value instanceof Typed ? printTyped(value) : refuseFree('a decimal');
}

function printTyped(value: Typed): string {
  switch (value.kind) {
    case 'float32':
      return finite(Number(value.value), floatText);
    case 'float64':
      return finite(Number(value.value), doubleText);
    case 'timestamp':
    case 'bigint':
      return refuseFree(value.kind === 'timestamp' ? 'an instant' : 'an integer of any size');
    default:
      return String(value.value);
  }
}

function finite(value: number, text: (value: number) => string): string {
  return Number.isFinite(value) ? text(value) : `"${value}"`;
}

function decimal(schema: Schema, value: Value, options: ConnectPrintOptions): string {
  if (!isDecimal(value)) return refuse(schema, value);
  if (options.numericDecimals) return decimalScientificText(value);
  if (scaleOf(schema) === value.scale) return `"${decimalBytes(value).toString('base64')}"`;
  throw new TributaryError('TRIB_CONNECT_VALUE', 'data', {
    what: `The decimal ${decimalScientificText(value)} has the scale ${value.scale}, its schema ${scaleOf(schema)}.`,
    fix: 'Set decimal.format=NUMERIC, or give the value the scale of its schema.',
  });
}

/** A time beyond a day has no form: the reference refuses it, and so would every reader. */
function timeOfDay(schema: Schema, value: Long): string {
  return value < 0 || value > 86_400_000 ? refuse(schema, value) : String(value);
}

function binary(schema: Schema, value: Value): string {
  return value instanceof Uint8Array ? `"${base64Of(value)}"` : refuse(schema, value);
}

function refuse(schema: Schema, value: Value): never {
  throw wrong(schema, value);
}

function refuseFree(what: string): never {
  throw new TributaryError('TRIB_CONNECT_VALUE', 'data', {
    what: `A value without a schema is ${what}, which has no JSON form.`,
  });
}

function wrong(schema: Schema, value: Value): TributaryError {
  return new TributaryError('TRIB_CONNECT_VALUE', 'data', {
    what: `The value ${quoted(value)} is not of its schema's type ${schema.kind}${schema.optional ? '' : ' (required)'}.`,
  });
}
