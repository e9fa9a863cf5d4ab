import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AbortedFilter } from '../../../../src/adapters/record-batch/aborted.ts';

test('a producer’s batches are hidden from the first offset of its aborted transaction to its marker', () => {
  const filter = new AbortedFilter([{ producerId: 7, firstOffset: 10 }]);

  const before = filter.hides(7, 9);
  const within = filter.hides(7, 12);
  const other = filter.hides(8, 13);
  filter.markerSeen(7, 14);
  const after = filter.hides(7, 15);

  assert.deepEqual([before, within, other, after], [false, true, false, false]);
});

test('two aborted transactions of one producer are told apart', () => {
  const filter = new AbortedFilter([
    { producerId: 7, firstOffset: 30 },
    { producerId: 7, firstOffset: 10 },
  ]);

  const first = filter.hides(7, 10);
  filter.markerSeen(7, 12);
  const committed = filter.hides(7, 20);
  const second = filter.hides(7, 31);

  assert.deepEqual([first, committed, second], [true, false, true]);
});

test('an aborted transaction of a reader that begins in its middle ends at its marker', () => {
  const filter = new AbortedFilter([{ producerId: 7, firstOffset: 10 }]);

  filter.markerSeen(7, 50);

  assert.equal(filter.hides(7, 60), false);
});
