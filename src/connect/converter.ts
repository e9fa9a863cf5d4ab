// Converters at work: bytes ↔ Connect data.

import type { Schema, Value } from '../core/data/schema.ts';
import type { Header } from './records.ts';

export interface SchemaAndValue {
  readonly schema: Schema | null;
  readonly value: Value;
}

/**
 * Bytes ↔ Connect data. `prepare*` load what the outside must answer (writer schemas by id, ids of new schemas), once a
 * batch; `decode` and `encode` are synchronous.
 */
export interface Converter {
  /** Payloads `bytes[starts[i]..ends[i]]`, start −1 is null. Resolves when all can be decoded (unknown ids surface in `decode`). Returns null when nothing must be awaited. */
  prepareDecode(bytes: Buffer, starts: Int32Array, ends: Int32Array, count: number): Promise<void> | null;
  /** Throws `data` errors. `start` −1: null payload. */
  decode(topic: string, bytes: Buffer, start: number, end: number): SchemaAndValue;
  /** Makes `encode` possible for the schema on the topic (registers it). Null when nothing must be awaited. */
  prepareEncode(topic: string, schema: Schema | null): Promise<void> | null;
  /**
   * Null answers a null payload (tombstone). `headers`: those of the record, not encoded; absent where there is no record (the
   * letters of a queue, a dry run), which nearly all converters do not notice.
   */
  encode(topic: string, schema: Schema | null, value: Value, headers?: readonly Header[]): Buffer | null;
  /**
   * Only of converters to which the schema alone does not tell what must be loaded: called before `encode` with every record that
   * has a value. Null when nothing must be awaited, which must be the answer for nearly all; also for a record that `encode` will refuse.
   */
  prepareRecord?(topic: string, schema: Schema | null, value: Value, headers: readonly Header[]): Promise<void> | null;
}
/** Bytes ↔ one header. */
export interface HeaderConverter {
  decode(topic: string, name: string, value: Buffer | null): Header;
  encode(topic: string, header: Header): Buffer | null;
}
