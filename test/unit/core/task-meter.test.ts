import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TaskMeter } from '../../../src/core/task-meter.ts';

test('rates, averages and maxima cover the last 30 to 60 seconds, totals all time', () => {
  const meter = new TaskMeter();
  meter.note('read', 600, 1_000);
  meter.note('read', 300, 2_000);

  const young = meter.read('read', 11_000);
  meter.note('read', 30, 45_000);
  const next = meter.read('read', 46_000);
  const later = meter.read('read', 95_000);
  const idle = meter.read('read', 200_000);

  assert.deepEqual(young, { total: 900, count: 2, rate: 30, average: 450, max: 600, min: 300 });
  assert.deepEqual(next, { total: 930, count: 3, rate: 930 / 45, average: 310, max: 600, min: 30 });
  assert.deepEqual(later, { total: 930, count: 0, rate: 0, average: 0, max: 0, min: 0 });
  assert.deepEqual(idle, { total: 930, count: 0, rate: 0, average: 0, max: 0, min: 0 });
});

test('the time in a state is shared out among the states', () => {
  const meter = new TaskMeter();
  meter.state('RUNNING', 1_000);
  meter.state('PAUSED', 4_000);

  const ratios = [meter.ratio('RUNNING', 5_000), meter.ratio('PAUSED', 5_000), meter.ratio('other', 5_000)];

  assert.deepEqual(ratios, [0.75, 0.25, 0]);
});

test('a meter on the same memory shows the same figures', () => {
  const meter = new TaskMeter();
  const elsewhere = new TaskMeter(meter.shared);

  elsewhere.note('sent', 5, 1_000);
  elsewhere.set('partitions', 3);

  assert.deepEqual([meter.total('sent'), meter.gauge('partitions')], [5, 3]);
});
