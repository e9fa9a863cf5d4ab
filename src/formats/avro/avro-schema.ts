// Avro schema text → a resolved tree: names looked up, shorthands expanded, attributes kept.
//
// Law: a named type is one object however often it is named, so recursion is a cycle of objects and identity tells sameness.
import { quoted, TributaryError } from '../../core/errors.ts';
import { parseJson } from '../json-text.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json-value.ts';

export type AvroPrimitive = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string';

export interface AvroField {
  readonly name: string;
  readonly type: AvroType;
  readonly doc: string | null;
  /** Absent: the field has none. A default of null is `null`. */
  readonly fallback?: JsonValue;
}
interface Attributed {
  /** Attributes beyond the structure: `logicalType`, `precision`, `connect.name`, … */
  readonly attributes: Readonly<JsonObject>;
}
export interface AvroSimple extends Attributed {
  readonly type: AvroPrimitive;
}
export interface AvroFixed extends Attributed {
  readonly type: 'fixed';
  /** With namespace. */
  readonly name: string;
  readonly size: number;
}
export interface AvroEnum extends Attributed {
  readonly type: 'enum';
  readonly name: string;
  readonly symbols: readonly string[];
  readonly doc: string | null;
}
export interface AvroArray extends Attributed {
  readonly type: 'array';
  readonly items: AvroType;
}
export interface AvroMap extends Attributed {
  readonly type: 'map';
  readonly values: AvroType;
}
export interface AvroRecord extends Attributed {
  readonly type: 'record';
  readonly name: string;
  readonly doc: string | null;
  readonly fields: readonly AvroField[];
}
export interface AvroUnion extends Attributed {
  readonly type: 'union';
  readonly branches: readonly AvroType[];
}
export type AvroType = AvroSimple | AvroFixed | AvroEnum | AvroArray | AvroMap | AvroRecord | AvroUnion;

const PRIMITIVES: ReadonlySet<string> = new Set([
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
]);
const STRUCTURE: ReadonlySet<string> = new Set([
  'type',
  'name',
  'namespace',
  'fields',
  'items',
  'values',
  'symbols',
  'size',
  'doc',
  'aliases',
]);
const NO_ATTRIBUTES: JsonObject = {};

/**
 * Parses a schema as the registry keeps it. `references` are the texts of schemas whose names it uses, in the order in which
 * they build on each other. Throws a `data` error for text that is no Avro schema.
 */
export function parseAvroSchema(text: string, references: readonly string[] = []): AvroType {
  const names = new Map<string, AvroType>();
  for (const reference of references) resolve(parseSchemaJson(reference), '', names);
  return resolve(parseSchemaJson(text), '', names);
}

function parseSchemaJson(text: string): JsonValue {
  // A primitive may stand as a bare word in registries that keep the canonical form.
  return PRIMITIVES.has(text) ? text : parseJson(text);
}

type Names = Map<string, AvroType>;

function resolve(node: JsonValue, namespace: string, names: Names): AvroType {
  if (typeof node === 'string') return named(node, namespace, names);
  if (Array.isArray(node)) {
    return {
      type: 'union',
      branches: node.map((branch) => resolve(branch, namespace, names)),
      attributes: NO_ATTRIBUTES,
    };
  }
  if (!isJsonObject(node)) throw bad(`a schema cannot be ${quoted(node)}`);
  const { type } = node;
  if (typeof type !== 'string') {
    if (type === undefined) throw bad('a schema object has no "type"');
    return resolve(type, namespace, names);
  }
  const attributes = attributesOf(node);
  if (PRIMITIVES.has(type)) return { type: type as AvroPrimitive, attributes };
  switch (type) {
    case 'array':
      return { type, items: resolve(required(node, 'items'), namespace, names), attributes };
    case 'map':
      return { type, values: resolve(required(node, 'values'), namespace, names), attributes };
    case 'fixed':
    case 'enum':
    case 'record':
    case 'error':
      return declare(node, type, namespace, names);
    default:
      return named(type, namespace, names);
  }
}

