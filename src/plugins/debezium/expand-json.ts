// Outbox payloads: JSON text → Connect data with an inferred schema. Null when the text has no one schema; it then stays text.

import { LONG_MAX, LONG_MIN, longOf } from '../../core/data/long.ts';
import { sameSchema } from '../../core/data/same-schema.ts';
import {
  arrayOf,
  type Field,
  fieldOf,
  primitive,
  type Schema,
  Struct,
  structOf,
  type Value,
} from '../../core/data/schema.ts';

/** What becomes of members that tell no type. */
export interface ExpandRules {
  /** A member that is null: left out, or optional bytes. */
  readonly nulls: 'ignore' | 'optional_bytes';
  /** An empty list: left out, or a list of optional text. */
  readonly emptyLists: 'ignore' | 'optional_string';
}

/** Expanded data; the schema is null when the text holds nothing that has one. */
export interface Expanded {
  readonly schema: Schema | null;
  readonly value: Value;
}

/** JSON kept exact: integers as bigint, so that 1 and 1.0 stay apart. */
type Json = null | boolean | string | bigint | number | Json[] | { [name: string]: Json };

/** The data of a JSON object or list; null when the text is anything else or mixes types. */
export function expandJson(text: string, name: string, rules: ExpandRules): Expanded | null {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{') && !trimmed.startsWith('[')) return null;
  try {
    const json = exactJson(trimmed);
    const schema = infer(json, name, rules);
    return schema === null ? { schema: null, value: text } : { schema, value: convert(json, schema) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof Mixed) return null;
    throw error;
  }
}

/** Types that do not go together, or that Connect has not. */
class Mixed extends Error {}

function exactJson(text: string): Json {
  return JSON.parse(text, (_key, value: Json, context?: { source?: string }) => {
    const source = context?.source;
    return typeof value === 'number' && source !== undefined && /^-?[0-9]+$/.test(source) ? BigInt(source) : value;
  }) as Json;
}

const OPTIONAL = { optional: true } as const;
/** Of a null that is kept: any other type takes its place. */
const UNTOLD = primitive('bytes', OPTIONAL);

/** The schema of a value; null when it tells none and the rules leave it out. */
function infer(json: Json, name: string, rules: ExpandRules): Schema | null {
  if (json === null) return rules.nulls === 'ignore' ? null : UNTOLD;
  switch (typeof json) {
    case 'boolean':
      return primitive('boolean', OPTIONAL);
    case 'string':
      return primitive('string', OPTIONAL);
    case 'number':
      return primitive('float64', OPTIONAL);
    case 'bigint':
      if (json > LONG_MAX || json < LONG_MIN) throw new Mixed();
      return primitive(BigInt.asIntN(32, json) === json ? 'int32' : 'int64', OPTIONAL);
    default:
      return Array.isArray(json) ? inferList(json, name, rules) : inferStruct(json, name, rules);
  }
}

function inferStruct(json: { [name: string]: Json }, name: string, rules: ExpandRules): Schema {
  const fields: { name: string; schema: Schema }[] = [];
  for (const [member, value] of Object.entries(json)) {
    const schema = infer(value, `${name}.${member}`, rules);
    if (schema !== null) fields.push({ name: member, schema });
  }
  return structOf(fields, { name, optional: true });
}

function inferList(json: readonly Json[], name: string, rules: ExpandRules): Schema | null {
  if (json.length === 0) {
    return rules.emptyLists === 'ignore' ? null : arrayOf(primitive('string', OPTIONAL), OPTIONAL);
  }
  let items: Schema | null = null;
  for (const item of json) {
    if (item === null) continue;
    const schema = Array.isArray(item) && item.length === 0 ? null : infer(item, name, rules);
    // Nothing tells what lists in a list would hold, whatever the rules say of empty lists elsewhere.
    if (schema === null) throw new Mixed();
    items = items === null ? schema : merge(items, schema);
  }
  items ??= infer(null, name, rules);
  if (items === null) throw new Mixed();
  return arrayOf(items, OPTIONAL);
}

/** One schema for both: structs unite their fields, all else must be the same. */
function merge(left: Schema, right: Schema): Schema {
  if (sameSchema(left, right) || right === UNTOLD) return left;
  if (left === UNTOLD) return right;
  if (left.kind !== right.kind) throw new Mixed();
  if (left.kind === 'array') return arrayOf(merge(left.items!, right.items!), OPTIONAL);
  if (left.kind !== 'struct') return left;
  const fields: { name: string; schema: Schema }[] = left.fields!.map((field) => {
    const other = fieldOf(right, field.name);
    return other === undefined ? field : { name: field.name, schema: merge(field.schema, other.schema) };
  });
  const added: readonly Field[] = right.fields!.filter((field) => fieldOf(left, field.name) === undefined);
  // A united struct comes out required: so does the reference's.
  return structOf([...fields, ...added], { name: left.name! });
}

function convert(json: Json, schema: Schema): Value {
  if (json === null) return null;
  if (typeof json === 'bigint') return longOf(json);
  if (typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map((item) => convert(item, schema.items!));
  return new Struct(
    schema,
    schema.fields!.map((field) => convert(json[field.name] ?? null, field.schema)),
  );
}
