import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metrics } from '../../../../src/core/metrics.ts';
import { SampleChanges, ToldSamples } from '../../../../src/host/threads/sample-changes.ts';

test('counters of several threads add up, and nothing is told twice', () => {
  const host = new Metrics();
  const told = new ToldSamples(host);
  const threads = [new Metrics(), new Metrics()].map((metrics) => ({ metrics, changes: new SampleChanges(metrics) }));

  for (const { metrics, changes } of threads) {
    metrics.counter('records_read', { connector: 'a' }).add(5);
    told.add(changes.take());
    told.add(changes.take());
    metrics.counter('records_read', { connector: 'a' }).add(2);
    told.add(changes.take());
  }

  assert.deepEqual(host.samples(), [{ name: 'records_read', labels: { connector: 'a' }, kind: 'counter', value: 14 }]);
});
