// Shared by transforms that rebuild a struct: what a copied schema keeps, and what stands in a copied cell that is null.
//
// A transform plans a new schema once (per-schema.ts) and copies cells by index. Law (Connect's): a cell may be null when its
// field is optional; a null with a default is first replaced by it where the transform's `replace.null.with.default` says so;
// any other null in a required field is a data error.

import type { Setting } from '../core/config/define.ts';
import { type Field, type Schema, type SchemaOptions, Struct, structOf, type Value } from '../core/data/schema.ts';
import { dataFault } from './faults.ts';

/** The setting that Kafka's transforms share. */
export const REPLACE_NULL_WITH_DEFAULT: Setting = {
  name: 'replace.null.with.default',
  type: 'BOOLEAN',
  fallback: true,
  importance: 'MEDIUM',
  doc: 'Whether a null in a field that has a default value is replaced by that default when the field is copied.',
};

/** What a rebuilt schema keeps of the old one: name, version, doc and parameters; neither optionality nor default. */
export function schemaBasics(schema: Schema): SchemaOptions {
  const kept: { -readonly [K in keyof SchemaOptions]: SchemaOptions[K] } = {};
  if (schema.name !== undefined) kept.name = schema.name;
  if (schema.version !== undefined) kept.version = schema.version;
  if (schema.doc !== undefined) kept.doc = schema.doc;
  if (schema.parameters !== undefined) kept.parameters = schema.parameters;
  return kept;
}

/** A struct schema of these fields. Refuses an empty name and one that occurs twice, as Connect's builder does. */
export function buildStruct(
  fields: readonly { readonly name: string; readonly schema: Schema }[],
  options: SchemaOptions,
): Schema {
  const seen = new Set<string>();
  for (const { name } of fields) {
    if (name === '') throw dataFault('Cannot create field because its name is empty');
    if (seen.has(name)) throw dataFault(`Cannot create field because of field name duplication ${name}`);
    seen.add(name);
  }
  return structOf(fields, options);
}

/** What is put where the copied cell is null. Throws when the field takes no null. */
export function nullCell(schema: Schema, name: string, replaceNull: boolean): Value {
  if (replaceNull && schema.defaultValue !== undefined && schema.defaultValue !== null) return schema.defaultValue;
  if (schema.optional) return null;
  throw dataFault(`Invalid value: null used for required field: "${name}", schema type: ${schema.kind.toUpperCase()}`);
}

/** The value of a field as Connect's `Struct.get` answers it: a null becomes the default, if there is one. */
export function cellOrDefault(struct: Struct, field: Field, replaceNull: boolean): Value {
  const cell = struct.cells[field.index] ?? null;
  return cell === null && replaceNull ? (field.schema.defaultValue ?? null) : cell;
}

/** How a struct is rebuilt: `from[i]` is the index in the old cells of the i-th new cell. */
export interface CopyPlan {
  readonly schema: Schema;
  readonly from: readonly number[];
}

/** Rebuilds a struct by a plan that only picks, orders or renames fields. */
export function copyCells(plan: CopyPlan, struct: Struct, replaceNull: boolean): Struct {
  const { from, schema } = plan;
  const cells = struct.cells;
  const count = from.length;
  const copied = new Array<Value>(count);
  for (let i = 0; i < count; i++) {
    const cell = cells[from[i]!];
    copied[i] = cell === null || cell === undefined ? nullOf(schema, i, replaceNull) : cell;
  }
  return new Struct(schema, copied);
}

/** {@link nullCell} of the i-th field. */
export function nullOf(schema: Schema, index: number, replaceNull: boolean): Value {
  const field = schema.fields![index]!;
  return nullCell(field.schema, field.name, replaceNull);
}

/** The value as a struct; throws what Connect says when it is something else. */
export function requireStruct(value: Value, purpose: string): Struct {
  if (value instanceof Struct) return value;
  throw dataFault(`Only Struct objects supported for [${purpose}], found: ${typeName(value)}`);
}

/** The value as a schemaless map; throws what Connect says when it is something else. */
export function requireMap(value: Value, purpose: string): Map<Value, Value> {
  if (value instanceof Map) return value;
  throw dataFault(`Only Map objects supported in absence of schema for [${purpose}], found: ${typeName(value)}`);
}

/** What kind of value it is, for messages. */
export function typeName(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'bigint') return 'number';
  if (typeof value !== 'object') return typeof value;
  if (Array.isArray(value)) return 'list';
  if (value instanceof Uint8Array) return 'bytes';
  return value instanceof Map ? 'map' : value instanceof Struct ? 'struct' : 'number';
}
