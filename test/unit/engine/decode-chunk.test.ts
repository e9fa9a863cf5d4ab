import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmbeddedRegistry } from '../../../src/adapters/registry/embedded.ts';
import { primitive, structOf } from '../../../src/core/data/schema.ts';
import { decoderOf } from '../../../src/engine/decode-chunk.ts';
import { createSerdes } from '../../../src/engine/serde.ts';
import type { SerdeRef, SourceDef } from '../../../src/engine/topology.ts';
import type { Records } from '../../../src/ports/broker.ts';

const side = (format: string): SerdeRef => ({
  format,
  schema: structOf([{ name: 'V', schema: primitive('int32', { optional: true }) }]),
  unwrapped: false,
  properties: {},
  window: null,
});
const SOURCE: SourceDef = {
  topic: 't',
  shape: 'stream',
  key: side('KAFKA'),
  value: side('AVRO'),
  wantedKey: [],
  wantedValue: [],
  wantedHeaders: [],
  needsHeaders: false,
  needsOffsets: false,
  internal: false,
};

function recordsOf(payloads: readonly Buffer[]): Records {
  const ends = Int32Array.from(payloads, (_, i) =>
    payloads.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0),
  );
  const none = new Int32Array(payloads.length).fill(-1);
  return {
    topic: 't',
    partition: 0,
    count: payloads.length,
    bytes: Buffer.concat(payloads),
    offsets: Float64Array.from(payloads, (_, i) => i),
    timestampsMs: new Float64Array(payloads.length),
    keyStarts: none,
    keyEnds: none,
    valueStarts: Int32Array.from(payloads, ({ length }, i) => ends[i]! - length),
    valueEnds: ends,
    headerStarts: none,
    nextOffset: payloads.length,
  };
}

test('a value that cannot be decoded is no row, also when no column of it is read', async () => {
  const registry = new EmbeddedRegistry(null);
  const schema = '{"type":"record","name":"r","fields":[{"name":"V","type":["null","int"]}]}';
  const id = await registry.register('t-value', 'AVRO', schema);
  const framed = (schemaId: number) => Buffer.from([0, 0, 0, 0, schemaId, 2, 14]);
  const records = recordsOf([framed(id), framed(99), Buffer.from('poison'), Buffer.from([0, 0]), framed(id)]);
  const decoder = decoderOf(createSerdes(registry), SOURCE);
  const bad: number[] = [];

  await decoder.prepare(records);
  const { offsets } = decoder.decode(records, 0, records.count, (_topic, _partition, offset) => bad.push(offset));

  assert.deepEqual(offsets, [0, 4]);
  assert.deepEqual(bad, [1, 2, 3]);
});

test('a table row ends with its header columns; a tombstone stays one', async () => {
  // Two headers, a=1 and b=2, as a record batch has them: counts and lengths are zigzag varints.
  const encoded = Buffer.from('040261023102620232', 'hex');
  const payloads = [Buffer.from('{"V":7}'), encoded];
  const records = {
    ...recordsOf(payloads),
    keyStarts: Int32Array.of(0, 0),
    keyEnds: Int32Array.of(0, 0),
    valueStarts: Int32Array.of(0, -1),
    headerStarts: Int32Array.of(payloads[0]!.length, payloads[0]!.length),
  };
  const def: SourceDef = {
    ...SOURCE,
    shape: 'table',
    value: side('JSON'),
    wantedValue: [[0]],
    wantedHeaders: ['b', null],
  };
  const decoder = decoderOf(createSerdes(new EmbeddedRegistry(null)), def);

  const { chunk } = decoder.decode(records, 0, 2, () => undefined);

  assert.deepEqual(chunk.rows, [
    [
      7,
      Buffer.from('2'),
      [
        ['a', Buffer.from('1')],
        ['b', Buffer.from('2')],
      ],
    ],
    null,
  ]);
});
