// Records as plugins see them.
import type { Schema, Value } from '../core/data/schema.ts';

/** A record header. Names may repeat; order counts. */
export interface Header {
  readonly key: string;
  readonly schema: Schema | null;
  readonly value: Value;
}

/** Where a record was read, before any transform. Offset bookkeeping uses only this. */
export interface Origin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/**
 * A record between converters. Immutable: a transform answers a new one (`with*`) or the same.
 * One class for source, sink and processor records keeps one hidden class on the data path.
 */
export class ConnectRecord {
  readonly topic: string;
  /** Null: chosen by the partitioner. */
  readonly partition: number | null;
  readonly keySchema: Schema | null;
  readonly key: Value;
  readonly valueSchema: Schema | null;
  readonly value: Value;
  /** Milliseconds since the epoch; null when the record has none. */
  readonly timestampMs: number | null;
  readonly headers: readonly Header[];
  /** Sink and processor records: where it was read. */
  readonly origin: Origin | null;
  /** Source records: position in the source, for the offset store. */
  readonly sourcePartition: Readonly<Record<string, unknown>> | null;
  readonly sourceOffset: Readonly<Record<string, unknown>> | null;

  constructor(parts: RecordParts) {
    this.topic = parts.topic;
    this.partition = parts.partition ?? null;
    this.keySchema = parts.keySchema ?? null;
    this.key = parts.key ?? null;
    this.valueSchema = parts.valueSchema ?? null;
    this.value = parts.value ?? null;
    this.timestampMs = parts.timestampMs ?? null;
    this.headers = parts.headers ?? NO_HEADERS;
    this.origin = parts.origin ?? null;
    this.sourcePartition = parts.sourcePartition ?? null;
    this.sourceOffset = parts.sourceOffset ?? null;
  }

  // The copies below name each part: a literal that does not outlive the constructor costs nothing once compiled, a spread does.

  withValue(valueSchema: Schema | null, value: Value): ConnectRecord {
    return new ConnectRecord({
      topic: this.topic,
      partition: this.partition,
      keySchema: this.keySchema,
      key: this.key,
      valueSchema,
      value,
      timestampMs: this.timestampMs,
      headers: this.headers,
      origin: this.origin,
      sourcePartition: this.sourcePartition,
      sourceOffset: this.sourceOffset,
    });
  }
  withKey(keySchema: Schema | null, key: Value): ConnectRecord {
    return new ConnectRecord({
      topic: this.topic,
      partition: this.partition,
      keySchema,
      key,
      valueSchema: this.valueSchema,
      value: this.value,
      timestampMs: this.timestampMs,
      headers: this.headers,
      origin: this.origin,
      sourcePartition: this.sourcePartition,
      sourceOffset: this.sourceOffset,
    });
  }
  withTopic(topic: string, partition: number | null = this.partition): ConnectRecord {
    return new ConnectRecord({
      topic,
      partition,
      keySchema: this.keySchema,
      key: this.key,
      valueSchema: this.valueSchema,
      value: this.value,
      timestampMs: this.timestampMs,
      headers: this.headers,
      origin: this.origin,
      sourcePartition: this.sourcePartition,
      sourceOffset: this.sourceOffset,
    });
  }
  withTimestamp(timestampMs: number | null): ConnectRecord {
    return new ConnectRecord({
      topic: this.topic,
      partition: this.partition,
      keySchema: this.keySchema,
      key: this.key,
      valueSchema: this.valueSchema,
      value: this.value,
      timestampMs,
      headers: this.headers,
      origin: this.origin,
      sourcePartition: this.sourcePartition,
      sourceOffset: this.sourceOffset,
    });
  }
  withHeaders(headers: readonly Header[]): ConnectRecord {
    return new ConnectRecord({
      topic: this.topic,
      partition: this.partition,
      keySchema: this.keySchema,
      key: this.key,
      valueSchema: this.valueSchema,
      value: this.value,
      timestampMs: this.timestampMs,
      headers,
      origin: this.origin,
      sourcePartition: this.sourcePartition,
      sourceOffset: this.sourceOffset,
    });
  }
  /** The same record with another key, value and headers: one step for transforms that change several parts. */
  withParts(
    keySchema: Schema | null,
    key: Value,
    valueSchema: Schema | null,
    value: Value,
    headers: readonly Header[],
  ): ConnectRecord {
    return new ConnectRecord({
      topic: this.topic,
      partition: this.partition,
      keySchema,
      key,
      valueSchema,
      value,
      timestampMs: this.timestampMs,
      headers,
      origin: this.origin,
      sourcePartition: this.sourcePartition,
      sourceOffset: this.sourceOffset,
    });
  }
}

/** The one empty list of headers. */
export const NO_HEADERS: readonly Header[] = [];

/** Named parts of a record; those left out are null (headers: none). */
export interface RecordParts {
  readonly topic: string;
  readonly partition?: number | null;
  readonly keySchema?: Schema | null;
  readonly key?: Value;
  readonly valueSchema?: Schema | null;
  readonly value?: Value;
  readonly timestampMs?: number | null;
  readonly headers?: readonly Header[];
  readonly origin?: Origin | null;
  readonly sourcePartition?: Readonly<Record<string, unknown>> | null;
  readonly sourceOffset?: Readonly<Record<string, unknown>> | null;
}
