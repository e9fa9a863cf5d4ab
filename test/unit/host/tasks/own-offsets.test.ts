import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryBroker } from '../../../../src/adapters/embedded-log/index.ts';
import { lentBroker } from '../../../../src/host/tasks/lent-broker.ts';
import type { Broker } from '../../../../src/ports/broker.ts';
import { clusterWorld } from '../../../support/cluster-world.ts';
import { type HostWorld, hostWorld, SourceProbe } from '../../../support/host-world.ts';
import { turningClock } from '../../../support/turning-clock.ts';

const WORKER_TOPIC = '_test_connect_offsets';
const config = (more: Record<string, string> = {}) => ({ 'connector.class': 'ProbeSource', topic: 'out', ...more });
const OWN = { 'offsets.storage.topic': 'mine' };
const ELSEWHERE = { 'producer.override.bootstrap.servers': 'other:9092' };

const valuesOf = async (world: Pick<HostWorld, 'read'>, topic: string) =>
  (await world.read(topic)).map(({ value }) => value);
const written = (world: HostWorld, count: number) =>
  world.until('written', async () => (await world.read('out')).length >= count);
async function stopped({ worker, until }: HostWorld): Promise<void> {
  await worker.setTarget('s', 'STOPPED');
  await until('stopped', () => worker.status('s').connector.state === 'STOPPED');
}
function probeOf(...lines: string[]): SourceProbe {
  const probe = new SourceProbe();
  probe.lines.push(...lines);
  return probe;
}

/** A world that reaches another cluster, too, whose connections may be closed and opened at will. */
async function twoClusters(probe: SourceProbe, broker?: Broker, other?: Broker) {
  const clock = turningClock();
  const there = other ?? memoryBroker(clock);
  const lent = lentBroker(there, {
    read: (from, options) => there.read(from, options),
    produce: (options) => there.produce(options),
    transact: (id, options) => there.transact(id, options),
  });
  const world = await hostWorld([probe.definition()], {
    clock,
    ...(broker === undefined ? {} : { broker }),
    openBroker: async () => lent,
  });
  const look = await hostWorld([], { clock, broker: there, settings: { clusterId: 'look' } });
  return { world, there, look };
}

test('a topic of the connector’s own is made and holds its offsets; the worker’s holds a copy', async () => {
  const world = await hostWorld([probeOf('a', 'b').definition()]);

  await world.worker.create('s', config(OWN), null);
  await written(world, 2);

  assert.deepEqual(await valuesOf(world, 'mine'), ['{"line":2}']);
  assert.deepEqual(await valuesOf(world, WORKER_TOPIC), ['{"line":2}']);
  assert.equal((await world.broker.clusterAdmin.topicConfig('mine')).get('cleanup.policy'), 'compact');
  assert.deepEqual(await world.worker.sourceAndSinkOffsets.list('s'), [
    { partition: { source: 'lines' }, offset: { line: 2 } },
  ]);
});

test('a connector that is given a topic of its own goes on where it stood, and so it does when it gives it up', async () => {
  const probe = probeOf('a');
  const world = await hostWorld([probe.definition()]);
  await world.worker.create('s', config(), null);
  await written(world, 1);

  await world.worker.put('s', config(OWN));
  await world.until('started again', () => probe.starts.length === 2);
  probe.lines.push('b');
  await written(world, 2);
  await world.worker.put('s', config());
  await world.until('started again', () => probe.starts.length === 3);
  probe.lines.push('c');
  await written(world, 3);

  assert.deepEqual(probe.starts, [null, 1, 2]);
  assert.deepEqual(await valuesOf(world, 'out'), ['a', 'b', 'c']);
  assert.deepEqual(await valuesOf(world, 'mine'), ['{"line":2}']);
});

test('the connector’s own topic wins over the worker’s', async () => {
  const probe = probeOf('a', 'b', 'c');
  const world = await hostWorld([probe.definition()]);
  await world.worker.create('s', config(OWN), null);
  await written(world, 3);
  await stopped(world);
  await world.worker.offsets.write('s', [{ partition: { source: 'lines' }, offset: { line: 1 } }]);

  await world.worker.setTarget('s', 'STARTED');
  await world.until('started again', () => probe.starts.length === 2);

  assert.deepEqual(probe.starts, [null, 3]);
});

test('a change and a reset of offsets reach both topics', async () => {
  const probe = probeOf('a', 'b');
  const world = await hostWorld([probe.definition()]);
  await world.worker.create('s', config(OWN), null);
  await written(world, 2);
  await stopped(world);
  const offsets = world.worker.sourceAndSinkOffsets;

  await offsets.alter('s', [{ partition: { source: 'lines' }, offset: { line: 1 } }]);
  const changed = await offsets.list('s');
  await offsets.reset('s');

  assert.deepEqual(changed, [{ partition: { source: 'lines' }, offset: { line: 1 } }]);
  assert.deepEqual(await offsets.list('s'), []);
  assert.deepEqual(await valuesOf(world, 'mine'), ['{"line":2}', '{"line":1}', null]);
  assert.deepEqual(await valuesOf(world, WORKER_TOPIC), ['{"line":2}', '{"line":1}', null]);
});

test('without exactly-once support offsets go to both topics, too', async () => {
  const world = await hostWorld([probeOf('a', 'b').definition()], { settings: { exactlyOnceSources: false } });

  await world.worker.create('s', config(OWN), null);
  await written(world, 2);
  await stopped(world);

  assert.deepEqual(await valuesOf(world, 'mine'), ['{"line":2}']);
  assert.deepEqual(await valuesOf(world, WORKER_TOPIC), ['{"line":2}']);
});

test('on another cluster a source with a topic of its own is exactly once, though its worker is killed', async () => {
  const probe = probeOf('a', 'b', 'c');
  const first = await twoClusters(probe);
  await first.world.worker.create('s', config({ ...OWN, ...ELSEWHERE, 'exactly.once.support': 'required' }), null);
  await first.world.until('written', async () => (await first.look.read('out')).length === 3);
  await first.world.until('copied', async () => (await valuesOf(first.world, WORKER_TOPIC)).at(-1) === '{"line":3}');
  // The first worker is not closed: it is as good as killed.
  probe.lines.push('d');

  const second = await twoClusters(probe, first.world.broker, first.there);
  await second.world.until('written', async () => (await second.look.read('out')).length >= 4);

  assert.deepEqual(await valuesOf(second.look, 'out'), ['a', 'b', 'c', 'd']);
  assert.deepEqual(await valuesOf(second.look, 'mine'), ['{"line":2}', '{"line":3}', '{"line":4}']);
  assert.deepEqual(await valuesOf(second.world, 'mine'), []);
  assert.deepEqual(await second.world.worker.sourceAndSinkOffsets.list('s'), [
    { partition: { source: 'lines' }, offset: { line: 4 } },
  ]);
});

test('in a group another worker goes on from the connector’s own topic', async () => {
  const probe = probeOf('a', 'b', 'c');
  const world = clusterWorld();
  const first = await world.join([probe.definition()]);
  await first.worker.create('s', config({ ...OWN, name: 's' }), null);
  await written(first, 3);

  first.kill();
  probe.lines.push('d');
  const second = await world.join([probe.definition()]);
  await written(second, 4);

  assert.deepEqual(await valuesOf(second, 'out'), ['a', 'b', 'c', 'd']);
  assert.equal((await valuesOf(second, 'mine')).at(-1), '{"line":4}');
});
