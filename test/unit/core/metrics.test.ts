import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metrics } from '../../../src/core/metrics.ts';

test('counters add up by labels and print in the Prometheus form', () => {
  const metrics = new Metrics();
  metrics.counter('records_read', { connector: 'a', task: '0' }).add(3);
  metrics.counter('records_read', { connector: 'a', task: '1' }).add(4);
  metrics.counter('records_read', { connector: 'say "b"', task: '0' }).add(1);
  metrics.gauge('lag', { connector: 'a' }, () => 7);

  assert.equal(metrics.total('records_read', { connector: 'a' }), 7);
  assert.equal(
    metrics.prometheus(),
    [
      '# HELP trib_lag Lag.',
      '# TYPE trib_lag gauge',
      'trib_lag{connector="a"} 7',
      '# HELP trib_records_read_total Records that a task has read: from its topics, or from its source.',
      '# TYPE trib_records_read_total counter',
      'trib_records_read_total{connector="a",task="0"} 3',
      'trib_records_read_total{connector="a",task="1"} 4',
      'trib_records_read_total{connector="say \\"b\\"",task="0"} 1',
      '',
    ].join('\n'),
  );
});

test('what belonged to a deleted connector is forgotten', () => {
  const metrics = new Metrics();
  metrics.counter('records_read', { connector: 'a', task: '0' }).add(3);

  metrics.forget({ connector: 'a' });

  assert.deepEqual(metrics.samples(), []);
  assert.equal(metrics.counter('records_read', { connector: 'a', task: '0' }).value, 0);
});
