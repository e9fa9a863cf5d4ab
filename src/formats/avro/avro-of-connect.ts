// Connect schemas as Avro schemas, by the rules of Confluent's converter, so that `connectSchemaOf` gives the same schema back.
//
// Attributes come in the converter's order (version, parameters, default, name, type, logicalType): registries compare texts.
import { decimalBytes } from '../../core/data/decimal.ts';
import { isDecimal, precisionOfSchema, scaleOf } from '../../core/data/logical.ts';
import { LOGICAL, type Schema, Struct, type Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { printJson } from '../json-text.ts';
import type { JsonObject, JsonValue } from '../json-value.ts';
import { isAvroName, scrubbed } from './avro-names.ts';
import { shortName } from './avro-schema.ts';
import {
  DEFAULT_RECORD_NAME,
  ENUM_PARAMETER,
  FIXED_SIZE_PARAMETER,
  isUnion,
  SUM_ENUM_PARAMETER,
} from './connect-schema.ts';

export interface AvroOfConnectOptions {
  /** Write `connect.*` attributes (`connect.meta.data`). */
  readonly metadata: boolean;
  /** Enums are made again from the parameters that `connectSchemaOf` left of them (`enhanced.avro.schema.support`). */
  readonly enhanced: boolean;
  /** The same from the parameters that all registry converters share (`generalized.sum.type.support`). */
  readonly generalized?: boolean;
  /** Names that Avro does not allow are changed instead of refused (`scrub.invalid.names`). */
  readonly scrub?: boolean;
  /** A map with optional text keys is a map of Avro, too (`allow.optional.map.keys`). */
  readonly optionalMapKeys?: boolean;
  /** Doc and default stand at fields only (`discard.type.doc.default`). */
  readonly plainTypes?: boolean;
}

const NAMESPACE = 'io.confluent.connect.avro';

/** The Avro schema text of a Connect schema. Throws `data` for a schema that Avro cannot hold. */
export function avroTextOf(schema: Schema, options: AvroOfConnectOptions): string {
  return printJson(new Printer(options).type(schema, ''));
}

class Printer {
  private readonly options: AvroOfConnectOptions;
  /** Structs written out already, by full name: named again they are just named. */
  private readonly written = new Map<string, Schema>();
  /** Names given to structs without one, by their fields: a struct that holds itself has one name. */
  private readonly given = new Map<unknown, string>();
  private unnamed = 0;

  constructor(options: AvroOfConnectOptions) {
    this.options = options;
  }

  type(schema: Schema, namespace: string): JsonValue {
    const required = this.required(schema, namespace);
    if (!schema.optional || isUnion(schema)) return required;
    // The default is of the first branch, so a default that is a value moves null behind.
    return schema.defaultValue === undefined || schema.defaultValue === null ? ['null', required] : [required, 'null'];
  }

  private required(schema: Schema, namespace: string): JsonValue {
    if (isUnion(schema)) return this.union(schema, namespace);
    if (schema.kind === 'struct') return this.record(schema, namespace);
    const base = this.base(schema, namespace);
    this.annotate(base, schema);
    const names = Object.keys(base);
    return names.length === 1 ? base['type']! : base;
  }

  private base(schema: Schema, namespace: string): JsonObject {
    switch (schema.kind) {
      case 'int8':
      case 'int16':
      case 'int32':
        return { type: 'int' };
      case 'int64':
        return { type: 'long' };
      case 'float32':
        return { type: 'float' };
      case 'float64':
        return { type: 'double' };
      case 'bytes':
        return this.bytes(schema);
      case 'string':
        return this.enumOrString(schema);
      case 'array':
        return { type: 'array', items: this.type(schema.items!, namespace) };
      case 'map':
        return this.map(schema, namespace);
      default:
        return { type: schema.kind };
    }
  }

  private bytes(schema: Schema): JsonObject {
    const size = schema.parameters?.[FIXED_SIZE_PARAMETER];
    const base: JsonObject =
      size === undefined
        ? { type: 'bytes' }
        : { type: 'fixed', ...nameParts(this.name(schema.name ?? `${NAMESPACE}.ConnectDefault`)), size: Number(size) };
    if (schema.name !== LOGICAL.decimal) return base;
    const scale = scaleOf(schema);
    if (scale === null) {
      throw new TributaryError('TRIB_AVRO_SCHEMA', 'data', { what: 'A Decimal schema has no parameter "scale".' });
    }
    return { ...base, scale, precision: precisionOfSchema(schema) };
  }

  private enumOrString(schema: Schema): JsonObject {
    const { enhanced, generalized } = this.options;
    const parameter = generalized === true ? SUM_ENUM_PARAMETER : ENUM_PARAMETER;
    const name = enhanced || generalized === true ? schema.parameters?.[parameter] : undefined;
    if (name === undefined) return { type: 'string' };
    const prefix = `${parameter}.`;
    const symbols = Object.keys(schema.parameters!).filter((each) => each.startsWith(prefix));
    const names = symbols.map((each) => this.part(each.slice(prefix.length)));
    return { type: 'enum', ...nameParts(this.name(name === '' ? `${NAMESPACE}.ConnectEnum` : name)), symbols: names };
  }

  private map(schema: Schema, namespace: string): JsonObject {
    const keys = schema.keys!;
    if (keys.kind === 'string' && (!keys.optional || this.options.optionalMapKeys === true))
      return { type: 'map', values: this.type(schema.items!, namespace) };
    const entry: JsonObject = {
      type: 'record',
      ...nameParts(this.name(schema.name ?? `${NAMESPACE}.MapEntry`)),
      fields: [this.field('key', keys, NAMESPACE), this.field('value', schema.items!, NAMESPACE)],
    };
    if (schema.name !== undefined) entry['connect.internal.type'] = 'MapEntry';
    return { type: 'array', items: entry };
  }

  private record(schema: Schema, enclosing: string): JsonValue {
    const name = schema.name === undefined ? this.defaultName(schema) : this.name(schema.name);
    const known = this.written.get(name);
    const namespace = name.slice(0, Math.max(0, name.lastIndexOf('.')));
    if (known !== undefined) {
      if (known.fields === schema.fields || sameShape(known, schema)) {
        return namespace === enclosing ? shortName(name) : name;
      }
      throw new TributaryError('TRIB_AVRO_SCHEMA', 'data', {
        what: `Two different structs are named ${quoted(name)}: Avro has one definition a name.`,
      });
    }
    this.written.set(name, schema);
    const record: JsonObject = { type: 'record', name: shortName(name) };
    if (namespace !== enclosing) record['namespace'] = namespace;
    record['fields'] = (schema.fields ?? []).map((field) => this.field(field.name, field.schema, namespace));
    this.annotate(record, schema);
    return record;
  }

  private defaultName(schema: Schema): string {
    const known = this.given.get(schema.fields);
    if (known !== undefined) return known;
    const name = ++this.unnamed === 1 ? DEFAULT_RECORD_NAME : `${DEFAULT_RECORD_NAME}${this.unnamed}`;
    this.given.set(schema.fields, name);
    return name;
  }

  /** A full name as Avro takes it. */
  private name(name: string): string {
    return name
      .split('.')
      .map((part) => this.part(part))
      .join('.');
  }

  private part(name: string): string {
    if (isAvroName(name)) return name;
    if (this.options.scrub === true) return scrubbed(name);
    throw new TributaryError('TRIB_AVRO_NAME', 'data', {
      what: `The name ${quoted(name)} cannot stand in Avro, which allows letters, digits and underscores.`,
      fix: 'Set scrub.invalid.names=true, or rename it (Debezium: schema.name.adjustment.mode=avro, field.name.adjustment.mode=avro).',
    });
  }

  private field(name: string, schema: Schema, namespace: string): JsonObject {
    const field: JsonObject = { name: this.part(name), type: this.type(schema, namespace) };
    if (schema.doc !== undefined) field['doc'] = schema.doc;
    if (schema.defaultValue !== undefined && schema.defaultValue !== null) {
      field['default'] = jsonOf(schema, schema.defaultValue);
    } else if (schema.optional) field['default'] = null;
    return field;
  }

  private union(schema: Schema, namespace: string): JsonValue {
    const branches = (schema.fields ?? []).map((field) =>
      this.required({ ...field.schema, optional: false }, namespace),
    );
    return schema.optional ? ['null', ...branches] : branches;
  }

  private annotate(base: JsonObject, schema: Schema): void {
    if (this.options.metadata) {
      const isPlain = this.options.plainTypes === true;
      if (schema.doc !== undefined && !isPlain) base['connect.doc'] = schema.doc;
      if (schema.version !== undefined) base['connect.version'] = schema.version;
      if (schema.parameters !== undefined) base['connect.parameters'] = { ...schema.parameters };
      if (schema.defaultValue !== undefined && schema.defaultValue !== null && schema.kind !== 'struct' && !isPlain) {
        base['connect.default'] = jsonOf(schema, schema.defaultValue);
      }
      if (schema.name !== undefined) base['connect.name'] = schema.name;
      if (schema.kind === 'int8' || schema.kind === 'int16') base['connect.type'] = schema.kind;
    }
    const logical = LOGICAL_TYPES[schema.name ?? ''];
    if (logical !== undefined) base['logicalType'] = logical;
  }
}

const LOGICAL_TYPES: Readonly<Record<string, string>> = {
  [LOGICAL.decimal]: 'decimal',
  [LOGICAL.date]: 'date',
  [LOGICAL.time]: 'time-millis',
  [LOGICAL.timestamp]: 'timestamp-millis',
};

function nameParts(name: string): JsonObject {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? { name } : { name: name.slice(dot + 1), namespace: name.slice(0, dot) };
}

/** Same fields by name and kind: an optional and a required use of one struct are the same record. */
function sameShape(left: Schema, right: Schema): boolean {
  const [fields, others] = [left.fields ?? [], right.fields ?? []];
  return (
    fields.length === others.length &&
    fields.every((field, index) => {
      const other = others[index]!;
      return (
        field.name === other.name &&
        field.schema.kind === other.schema.kind &&
        field.schema.optional === other.schema.optional
      );
    })
  );
}

/** A value as Avro writes defaults: bytes as text of the code points 0 to 255, structs as objects. */
function jsonOf(schema: Schema, value: Value): JsonValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (isDecimal(value)) return decimalBytes(value).toString('latin1');
  if (Array.isArray(value)) return value.map((item) => jsonOf(schema.items!, item));
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]) => [String(key), jsonOf(schema.items!, item)]));
  }
  if (!(value instanceof Struct)) return null;
  return Object.fromEntries(
    (schema.fields ?? []).map((field) => [field.name, jsonOf(field.schema, value.cells[field.index] ?? null)]),
  );
}