function declare(node: JsonObject, type: string, enclosing: string, names: Names): AvroType {
  const name = fullName(node, enclosing);
  const namespace = name.slice(0, Math.max(0, name.lastIndexOf('.')));
  const attributes = attributesOf(node);
  const doc = typeof node['doc'] === 'string' ? node['doc'] : null;
  if (type === 'fixed') {
    const { size } = node;
    if (typeof size !== 'number') throw bad(`the fixed type ${quoted(name)} has no "size"`);
    return register(names, name, { type, name, size, attributes });
  }
  if (type === 'enum') {
    const { symbols } = node;
    if (!Array.isArray(symbols)) throw bad(`the enum ${quoted(name)} has no "symbols"`);
    return register(names, name, { type, name, symbols: symbols.map(String), doc, attributes });
  }
  const fields: AvroField[] = [];
  const record = register(names, name, { type: 'record', name, doc, fields, attributes });
  const members = node['fields'];
  if (!Array.isArray(members)) throw bad(`the record ${quoted(name)} has no "fields"`);
  for (const member of members) fields.push(fieldOf(member, name, namespace, names));
  return record;
}

function fieldOf(member: JsonValue, record: string, namespace: string, names: Names): AvroField {
  if (!isJsonObject(member) || typeof member['name'] !== 'string')
    throw bad(`a field of ${quoted(record)} has no name`);
  const field = {
    name: member['name'],
    type: resolve(required(member, 'type'), namespace, names),
    doc: typeof member['doc'] === 'string' ? member['doc'] : null,
  };
  const fallback = member['default'];
  return fallback === undefined ? field : { ...field, fallback };
}

function register<Type extends AvroType>(names: Names, name: string, type: Type): Type {
  names.set(name, type);
  return type;
}

function fullName(node: JsonObject, enclosing: string): string {
  const { name, namespace } = node;
  if (typeof name !== 'string' || name === '') throw bad(`a ${String(node['type'])} has no "name"`);
  if (name.includes('.')) return name;
  const space = typeof namespace === 'string' ? namespace : enclosing;
  return space === '' ? name : `${space}.${name}`;
}

function named(name: string, namespace: string, names: Names): AvroType {
  if (PRIMITIVES.has(name)) return { type: name as AvroPrimitive, attributes: NO_ATTRIBUTES };
  const found = (namespace === '' ? undefined : names.get(`${namespace}.${name}`)) ?? names.get(name);
  if (found === undefined) throw bad(`the name ${quoted(name)} is not defined`);
  return found;
}

function attributesOf(node: JsonObject): JsonObject {
  let attributes: JsonObject | null = null;
  for (const [name, value] of Object.entries(node)) {
    if (!STRUCTURE.has(name)) {
      attributes ??= {};
      attributes[name] = value;
    }
  }
  return attributes ?? NO_ATTRIBUTES;
}

function required(node: JsonObject, member: string): JsonValue {
  const value = node[member];
  if (value === undefined) throw bad(`a ${String(node['type'])} has no "${member}"`);
  return value;
}

function bad(what: string): TributaryError {
  return new TributaryError('TRIB_AVRO_SCHEMA', 'data', { what: `No valid Avro schema: ${what}.` });
}

/** An attribute that is text; null when absent. */
export function textAttribute(type: AvroType, name: string): string | null {
  const value = type.attributes[name];
  return typeof value === 'string' ? value : null;
}

/** An attribute that is a number; null when absent. */
export function numberAttribute(type: AvroType, name: string): number | null {
  const value = type.attributes[name];
  return typeof value === 'number' ? value : null;
}

/** The one branch besides null of an optional union, and where null stands; null for every other type. */
export function optionalBranch(type: AvroType): { readonly branch: AvroType; readonly nullIndex: number } | null {
  if (type.type !== 'union' || type.branches.length !== 2) return null;
  const nullIndex = type.branches.findIndex(isNull);
  if (nullIndex < 0 || isNull(type.branches[1 - nullIndex]!)) return null;
  return { branch: type.branches[1 - nullIndex]!, nullIndex };
}

/** True for the type `null`. */
export function isNull(type: AvroType): boolean {
  return type.type === 'null';
}

/** The key and value of an array that stands for a map (Connect's `MapEntry` form); null for every other type. */
export function mapEntries(type: AvroType): { readonly key: AvroType; readonly value: AvroType } | null {
  if (type.type !== 'array' || type.items.type !== 'record' || type.items.fields.length !== 2) return null;
  const [key, value] = type.items.fields;
  if (key!.name !== 'key' || value!.name !== 'value') return null;
  return { key: key!.type, value: value!.type };
}

/** True when Connect's converter wrote this array of entries for a map; any array of {key, value} else is just that. */
export function isMarkedMapEntries(type: AvroType): boolean {
  if (type.type !== 'array' || type.items.type !== 'record') return false;
  const mark = type.items.attributes['connect.internal.type'] ?? type.attributes['connect.internal.type'];
  return mapEntries(type) !== null && (mark === 'MapEntry' || type.items.name === 'io.confluent.connect.avro.MapEntry');
}

/** The part of a name behind the last dot. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
