// Connect data → JSON text as JsonSchemaConverter writes it: a choice of types is the value of its one branch, maps whose keys are
// no text are lists of {"key", "value"}.
import { decimalBytes, decimalScientificText, rescale } from '../../core/data/decimal.ts';
import { isDecimal, scaleOf } from '../../core/data/logical.ts';
import { LOGICAL, type Schema, Struct, type Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { doubleText, floatText } from '../../core/java/number-text.ts';
import { base64Of, quoteJson } from '../json-text.ts';
import { isOneOf } from './connect-marks.ts';

export interface JsonPrintOptions {
  /** Decimals as numbers instead of base64 (`decimal.format=NUMERIC`). */
  readonly numericDecimals: boolean;
  /** Nulls of optional fields are left out (`use.optional.for.nonrequired`). */
  readonly omitNulls: boolean;
  /** A null in an optional field that has a default becomes the default. */
  readonly replaceNull: boolean;
}

/** The JSON text of a value. Throws `data` for a value that is not of its schema. */
export function printValue(schema: Schema, value: Value, options: JsonPrintOptions): string {
  if (value === null) {
    const fallback = schema.defaultValue ?? null;
    if (fallback !== null && (options.replaceNull || !schema.optional)) return printValue(schema, fallback, options);
    if (schema.optional) return 'null';
    throw wrong(schema, value);
  }
  switch (schema.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : refuse(schema, value);
    case 'float32':
      return typeof value === 'number' ? finite(value, floatText) : refuse(schema, value);
    case 'float64':
      return typeof value === 'number' ? finite(value, doubleText) : refuse(schema, value);
    case 'string':
      return typeof value === 'string' ? quoteJson(value) : refuse(schema, value);
    case 'bytes':
      if (schema.name === LOGICAL.decimal) return decimal(schema, value, options);
      return value instanceof Uint8Array ? `"${base64Of(value)}"` : refuse(schema, value);
    case 'array':
      return list(schema, value, options);
    case 'map':
      return map(schema, value, options);
    case 'struct':
      return struct(schema, value, options);
    default:
      return typeof value === 'number' || typeof value === 'bigint' ? String(value) : refuse(schema, value);
  }
}

function list(schema: Schema, value: Value, options: JsonPrintOptions): string {
  if (!Array.isArray(value)) return refuse(schema, value);
  let text = '';
  for (let i = 0; i < value.length; i++) {
    text += `${i === 0 ? '' : ','}${printValue(schema.items!, value[i]!, options)}`;
  }
  return `[${text}]`;
}

function map(schema: Schema, value: Value, options: JsonPrintOptions): string {
  if (!(value instanceof Map)) return refuse(schema, value);
  const isObject = schema.keys!.kind === 'string' && !schema.keys!.optional;
  let text = '';
  for (const pair of value) {
    const item = printValue(schema.items!, pair[1], options);
    const entry = isObject
      ? `${quoteJson(String(pair[0]))}:${item}`
      : `{"key":${printValue(schema.keys!, pair[0], options)},"value":${item}}`;
    text += text === '' ? entry : `,${entry}`;
  }
  return isObject ? `{${text}}` : `[${text}]`;
}

function struct(schema: Schema, value: Value, options: JsonPrintOptions): string {
  if (!(value instanceof Struct)) return refuse(schema, value);
  const fields = schema.fields ?? [];
  const { cells } = value;
  if (isOneOf(schema)) {
    for (let i = 0; i < fields.length; i++) {
      const cell = cells[i] ?? null;
      if (cell !== null) return printValue(fields[i]!.schema, cell, options);
    }
    return schema.optional ? 'null' : refuse(schema, null);
  }
  let text = '';
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    const cell = cells[i] ?? null;
    const isNull = cell === null && field.schema.optional;
    const hasDefault = options.replaceNull && (field.schema.defaultValue ?? null) !== null;
    if (isNull && options.omitNulls && !hasDefault) continue;
    text += `${text === '' ? '' : ','}${quoteJson(field.name)}:${printValue(field.schema, cell, options)}`;
  }
  return `{${text}}`;
}

function finite(value: number, text: (value: number) => string): string {
  return Number.isFinite(value) ? text(value) : `"${value}"`;
}

function decimal(schema: Schema, value: Value, options: JsonPrintOptions): string {
  if (!isDecimal(value)) return refuse(schema, value);
  if (options.numericDecimals) return decimalScientificText(value);
  const scale = scaleOf(schema) ?? value.scale;
  const fit = value.scale === scale ? value : rescale(value, scale);
  if (fit !== null) return `"${decimalBytes(fit).toString('base64')}"`;
  throw new TributaryError('TRIB_CONNECT_VALUE', 'data', {
    what: `The decimal ${decimalScientificText(value)} does not fit the scale ${scale} of its schema.`,
    fix: 'Set decimal.format=NUMERIC, or give the value the scale of its schema.',
  });
}

function refuse(schema: Schema, value: Value): never {
  throw wrong(schema, value);
}

function wrong(schema: Schema, value: Value): TributaryError {
  return new TributaryError('TRIB_CONNECT_VALUE', 'data', {
    what: `The value ${quoted(value)} is not of its schema's type ${schema.kind}${schema.optional ? '' : ' (required)'}.`,
  });
}
