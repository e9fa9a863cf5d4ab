// Connect schemas in JSON, as JsonConverter writes them beside each payload.
import { isDecimal } from '../../core/data/logical.ts';
import { type Field, type Kind, LOGICAL, type Schema, type Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { printJson } from '../json-text.ts';
import { isIntegerText, isJsonNumber, isJsonObject, type JsonObject, type JsonValue, numberOf } from '../json-value.ts';
import { ConnectScanner } from './connect-scan.ts';

const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['boolean', 'boolean'],
  ['int8', 'int8'],
  ['int16', 'int16'],
  ['int32', 'int32'],
  ['int64', 'int64'],
  ['float', 'float32'],
  ['double', 'float64'],
  ['bytes', 'bytes'],
  ['string', 'string'],
  ['array', 'array'],
  ['map', 'map'],
  ['struct', 'struct'],
]);

/** The name of a kind in JSON. */
export function jsonTypeOf(kind: Kind): string {
  return kind === 'float32' ? 'float' : kind === 'float64' ? 'double' : kind;
}

/** The schema of its JSON form; null for JSON's null. Throws `data` for anything that is no schema. */
export function schemaOfJson(json: JsonValue): Schema | null {
  if (json === null) return null;
  const object: JsonObject = isJsonObject(json) ? json : {};
  const type = object['type'];
  if (typeof type !== 'string') throw bad(`it has no "type" in text but ${quoted(printJson(json))}`);
  const kind = KINDS.get(type);
  if (kind === undefined) throw bad(`${quoted(type)} is no type`);
  const structure = structureOf(kind, object);
  const schema: { -readonly [Member in keyof Schema]: Schema[Member] } = {
    kind,
    optional: object['optional'] === true,
    ...structure,
  };
  const { name, version, doc, parameters } = object;
  if (typeof name === 'string') schema.name = name;
  if (isJsonNumber(version) && isIntegerText(version)) schema.version = numberOf(version) | 0;
  if (typeof doc === 'string') schema.doc = doc;
  if (isJsonObject(parameters)) schema.parameters = parametersOf(parameters);
  const fallback = object['default'];
  if (fallback !== undefined) {
    const value = defaultOf(schema, fallback);
    if (value !== null) schema.defaultValue = value;
    else if (!schema.optional) throw bad('the default of a required value is null');
  }
  return schema;
}

function structureOf(kind: Kind, object: JsonObject): Pick<Schema, 'fields' | 'keys' | 'items'> {
  if (kind === 'array') return { items: required(object, 'items', 'an array') };
  if (kind === 'map') return { keys: required(object, 'keys', 'a map'), items: required(object, 'values', 'a map') };
  if (kind !== 'struct') return {};
  const list = object['fields'];
  if (!Array.isArray(list)) throw bad('a struct has no list "fields"');
  const names = new Set<string>();
  const fields = list.map((member, index): Field => {
    const field = isJsonObject(member) ? member['field'] : undefined;
    if (typeof field !== 'string') throw bad('a member of "fields" has no name in "field"');
    if (names.has(field)) throw bad(`the field ${quoted(field)} stands twice`);
    names.add(field);
    return { name: field, index, schema: schemaOfJson(member)! };
  });
  return { fields };
}

function required(object: JsonObject, member: string, of: string): Schema {
  const schema = schemaOfJson(object[member] ?? null);
  if (schema === null) throw bad(`${of} has no "${member}"`);
  return schema;
}

function parametersOf(parameters: JsonObject): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value !== 'string') throw bad(`the parameter ${quoted(name)} is no text`);
    texts[name] = value;
  }
  return texts;
}

/** A default follows the rules of payloads. */
function defaultOf(schema: Schema, json: JsonValue): Value {
  const bytes = Buffer.from(printJson(json), 'utf8');
  const scanner = new ConnectScanner(true);
  scanner.open(bytes, 0, bytes.length);
  return scanner.fitting(schema, 'default');
}

/** How values stand in JSON: needed for the defaults of schemas. */
export type PrintValue = (schema: Schema, value: Value) => string;

/** The JSON text of a schema, in JsonConverter's order of members. */
export function jsonOfSchema(schema: Schema, printValue: PrintValue, field: string | null = null): string {
  let text = `{"type":"${jsonTypeOf(schema.kind)}"`;
  if (schema.kind === 'array') text += `,"items":${jsonOfSchema(schema.items!, printValue)}`;
  if (schema.kind === 'map') {
    text += `,"keys":${jsonOfSchema(schema.keys!, printValue)},"values":${jsonOfSchema(schema.items!, printValue)}`;
  }
  if (schema.kind === 'struct') {
    const fields = (schema.fields ?? []).map((member) => jsonOfSchema(member.schema, printValue, member.name));
    text += `,"fields":[${fields.join(',')}]`;
  }
  text += `,"optional":${schema.optional}`;
  if (schema.name !== undefined) text += `,"name":${printJson(schema.name)}`;
  if (schema.version !== undefined) text += `,"version":${schema.version}`;
  if (schema.doc !== undefined) text += `,"doc":${printJson(schema.doc)}`;
  if (schema.parameters !== undefined) text += `,"parameters":${printJson(schema.parameters)}`;
  if (schema.defaultValue !== undefined && schema.defaultValue !== null) {
    text += `,"default":${printValue(schema, schema.defaultValue)}`;
  }
  if (field !== null) text += `,"field":${printJson(field)}`;
  return `${text}}`;
}

/** True when the value is one of the logical types this schema names. */
export function isLogicalValue(schema: Schema, value: Value): boolean {
  switch (schema.name) {
    case LOGICAL.decimal:
      return isDecimal(value);
    case LOGICAL.date:
    case LOGICAL.time:
    case LOGICAL.timestamp:
      return typeof value === 'number' || typeof value === 'bigint';
    default:
      return true;
  }
}

function bad(what: string): TributaryError {
  return new TributaryError('TRIB_CONNECT_JSON_SCHEMA', 'data', {
    what: `The schema in the message is none: ${what}.`,
  });
}
