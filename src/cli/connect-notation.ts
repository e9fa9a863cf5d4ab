// The JSON notation of records, schemas and values that `trib transform` reads and writes: lossless for every Connect type.
//
// Under a schema a value is plain JSON (64-bit integers and decimals as text); without one, all but text, booleans and lists
// carry their type: {"type":"int32","value":5}.

import { ConnectRecord, type Header } from '../connect/records.ts';
import { decimalScientificText, parseDecimal } from '../core/data/decimal.ts';
import { isDecimal, isDecimalSchema } from '../core/data/logical.ts';
import { longOf } from '../core/data/long.ts';
import { type Field, type Kind, type Long, type Schema, Struct, type Value } from '../core/data/schema.ts';
import { typed, typeOfNumber, untyped } from '../core/data/typed.ts';
import { TributaryError } from '../core/errors.ts';

/** Any JSON. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type JsonObject = { [name: string]: Json };

const KIND_BY_TYPE: Readonly<Record<string, Kind>> = {
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  float: 'float32',
  double: 'float64',
  boolean: 'boolean',
  string: 'string',
  bytes: 'bytes',
  array: 'array',
  map: 'map',
  struct: 'struct',
};
const TYPE_BY_KIND = Object.fromEntries(Object.entries(KIND_BY_TYPE).map(([type, kind]) => [kind, type]));

/** A record from its notation. A sink record's origin is its topic, partition and offset. */
export function readRecord(json: Json, isSink: boolean): ConnectRecord {
  const object = objectOf(json, 'record');
  const key = readPair(object['key'] ?? {});
  const value = readPair(object['value'] ?? {});
  const topic = (object['topic'] ?? null) as string;
  const partition = object['partition'] === undefined ? null : (object['partition'] as number | null);
  const origin = { topic, partition: partition ?? 0, offset: offsetOf(object['offset'] ?? 0) };
  return new ConnectRecord({
    topic,
    partition,
    keySchema: key.schema,
    key: key.value,
    valueSchema: value.schema,
    value: value.value,
    timestampMs: object['timestamp'] === undefined || object['timestamp'] === null ? null : Number(object['timestamp']),
    headers: ((object['headers'] ?? []) as Json[]).map(readHeader),
    origin: isSink ? origin : null,
  });
}

/**
 * A record as people write it by hand: as {@link readRecord} takes it, but key, value and headers may also stand bare, as
 * JSON without schema.
 */
export function readSample(json: Json, isSink: boolean): ConnectRecord {
  const object = objectOf(json, 'record');
  const paired = { ...object, key: pairOf(object['key'] ?? null), value: pairOf(object['value'] ?? null) };
  return readRecord({ topic: 'sample', ...paired }, isSink);
}

/** Bare JSON becomes schemaless notation: integers are int64, other numbers float64, as JsonConverter reads them. */
function pairOf(json: Json): Json {
  const isPair = typeof json === 'object' && json !== null && !Array.isArray(json) && 'payload' in json;
  return isPair ? json : { schema: null, payload: typedNotation(json) };
}

function typedNotation(json: Json): Json {
  if (typeof json === 'number') {
    return Number.isSafeInteger(json) ? { type: 'int64', value: String(json) } : { type: 'double', value: json };
  }
  if (Array.isArray(json)) return json.map(typedNotation);
  if (typeof json !== 'object' || json === null) return json;
  return {
    type: 'map',
    value: Object.fromEntries(Object.entries(json).map(([name, item]) => [name, typedNotation(item)])),
  };
}

/** The notation of a record. */
export function writeRecord(record: ConnectRecord): Json {
  return {
    topic: record.topic,
    partition: record.partition,
    timestamp: record.timestampMs === null ? null : String(record.timestampMs),
    ...(record.origin === null ? {} : { offset: String(record.origin.offset) }),
    key: writePair(record.keySchema, record.key),
    value: writePair(record.valueSchema, record.value),
    headers: record.headers.map((header) => ({ name: header.key, ...writePair(header.schema, header.value) })),
  };
}

/** `{"schema", "payload"}` of a value. */
export function writePair(schema: Schema | null, value: Value): { schema: Json; payload: Json } {
  return { schema: schema === null ? null : writeSchema(schema), payload: writeValue(schema, value) };
}

