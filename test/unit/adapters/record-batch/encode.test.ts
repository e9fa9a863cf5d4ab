import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchBuilder, controlBatch, finishBatch } from '../../../../src/adapters/record-batch/encode.ts';
import { decodeWithKafkajs, encodeRows, PLAIN, random, randomRows } from './batches.ts';

test('a batch is laid out byte for byte as the format says', () => {
  const builder = new BatchBuilder();
  const key = Buffer.from('k');
  const value = Buffer.from('vw');
  builder.append(1000, key, 0, 1, value, 0, 2, [['h', null]]);
  builder.append(1300, null, 0, 0, null, 0, 0, null);
  const built = builder.take();

  finishBatch(built.bytes, built, {
    baseOffset: 5,
    codecId: 0,
    transactional: true,
    producerId: 9,
    producerEpoch: 2,
    baseSequence: 7,
  });

  const crc = built.bytes.toString('hex', 17, 21);
  const expected = [
    '0000000000000005', // base offset
    '00000046', // length
    'ffffffff', // leader epoch
    '02', // magic
    crc,
    '0010', // transactional
    '00000001', // last offset delta
    '00000000000003e8', // base timestamp
    '0000000000000514', // max timestamp
    '0000000000000009', // producer id
    '0002', // producer epoch
    '00000007', // base sequence
    '00000002', // records
    '1800000002' + '6b04' + '7677' + '02' + '0268' + '01', // length 12, attributes, delta 0, offset 0, key, value, one header
    '0e00d804020101' + '00', // length 7, attributes, delta 300, offset 1, null key, null value, no headers
  ];
  assert.equal(built.bytes.toString('hex'), expected.join(''));
});

test('kafkajs reads what we write, whatever the shape (seed 1 to 60)', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const next = random(seed);
    const rows = randomRows(next, 1 + next(40));

    const read = await decodeWithKafkajs(encodeRows(rows));

    assert.deepEqual(read, rows, `seed ${seed}`);
  }
});

test('a builder goes on with an empty batch after one was taken', async () => {
  const builder = new BatchBuilder(16);
  const bytes = Buffer.from('first');
  builder.append(5000, bytes, 0, 5, bytes, 0, 5, null);
  const first = builder.take();
  builder.append(9, bytes, 0, 1, bytes, 1, 2, null);
  const second = builder.take();
  finishBatch(first.bytes, first, PLAIN);
  finishBatch(second.bytes, second, PLAIN);

  const rows = [...(await decodeWithKafkajs(first.bytes)), ...(await decodeWithKafkajs(second.bytes))];

  assert.deepEqual(
    rows.map((row) => [row.key, row.value, row.timestampMs]),
    [
      ['first', 'first', 5000],
      ['f', 'i', 9],
    ],
  );
});

test('a control batch names its transaction’s producer and outcome', () => {
  const marker = controlBatch('commit', { id: 77, epoch: 3 }, 12, 1000);

  const attributes = marker.readInt16BE(21);
  const producer = [marker.readBigInt64BE(43), marker.readInt16BE(51), marker.readInt32BE(53)];
  const record = marker.toString('hex', 61);

  assert.equal(attributes, 0x30);
  assert.deepEqual(producer, [77n, 3, -1]);
  assert.equal(record, '20000000' + '08' + '00000001' + '0c' + '000000000000' + '00');
});
