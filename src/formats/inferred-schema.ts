// Registered schemas as SQL columns: what of a Connect schema SQL can hold.
//
// Small integers widen to INTEGER, floats to DOUBLE, names that are no logical type of Connect vanish, map keys become STRING.
// Columns are nullable. A field that SQL cannot hold is dropped; a schema without any field left is refused by the caller.
import {
  dateSchema,
  decimalSchema,
  precisionOfSchema,
  scaleOf,
  timeSchema,
  timestampSchema,
} from '../core/data/logical.ts';
import { arrayOf, LOGICAL, mapOf, primitive, type Schema, structOf } from '../core/data/schema.ts';
import { TributaryError } from '../core/errors.ts';

const OPTIONAL = { optional: true };

/** The columns of a registered schema, names as they stand there. A schema that is no record gives one column, ROWKEY or ROWVAL. */
export function columnsOf(schema: Schema, options: { readonly isKey: boolean; readonly unwrapped: boolean }): Schema {
  if (schema.kind === 'struct' && !(options.unwrapped && !options.isKey)) {
    const columns = structColumns(schema, []);
    if (columns === null) throw unusable('has no field that a column can hold');
    return { ...columns, optional: false };
  }
  if (!options.isKey && !options.unwrapped)
    throw unusable('is no record', 'Set WRAP_SINGLE_VALUE=false to read its bare value.');
  const column = sqlSchema(schema, []);
  if (column === null) throw unusable('is of a type that no column can hold');
  return structOf([{ name: options.isKey ? 'ROWKEY' : 'ROWVAL', schema: column }]);
}

/** A value's schema as SQL sees it; null when SQL cannot hold it. */
export function sqlSchema(schema: Schema, open: readonly (readonly unknown[])[]): Schema | null {
  switch (schema.kind) {
    case 'boolean':
      return primitive('boolean', OPTIONAL);
    case 'int8':
    case 'int16':
      return primitive('int32', OPTIONAL);
    case 'int32':
      if (schema.name === LOGICAL.date) return dateSchema(OPTIONAL);
      return schema.name === LOGICAL.time ? timeSchema(OPTIONAL) : primitive('int32', OPTIONAL);
    case 'int64':
      return schema.name === LOGICAL.timestamp ? timestampSchema(OPTIONAL) : primitive('int64', OPTIONAL);
    case 'float32':
    case 'float64':
      return primitive('float64', OPTIONAL);
    case 'string':
      return primitive('string', OPTIONAL);
    case 'bytes':
      return schema.name === LOGICAL.decimal
        ? decimalSchema(precisionOfSchema(schema), scaleOf(schema) ?? 0, OPTIONAL)
        : primitive('bytes', OPTIONAL);
    case 'array': {
      const items = sqlSchema(schema.items!, open);
      return items === null ? null : arrayOf(items, OPTIONAL);
    }
    case 'map': {
      const items = sqlSchema(schema.items!, open);
      return items === null || !isTextLike(schema.keys!) ? null : mapOf(primitive('string', OPTIONAL), items, OPTIONAL);
    }
    case 'struct':
      return structColumns(schema, open);
  }
}

function structColumns(schema: Schema, open: readonly (readonly unknown[])[]): Schema | null {
  const fields = schema.fields ?? [];
  // A recursive type has no finite SQL type.
  if (open.includes(fields)) throw unusable('is recursive, which no SQL type can be');
  const columns = fields.flatMap((field) => {
    const column = sqlSchema(field.schema, [...open, fields]);
    return column === null ? [] : [{ name: field.name, schema: column }];
  });
  return columns.length === 0 ? null : structOf(columns, OPTIONAL);
}

function isTextLike(keys: Schema): boolean {
  return keys.kind !== 'struct' && keys.kind !== 'array' && keys.kind !== 'map' && keys.kind !== 'bytes';
}

function unusable(how: string, fix?: string): TributaryError {
  const what = `The registered schema ${how}.`;
  return new TributaryError('TRIB_SCHEMA_UNUSABLE', 'sql', fix === undefined ? { what } : { what, fix });
}
