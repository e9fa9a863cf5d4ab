// How Connect data goes into one Avro type: which field feeds which, found before any code is made.
import { ByteWriter } from '../../core/bytes.ts';
import { LOGICAL, type Schema, type Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import {
  type AvroEnum,
  type AvroField,
  type AvroRecord,
  type AvroType,
  isNull,
  mapEntries,
  shortName,
} from './avro-schema.ts';
import { connectSchemaOf, ENUM_PARAMETER, logicalOf, SUM_ENUM_PARAMETER } from './connect-schema.ts';

export type WriteFunction<Item> = (value: Item, out: ByteWriter) => void;

/** How values are written. */
export interface WriteOptions {
  /** The target was made of the source: fields and branches are matched by position, since their names may have been changed. */
  readonly byPosition?: boolean;
  /** A null in a field that has a default becomes the default, as Connect's own `Struct.get` has it. */
  readonly replaceNull?: boolean;
}

/** True when values of the source can be written as this branch. */
export function takes(source: Schema, branch: AvroType): boolean {
  switch (branch.type) {
    case 'boolean':
    case 'string':
      return source.kind === branch.type;
    case 'enum':
      return source.kind === 'string';
    case 'int':
      return isInteger(source) && source.kind !== 'int64';
    case 'long':
      return isInteger(source);
    case 'float':
      return source.kind === 'float32';
    case 'double':
      return source.kind === 'float64' || source.kind === 'float32';
    case 'bytes':
    case 'fixed':
      return source.kind === 'bytes' && (source.name === LOGICAL.decimal) === (logicalOf(branch) === 'decimal');
    case 'array':
      return source.kind === 'array' || (source.kind === 'map' && mapEntries(branch) !== null);
    case 'map':
      return source.kind === 'map';
    case 'record':
      return (
        source.kind === 'struct' && (source.name === undefined || shortName(source.name) === shortName(branch.name))
      );
    default:
      return false;
  }
}

/** True for integers of every width. */
export function isInteger(source: Schema): boolean {
  return source.kind === 'int32' || source.kind === 'int64' || source.kind === 'int16' || source.kind === 'int8';
}

/** The source field that a target field takes: exact name, then without regard to case, then with the replacements names undergo. */
export function sourceIndex(source: Schema, ...names: readonly string[]): number {
  const fields = source.fields ?? [];
  for (const name of names) {
    const exact = fields.findIndex((field) => field.name === name);
    if (exact >= 0) return exact;
  }
  const wanted = names[0]!.toUpperCase();
  return fields.findIndex((field) => field.name.replaceAll('.', '_').toUpperCase() === wanted);
}

/** The symbols of an enum that was made of the source, as its values have them: they may have been renamed, in the same order. */
export function ownSymbols(source: Schema, target: AvroEnum): readonly string[] {
  for (const parameter of [ENUM_PARAMETER, SUM_ENUM_PARAMETER]) {
    const prefix = `${parameter}.`;
    const names = Object.keys(source.parameters ?? {}).filter((name) => name.startsWith(prefix));
    if (names.length === target.symbols.length) return names.map((name) => name.slice(prefix.length));
  }
  return target.symbols;
}

/** A row that holds itself, or nearly. */
export function tooDeep(path: string): TributaryError {
  return new TributaryError('TRIB_AVRO_SCHEMA', 'data', {
    what: `The schema at ${quoted(path)} is nested too deeply to be written.`,
  });
}

/** True when null can be written as this type. */
export function takesNull(type: AvroType): boolean {
  return isNull(type) || (type.type === 'union' && type.branches.some(isNull));
}

/** The bytes of a field's default, as `writerOf` its schema writes them; null when it has none of its type. */
export function defaultBytes(
  field: AvroField,
  writerOf: (source: Schema, target: AvroType, mode: 'structs') => WriteFunction<Value>,
): Buffer | null {
  if (field.fallback === undefined || field.fallback === null) return null;
  const holder: AvroRecord = { type: 'record', name: 'Holder', doc: null, fields: [field], attributes: {} };
  const { schema } = connectSchemaOf(holder).fields![0]!;
  const value = schema.defaultValue ?? null;
  if (value === null) return null;
  const out = new ByteWriter(64);
  writerOf(schema, field.type, 'structs')(value, out);
  return out.toBuffer();
}

/** A field of the registered schema for which a row has nothing. */
export function fieldMissing(path: string): TributaryError {
  return new TributaryError('TRIB_FORMAT_FIELD_MISSING', 'data', {
    what: `The registered schema demands the field ${quoted(path)}, which the row does not have.`,
    fix: 'Add the column, or give the field a default or make it optional.',
  });
}
