// How Connect data goes into one Avro type: which field feeds which, found before any code is made.
import { LOGICAL, type Schema } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { type AvroEnum, type AvroType, mapEntries, shortName } from './avro-schema.ts';
import { ENUM_PARAMETER, logicalOf, SUM_ENUM_PARAMETER } from './connect-schema.ts';

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
