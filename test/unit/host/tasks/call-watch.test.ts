import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallWatch, hangLimitMs } from '../../../../src/host/tasks/call-watch.ts';
import type { Clock } from '../../../../src/ports/clock.ts';

function steppedClock(): Clock & { nowMs: number } {
  const clock = { nowMs: 1000, now: () => clock.nowMs, sleep: async () => {} };
  return clock;
}

test('a limited call that does not return is overdue, one without limit never is', async () => {
  const clock = steppedClock();
  const watch = new CallWatch(clock);
  const put = Promise.withResolvers<void>();
  const poll = Promise.withResolvers<void>();
  const putting = watch.call('put', true, () => put.promise);
  const polling = watch.call('poll', false, () => poll.promise);

  clock.nowMs += 5000;

  assert.equal(watch.overdue(5001), null);
  assert.deepEqual(watch.overdue(5000), { call: 'put', forMs: 5000 });
  put.resolve();
  await putting;
  assert.equal(watch.overdue(0), null);
  poll.resolve();
  await polling;
});

test('what a plugin throws is an error, even when it threw a text', async () => {
  const watch = new CallWatch(steppedClock());

  await assert.rejects(
    watch.call('put', true, () => Promise.reject('no')),
    (error: unknown) => error instanceof Error && error.message === 'no',
  );
});

test('plugins of third parties have the limit of the worker, ours only one that is set', () => {
  assert.deepEqual(
    [
      hangLimitMs({}, true, 60_000),
      hangLimitMs({}, false, 60_000),
      hangLimitMs({ 'task.hang.timeout.ms': '5000' }, false, 60_000),
      hangLimitMs({ 'task.hang.timeout.ms': '0' }, true, 60_000),
      hangLimitMs({}, true, 0),
    ],
    [60_000, null, 5000, null, null],
  );
});
