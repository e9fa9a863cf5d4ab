import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchBuilder, finishBatch } from '../../../../src/adapters/record-batch/encode.ts';
import { splitBatch } from '../../../../src/adapters/record-batch/split.ts';
import { decodeRows, PLAIN } from './batches.ts';

test('a batch is divided in the middle, record for record', () => {
  const builder = new BatchBuilder();
  const bytes = Buffer.from('abc');
  builder.append(10, bytes, 0, 1, bytes, 1, 2, [['h', bytes]]);
  builder.append(30, null, 0, 0, bytes, 0, 3, null);
  builder.append(20, bytes, 2, 3, null, 0, 0, null);

  const [first, second] = splitBatch(builder.take());
  finishBatch(first.bytes, first, PLAIN);
  finishBatch(second.bytes, second, PLAIN);

  assert.deepEqual(decodeRows(first.bytes), [
    { offset: 0, timestampMs: 10, key: 'a', value: 'b', headers: [['h', 'abc']] },
  ]);
  assert.deepEqual(decodeRows(second.bytes), [
    { offset: 0, timestampMs: 30, key: null, value: 'abc', headers: [] },
    { offset: 1, timestampMs: 20, key: 'c', value: null, headers: [] },
  ]);
});
