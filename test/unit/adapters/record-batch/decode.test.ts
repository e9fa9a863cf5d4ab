import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AbortedFilter } from '../../../../src/adapters/record-batch/aborted.ts';
import { decodeBatches } from '../../../../src/adapters/record-batch/decode.ts';
import { controlBatch, sealBatch } from '../../../../src/adapters/record-batch/encode.ts';
import type { TributaryError } from '../../../../src/core/errors.ts';
import { decodeRows, encodeRows, encodeWithKafkajs, PLAIN, type Row, random, randomRows, rowsOf } from './batches.ts';

const EVERYTHING = { topic: 't', partition: 3, start: 0, from: 0, until: Number.POSITIVE_INFINITY, aborted: null };

function row(offset: number, value: string): Row {
  return { offset, timestampMs: 1000, key: 'k', value, headers: [] };
}

// kafkajs cannot write them.
function withoutNullHeaders(rows: readonly Row[]): Row[] {
  return rows.map((one) => ({ ...one, headers: one.headers.map(([name, value]) => [name, value ?? ''] as const) }));
}

test('we read what kafkajs writes, plain and gzipped (seed 1 to 40)', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const next = random(seed);
    const rows = withoutNullHeaders(randomRows(next, 1 + next(40)));

    const plain = decodeRows(await encodeWithKafkajs(rows, 0));
    const gzipped = decodeRows(await encodeWithKafkajs(rows, 1));

    assert.deepEqual(plain, rows, `seed ${seed}`);
    assert.deepEqual(gzipped, rows, `seed ${seed}`);
  }
});

test('neighbouring plain batches become one set of columns', () => {
  const bytes = Buffer.concat([
    encodeRows([row(0, 'a'), row(1, 'b')]),
    encodeRows([row(2, 'c')], { ...PLAIN, baseOffset: 2 }),
  ]);

  const decoded = decodeBatches({ ...EVERYTHING, bytes, end: bytes.length });

  assert.equal(decoded.records.length, 1);
  assert.deepEqual(rowsOf(decoded.records[0]!), [row(0, 'a'), row(1, 'b'), row(2, 'c')]);
  assert.deepEqual([decoded.nextOffset, decoded.records[0]!.nextOffset, decoded.consumedTo], [3, 3, bytes.length]);
});

test('records before the wanted offset are dropped, though their batch holds wanted ones', () => {
  const bytes = encodeRows([row(0, 'a'), row(1, 'b'), row(2, 'c')]);

  assert.deepEqual(decodeRows(bytes, 1), [row(1, 'b'), row(2, 'c')]);
});

test('a torn batch at the end is left for the next time', () => {
  const whole = encodeRows([row(0, 'a')]);
  const torn = encodeRows([row(1, 'b')], { ...PLAIN, baseOffset: 1 }).subarray(0, -1);
  const bytes = Buffer.concat([whole, torn]);

  const decoded = decodeBatches({ ...EVERYTHING, bytes, end: bytes.length });

  assert.deepEqual([decoded.nextOffset, decoded.consumedTo], [1, whole.length]);
});

test('batches from the last stable offset on are not read', () => {
  const first = encodeRows([row(0, 'a')]);
  const bytes = Buffer.concat([first, encodeRows([row(1, 'b')], { ...PLAIN, baseOffset: 1 })]);

  const decoded = decodeBatches({ ...EVERYTHING, until: 1, bytes, end: bytes.length });

  assert.deepEqual([decoded.nextOffset, decoded.consumedTo], [1, first.length]);
});

test('control batches and aborted records are passed over, and the next offset tells', () => {
  const transactional = { ...PLAIN, transactional: true, producerId: 7, producerEpoch: 0, baseSequence: 0 };
  const bytes = Buffer.concat([
    encodeRows([row(0, 'aborted')], transactional),
    controlBatch('abort', { id: 7, epoch: 0 }, 1, 1000),
    encodeRows([row(2, 'committed')], { ...transactional, baseOffset: 2 }),
    controlBatch('commit', { id: 7, epoch: 0 }, 3, 1000),
  ]);
  const aborted = new AbortedFilter([{ producerId: 7, firstOffset: 0 }]);

  const committed = decodeBatches({ ...EVERYTHING, aborted, bytes, end: bytes.length });

  assert.deepEqual(committed.records.flatMap(rowsOf), [row(2, 'committed')]);
  assert.equal(committed.records.at(-1)!.nextOffset, 4);
  assert.deepEqual(decodeRows(bytes), [row(0, 'aborted'), row(2, 'committed')]);
});

test('when only a marker was there, an empty answer carries the next offset', () => {
  const bytes = controlBatch('commit', { id: 7, epoch: 0 }, 5, 1000);

  const decoded = decodeBatches({ ...EVERYTHING, from: 5, bytes, end: bytes.length });

  assert.deepEqual(
    decoded.records.map((records) => [records.count, records.nextOffset]),
    [[0, 6]],
  );
});

test('the time of the broker overrides the records’ own when the topic says so', () => {
  const bytes = encodeRows([{ ...row(0, 'a'), timestampMs: 5 }, row(1, 'b')]);
  bytes.writeInt16BE(0x08, 21);
  bytes.writeBigInt64BE(777n, 35);
  sealBatch(bytes);

  assert.deepEqual(
    decodeRows(bytes).map((one) => one.timestampMs),
    [777, 777],
  );
});

const DAMAGE: readonly (readonly [what: string, code: string, damage: (bytes: Buffer) => void])[] = [
  ['a flipped bit', 'TRIB_BATCH_CORRUPT', (bytes) => bytes.writeUInt8(bytes[80]! ^ 1, 80)],
  ['an old message format', 'TRIB_BATCH_FORMAT', (bytes) => bytes.writeUInt8(1, 16)],
  [
    'a record longer than its batch',
    'TRIB_BATCH_CORRUPT',
    (bytes) => {
      bytes.writeUInt8(0x7e, 61);
      sealBatch(bytes);
    },
  ],
  [
    'an unknown codec',
    'TRIB_BATCH_CORRUPT',
    (bytes) => {
      bytes.writeInt16BE(7, 21);
      sealBatch(bytes);
    },
  ],
];

for (const [what, code, damage] of DAMAGE) {
  test(`${what} is refused with the place`, () => {
    const bytes = encodeRows([row(40, 'some value of some length')], { ...PLAIN, baseOffset: 40 });
    damage(bytes);

    assert.throws(
      () => decodeBatches({ ...EVERYTHING, bytes, end: bytes.length }),
      (error: TributaryError) => {
        assert.deepEqual([error.code, error.kind, error.parts.where], [code, 'fatal', 't-3@40']);
        return true;
      },
    );
  });
}
