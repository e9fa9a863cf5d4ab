// The JSON Schema that SQL registers for its columns: every property may be null, and `connect.*` says what JSON cannot.
import { isDecimalSchema, precisionOfSchema, scaleOf } from '../../core/data/logical.ts';
import { LOGICAL, type Schema } from '../../core/data/schema.ts';
import { printJson } from '../json-text.ts';
import type { JsonObject } from '../json-value.ts';

/** The schema text of a record of columns. */
export function jsonSchemaOfColumns(columns: Schema, title: string | undefined): string {
  return printJson({ ...(title === undefined ? {} : { title }), ...objectOf(columns) });
}

/** The schema text of a bare column. */
export function jsonSchemaOfBare(column: Schema): string {
  return printJson(nullable(column));
}

function nullable(schema: Schema, index?: number): JsonObject {
  const node: JsonObject = { oneOf: [{ type: 'null' }, typeOf(schema)] };
  return index === undefined ? node : { 'connect.index': index, ...node };
}

function objectOf(columns: Schema): JsonObject {
  const properties: JsonObject = {};
  for (const field of columns.fields ?? []) properties[field.name] = nullable(field.schema, field.index);
  return { type: 'object', properties };
}

function typeOf(schema: Schema): JsonObject {
  switch (schema.kind) {
    case 'boolean':
      return { type: 'boolean' };
    case 'int32':
    case 'int64':
      return { type: 'integer', ...logicalOf(schema), 'connect.type': schema.kind };
    case 'float64':
      return { type: 'number', 'connect.type': 'float64' };
    case 'bytes':
      return isDecimalSchema(schema) ? decimalOf(schema) : { type: 'string', 'connect.type': 'bytes' };
    case 'array':
      return { type: 'array', items: nullable(schema.items!) };
    case 'map':
      return { type: 'object', 'connect.type': 'map', additionalProperties: nullable(schema.items!) };
    case 'struct':
      return objectOf(schema);
    default:
      return { type: 'string' };
  }
}

function logicalOf(schema: Schema): JsonObject {
  return schema.name === undefined ? {} : { title: schema.name, 'connect.version': 1 };
}

function decimalOf(schema: Schema): JsonObject {
  return {
    type: 'number',
    title: LOGICAL.decimal,
    'connect.version': 1,
    'connect.type': 'bytes',
    'connect.parameters': {
      scale: String(scaleOf(schema) ?? 0),
      'connect.decimal.precision': String(precisionOfSchema(schema)),
    },
  };
}
