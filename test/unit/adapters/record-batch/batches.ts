// Builds and reads batches in tests, with ours and with kafkajs' own codec.

import { createRequire } from 'node:module';
import { decodeBatches } from '../../../../src/adapters/record-batch/decode.ts';
import { BatchBuilder, type BatchStamp, finishBatch } from '../../../../src/adapters/record-batch/encode.ts';
import type { Headers, Records } from '../../../../src/ports/broker.ts';
import { headersAt } from '../../../../src/ports/headers.ts';

export interface Row {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
}

export const PLAIN: BatchStamp = {
  baseOffset: 0,
  codecId: 0,
  transactional: false,
  producerId: -1,
  producerEpoch: -1,
  baseSequence: -1,
};

/** A batch of ours; offsets follow each other from the stamp's base. */
export function encodeRows(rows: readonly Row[], stamp: BatchStamp = PLAIN): Buffer {
  const builder = new BatchBuilder(64);
  for (const row of rows) {
    const key = row.key === null ? null : Buffer.from(row.key);
    const value = row.value === null ? null : Buffer.from(row.value);
    const headers = row.headers.map(([name, text]) => [name, text === null ? null : Buffer.from(text)] as const);
    const given: Headers | null = headers.length === 0 ? null : headers;
    builder.append(row.timestampMs, key, 0, key?.length ?? 0, value, 0, value?.length ?? 0, given);
  }
  const built = builder.take();
  finishBatch(built.bytes, built, stamp);
  return built.bytes;
}

/** All rows in the bytes. */
export function decodeRows(bytes: Buffer, from = 0): Row[] {
  const place = { topic: 't', partition: 0, bytes, start: 0, end: bytes.length };
  const decoded = decodeBatches({ ...place, from, until: Number.POSITIVE_INFINITY, aborted: null });
  return decoded.records.flatMap(rowsOf);
}

export function rowsOf(records: Records): Row[] {
  return Array.from({ length: records.count }, (_, i) => ({
    offset: records.offsets[i]!,
    timestampMs: records.timestampsMs[i]!,
    key: text(records, records.keyStarts[i]!, records.keyEnds[i]!),
    value: text(records, records.valueStarts[i]!, records.valueEnds[i]!),
    headers: headersAt(records, i).map(([name, value]) => [name, value === null ? null : value.toString()] as const),
  }));
}

function text(records: Records, start: number, end: number): string | null {
  return start < 0 ? null : records.bytes.toString('utf8', start, end);
}

/** Reproducible randomness (mulberry32). */
export function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Rows of every shape: null and empty fields, headers, times in any order and far apart. */
export function randomRows(next: (below: number) => number, count: number): Row[] {
  const word = (): string | null => (next(8) === 0 ? null : 'aé漢x'.repeat(next(next(10) === 0 ? 90 : 4)));
  const base = 1_700_000_000_000 + next(1000) * 100_000;
  return Array.from({ length: count }, (_, offset) => ({
    offset,
    timestampMs: next(4) === 0 ? base - next(2_000_000_000) * 100 : base + next(2_000_000_000) * 50,
    key: word(),
    value: word(),
    headers: Array.from({ length: next(5) === 0 ? next(4) : 0 }, (_, i) => [`h${i}ö`, word()] as const),
  }));
}

const require = createRequire(import.meta.url);

interface KafkajsRow {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer | null>;
}

/** The rows of one batch as kafkajs reads them. */
export async function decodeWithKafkajs(batch: Buffer): Promise<Row[]> {
  const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object;
  const decode = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
    decoder: object,
  ) => Promise<{ records: KafkajsRow[] }>;
  const { records } = await decode(new Decoder(batch));
  return records.map((row) => ({
    offset: Number(row.offset),
    timestampMs: Number(row.timestamp),
    key: row.key?.toString() ?? null,
    value: row.value?.toString() ?? null,
    headers: Object.entries(row.headers).map(([name, value]) => [name, value?.toString() ?? null] as const),
  }));
}

/** A batch as kafkajs writes it. */
export async function encodeWithKafkajs(rows: readonly Row[], compression: 0 | 1): Promise<Buffer> {
  const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
    RecordBatch(options: object): Promise<{ buffer: Buffer }>;
  };
  const Record = require('kafkajs/src/protocol/recordBatch/record/v0') as (options: object) => object;
  const base = rows[0]!.timestampMs;
  const records = rows.map((row, offsetDelta) =>
    Record({
      offsetDelta,
      timestampDelta: row.timestampMs - base,
      key: row.key === null ? null : Buffer.from(row.key),
      value: row.value === null ? null : Buffer.from(row.value),
      headers: Object.fromEntries(row.headers.map(([name, text]) => [name, text === null ? null : Buffer.from(text)])),
    }),
  );
  const times = rows.map((row) => row.timestampMs);
  const options = { compression, firstTimestamp: base, maxTimestamp: Math.max(...times), records };
  return (await RecordBatch({ ...options, lastOffsetDelta: rows.length - 1 })).buffer;
}
