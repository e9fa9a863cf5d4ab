import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../../src/core/errors.ts';
import { Logs } from '../../../../src/core/log.ts';
import { Metrics } from '../../../../src/core/metrics.ts';
import { HostThread, Pulse, type Report, type ThreadStart, ToldSamples } from '../../../../src/host/threads/index.ts';

function world(exclusive: boolean) {
  const logs = new Logs({ write: () => {}, now: () => 0 });
  let start!: ThreadStart;
  let isTerminated = false;
  const heap = { bytes: 0 };
  const thread = new HostThread({
    start: (given) => {
      start = given;
      return {
        post: () => {},
        heapBytes: async () => heap.bytes,
        terminate: async () => {
          isTerminated = true;
        },
      };
    },
    clock: { now: () => 0, sleep: async () => {} },
    logs,
    log: logs.logger('test'),
    samples: new ToldSamples(new Metrics()),
    name: 'thread',
    heapMaxMb: 64,
    hangTimeoutMs: 5000,
    exclusive,
    idleTicksMax: 2,
  });
  const told: string[] = [];
  const admit = (id: number, leaseUntilMs = 0): void => {
    thread.admit(id, {
      hangLimitMs: 5000,
      leaseUntilMs,
      label: `task ${id}`,
      take: ({ report }: Report) => told.push(`${id} ${report}`),
      orphaned: (blame) => told.push(`${id} ${blame === null ? 'goes on' : blame.code}`),
    });
  };
  return { thread, start, heap, pulse: new Pulse(start.seed.pulse), told, admit, isTerminated: () => isTerminated };
}

test('a blocked thread is ended; the one whose code ran is to blame, the others go on', () => {
  const { thread, start, pulse, told, admit, isTerminated } = world(false);
  admit(1);
  admit(2);
  start.report({ report: 'name', call: 7, name: 'put' });
  pulse.beat(0);
  thread.tick(1000);
  pulse.enter(7, 2);

  for (let second = 0; second < 5; second++) thread.tick(1000);

  assert.deepEqual(told, ['1 goes on', '2 TRIB_THREAD_BLOCKED']);
  assert.ok(isTerminated());
});

test('a thread that beats is never blocked, however long a call takes', () => {
  const { thread, pulse, told, admit } = world(true);
  admit(1);
  pulse.begin(1, 1);

  for (let second = 0; second < 100; second++) {
    pulse.beat(0);
    thread.tick(1000);
  }

  assert.deepEqual(told, []);
});

test('a thread that is still loading gets half a minute', () => {
  const { thread, admit, told } = world(true);
  admit(1);

  for (let second = 0; second < 29; second++) thread.tick(1000);
  const before = [...told];
  thread.tick(1000);

  assert.deepEqual([before, told], [[], ['1 TRIB_THREAD_BLOCKED']]);
});

test('out of memory is the doing of all on a thread of one connector, and of nobody known on a shared one', () => {
  const own = world(true);
  own.admit(1);
  const shared = world(false);
  shared.admit(1);
  const error = Object.assign(new Error('heap'), { code: 'ERR_WORKER_OUT_OF_MEMORY' });

  own.start.died(error);
  shared.start.died(error);

  assert.deepEqual([own.told, shared.told], [['1 TRIB_THREAD_MEMORY'], ['1 goes on']]);
});

test('what a thread says it keeps is held against its limit', () => {
  const { thread, pulse, told, admit } = world(true);
  admit(1);

  pulse.beat(65 * 1024 * 1024);
  thread.tick(1000);

  assert.deepEqual(told, ['1 TRIB_THREAD_MEMORY']);
});

test('what is asked of a thread that ends is refused with what ended it', async () => {
  const { thread } = world(true);
  const asked = thread.ask({ ask: 'stop', instance: 1 });

  thread.end(new TributaryError('TRIB_TASK_HUNG', 'fatal', { what: 'x' }), null);

  await assert.rejects(asked, { code: 'TRIB_TASK_HUNG' });
  await assert.rejects(thread.ask({ ask: 'stop', instance: 1 }), { code: 'TRIB_THREAD_ENDED' });
});

test('a thread with nothing on it ends by itself', () => {
  const { thread, isTerminated } = world(true);

  thread.tick(1000);
  thread.tick(1000);
  const before = isTerminated();
  thread.tick(1000);

  assert.deepEqual([before, isTerminated()], [false, true]);
});

test('the lease on a thread is that of its runs, whatever else lives there', () => {
  const { thread, pulse, admit } = world(true);

  admit(1, 7000);
  admit(-2, Number.POSITIVE_INFINITY);
  const before = pulse.leaseUntilMs;
  pulse.beat(0);
  thread.tick(1000);

  assert.deepEqual([before, pulse.leaseUntilMs], [7000, 7000]);
});

test('a blocked thread is measured from outside, and may use more', async () => {
  const { thread, pulse, heap, told, admit } = world(true);
  admit(1);
  pulse.beat(0);
  thread.tick(250);
  heap.bytes = 300 * 1024 * 1024;
  thread.tick(250);
  await new Promise((resolve) => setImmediate(resolve));
  const before = [...told];

  heap.bytes = 400 * 1024 * 1024;
  thread.tick(250);
  await new Promise((resolve) => setImmediate(resolve));

  assert.deepEqual([before, told], [[], ['1 TRIB_THREAD_MEMORY']]);
});
