import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SinkProbe } from '../../support/host-world.ts';
import { restWorld } from '../../support/rest-world.ts';
import { sinkConfig } from './world.ts';

interface Entry {
  readonly partition: Record<string, unknown>;
  readonly offset: unknown;
  readonly lag?: { readonly end: number; readonly records: number; readonly milliseconds: number | null };
}

test('7: offsets tell how far a sink is behind, in records and in time, running or stopped', async () => {
  const probe = new SinkProbe();
  const world = await restWorld([probe.definition()]);
  await world.broker.createTopics([{ name: 'in', partitions: 1 }]);
  await world.produce('in', ['a', 'b']);
  await world.worker.create('a', sinkConfig(), null);
  await world.until('committed', async () => (await world.broker.committed('connect-a', ['in-0'])).get('in-0') === 2);
  const offsets = async (query: string) =>
    ((await world.call('GET', `/connectors/a/offsets${query}`)).body as { offsets: Entry[] }).offsets;

  const running = await offsets('?lag=true');
  await world.call('PUT', '/connectors/a/stop');
  await world.until('stopped', () => world.worker.status('a').connector.state === 'STOPPED');
  await world.produce('in', ['c', 'd', 'e']);
  await world.clock.sleep(60_000);
  const stopped = await offsets('?lag=true');
  const plain = await offsets('');

  assert.deepEqual(running, [
    {
      partition: { kafka_partition: 0, kafka_topic: 'in' },
      offset: { kafka_offset: 2 },
      lag: { end: 2, records: 0, milliseconds: 0 },
    },
  ]);
  assert.deepEqual([stopped[0]?.lag?.end, stopped[0]?.lag?.records], [5, 3]);
  assert.ok((stopped[0]?.lag?.milliseconds ?? 0) >= 60_000);
  assert.deepEqual(plain, [{ partition: { kafka_partition: 0, kafka_topic: 'in' }, offset: { kafka_offset: 2 } }]);
  await world.close();
});
