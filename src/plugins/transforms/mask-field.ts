// Replaces values by the empty value of their type, or by a given one.

import type { TransformDef } from '../../connect/plugins.ts';
import { nonEmptyList, nonEmptyText } from '../../core/config/checks.ts';
import { decimalToNumber, integerPart, parseDecimal } from '../../core/data/decimal.ts';
import { isDecimal } from '../../core/data/logical.ts';
import { longOf, longOfDecimal, toBigInt } from '../../core/data/long.ts';
import { LOGICAL, type Schema, Struct, type Value } from '../../core/data/schema.ts';
import { typed, typeOfNumber } from '../../core/data/typed.ts';
import { nullCell, REPLACE_NULL_WITH_DEFAULT, requireMap, requireStruct, typeName } from '../cells.ts';
import { dataFault } from '../faults.ts';
import { perSchema } from '../per-schema.ts';
import { entries, sample } from '../sample.ts';
import { actsOnKey, KAFKA_VERSION, replacedOn, schemaOn, sidedClasses, valueOn } from './side.ts';

/** Kafka's `MaskField`. */
export const maskField: TransformDef = {
  kind: 'transform',
  name: 'MaskField',
  classes: sidedClasses('MaskField'),
  version: KAFKA_VERSION,
  doc: 'Replaces values by the empty value of their type (0, false, "", the epoch, an empty list or map), or by a given one.',
  config: [
    { name: 'fields', type: 'LIST', importance: 'HIGH', doc: 'Fields to mask.', check: nonEmptyList },
    {
      name: 'replacement',
      type: 'STRING',
      fallback: null,
      importance: 'LOW',
      doc: 'Put in place of numbers and text; must fit the type of the field.',
      check: nonEmptyText,
    },
    REPLACE_NULL_WITH_DEFAULT,
  ],
  examples: [
    {
      config: { fields: 'card,age' },
      given: sample({ value: entries({ card: '4111', age: 30, id: 7 }) }),
      gives: sample({ value: entries({ card: '', age: 0, id: 7 }) }),
    },
  ],
  create: (config, className) => {
    const onKey = actsOnKey(className);
    const replaceNull = config['replace.null.with.default'] as boolean;
    const replacement = config['replacement'] as string | null;
    const names = new Set(config['fields'] as readonly string[]);
    const planOf = perSchema((schema) => (schema.fields ?? []).map((field) => names.has(field.name)));
    return (record) => {
      const schema = schemaOn(record, onKey);
      const value = valueOn(record, onKey);
      if (schema === null) {
        const copy = new Map(requireMap(value, 'mask fields'));
        for (const name of names) copy.set(name, maskFree(copy.get(name) ?? null, replacement));
        return replacedOn(record, onKey, null, copy);
      }
      const struct = requireStruct(value, 'mask fields');
      const masked = planOf(schema);
      const fields = schema.fields!;
      const cells = new Array<Value>(fields.length);
      for (let i = 0; i < fields.length; i++) {
        const field = fields[i]!;
        const cell = struct.cells[i] ?? nullCell(field.schema, field.name, replaceNull);
        cells[i] = cell !== null && masked[i] === true ? mask(field.schema, cell, replacement) : cell;
      }
      return replacedOn(record, onKey, schema, new Struct(schema, cells));
    };
  },
};

const DATES: ReadonlySet<string | undefined> = new Set([LOGICAL.date, LOGICAL.time, LOGICAL.timestamp]);

function mask(schema: Schema, value: Value, replacement: string | null): Value {
  const kind = isDecimal(value) ? 'decimal' : DATES.has(schema.name) ? 'date' : schema.kind;
  return replacement === null ? emptyOf(kind) : replaced(kind, replacement);
}

function maskFree(value: Value, replacement: string | null): Value {
  if (value === null) return null;
  const number = typeOfNumber(value);
  const kind = number ?? (isDecimal(value) ? 'decimal' : (KINDS_BY_NAME[typeName(value)] ?? 'struct'));
  if (number === null) return replacement === null ? emptyOf(kind) : replaced(kind, replacement);
  const masked = replacement === null ? 0 : (replaced(number, replacement) as number);
  return typed(number, masked);
}

const KINDS_BY_NAME: Readonly<Record<string, string>> = {
  boolean: 'boolean',
  string: 'string',
  list: 'array',
  map: 'map',
  bytes: 'bytes',
};

function emptyOf(kind: string): Value {
  switch (kind) {
    case 'boolean':
      return false;
    case 'string':
      return '';
    case 'array':
      return [];
    case 'map':
      return new Map();
    case 'decimal':
      return { unscaled: 0n, scale: 0 };
    case 'bytes':
    case 'struct':
      throw dataFault(`Cannot mask value of type: ${kind}`, 'Use ReplaceField to remove the field.');
    default:
      return 0;
  }
}

const INTEGER_BITS: Readonly<Record<string, number>> = { int8: 8, int16: 16, int32: 32, int64: 64 };

/** Any decimal form is taken for any type of number, and wraps where it does not fit, as in the reference. */
function replaced(kind: string, text: string): Value {
  if (kind === 'string') return text;
  const bits = INTEGER_BITS[kind];
  const isFloating = kind === 'float32' || kind === 'float64';
  if (bits === undefined && !isFloating && kind !== 'decimal' && kind !== 'bigint') {
    throw dataFault(`Cannot mask value of type ${kind} with custom replacement.`);
  }
  const number = kind === 'bigint' && !/^[+-]?[0-9]+$/.test(text) ? null : parseDecimal(text);
  if (number === null) throw dataFault(`Unable to convert ${text} (replacement) to a value of type ${kind}`);
  if (kind === 'decimal') return number;
  if (isFloating) return kind === 'float32' ? Math.fround(decimalToNumber(number)) : decimalToNumber(number);
  if (bits === undefined) return longOf(integerPart(number));
  return longOf(BigInt.asIntN(bits, toBigInt(longOfDecimal(number))));
}
