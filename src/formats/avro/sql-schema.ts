// The Avro schema that SQL writes for its columns.
//
// Every column and field is a union with null and default null; maps are arrays of entry records, because keys may be null;
// nested records are named by their path. Names that Avro does not allow are refused, but a dot becomes an underscore.
import { isDecimalSchema, precisionOfSchema, scaleOf } from '../../core/data/logical.ts';
import { LOGICAL, type Schema } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { printJson } from '../json-text.ts';
import type { JsonObject, JsonValue } from '../json-value.ts';

const NAMESPACE = 'io.confluent.ksql.avro_schemas';
/** Name of value records that are given none. */
export const VALUE_RECORD_NAME = `${NAMESPACE}.KsqlDataSourceSchema`;

/** The record name of a key: the source's name in upper camel case. */
export function keyRecordName(source: string): string {
  const parts = source.split(/[^A-Za-z0-9]+/).filter((part) => part !== '');
  const camel = parts.map((part) => part[0]!.toUpperCase() + part.slice(1).toLowerCase()).join('');
  return `${NAMESPACE}.${camel}Key`;
}

/** The schema text of a record of columns. */
export function avroTextOfColumns(columns: Schema, fullName: string): string {
  return printJson(record(columns, fullName, false));
}

/** The schema text of a bare column: keys are demanded, values may be null. */
export function avroTextOfBare(column: Schema, fullName: string, isKey: boolean): string {
  const bare = column.kind === 'struct' && isKey ? record(column, fullName, false) : typeOf(column, fullName, isKey);
  return printJson(isKey ? bare : ['null', bare]);
}

function record(columns: Schema, fullName: string, isEntry: boolean): JsonObject {
  const dot = fullName.lastIndexOf('.');
  const name = fullName.slice(dot + 1);
  const node: JsonObject = { type: 'record', name };
  if (dot >= 0) node['namespace'] = fullName.slice(0, dot);
  node['fields'] = (columns.fields ?? []).map((field) => ({
    name: avroName(field.name),
    type: ['null', typeOf(field.schema, isEntry ? fullName : `${fullName}_${avroName(field.name)}`, false)],
    default: null,
  }));
  node['connect.name'] = fullName;
  return node;
}

function typeOf(schema: Schema, path: string, isKey: boolean): JsonValue {
  switch (schema.kind) {
    case 'int32':
      if (schema.name === LOGICAL.date) return logical('int', schema.name, 'date');
      return schema.name === LOGICAL.time ? logical('int', schema.name, 'time-millis') : 'int';
    case 'int64':
      return schema.name === LOGICAL.timestamp ? logical('long', schema.name, 'timestamp-millis') : 'long';
    case 'float64':
      return 'double';
    case 'bytes':
      return isDecimalSchema(schema) ? decimalType(schema) : 'bytes';
    case 'array':
      return { type: 'array', items: ['null', typeOf(schema.items!, path, false)] };
    case 'map':
      return mapType(schema, path);
    case 'struct':
      return isKey ? record(schema, path, false) : nested(schema, path);
    default:
      return schema.kind;
  }
}

function nested(schema: Schema, path: string): JsonObject {
  // Inside one namespace names are written short, as the registry's own clients do.
  const node = record(schema, path, false);
  delete node['namespace'];
  return node;
}

function mapType(schema: Schema, path: string): JsonValue {
  return {
    type: 'array',
    items: {
      type: 'record',
      name: path.slice(path.lastIndexOf('.') + 1),
      fields: [
        { name: 'key', type: ['null', typeOf(schema.keys!, `${path}_MapKey`, false)], default: null },
        { name: 'value', type: ['null', typeOf(schema.items!, `${path}_MapValue`, false)], default: null },
      ],
      'connect.internal.type': 'MapEntry',
    },
    'connect.name': path,
  };
}

function logical(type: string, name: string, logicalType: string): JsonObject {
  return { type, 'connect.version': 1, 'connect.name': name, logicalType };
}

function decimalType(schema: Schema): JsonObject {
  const precision = precisionOfSchema(schema);
  const scale = scaleOf(schema) ?? 0;
  return {
    type: 'bytes',
    scale,
    precision,
    'connect.version': 1,
    'connect.parameters': { scale: String(scale), 'connect.decimal.precision': String(precision) },
    'connect.name': LOGICAL.decimal,
    logicalType: 'decimal',
  };
}

/** A column's name as Avro's. Throws `sql` for one that Avro does not allow. */
export function avroName(name: string): string {
  const replaced = name.replaceAll('.', '_');
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(replaced)) return replaced;
  const bad = /^[0-9]/.test(replaced) ? replaced[0]! : (/[^A-Za-z0-9_]/.exec(replaced)?.[0] ?? '');
  throw new TributaryError('TRIB_AVRO_NAME', 'sql', {
    what: `The column name ${quoted(name)} cannot stand in Avro because of ${quoted(bad)}.`,
    fix: 'Give it an alias of letters, digits and underscores that does not begin with a digit.',
  });
}
