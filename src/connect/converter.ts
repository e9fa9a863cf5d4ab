// Converters at work: bytes ↔ Connect data.

import type { Schema, Value } from '../core/data/schema.ts';
import type { Header } from './records.ts';

export interface SchemaAndValue {
  readonly schema: Schema | null;
  readonly value: Value;
}

/**
 * Bytes ↔ Connect data. `prepare*` load what the outside must answer (writer schemas by id, ids of new schemas), once a
 * batch; `decode` and `encode` are synchronous. `encode` may throw `NotPrepared`: the host then awaits `prepareEncode` with that schema and repeats.
 */
export interface Converter {
  /** Payloads `bytes[starts[i]..ends[i]]`, start −1 is null. Resolves when all can be decoded (unknown ids surface in `decode`). Returns null when nothing must be awaited. */
  prepareDecode(bytes: Buffer, starts: Int32Array, ends: Int32Array, count: number): Promise<void> | null;
  /** Throws `data` errors. `start` −1: null payload. */
  decode(topic: string, bytes: Buffer, start: number, end: number): SchemaAndValue;
  /** Makes `encode` possible for the schema on the topic (registers it). Null when nothing must be awaited. */
  prepareEncode(topic: string, schema: Schema | null): Promise<void> | null;
  /** Null answers a null payload (tombstone). */
  encode(topic: string, schema: Schema | null, value: Value): Buffer | null;
}
/** Bytes ↔ one header. */
export interface HeaderConverter {
  decode(topic: string, name: string, value: Buffer | null): Header;
  encode(topic: string, header: Header): Buffer | null;
}
