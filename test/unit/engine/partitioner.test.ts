import assert from 'node:assert/strict';
import { test } from 'node:test';
import { murmur2, partitionOf } from '../../../src/engine/partitioner.ts';

// The values of Kafka's own test of its partitioner.
const KNOWN = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
] as const;

test('keys hash as they do in every other client', () => {
  assert.deepEqual(
    KNOWN.map(([text]) => murmur2(Buffer.from(text), 0, text.length)),
    KNOWN.map(([, hash]) => hash),
  );
});

test('a slice hashes as the same bytes alone do', () => {
  const whole = Buffer.from('xxfoobaryy');

  assert.equal(partitionOf(whole, 2, 8, 7), (-790332482 & 0x7fffffff) % 7);
});
