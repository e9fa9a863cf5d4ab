import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OffsetHistory } from '../../../../connectors/topic-copy/offset-history.ts';

function history(...marks: readonly (readonly [number, number])[]): OffsetHistory {
  const made = new OffsetHistory();
  for (const [upstream, downstream] of marks) made.add({ topic: 't', partition: 0, upstream, downstream });
  return made;
}

test('an offset is translated by the last mark that is not behind it', () => {
  const given = history([10, 0], [20, 11], [30, 22]);

  assert.deepEqual(
    [9, 10, 15, 20, 29, 30, 500].map((offset) => given.translate('t-0', offset)),
    [null, 0, 1, 11, 12, 22, 23],
  );
  assert.equal(given.translate('t-1', 10), null);
});

test('marks of a topic that has been made anew, on either side, replace those they contradict', () => {
  const anewAtSource = history([10, 0], [20, 10], [5, 40]);
  const anewAtTarget = history([10, 30], [20, 40], [30, 5]);

  assert.deepEqual([anewAtSource.translate('t-0', 20), anewAtSource.translate('t-0', 4)], [41, null]);
  assert.deepEqual([anewAtTarget.translate('t-0', 20), anewAtTarget.translate('t-0', 31)], [null, 6]);
});

test('a long history keeps its new half whole and thins the old one', () => {
  const given = new OffsetHistory();
  for (let i = 0; i < 10_000; i++) given.add({ topic: 't', partition: 0, upstream: i * 10, downstream: i * 11 });

  assert.equal(given.translate('t-0', 99_990), 109_989);
  assert.ok(given.translate('t-0', 110)! <= 121);
  assert.ok(given.translate('t-0', 110)! >= 100);
});
