// Records as plugins see them.
import type { Schema, Value } from '../core/data/schema.ts';

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

  withValue(valueSchema: Schema | null, value: Value): ConnectRecord {
    return new ConnectRecord({ ...partsOf(this), valueSchema, value });
  }
  withKey(keySchema: Schema | null, key: Value): ConnectRecord {
    return new ConnectRecord({ ...partsOf(this), keySchema, key });
  }
  withTopic(topic: string, partition: number | null = this.partition): ConnectRecord {
    return new ConnectRecord({ ...partsOf(this), topic, partition });
  }
  withTimestamp(timestampMs: number | null): ConnectRecord {
    return new ConnectRecord({ ...partsOf(this), timestampMs });
  }
  withHeaders(headers: readonly Header[]): ConnectRecord {
    return new ConnectRecord({ ...partsOf(this), headers });
  }
}

export const NO_HEADERS: readonly Header[] = [];

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

function partsOf(record: ConnectRecord): RecordParts {
  return {
    topic: record.topic,
    partition: record.partition,
    keySchema: record.keySchema,
    key: record.key,
    valueSchema: record.valueSchema,
    value: record.value,
    timestampMs: record.timestampMs,
    headers: record.headers,
    origin: record.origin,
    sourcePartition: record.sourcePartition,
    sourceOffset: record.sourceOffset,
  };
}
