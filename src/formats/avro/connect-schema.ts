// Avro types as Connect schemas, by the rules of Confluent's converter: null unions are optionality, `connect.*` attributes carry
// what Avro cannot say, other unions are structs with a field a branch.
import { decimalOfBytes } from '../../core/data/decimal.ts';
import { decimalSchema } from '../../core/data/logical.ts';
import { longOf } from '../../core/data/long.ts';
import { type Field, LOGICAL, type Schema, Struct, type Value } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import { isJsonNumber, isJsonObject, type JsonValue, numberOf } from '../json-value.ts';
import {
  type AvroEnum,
  type AvroFixed,
  type AvroRecord,
  type AvroSimple,
  type AvroType,
  type AvroUnion,
  isMarkedMapEntries,
  isNull,
  mapEntries,
  numberAttribute,
  optionalBranch,
  shortName,
  textAttribute,
} from './avro-schema.ts';

/** Name of the struct that stands for a union of several types. */
export const UNION_NAME = 'io.confluent.connect.avro.Union';
/** Parameters that keep what an enum and a fixed are. */
export const ENUM_PARAMETER = 'io.confluent.connect.avro.Enum';
/** The same, and unions, under names that all registry converters share (`generalized.sum.type.support`). */
export const SUM_ENUM_PARAMETER = 'org.apache.kafka.connect.data.Enum';
export const SUM_UNION_PARAMETER = 'org.apache.kafka.connect.data.Union';
export const FIXED_SIZE_PARAMETER = 'connect.fixed.size';
/** Name of a record that stands for a struct without one; not handed back as a name. */
export const DEFAULT_RECORD_NAME = 'io.confluent.connect.avro.ConnectDefault';

const DEFAULT_DECIMAL_PRECISION = 64;

export interface ConnectSchemaOptions {
  /** Union branches carry their full names (`enhanced.avro.schema.support`). */
  readonly enhanced: boolean;
  /** Unions and enums are marked by the parameters that all registry converters share (`generalized.sum.type.support`). */
  readonly generalized?: boolean;
  /** A union of one type is that type (`flatten.singleton.unions`). */
  readonly flattenSingletons?: boolean;
  /** Doc and default of types do not count, those of fields do (`discard.type.doc.default`). */
  readonly plainTypes?: boolean;
}

/** True for a struct that stands for a union of several types. */
export function isUnion(schema: Schema): boolean {
  return (
    schema.kind === 'struct' && (schema.name === UNION_NAME || schema.parameters?.[SUM_UNION_PARAMETER] !== undefined)
  );
}

/** The Connect schema of an Avro type. Recursive records give a schema that holds itself. Throws `data` for a bare null type. */
export function connectSchemaOf(type: AvroType, options: ConnectSchemaOptions = { enhanced: false }): Schema {
  return new Mapper(options).schema(type, undefined, null);
}

/** The name of a union branch as a struct field. */
export function branchName(branch: AvroType, enhanced: boolean): string {
  switch (branch.type) {
    case 'record':
    case 'enum':
    case 'fixed':
      return enhanced ? branch.name : shortName(branch.name);
    default:
      return branch.type;
  }
}

type Mutable = { -readonly [Member in keyof Schema]: Schema[Member] };

class Mapper {
  private readonly options: ConnectSchemaOptions;
  private readonly open = new Map<AvroRecord, Schema>();
  private unions = 0;

  constructor(options: ConnectSchemaOptions) {
    this.options = options;
  }

  /** @param fallback the default of the field this is the type of. */
  schema(type: AvroType, fallback: JsonValue | undefined, doc: string | null): Schema {
    if (this.options.flattenSingletons === true && type.type === 'union' && type.branches.length === 1) {
      return this.schema(type.branches[0]!, fallback, doc);
    }
    const optional = optionalBranch(type);
    if (optional === null) return this.required(type, fallback, doc);
    const inner = this.required(optional.branch, fallback === null ? undefined : fallback, doc);
    return { ...inner, optional: true };
  }

