import assert from 'node:assert/strict';
import { test } from 'node:test';
import { murmur2, partitionOf } from '../../../src/core/murmur2.ts';

// Hashes that Kafka's own clients answer.
const HASHES: readonly (readonly [text: string, hash: number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

for (const [text, hash] of HASHES) {
  test(`murmur2 of "${text}"`, () => {
    const bytes = Buffer.from(`..${text}..`);

    assert.equal(murmur2(bytes, 2, bytes.length - 2), hash);
  });
}

test('a negative hash still gives a partition, and one partition takes all', () => {
  const bytes = Buffer.from('21');

  assert.equal(partitionOf(bytes, 0, 2, 10), (-973932308 & 0x7fffffff) % 10);
  assert.equal(partitionOf(bytes, 0, 2, 1), 0);
});
