// Between the JSON of requests and the bytes of topics (the contract's §4).
//
// A side of a topic is known by the source that is declared over it or by what the request says of the topic; bytes are always
// written and read by the formats themselves, so that a test sees what a real topic would hold.
import { ByteWriter } from '../../core/bytes.ts';
import type { Schema } from '../../core/data/schema.ts';
import { findFormat } from '../../formats/index.ts';
import { type Printable, parseJson, printJson } from '../../formats/json-text.ts';
import { isJsonObject, type JsonValue } from '../../formats/json-value.ts';
import { columnsOfSchema, schemaOfColumns } from '../../sql/plan/schema.ts';
import type { Column } from '../../sql/types/sql-type.ts';
import { cellOfJson, jsonOfCell, jsonOfRow, rowOfJson } from './json-cells.ts';
import type { MemoryRegistry } from './memory-registry.ts';

/** What is known of one side of a topic. */
export interface TopicSide {
  readonly topic: string;
  readonly isKey: boolean;
  readonly format: string;
  readonly columns: readonly Column[];
  readonly unwrapped: boolean;
  readonly properties: Readonly<Record<string, string>>;
}

const SCHEMA_TYPE: Readonly<Record<string, string>> = { AVRO: 'AVRO', JSON_SR: 'JSON', PROTOBUF: 'PROTOBUF' };

export class Payloads {
  readonly #registry: MemoryRegistry;
  readonly #out = new ByteWriter();

  constructor(registry: MemoryRegistry) {
    this.#registry = registry;
  }

  /** Bytes of a JSON value. */
  async encode(side: TopicSide, json: JsonValue): Promise<Buffer | null> {
    if (side.format === 'NONE') return json === null ? null : Buffer.alloc(0);
    if (json === null) return null;
    switch (side.format) {
      case 'JSON':
        return Buffer.from(printJson(json as Printable));
      case 'DELIMITED':
        return Buffer.from(typeof json === 'string' ? json : printJson(json as Printable));
      case 'KAFKA': {
        const type = side.columns[0]?.type ?? { base: 'STRING' };
        const cell = type.base === 'BYTES' ? Buffer.from(String(json)) : cellOfJson(bareOf(json), type);
        return await this.#write(side, [cell]);
      }
      default:
        return await this.#encodeTyped(side, json);
    }
  }

