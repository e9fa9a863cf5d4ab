// JSON Schema documents of the registry as Connect schemas, by the rules of Confluent's converter: `connect.type` says which number
// it is, `oneOf` with null is optionality, `connect.index` is the order of fields.
import { type Kind, LOGICAL, type Schema, structOf } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import { parseJson } from '../json-text.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json-value.ts';

const DEPTH_MAX = 50;
const INTEGERS: ReadonlySet<JsonValue> = new Set<JsonValue>(['int8', 'int16', 'int32', 'int64']);

type Mutable = { -readonly [Member in keyof Schema]: Schema[Member] };

/** The Connect schema of a JSON Schema text. Throws `data` for text that describes no value. */
export function schemaOfJsonSchema(text: string): Schema {
  const root = parseJson(text);
  const schema = new Mapper(root).schema(root, 0);
  if (schema !== null) return schema;
  throw new TributaryError('TRIB_JSON_SCHEMA', 'data', {
    what: 'The JSON Schema describes no type that data could have.',
  });
}

class Mapper {
  private readonly root: JsonValue;

  constructor(root: JsonValue) {
    this.root = root;
  }

  /** Null: nothing is said of the type. */
  schema(node: JsonValue, depth: number): Schema | null {
    if (!isJsonObject(node)) return null;
    if (depth > DEPTH_MAX) {
      throw new TributaryError('TRIB_JSON_SCHEMA', 'data', {
        what: 'The JSON Schema is recursive or nested too deeply.',
      });
    }
    const reference = node['$ref'];
    if (typeof reference === 'string') return this.schema(this.resolve(reference), depth + 1);
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
    return structure === null ? null : annotated(structure, node);
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
        return { kind: connectType === 'bytes' ? 'bytes' : 'string', optional: false };
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
    const entries = Object.entries(isJsonObject(properties) ? properties : {});
    const fields = entries
      .map(([name, property], place) => ({ name, property, place: indexOf(property) ?? place }))
      .sort((left, right) => left.place - right.place)
      .flatMap(({ name, property }) => {
        const schema = this.schema(property, depth + 1);
        if (schema === null) return [];
        return [{ name, schema: required.has(name) ? schema : { ...schema, optional: true } }];
      });
    return structOf(fields);
  }

  private union(branches: readonly JsonValue[], node: JsonObject, depth: number): Schema | null {
    const present = branches.filter((branch) => !isJsonObject(branch) || branch['type'] !== 'null');
    const optional = present.length < branches.length;
    const only = present[0];
    if (present.length === 1 && only !== undefined) {
      const schema = this.schema(only, depth + 1);
      return schema === null ? null : annotated({ ...schema, optional }, node);
    }
    const fields = present.flatMap((branch, index) => {
      const schema = this.schema(branch, depth + 1);
      return schema === null ? [] : [{ name: `connect_union_field_${index}`, schema: { ...schema, optional: true } }];
    });
    return fields.length === 0 ? null : structOf(fields, { optional, name: 'io.confluent.connect.json.OneOf' });
  }

  /** All parts hold at once: their properties add up; else the first part that says a type. */
  private all(parts: readonly JsonValue[], node: JsonObject, depth: number): Schema | null {
    const schemas = parts.map((part) => this.schema(part, depth + 1)).filter((schema) => schema !== null);
    const structs = schemas.filter((schema) => schema.kind === 'struct');
    if (structs.length > 1) return annotated(structOf(structs.flatMap((schema) => schema.fields ?? [])), node);
    return schemas[0] === undefined ? null : annotated({ ...schemas[0] }, node);
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

function annotated(schema: Mutable, node: JsonObject): Schema {
  const title = node['title'];
  if (typeof title === 'string') schema.name = title;
  const version = node['connect.version'];
  if (typeof version === 'number') schema.version = version;
  const parameters = node['connect.parameters'];
  if (isJsonObject(parameters)) {
    schema.parameters = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)]));
  }
  // Times of Connect stand as integers of their own width, whatever connect.type says.
  if (schema.name === LOGICAL.date || schema.name === LOGICAL.time) schema.kind = 'int32';
  return schema;
}