  private required(type: AvroType, fallback: JsonValue | undefined, doc: string | null): Schema {
    const known = type.type === 'record' ? this.open.get(type) : undefined;
    if (known !== undefined) return known;
    const schema = this.structure(type);
    const isPlain = this.options.plainTypes === true;
    const annotated = annotate(schema, type, doc, isPlain);
    const given = (isPlain ? undefined : type.attributes['connect.default']) ?? fallback;
    if (given !== undefined && given !== null) {
      const value = defaultOf(type, annotated, given);
      if (value !== null) annotated.defaultValue = value;
    }
    return annotated;
  }

  private structure(type: AvroType): Mutable {
    switch (type.type) {
      case 'null':
        throw new TributaryError('TRIB_AVRO_SCHEMA', 'data', {
          what: 'A type "null" on its own has no Connect schema.',
          fix: 'Make it a union with another type.',
        });
      case 'boolean':
        return { kind: 'boolean', optional: false };
      case 'int':
        return intSchema(type);
      case 'long':
        return logicalOf(type) === 'timestamp-millis'
          ? { kind: 'int64', optional: false, name: LOGICAL.timestamp, version: 1 }
          : { kind: 'int64', optional: false };
      case 'float':
        return { kind: 'float32', optional: false };
      case 'double':
        return { kind: 'float64', optional: false };
      case 'string':
        return { kind: 'string', optional: false };
      case 'enum':
        return enumSchema(type, this.options.generalized === true);
      case 'bytes':
      case 'fixed':
        return bytesSchema(type);
      case 'array':
        return this.array(type);
      case 'map':
        return {
          kind: 'map',
          optional: false,
          keys: { kind: 'string', optional: false },
          items: this.schema(type.values, undefined, null),
        };
      case 'record':
        return this.record(type);
      case 'union':
        return this.union(type);
    }
  }

  private array(type: AvroType & { type: 'array' }): Mutable {
    const entries = isMarkedMapEntries(type) ? mapEntries(type) : null;
    if (entries === null) return { kind: 'array', optional: false, items: this.schema(type.items, undefined, null) };
    return {
      kind: 'map',
      optional: false,
      keys: this.schema(entries.key, undefined, null),
      items: this.schema(entries.value, undefined, null),
    };
  }

  private record(type: AvroRecord): Mutable {
    const fields: Field[] = [];
    const schema: Mutable = { kind: 'struct', optional: false, fields };
    this.open.set(type, annotate(schema, type, null, this.options.plainTypes === true));
    for (const field of type.fields) {
      fields.push({
        name: field.name,
        index: fields.length,
        schema: this.schema(field.type, field.fallback, field.doc),
      });
    }
    this.open.delete(type);
    return schema;
  }

  private union(type: AvroUnion): Mutable {
    const fields: Field[] = [];
    const isSum = this.options.generalized === true;
    const mark = isSum
      ? { parameters: { [SUM_UNION_PARAMETER]: `connect_union_${this.unions++}` } }
      : { name: UNION_NAME };
    for (const branch of type.branches) {
      if (isNull(branch)) continue;
      const schema = { ...this.required(branch, undefined, null), optional: true };
      const index = fields.length;
      const name = isSum ? `connect_union_field_${index}` : branchName(branch, this.options.enhanced);
      fields.push({ name, index, schema });
    }
    return { kind: 'struct', optional: type.branches.some(isNull), ...mark, fields };
  }
}

/** Lays the attributes of the type over its structure. */
function annotate(structure: Mutable, type: AvroType, fieldDoc: string | null, isPlain: boolean): Mutable {
  const schema = { ...structure };
  const ofType = isPlain ? null : 'doc' in type ? type.doc : null;
  const doc = (isPlain ? null : textAttribute(type, 'connect.doc')) ?? fieldDoc ?? ofType;
  if (doc !== null) schema.doc = doc;
  const version = numberAttribute(type, 'connect.version');
  if (version !== null) schema.version = version;
  const parameters = type.attributes['connect.parameters'];
  if (isJsonObject(parameters)) {
    const merged: Record<string, string> = { ...schema.parameters };
    for (const [name, value] of Object.entries(parameters)) merged[name] = String(value);
    schema.parameters = merged;
  }
  const name = textAttribute(type, 'connect.name') ?? ('name' in type ? type.name : null);
  if (name !== null && name !== DEFAULT_RECORD_NAME) schema.name = name;
  return schema;
}

