// Names of column types in messages, and which types of a registered schema read as which column.
import { precisionOfSchema, scaleOf } from '../core/data/logical.ts';
import { LOGICAL, type Schema } from '../core/data/schema.ts';
import { TributaryError } from '../core/errors.ts';

const COLUMN_TYPES: Readonly<Record<string, string>> = {
  boolean: 'BOOLEAN',
  int8: 'INTEGER',
  int16: 'INTEGER',
  int32: 'INTEGER',
  int64: 'BIGINT',
  float32: 'DOUBLE',
  float64: 'DOUBLE',
  string: 'STRING',
  bytes: 'BYTES',
  array: 'ARRAY',
  map: 'MAP',
  struct: 'STRUCT',
  [LOGICAL.date]: 'DATE',
  [LOGICAL.time]: 'TIME',
  [LOGICAL.timestamp]: 'TIMESTAMP',
};

/** The SQL name of a column's type. */
export function columnType(schema: Schema): string {
  if (schema.name === LOGICAL.decimal) return `DECIMAL(${precisionOfSchema(schema)}, ${scaleOf(schema) ?? 0})`;
  return (schema.name === undefined ? undefined : COLUMN_TYPES[schema.name]) ?? COLUMN_TYPES[schema.kind]!;
}

/** The error of a writer's type that does not read as its column. */
export function typeMismatch(path: string, found: string, wanted: string): TributaryError {
  return new TributaryError('TRIB_FORMAT_TYPE_MISMATCH', 'data', {
    what: `The field ${path} is written as ${found}, which does not read as ${wanted}.`,
    fix: 'In SQL declare the column with a fitting type, or let the columns be inferred; in a connector make the types of the record and of the registered schema alike.',
  });
}

/** Index of the writer's field for each field of the target, −1 when it has none: exact name first, then the upper-cased one, the last of them. */
export function matchFields(names: readonly string[], target: Schema): readonly number[] {
  return (target.fields ?? []).map((field) => {
    const exact = names.indexOf(field.name);
    return exact >= 0 ? exact : names.findLastIndex((name) => name.toUpperCase() === field.name);
  });
}

const WIDTHS: Readonly<Record<string, number>> = { int8: 1, int16: 2, int32: 4, int64: 8 };
const LOGICAL_NAMES: ReadonlySet<string> = new Set(Object.values(LOGICAL));

/** Throws `data` when a registered type does not read as the column's: integers and floats only widen, any primitive reads as STRING. */
export function checkReads(writer: Schema, target: Schema, path: string): void {
  if (!readsAs(writer, target, path)) throw typeMismatch(path, logicalName(writer) ?? writer.kind, columnType(target));
}

function readsAs(writer: Schema, target: Schema, path: string): boolean {
  const [from, to] = [logicalName(writer), logicalName(target)];
  if (to !== null) return from === to;
  switch (target.kind) {
    case 'int32':
    case 'int64':
      return (WIDTHS[writer.kind] ?? 9) <= WIDTHS[target.kind]!;
    case 'float64':
      return writer.kind === 'float32' || writer.kind === 'float64';
    case 'string':
      return writer.kind !== 'bytes' && writer.fields === undefined && writer.items === undefined;
    case 'array':
      if (writer.kind === 'array') checkReads(writer.items!, target.items!, `${path}[]`);
      return writer.kind === 'array';
    case 'map':
      if (writer.kind === 'map') checkReads(writer.items!, target.items!, `${path}{}`);
      return writer.kind === 'map';
    case 'struct':
      if (writer.kind === 'struct') checkFields(writer, target, path);
      return writer.kind === 'struct';
    default:
      return writer.kind === target.kind && from === null;
  }
}

function checkFields(writer: Schema, target: Schema, path: string): void {
  const fields = writer.fields ?? [];
  matchFields(
    fields.map((field) => field.name),
    target,
  ).forEach((from, to) => {
    const column = target.fields![to]!;
    if (from >= 0) checkReads(fields[from]!.schema, column.schema, `${path}.${column.name}`);
  });
}

function logicalName(schema: Schema): string | null {
  return schema.name !== undefined && LOGICAL_NAMES.has(schema.name) ? schema.name : null;
}
