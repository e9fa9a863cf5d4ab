import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pulse } from '../../../../src/host/threads/pulse.ts';

test('the code that runs is the suspect, and without it the calls that have not returned', () => {
  const thread = new Pulse();
  const host = new Pulse(thread.shared);
  const put = thread.begin(3, 1);
  thread.begin(4, 2);

  const whileRunning = () => {
    const before = thread.enter(9, 2);
    const seen = host.suspects();
    thread.leave(before);
    return seen;
  };

  assert.deepEqual(whileRunning(), [{ call: 9, run: 2 }]);
  assert.deepEqual(host.suspects(), [
    { call: 3, run: 1 },
    { call: 4, run: 2 },
  ]);
  thread.end(put);
  assert.deepEqual(host.suspects(), [{ call: 4, run: 2 }]);
});

test('beats and memory are seen from the other side, the lease from this one', () => {
  const thread = new Pulse();
  const host = new Pulse(thread.shared);

  thread.beat(1_000_000);
  host.leaseUntilMs = 77;

  assert.deepEqual([host.beats, host.memoryBytes, thread.leaseUntilMs], [1, 1_000_000, 77]);
});

test('more calls than there are slots do no harm', () => {
  const pulse = new Pulse();

  const slots = Array.from({ length: 40 }, () => pulse.begin(1, 1));
  for (const slot of slots) pulse.end(slot);

  assert.equal(slots.filter((slot) => slot === -1).length, 10);
  assert.deepEqual(pulse.suspects(), []);
});
