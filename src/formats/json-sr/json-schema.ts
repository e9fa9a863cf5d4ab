// JSON Schema documents of the registry as Connect schemas, by the rules of Confluent's converter: `connect.type` says which number
// it is, `oneOf` with null is optionality, `connect.index` is the order of fields.
import { type Field, type Kind, LOGICAL, type Schema, structOf, type Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { parseJson, printJson } from '../json-text.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json-value.ts';
import type { NamedText } from '../registry-frame.ts';
import { JSON_ENUM, JSON_ONE_OF, SUM_ENUM, SUM_UNION } from './connect-marks.ts';
import { JsonSchemaScanner } from './connect-scan.ts';

const DEPTH_MAX = 50;
const INTEGERS: ReadonlySet<JsonValue> = new Set<JsonValue>(['int8', 'int16', 'int32', 'int64']);

type Mutable = { -readonly [Member in keyof Schema]: Schema[Member] };

/** What JsonSchemaConverter asks for beyond what SQL needs. */
export interface JsonSchemaOptions {
  /** Unions and enums are marked by the parameters that all registry converters share (`generalized.sum.type.support`). */
  readonly generalized: boolean;
  /** A choice of one type is that type (`flatten.singleton.unions`). */
  readonly flattenSingletons: boolean;
  /** Properties that are not required are optional (`use.optional.for.nonrequired`). */
  readonly optionalForNonRequired: boolean;
  /** Documents that `$ref` names. */
  readonly references: readonly NamedText[];
}

/** The Connect schema of a JSON Schema text, as SQL sees it. Throws `data` for text that describes no value, or holds itself. */
export function schemaOfJsonSchema(text: string): Schema {
  return mapped(text, null);
}

/** The Connect schema of a JSON Schema text, as JsonSchemaConverter sees it: it may hold itself. Throws `data`. */
export function connectSchemaOfJsonSchema(text: string, options: JsonSchemaOptions): Schema {
  return mapped(text, options);
}

function mapped(text: string, options: JsonSchemaOptions | null): Schema {
  const root = parseJson(text);
  const schema = new Mapper(root, options).schema(root, 0);
  if (schema !== null) return schema;
  throw new TributaryError('TRIB_JSON_SCHEMA', 'data', {
    what: 'The JSON Schema describes no type that data could have.',
  });
}

class Mapper {
  private root: JsonValue;
  private readonly options: JsonSchemaOptions | null;
  private readonly open = new Map<JsonValue, Schema>();
  private unions = 0;

  constructor(root: JsonValue, options: JsonSchemaOptions | null) {
    this.root = root;
    this.options = options;
  }

  /** Null: nothing is said of the type. */
  schema(node: JsonValue, depth: number): Schema | null {
    if (!isJsonObject(node)) return null;
    const known = this.open.get(node);
    if (known !== undefined) return known;
    if (depth > DEPTH_MAX) {
      throw new TributaryError('TRIB_JSON_SCHEMA', 'data', {
        what: 'The JSON Schema is recursive or nested too deeply.',
      });
    }
    const reference = node['$ref'];
    if (typeof reference === 'string') return this.referenced(reference, node, depth);
    for (const member of ['oneOf', 'anyOf'] as const) {
      const branches = node[member];
      if (Array.isArray(branches)) return this.union(branches, node, depth);
    }
    const all = node['allOf'];
    if (Array.isArray(all) && node['type'] === undefined) return this.all(all, node, depth);
    const { type } = node;
    if (Array.isArray(type)) {
      return this.union(
        type.map((one): JsonValue => (one === 'null' ? { type: 'null' } : { ...node, type: one })),
        {},
        depth,
      );
    }
    const structure = this.structure(node, depth);
    return structure === null ? null : this.annotated(structure, node);
  }

  /** What stands elsewhere. Its own references are looked up where it stands. */
  private referenced(reference: string, node: JsonObject, depth: number): Schema | null {
    const hash = reference.indexOf('#');
    const file = hash < 0 ? reference : reference.slice(0, hash);
    const outer = this.root;
    if (file !== '') {
      const found = this.options?.references.find(({ name }) => name === file || name.endsWith(`/${file}`));
      if (found === undefined) {
        throw new TributaryError('TRIB_JSON_SCHEMA', 'data', {
          what: `The JSON Schema refers to ${quoted(reference)}, which is not among its references.`,
          fix: 'Register the document as a reference of the schema.',
        });
      }
      this.root = parseJson(found.text);
    }
    const target = this.resolve(hash < 0 ? '#' : reference.slice(hash));
    const schema = this.schema(target, depth + 1);
    this.root = outer;
    return schema === null || this.options === null || this.open.has(target) ? schema : this.annotated(schema, node);
  }

  private structure(node: JsonObject, depth: number): Mutable | null {
    const connectType = node['connect.type'];
    switch (node['type'] ?? typeOfContent(node)) {
      case 'boolean':
        return { kind: 'boolean', optional: false };
      case 'integer':
        if (connectType === 'bytes') return { kind: 'bytes', optional: false };
        return { kind: INTEGERS.has(connectType ?? null) ? (connectType as Kind) : 'int64', optional: false };
      case 'number':
        if (connectType === 'bytes') return { kind: 'bytes', optional: false };
        return { kind: connectType === 'float32' ? 'float32' : 'float64', optional: false };
      case 'string':
        if (connectType === 'bytes') return { kind: 'bytes', optional: false };
        return { kind: 'string', optional: false, ...this.symbols(node) };
      case 'array':
        return this.array(node, depth);
      case 'object':
        return this.object(node, depth);
      default:
        return null;
    }
  }

  private array(node: JsonObject, depth: number): Mutable | null {
    const list = node['items'];
    const itemNode = Array.isArray(list) ? (list[0] ?? null) : (list ?? null);
    const items = this.schema(itemNode, depth + 1);
    if (items === null) return null;
    if (node['connect.type'] !== 'map') return { kind: 'array', optional: false, items };
    const [keys, values] = ['key', 'value'].map(
      (name) => items.fields?.find((field) => field.name === name)?.schema ?? null,
    );
    return keys && values ? { kind: 'map', optional: false, keys, items: values } : null;
  }

  private object(node: JsonObject, depth: number): Mutable | null {
    const properties = node['properties'];
    const rest = node['additionalProperties'];
    if (node['connect.type'] === 'map' || (!isJsonObject(properties) && isJsonObject(rest))) {
      const items = this.schema(rest ?? null, depth + 1);
      return items === null ? null : { kind: 'map', optional: false, keys: { kind: 'string', optional: false }, items };
    }
    const required = new Set(Array.isArray(node['required']) ? node['required'] : []);
    const demands = this.options?.optionalForNonRequired !== false;
    const ordered = Object.entries(isJsonObject(properties) ? properties : {})
      .map(([name, property], place) => ({ name, property, place: indexOf(property) ?? place }))
      .sort((left, right) => left.place - right.place);
    const fields: Field[] = [];
    const schema: Mutable = { kind: 'struct', optional: false, fields };
    if (this.options !== null) this.open.set(node, this.annotated(schema, node));
    for (const { name, property } of ordered) {
      const of = this.schema(property, depth + 1);
      if (of === null) continue;
      const isOptional = demands && !required.has(name);
      fields.push({ name, index: fields.length, schema: isOptional ? { ...of, optional: true } : of });
    }
    this.open.delete(node);
    return schema;
  }

  /** The parameters that keep what an enum is. SQL has no use for them. */
  private symbols(node: JsonObject): { readonly parameters?: Record<string, string> } {
    const symbols = node['enum'];
    if (this.options === null || !Array.isArray(symbols)) return {};
    const isSum = this.options.generalized;
    const parameter = isSum ? SUM_ENUM : JSON_ENUM;
    const title = node['title'];
    const parameters: Record<string, string> = { [parameter]: typeof title === 'string' ? title : '' };
    symbols.forEach((symbol, index) => {
      parameters[`${parameter}.${String(symbol)}`] = isSum ? String(index) : String(symbol);
    });
    return { parameters };
  }

  private union(branches: readonly JsonValue[], node: JsonObject, depth: number): Schema | null {
    const present = branches.filter((branch) => !isJsonObject(branch) || branch['type'] !== 'null');
    const optional = present.length < branches.length;
    const only = present[0];
    const isSingle = optional || this.options === null || this.options.flattenSingletons;
    if (present.length === 1 && only !== undefined && isSingle) {
      const schema = this.schema(only, depth + 1);
      return schema === null ? null : this.annotated({ ...schema, optional }, node);
    }
    const isSum = this.options?.generalized !== false;
    const fields = present.flatMap((branch, index) => {
      const schema = this.schema(branch, depth + 1);
      const name = isSum ? `connect_union_field_${index}` : `${JSON_ONE_OF}.field.${index}`;
      return schema === null ? [] : [{ name, schema: { ...schema, optional: true } }];
    });
    if (fields.length === 0) return null;
    const mark =
      this.options?.generalized === true
        ? { parameters: { [SUM_UNION]: `connect_union_${this.unions++}` } }
        : { name: JSON_ONE_OF };
    return this.annotated(structOf(fields, { optional, ...mark }), this.options === null ? {} : node);
  }

  /** All parts hold at once: their properties add up; else the first part that says a type. */
  private all(parts: readonly JsonValue[], node: JsonObject, depth: number): Schema | null {
    const schemas = parts.map((part) => this.schema(part, depth + 1)).filter((schema) => schema !== null);
    const structs = schemas.filter((schema) => schema.kind === 'struct');
    if (structs.length > 1) return this.annotated(structOf(structs.flatMap((schema) => schema.fields ?? [])), node);
    return schemas[0] === undefined ? null : this.annotated({ ...schemas[0] }, node);
  }

  private resolve(reference: string): JsonValue {
    if (reference === '#') return this.root;
    let node: JsonValue = reference.startsWith('#/') ? this.root : null;
    for (const part of reference.slice(2).split('/')) {
      const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
      node = isJsonObject(node) ? (node[name] ?? null) : null;
    }
    return node;
  }

  private annotated(of: Mutable | Schema, node: JsonObject): Schema {
    const schema: Mutable = { ...of };
    const { title, description } = node;
    if (typeof title === 'string') schema.name = title;
    const version = node['connect.version'];
    if (typeof version === 'number') schema.version = version;
    const parameters = node['connect.parameters'];
    if (isJsonObject(parameters)) {
      const own = Object.entries(parameters).map(([name, value]) => [name, String(value)]);
      schema.parameters = { ...(this.options === null ? {} : schema.parameters), ...Object.fromEntries(own) };
    }
    // Times of Connect stand as integers of their own width, whatever connect.type says.
    if (schema.name === LOGICAL.date || schema.name === LOGICAL.time) schema.kind = 'int32';
    if (this.options === null) return schema;
    if (typeof description === 'string') schema.doc = description;
    const fallback = node['default'];
    if (fallback !== undefined && fallback !== null) {
      const value = defaultOf(schema, fallback);
      if (value !== null) schema.defaultValue = value;
    }
    return schema;
  }
}

function typeOfContent(node: JsonObject): JsonValue {
  if (node['properties'] !== undefined) return 'object';
  if (Array.isArray(node['enum']) || typeof node['const'] === 'string') return 'string';
  return null;
}

function indexOf(property: JsonValue): number | null {
  const index = isJsonObject(property) ? property['connect.index'] : undefined;
  return typeof index === 'number' ? index : null;
}

/** A default follows the rules of payloads. */
function defaultOf(schema: Schema, json: JsonValue): Value {
  const bytes = Buffer.from(printJson(json), 'utf8');
  const scanner = new JsonSchemaScanner(false);
  scanner.open(bytes, 0, bytes.length);
  return scanner.fitting(schema, 'default');
}
