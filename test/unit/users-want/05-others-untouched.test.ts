import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SinkProbe } from '../../support/host-world.ts';
import { restWorld } from '../../support/rest-world.ts';
import { sinkConfig } from './world.ts';

test('5: adding, changing and removing connectors restarts no task of another, and the counter shows it', async () => {
  const probe = new SinkProbe();
  const world = await restWorld([probe.definition()]);
  await world.worker.create('quiet', sinkConfig({ 'tasks.max': '3' }), null);
  await world.until('it runs', () => probe.starts.length === 3);

  await world.call('PUT', '/connectors/other/config', sinkConfig());
  await world.until('the other runs', () => probe.starts.length === 4);
  await world.call('PUT', '/connectors/other/config', sinkConfig({ extra: 'x' }));
  await world.until('the other runs anew', () => probe.starts.length === 5);
  await world.call('PUT', '/connectors/other/stop');
  await world.call('DELETE', '/connectors/other');

  const text = String((await world.call('GET', '/metrics')).body);
  const starts = text.split('\n').filter((line) => line.startsWith('trib_task_starts_total{connector="quiet"'));
  assert.deepEqual(starts, [
    'trib_task_starts_total{connector="quiet",task="0"} 1',
    'trib_task_starts_total{connector="quiet",task="1"} 1',
    'trib_task_starts_total{connector="quiet",task="2"} 1',
  ]);
  assert.doesNotMatch(text, /trib_task_restarts_total\{connector="quiet".* [1-9]/);
  await world.close();
});
