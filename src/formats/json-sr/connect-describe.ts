// Connect schemas as JSON Schema (draft 7), by the rules of Confluent's converter, so that `connectSchemaOfJsonSchema` gives the
// same schema back: `connect.*` says what JSON cannot, `oneOf` with null is optionality, `connect.index` the order of fields.
import { LOGICAL, type Schema, type Value } from '../../core/data/schema.ts';
import { parseJson, printJson } from '../json-text.ts';
import type { JsonObject, JsonValue } from '../json-value.ts';
import { isOneOf, symbolsOf } from './connect-marks.ts';
import { type JsonPrintOptions, printValue } from './connect-print.ts';

export interface JsonDescribeOptions extends JsonPrintOptions {
  /** Objects may have other properties (`object.additional.properties`). */
  readonly additionalProperties: boolean;
}

/** The JSON Schema text of a Connect schema. */
export function jsonSchemaOf(schema: Schema, options: JsonDescribeOptions): string {
  return new Describer(schema, options).text();
}

const INTEGERS: ReadonlySet<string> = new Set(['int8', 'int16', 'int32', 'int64']);

class Describer {
  private readonly root: Schema;
  private readonly options: JsonDescribeOptions;
  /** Structs being described, by their fields, which are one object however often the struct is named. */
  private readonly open = new Set<unknown>();
  /** Names of structs that hold themselves. */
  private readonly referred = new Map<unknown, string>();
  private readonly definitions: JsonObject = {};

  constructor(root: Schema, options: JsonDescribeOptions) {
    this.root = root;
    this.options = options;
  }

  text(): string {
    const node = this.node(this.root, null);
    if (Object.keys(this.definitions).length > 0) node['definitions'] = this.definitions;
    return printJson(node);
  }

  private node(schema: Schema, index: number | null): JsonObject {
    const required = this.required(schema);
    const fallback = schema.defaultValue ?? null;
    const place: JsonObject = index === null ? {} : { 'connect.index': index };
    // A choice of types has its null among the types.
    if (!schema.optional) return { ...required, ...place, ...this.fallbackOf(schema, fallback) };
    if (isOneOf(schema)) {
      return { ...required, oneOf: [{ type: 'null' }, ...(required['oneOf'] as JsonValue[])], ...place };
    }
    return { oneOf: [{ type: 'null' }, required], ...place, ...this.fallbackOf(schema, fallback) };
  }

  private fallbackOf(schema: Schema, fallback: Value): JsonObject {
    if (fallback === null) return {};
    return { default: parseJson(printValue({ ...schema, optional: false }, fallback, this.options)) };
  }

  private required(schema: Schema): JsonObject {
    if (schema.kind === 'struct' && !isOneOf(schema)) return this.struct(schema);
    return { ...this.structure(schema), ...metadata(schema) };
  }

  private structure(schema: Schema): JsonObject {
    const { kind } = schema;
    if (INTEGERS.has(kind)) return { type: 'integer', 'connect.type': kind };
    switch (kind) {
      case 'float32':
      case 'float64':
        return { type: 'number', 'connect.type': kind };
      case 'string': {
        const symbols = symbolsOf(schema);
        return symbols === null ? { type: 'string' } : { type: 'string', enum: [...symbols] };
      }
      case 'bytes': {
        const isNumber = schema.name === LOGICAL.decimal && this.options.numericDecimals;
        return { type: isNumber ? 'number' : 'string', 'connect.type': 'bytes' };
      }
      case 'array':
        return { type: 'array', items: this.node(schema.items!, null) };
      case 'map':
        return this.map(schema);
      case 'struct': {
        const branches = (schema.fields ?? []).map((field) =>
          this.node({ ...field.schema, optional: false }, field.index),
        );
        return { oneOf: branches };
      }
      default:
        return { type: kind };
    }
  }

  private map(schema: Schema): JsonObject {
    const { keys, items } = schema;
    if (keys!.kind === 'string' && !keys!.optional) {
      return { type: 'object', 'connect.type': 'map', additionalProperties: this.node(items!, null) };
    }
    const properties = { key: this.node(keys!, 0), value: this.node(items!, 1) };
    return { type: 'array', 'connect.type': 'map', items: { type: 'object', properties } };
  }

  private struct(schema: Schema): JsonObject {
    const { fields } = schema;
    if (this.open.has(fields)) {
      if (fields === this.root.fields && !this.root.optional) return { $ref: '#' };
      let name = this.referred.get(fields);
      if (name === undefined) {
        name = `Struct${this.referred.size + 1}`;
        this.referred.set(fields, name);
      }
      return { $ref: `#/definitions/${name}` };
    }
    this.open.add(fields);
    const properties: JsonObject = {};
    const required: JsonValue[] = [];
    for (const field of fields ?? []) {
      properties[field.name] = this.node(field.schema, field.index);
      if (this.options.omitNulls && !field.schema.optional) required.push(field.name);
    }
    this.open.delete(fields);
    const node: JsonObject = { type: 'object', properties };
    if (required.length > 0) node['required'] = required;
    if (!this.options.additionalProperties) node['additionalProperties'] = false;
    Object.assign(node, metadata(schema));
    const name = this.referred.get(fields);
    if (name === undefined) return node;
    this.definitions[name] = node;
    return { $ref: `#/definitions/${name}` };
  }
}

function metadata(schema: Schema): JsonObject {
  const node: JsonObject = {};
  if (schema.name !== undefined) node['title'] = schema.name;
  if (schema.doc !== undefined) node['description'] = schema.doc;
  if (schema.version !== undefined) node['connect.version'] = schema.version;
  if (schema.parameters !== undefined) node['connect.parameters'] = { ...schema.parameters };
  return node;
}