  async #encodeTyped(side: TopicSide, json: JsonValue): Promise<Buffer | null> {
    const known = this.#registered(side);
    const typed = known ?? side;
    const row = typed.unwrapped
      ? [cellOfJson(bareOf2(json, typed.columns[0]!), typed.columns[0]!.type)]
      : isJsonObject(json)
        ? rowOfJson(json, typed.columns)
        : [cellOfJson(json, typed.columns[0]!.type)];
    return await this.#write(typed, row);
  }

  /** The side as its registered schema has it: what a producer outside would write. */
  #registered(side: TopicSide): TopicSide | null {
    const type = SCHEMA_TYPE[side.format];
    if (type === undefined) return null;
    const format = findFormat(side.format);
    const subject = `${side.topic}-${side.isKey ? 'key' : 'value'}`;
    const schema = this.#registry.newest(subject);
    if (schema === null || format?.inferred === undefined || schema.type !== type) return null;
    const references = schema.references.flatMap(({ subject: of }) => this.#registry.newest(of)?.schema ?? []);
    const fullName = side.properties['FULL_SCHEMA_NAME'];
    const options = { isKey: side.isKey, references, ...(fullName === undefined ? {} : { fullName }) };
    const inferred = this.#inferred(format.inferred, schema.schema, options, side);
    if (inferred === null) return null;
    return {
      ...side,
      columns: columnsOfSchema(inferred.schema, (name) => name),
      unwrapped: inferred.unwrapped,
      properties: { ...side.properties, SCHEMA_ID: String(schema.id) },
    };
  }

  #inferred(
    infer: (text: string, options: { isKey: boolean; unwrapped: boolean; references: readonly string[] }) => Schema,
    text: string,
    options: { readonly isKey: boolean; readonly references: readonly string[] },
    side: TopicSide,
  ): { readonly schema: Schema; readonly unwrapped: boolean } | null {
    const format = findFormat(side.format)!;
    const tries = side.isKey ? [format.unwrapsSingles] : side.unwrapped ? [true, false] : [false, true];
    for (const unwrapped of tries) {
      try {
        return { schema: infer(text, { ...options, isKey: side.isKey && !unwrapped, unwrapped }), unwrapped };
      } catch {
        // The other shape may fit: a bare value or a record.
      }
    }
    return null;
  }

  async #write(side: TopicSide, row: Parameters<typeof jsonOfRow>[0]): Promise<Buffer | null> {
    const format = findFormat(side.format);
    if (format === null) return null;
    const writer = format.writer({ ...side, schema: schemaOfColumns(side.columns) }, this.#registry);
    await writer.prepare();
    this.#out.reset();
    return writer.write([...row], this.#out) ? this.#out.toBuffer() : null;
  }

  /** JSON of bytes. */
  async decode(side: TopicSide, bytes: Buffer | null): Promise<Printable> {
    if (bytes === null || side.format === 'NONE') return null;
    switch (side.format) {
      case 'JSON':
        return parseJson(bytes.toString('utf8'));
      case 'DELIMITED':
        return bytes.toString('utf8');
      case 'KAFKA': {
        const type = side.columns[0]?.type ?? { base: 'STRING' };
        if (type.base === 'BYTES' || side.columns.length === 0) return bytes.toString('utf8');
        const row = await this.#read(side, bytes);
        return row === null ? null : jsonOfCell(row[0] ?? null, type, false);
      }
      default: {
        const typed = this.#written(side, bytes) ?? side;
        const row = await this.#read(typed, bytes);
        if (row === null) return null;
        return typed.unwrapped
          ? jsonOfCell(row[0] ?? null, typed.columns[0]!.type, false)
          : jsonOfRow(row, typed.columns, false);
      }
    }
  }

  /** The side as the schema whose id stands in the payload has it. */
  #written(side: TopicSide, bytes: Buffer): TopicSide | null {
    const format = findFormat(side.format);
    if (format?.inferred === undefined || bytes.length < 5) return null;
    const schema = this.#registry.find(bytes.readInt32BE(1));
    if (schema === null) return null;
    const references = schema.references.flatMap(({ subject }) => this.#registry.newest(subject)?.schema ?? []);
    const fullName = side.properties['FULL_SCHEMA_NAME'];
    const options = { isKey: side.isKey, references, ...(fullName === undefined ? {} : { fullName }) };
    const inferred = this.#inferred(format.inferred, schema.schema, options, side);
    if (inferred === null) return null;
    return { ...side, columns: columnsOfSchema(inferred.schema, (name) => name), unwrapped: inferred.unwrapped };
  }

  async #read(side: TopicSide, bytes: Buffer) {
    const format = findFormat(side.format);
    if (format === null) return null;
    const wanted = side.columns.map((_, index) => [index]);
    const reader = format.reader({ ...side, schema: schemaOfColumns(side.columns) }, wanted, this.#registry);
    const ready = reader.prepare(bytes, new Int32Array([0]), new Int32Array([bytes.length]), 1);
    if (ready !== null) await ready;
    return reader.read(bytes, 0, bytes.length);
  }
}

/** A bare value that was written as an object with one member. */
function bareOf(json: JsonValue): JsonValue {
  if (!isJsonObject(json)) return json;
  const members = Object.values(json);
  return members.length === 1 ? members[0]! : json;
}
function bareOf2(json: JsonValue, column: Column): JsonValue {
  return ['STRUCT', 'MAP'].includes(column.type.base) ? json : bareOf(json);
}