/** The value of `{"schema", "payload"}`. */
export function readPair(json: Json): { schema: Schema | null; value: Value } {
  const pair = objectOf(json, 'key, value or header');
  const schema = pair['schema'] === undefined || pair['schema'] === null ? null : readSchema(pair['schema']);
  return { schema, value: readValue(schema, pair['payload'] ?? null) };
}

/** A sample may carry an offset beyond 2^53, which no log reaches: transforms only copy it, so it is kept exactly as it is. */
function offsetOf(json: Json): number {
  return longOf(BigInt(json as string)) as number;
}

function readHeader(json: Json): Header {
  const { schema, value } = readPair(json);
  return { key: String(objectOf(json, 'header')['name']), schema, value };
}

/** A schema from its notation (that of JsonConverter). */
export function readSchema(json: Json): Schema {
  const object = objectOf(json, 'schema');
  const kind = KIND_BY_TYPE[String(object['type'])];
  if (kind === undefined) throw malformed(`"${String(object['type'])}" is no type of a schema`);
  const schema: { -readonly [K in keyof Schema]?: Schema[K] } = { kind, optional: object['optional'] === true };
  for (const option of ['name', 'version', 'doc', 'parameters'] as const) {
    if (object[option] !== undefined && object[option] !== null) Object.assign(schema, { [option]: object[option] });
  }
  if (kind === 'struct') {
    schema.fields = ((object['fields'] ?? []) as Json[]).map(
      (field, index): Field => ({ name: String(objectOf(field, 'field')['field']), index, schema: readSchema(field) }),
    );
  }
  if (kind === 'array' && object['items']) schema.items = readSchema(object['items']);
  if (kind === 'map') {
    if (object['keys']) schema.keys = readSchema(object['keys']);
    if (object['values']) schema.items = readSchema(object['values']);
  }
  if (object['default'] !== undefined && object['default'] !== null) {
    schema.defaultValue = readValue(schema as Schema, object['default']);
  }
  return schema as Schema;
}

/** The notation of a schema. */
export function writeSchema(schema: Schema): JsonObject {
  const json: JsonObject = { type: TYPE_BY_KIND[schema.kind]!, optional: schema.optional };
  if (schema.name !== undefined) json['name'] = schema.name;
  if (schema.version !== undefined) json['version'] = schema.version;
  if (schema.doc !== undefined) json['doc'] = schema.doc;
  if (schema.parameters !== undefined) json['parameters'] = { ...schema.parameters };
  if (schema.defaultValue !== undefined && schema.defaultValue !== null) {
    json['default'] = writeValue(schema, schema.defaultValue);
  }
  if (schema.kind === 'struct') {
    json['fields'] = (schema.fields ?? []).map((field) => ({ ...writeSchema(field.schema), field: field.name }));
  }
  const items = schema.items === undefined ? null : writeSchema(schema.items);
  if (schema.kind === 'array') json['items'] = items;
  if (schema.kind === 'map') {
    json['keys'] = schema.keys === undefined ? null : writeSchema(schema.keys);
    json['values'] = items;
  }
  return json;
}

function readValue(schema: Schema | null, json: Json): Value {
  if (schema === null) return readFree(json);
  if (json === null) return null;
  switch (schema.kind) {
    case 'int64':
      return longOf(BigInt(json as string));
    case 'float32':
      return Math.fround(Number(json));
    case 'float64':
      return Number(json);
    case 'bytes':
      return isDecimalSchema(schema) ? decimalOf(json) : Buffer.from(String(json), 'base64');
    case 'array':
      return (json as Json[]).map((item) => readValue(schema.items ?? null, item));
    case 'map':
      return readMap(schema, json);
    case 'struct': {
      const cells = objectOf(json, 'struct');
      const fields = schema.fields ?? [];
      return new Struct(
        schema,
        fields.map((field) => readValue(field.schema, cells[field.name] ?? null)),
      );
    }
    default:
      return json as Value;
  }
}

function readMap(schema: Schema, json: Json): Map<Value, Value> {
  const keys = schema.keys ?? null;
  const items = schema.items ?? null;
  const entries = Array.isArray(json) ? (json as [Json, Json][]) : Object.entries(json as JsonObject);
  return new Map(
    entries.map(([key, item]) => [Array.isArray(json) ? readValue(keys, key) : (key as Value), readValue(items, item)]),
  );
}

