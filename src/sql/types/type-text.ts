// Types as text, both ways, and written types resolved against the custom ones.
import { nearest } from '../../core/errors.ts';
import { sqlError } from '../errors.ts';
import type { TypeNode } from '../syntax/ast.ts';
import { parseTypeText } from '../syntax/parse.ts';
import {
  arrayType,
  BIGINT,
  BOOLEAN,
  BYTES,
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
} from './sql-type.ts';

const BUILT_IN: Readonly<Record<string, SqlType>> = {
  BOOLEAN,
  INTEGER,
  INT: INTEGER,
  BIGINT,
  DOUBLE,
  STRING,
  VARCHAR: STRING,
  BYTES,
  DATE,
  TIME,
  TIMESTAMP,
};

/** A type as messages, DESCRIBE and the command log write it; reads back with `parseSqlType`. */
export function typeText(type: SqlType): string {
  switch (type.base) {
    case 'DECIMAL':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'ARRAY':
      return `ARRAY<${typeText(type.items)}>`;
    case 'MAP':
      return `MAP<${typeText(type.keys)}, ${typeText(type.items)}>`;
    case 'STRUCT':
      if (type.fields.length === 0) return 'STRUCT< >';
      return `STRUCT<${type.fields.map(({ name, type: of }) => `\`${name.replaceAll('`', '``')}\` ${typeText(of)}`).join(', ')}>`;
    default:
      return type.base;
  }
}

/** Custom types by upper-case name. */
export type CustomTypes = ReadonlyMap<string, SqlType> | Readonly<Record<string, SqlType>>;

/** The type meant. `text` is the statement's, for the position of an unknown name (E-TYPE-1). */
export function resolveType(node: TypeNode, customTypes: CustomTypes = {}, text?: string): SqlType {
  switch (node.kind) {
    case 'decimalType':
      return decimalType(node.precision, node.scale);
    case 'arrayType':
      return arrayType(resolveType(node.items, customTypes, text));
    case 'mapType':
      return mapType(resolveType(node.keys, customTypes, text), resolveType(node.items, customTypes, text));
    case 'structType':
      return structType(
        node.fields.map(({ name, type }) => ({ name: name.text, type: resolveType(type, customTypes, text) })),
      );
    case 'namedType':
      return resolveName(node, customTypes, text);
  }
}

function resolveName(
  node: Extract<TypeNode, { kind: 'namedType' }>,
  customTypes: CustomTypes,
  text: string | undefined,
): SqlType {
  const name = node.name.text.toUpperCase();
  const builtIn = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
  if (builtIn !== undefined) return builtIn;
  const custom = customTypeNames(customTypes);
  const found = customTypes instanceof Map ? customTypes.get(name) : own(customTypes as Record<string, SqlType>, name);
  if (found !== undefined) return found;
  const near = nearest(name, [...Object.keys(BUILT_IN), 'DECIMAL', 'ARRAY', 'MAP', 'STRUCT', ...custom]);
  throw sqlError('TYPE-1', {
    what: `There is no type ${node.name.raw}.`,
    fix:
      near === null
        ? 'Types are BOOLEAN, INTEGER, BIGINT, DOUBLE, DECIMAL(p, s), STRING, BYTES, DATE, TIME, TIMESTAMP, ARRAY<T>, MAP<K, V>, STRUCT<name T, …> and those of CREATE TYPE.'
        : `Did you mean ${near}?`,
    span: node.span,
    ...(text === undefined ? {} : { text }),
  });
}

function own(types: Readonly<Record<string, SqlType>>, name: string): SqlType | undefined {
  return Object.hasOwn(types, name) ? types[name] : undefined;
}

function customTypeNames(customTypes: CustomTypes): readonly string[] {
  return customTypes instanceof Map ? [...customTypes.keys()] : Object.keys(customTypes);
}

/** A type from its text. */
export function parseSqlType(text: string, customTypes: CustomTypes = {}): SqlType {
  return resolveType(parseTypeText(text), customTypes, text);
}
