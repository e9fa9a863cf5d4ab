import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRange } from '../../../../src/host/dead-letters/dead-letter-marks.ts';

test('ranges that touch become one, and others stay apart in order', () => {
  const ranges = [
    [0, 2],
    [5, 6],
    [9, 12],
  ] as const;

  assert.deepEqual(withRange(ranges, 2, 5), [
    [0, 6],
    [9, 12],
  ]);
  assert.deepEqual(withRange(ranges, 7, 8), [
    [0, 2],
    [5, 6],
    [7, 8],
    [9, 12],
  ]);
  assert.deepEqual(withRange([], 3, 4), [[3, 4]]);
});