function readFree(json: Json): Value {
  if (json === null || typeof json === 'string' || typeof json === 'boolean') return json;
  if (Array.isArray(json)) return json.map(readFree);
  if (typeof json === 'number') throw malformed(`${json} stands without a type`);
  const value = json['value'];
  const type = String(json['type']);
  switch (type) {
    case 'int8':
    case 'int16':
    case 'int32':
      return typed(type, Number(value));
    case 'int64':
      return longOf(BigInt(value as string));
    case 'bigint':
      return typed('bigint', longOf(BigInt(value as string)));
    case 'timestamp':
      return typed('timestamp', longOf(BigInt(value as string)));
    case 'float':
      return typed('float32', Math.fround(Number(value)));
    case 'double':
      return typed('float64', Number(value));
    case 'bytes':
      return Buffer.from(String(value), 'base64');
    case 'decimal':
      return decimalOf(value!);
    case 'map':
      return new Map(
        json['entries'] === undefined
          ? Object.entries(value as JsonObject).map(([key, item]) => [key, readFree(item)])
          : (json['entries'] as [Json, Json][]).map(([key, item]) => [readFree(key), readFree(item)]),
      );
    case 'struct':
      return readValue(readSchema(json['schema']!), value!);
    default:
      throw malformed(`"${type}" is no type of a value without schema`);
  }
}

function writeValue(schema: Schema | null, value: Value): Json {
  if (value === null || value === undefined) return null;
  if (schema === null) return writeFree(value);
  switch (schema.kind) {
    case 'int64':
      return String(untyped(value));
    case 'float32':
    case 'float64':
      return floatOf(value as number);
    case 'bytes':
      return isDecimal(value) ? decimalScientificText(value) : base64(value as Uint8Array);
    case 'array':
      return (value as Value[]).map((item) => writeValue(schema.items ?? null, item));
    case 'map':
      return writeMap(schema, value as Map<Value, Value>);
    case 'struct':
      return Object.fromEntries(
        (schema.fields ?? []).map((field) => [field.name, writeValue(field.schema, cellOf(value as Struct, field))]),
      );
    default:
      return value as Json;
  }
}

function cellOf(struct: Struct, field: Field): Value {
  return struct.cells[field.index] ?? null;
}

function writeMap(schema: Schema, map: ReadonlyMap<Value, Value>): Json {
  const keys = schema.keys ?? null;
  const items = schema.items ?? null;
  if (keys?.kind === 'string') {
    return Object.fromEntries([...map].map(([key, item]) => [String(key), writeValue(items, item)]));
  }
  return [...map].map(([key, item]) => [writeValue(keys, key), writeValue(items, item)]);
}

const FREE_TYPES: Readonly<Record<string, string>> = { float32: 'float', float64: 'double' };

function writeFree(value: Value): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(writeFree);
  const kind = typeOfNumber(value);
  if (kind !== null) return { type: FREE_TYPES[kind] ?? kind, value: writeNumber(kind, untyped(value) as Long) };
  if (value instanceof Uint8Array) return { type: 'bytes', value: base64(value) };
  if (value instanceof Struct) {
    return { type: 'struct', schema: writeSchema(value.schema), value: writeValue(value.schema, value) };
  }
  if (value instanceof Map) {
    const plain = [...value.keys()].every((key) => typeof key === 'string');
    const entries: [Json, Json][] = [...value].map(([key, item]) => [
      plain ? (key as string) : writeFree(key),
      writeFree(item),
    ]);
    return plain ? { type: 'map', value: Object.fromEntries(entries) } : { type: 'map', entries };
  }
  if (isDecimal(value)) return { type: 'decimal', value: decimalScientificText(value) };
  throw malformed(`a value of unknown type came out: ${String(value)}`);
}

function writeNumber(kind: string, value: Long): Json {
  if (kind === 'float32' || kind === 'float64') return floatOf(value as number);
  return kind === 'int64' || kind === 'bigint' || kind === 'timestamp' ? String(value) : (value as number);
}

function floatOf(value: number): Json {
  if (Object.is(value, -0)) return '-0.0';
  return Number.isFinite(value) ? value : String(value);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

function decimalOf(json: Json): Value {
  const value = parseDecimal(String(json));
  if (value === null) throw malformed(`"${String(json)}" is no decimal`);
  return value;
}

function objectOf(json: Json, what: string): JsonObject {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
  throw malformed(`${what} must be a JSON object`);
}

function malformed(what: string): TributaryError {
  return new TributaryError('TRIB_CLI_NOTATION', 'config', { what: `${what}.` });
}
