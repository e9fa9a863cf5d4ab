// SQL types as Connect schemas and back. Formats speak schemas, the SQL layer speaks types.
import {
  DEFAULT_PRECISION,
  dateSchema,
  decimalSchema,
  precisionOfSchema,
  scaleOf,
  timeSchema,
  timestampSchema,
} from '../../core/data/logical.ts';
import { arrayOf, LOGICAL, mapOf, primitive, type Schema, structOf } from '../../core/data/schema.ts';
import {
  arrayType,
  BIGINT,
  BOOLEAN,
  BYTES,
  type Column,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  mapType,
  type SqlType,
  STRING,
  structType,
  TIME,
  TIMESTAMP,
} from '../types/sql-type.ts';

const OPTIONAL = { optional: true };

/** The schema of a column: everything in SQL may be null. */
export function schemaOfType(type: SqlType): Schema {
  switch (type.base) {
    case 'BOOLEAN':
      return primitive('boolean', OPTIONAL);
    case 'INTEGER':
      return primitive('int32', OPTIONAL);
    case 'BIGINT':
      return primitive('int64', OPTIONAL);
    case 'DOUBLE':
      return primitive('float64', OPTIONAL);
    case 'STRING':
      return primitive('string', OPTIONAL);
    case 'BYTES':
      return primitive('bytes', OPTIONAL);
    case 'DATE':
      return dateSchema(OPTIONAL);
    case 'TIME':
      return timeSchema(OPTIONAL);
    case 'TIMESTAMP':
      return timestampSchema(OPTIONAL);
    case 'DECIMAL':
      return decimalSchema(type.precision, type.scale, OPTIONAL);
    case 'ARRAY':
      return arrayOf(schemaOfType(type.items), OPTIONAL);
    case 'MAP':
      return mapOf(schemaOfType(type.keys), schemaOfType(type.items), OPTIONAL);
    case 'STRUCT':
      return schemaOfColumns(type.fields, true);
  }
}

/** The row schema of some columns. */
export function schemaOfColumns(columns: readonly Column[], optional = false): Schema {
  return structOf(
    columns.map(({ name, type }) => ({ name, schema: schemaOfType(type) })),
    { optional },
  );
}

/** The SQL type of a schema (schema-inference.md §3); null when there is none. `name` maps field names. */
export function typeOfSchema(schema: Schema, name: (field: string) => string): SqlType | null {
  switch (schema.kind) {
    case 'boolean':
      return BOOLEAN;
    case 'int8':
    case 'int16':
    case 'int32':
      if (schema.name === LOGICAL.date) return DATE;
      return schema.name === LOGICAL.time ? TIME : INTEGER;
    case 'int64':
      return schema.name === LOGICAL.timestamp ? TIMESTAMP : BIGINT;
    case 'float32':
    case 'float64':
      return DOUBLE;
    case 'string':
      return STRING;
    case 'bytes':
      if (schema.name !== LOGICAL.decimal) return BYTES;
      return decimalType(precisionOfSchema(schema) || DEFAULT_PRECISION, scaleOf(schema) ?? 0);
    case 'array': {
      const items = typeOfSchema(schema.items!, name);
      return items === null ? null : arrayType(items);
    }
    case 'map': {
      const items = typeOfSchema(schema.items!, name);
      // Keys of boolean and integer maps are presented as text.
      return items === null ? null : mapType(STRING, items);
    }
    case 'struct': {
      const fields = columnsOfSchema(schema, name);
      return fields.length === 0 ? null : structType(fields);
    }
  }
}

/** The columns of a struct schema; fields without a SQL type are left out. */
export function columnsOfSchema(schema: Schema, name: (field: string) => string): readonly Column[] {
  const columns: Column[] = [];
  for (const field of schema.fields ?? []) {
    const type = typeOfSchema(field.schema, name);
    if (type !== null) columns.push({ name: name(field.name), type });
  }
  return columns;
}
