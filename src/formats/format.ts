// Formats of SQL topics: payload bytes ↔ row cells. One file a format, registered in `formats/index.ts`.
//
// A reader is made for the columns a query reads and decodes only those: `cells[i]` is the i-th wanted column, all else is
// skipped in place. Nested structs come as bare cells (see sql-type.ts), typed statically by the wanted schema.

import type { ByteWriter } from '../core/bytes.ts';
import type { Row, Schema } from '../core/data/schema.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';

/** Features that the SQL layer asks for. */
export interface FormatTraits {
  readonly name: string;
  /** Schemas live in the registry and columns can be inferred from them. */
  readonly usesRegistry: boolean;
  /** Can hold a single column bare (unwrapped) and / or as a one-field record. */
  readonly wrapsSingles: boolean;
  readonly unwrapsSingles: boolean;
  /** Properties of WITH it takes, e.g. `VALUE_DELIMITER`. */
  readonly properties: readonly string[];
}

export interface SerdeSpec {
  readonly topic: string;
  readonly isKey: boolean;
  /** The full row schema of this side (a struct; its fields are the SQL columns in order). Struct fields' names are matched as the format demands (Avro and JSON without regard to case on read). */
  readonly schema: Schema;
  /** The single column stands bare, not as a record. */
  readonly unwrapped: boolean;
  /**
   * Format properties without KEY_ or VALUE_: DELIMITER, FULL_SCHEMA_NAME, SCHEMA_ID, NULLABLE_REPRESENTATION (Protobuf); and
   * SOURCE_NAME, the SQL name of the stream or table, from which Avro names key records (absent: the topic's name).
   */
  readonly properties: Readonly<Record<string, string>>;
}

/** Decodes payloads of one topic side. */
export interface RowReader {
  /** Null when all can be decoded now; else resolves once the writer schemas of these payloads are loaded. */
  prepare(bytes: Buffer, starts: Int32Array, ends: Int32Array, count: number): Promise<void> | null;
  /** Cells of the wanted columns, in the order of `wanted`; null when the payload itself says null (JSON `null`, a bare null). Throws `data` errors that say what was wrong, without topic and offset (the caller adds them). */
  read(bytes: Buffer, start: number, end: number): Row | null;
}

/** Encodes rows of one topic side. */
export interface RowWriter {
  /** Registers schemas. Call once before `write`. */
  prepare(): Promise<void>;
  /** Appends the payload of the row (all columns of the spec's schema, in order) to `out`. Answers false when the payload is null (e.g. a bare null column). */
  write(row: Row, out: ByteWriter): boolean;
}

/** Which columns of a registered schema are meant. */
export interface InferenceOptions {
  readonly isKey: boolean;
  /** The payload is a bare value: a value column ROWVAL. A key schema that is no record gives ROWKEY without being told. */
  readonly unwrapped: boolean;
  /** Protobuf: which message. Absent: the first. */
  readonly fullName?: string;
  /** Texts of the schemas it builds on, each after those it builds on itself (`referenceTexts`). */
  readonly references?: readonly string[];
}

export interface Format extends FormatTraits {
  /** @param wanted indexes into `spec.schema.fields`, or paths into nested structs: `[fieldIndex, nestedIndex, …]`. */
  reader(spec: SerdeSpec, wanted: readonly (readonly number[])[], registry: SchemaRegistry): RowReader;
  writer(spec: SerdeSpec, registry: SchemaRegistry): RowWriter;
  /** The struct schema a registered schema text describes; throws `sql` errors for schemas without usable columns. Absent on formats without registry. */
  inferred?(text: string, options: InferenceOptions): Schema;
  /** The schema text to register for a spec. Absent on formats without registry. */
  described?(spec: SerdeSpec): string;
}