function intSchema(type: AvroType): Mutable {
  const logical = logicalOf(type);
  if (logical === 'date') return { kind: 'int32', optional: false, name: LOGICAL.date, version: 1 };
  if (logical === 'time-millis') return { kind: 'int32', optional: false, name: LOGICAL.time, version: 1 };
  const kind = textAttribute(type, 'connect.type');
  return { kind: kind === 'int8' || kind === 'int16' ? kind : 'int32', optional: false };
}

function bytesSchema(type: AvroSimple | AvroFixed): Mutable {
  const size = type.type === 'fixed' ? { [FIXED_SIZE_PARAMETER]: String(type.size) } : null;
  if (logicalOf(type) !== 'decimal') {
    return { kind: 'bytes', optional: false, ...(size === null ? {} : { parameters: size }) };
  }
  const precision = numberAttribute(type, 'precision');
  const stated = precision === DEFAULT_DECIMAL_PRECISION ? null : precision;
  const schema = decimalSchema(stated, numberAttribute(type, 'scale') ?? 0);
  // The writer's own parameters follow, in their order, from `connect.parameters`.
  const own = type.attributes['connect.parameters'];
  return { ...schema, parameters: { ...(isJsonObject(own) ? stringsOf(own) : schema.parameters), ...size } };
}

function stringsOf(object: Readonly<Record<string, JsonValue>>): Record<string, string> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, String(value)]));
}

function enumSchema(type: AvroEnum, isSum: boolean): Mutable {
  const parameter = isSum ? SUM_ENUM_PARAMETER : ENUM_PARAMETER;
  const parameters: Record<string, string> = { [parameter]: type.name };
  type.symbols.forEach((symbol, index) => {
    parameters[`${parameter}.${symbol}`] = isSum ? String(index) : symbol;
  });
  return { kind: 'string', optional: false, parameters };
}

/** The logical type, whichever way the writer said it. */
export function logicalOf(type: AvroType): string | null {
  const logical = textAttribute(type, 'logicalType');
  if (logical !== null) return logical;
  switch (textAttribute(type, 'connect.name')) {
    case LOGICAL.decimal:
      return 'decimal';
    case LOGICAL.date:
      return 'date';
    case LOGICAL.time:
      return 'time-millis';
    case LOGICAL.timestamp:
      return 'timestamp-millis';
    default:
      return null;
  }
}

/** A default as Avro writes it in JSON, as a value; null when it is not of the type (then there is none). */
function defaultOf(type: AvroType, schema: Schema, json: JsonValue): Value {
  switch (schema.kind) {
    case 'boolean':
      return typeof json === 'boolean' ? json : null;
    case 'int8':
    case 'int16':
    case 'int32':
    case 'float32':
    case 'float64':
      return isJsonNumber(json) ? numberOf(json) : null;
    case 'int64':
      return typeof json === 'bigint' ? longOf(json) : isJsonNumber(json) ? numberOf(json) : null;
    case 'string':
      return typeof json === 'string' ? json : null;
    case 'bytes':
      return bytesDefault(schema, json);
    case 'array':
      return type.type === 'array' && Array.isArray(json)
        ? json.map((item) => defaultOf(type.items, schema.items!, item))
        : null;
    case 'map':
      return type.type === 'map' && isJsonObject(json)
        ? new Map(Object.entries(json).map(([key, item]) => [key, defaultOf(type.values, schema.items!, item)]))
        : null;
    case 'struct':
      return structDefault(type, schema, json);
  }
}

/** Bytes stand in JSON as text of the code points 0 to 255. */
function bytesDefault(schema: Schema, json: JsonValue): Value {
  if (typeof json !== 'string') return null;
  const bytes = Buffer.from(json, 'latin1');
  return schema.name === LOGICAL.decimal
    ? decimalOfBytes(bytes, 0, bytes.length, Number(schema.parameters?.['scale'] ?? 0))
    : bytes;
}

function structDefault(type: AvroType, schema: Schema, json: JsonValue): Value {
  if (type.type !== 'record' || !isJsonObject(json)) return null;
  const cells = type.fields.map((field, index): Value => {
    const given = json[field.name] ?? field.fallback ?? null;
    const branch = optionalBranch(field.type)?.branch ?? field.type;
    return given === null ? null : defaultOf(branch, schema.fields![index]!.schema, given);
  });
  return new Struct(schema, cells);
}
