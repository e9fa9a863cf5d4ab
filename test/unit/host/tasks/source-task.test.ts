import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectorDef } from '../../../../src/connect/index.ts';
import { hostWorld, SourceProbe } from '../../../support/host-world.ts';

const config = (more: Record<string, string> = {}) => ({ 'connector.class': 'ProbeSource', topic: 'out', ...more });
const valuesOf = (records: readonly { value: string | null }[]) => records.map(({ value }) => value);

test('polled records are written, their offsets are kept, and the topic is made', async () => {
  const probe = new SourceProbe();
  probe.lines.push('a', 'b', 'c');
  const world = await hostWorld([probe.definition()]);

  await world.worker.create('s', config({ 'topic.creation.default.partitions': '1' }), null);
  await world.until('written', async () => (await world.read('out')).length === 3);

  assert.deepEqual(valuesOf(await world.read('out')), ['a', 'b', 'c']);
  assert.deepEqual(await world.worker.sourceAndSinkOffsets.list('s'), [
    { partition: { source: 'lines' }, offset: { line: 3 } },
  ]);
  assert.deepEqual(valuesOf(await world.read('_test_connect_offsets')).at(-1), '{"line":3}');
  await world.close();
});

test('a worker started after a kill goes on behind the last committed record, exactly once', async () => {
  const probe = new SourceProbe();
  probe.lines.push('a', 'b', 'c');
  const first = await hostWorld([probe.definition()]);
  await first.worker.create('s', config(), null);
  await first.until('written', async () => (await first.read('out')).length === 3);
  // The first worker is not closed: it is as good as killed, and fenced by the second.
  probe.lines.push('d', 'e');

  const second = await hostWorld([probe.definition()], { broker: first.broker, clock: first.clock });
  await second.until('written', async () => (await second.read('out')).length >= 5);

  assert.deepEqual(valuesOf(await second.read('out')), ['a', 'b', 'c', 'd', 'e']);
  await second.close();
  await first.close();
});

test('a record that a transform cannot take fails the task, or is skipped and its offset kept', async () => {
  const probe = new SourceProbe();
  probe.lines.push('12', 'twelve', '13');
  const world = await hostWorld([probe.definition()]);
  const cast = { transforms: 'c', 'transforms.c.type': 'org.apache.kafka.connect.transforms.Cast$Value', 'transforms.c.spec': 'int32' }; // biome-ignore format: one thing
  await world.worker.create('s', config(cast), null);
  await world.until('failed', () => world.worker.status('s').tasks[0]?.state === 'FAILED');

  await world.worker.put('s', config({ ...cast, 'errors.tolerance': 'all' }));
  await world.until('written', async () => (await world.read('out')).length === 2);

  assert.deepEqual(valuesOf(await world.read('out')), ['12', '13']);
  assert.equal(world.environment.metrics.total('records_skipped', { connector: 's' }), 1);
  await world.close();
});

test('a paused source polls no more, and goes on when it is resumed', async () => {
  const probe = new SourceProbe();
  const world = await hostWorld([probe.definition()]);
  await world.worker.create('s', config(), null);
  await world.until('running', () => world.worker.status('s').tasks[0]?.state === 'RUNNING');

  await world.worker.setTarget('s', 'PAUSED');
  await world.until('paused', () => world.worker.status('s').tasks[0]?.state === 'PAUSED');
  probe.lines.push('a');
  await world.clock.sleep(2000);
  const whilePaused = await world.read('out');
  await world.worker.setTarget('s', 'STARTED');
  await world.until('written', async () => (await world.read('out')).length === 1);

  assert.deepEqual(whilePaused, []);
  await world.close();
});

test('source offsets can be altered and reset while the connector is stopped', async () => {
  const probe = new SourceProbe();
  probe.lines.push('a', 'b');
  const world = await hostWorld([probe.definition()]);
  await world.worker.create('s', config(), null);
  await world.until('written', async () => (await world.read('out')).length === 2);
  await world.worker.setTarget('s', 'STOPPED');
  await world.until('stopped', () => world.worker.status('s').connector.state === 'STOPPED');
  const offsets = world.worker.sourceAndSinkOffsets;

  await offsets.alter('s', [{ partition: { source: 'lines' }, offset: { line: 1 } }]);
  await world.worker.setTarget('s', 'STARTED');
  await world.until('written again', async () => (await world.read('out')).length === 3);
  await world.worker.setTarget('s', 'STOPPED');
  await world.until('stopped', () => world.worker.status('s').connector.state === 'STOPPED');
  await offsets.reset('s');

  assert.deepEqual(valuesOf(await world.read('out')), ['a', 'b', 'b']);
  assert.deepEqual(await offsets.list('s'), []);
  await world.close();
});

test('a source that answers something else than records is told so, and no transform is blamed', async () => {
  const told: readonly (readonly [given: unknown, message: RegExp])[] = [
    [undefined, /TRIB_SOURCE_RESULT The poll of the source answered nothing instead of records or null\./],
    ['text', /answered a string instead of records or null\./],
    [
      [{ topic: 'out', value: 'a' }],
      /answered something else than a ConnectRecord \(number 1 of 1\)\. Mend the connector/,
    ],
  ];
  for (const [given, message] of told) {
    const world = await hostWorld([oddSource(given)]);
    await world.worker.create('s', { 'connector.class': 'OddSource' }, null);
    await world.until('failed', () => world.worker.status('s').tasks[0]?.state === 'FAILED');

    assert.match(world.worker.status('s').tasks[0]?.trace ?? '', message);
    await world.close();
  }
});

function oddSource(given: unknown): ConnectorDef {
  const task = { start: async () => {}, poll: async () => given as never, stop: async () => {} };
  return {
    ...{
      kind: 'source',
      name: 'OddSource',
      classes: ['test.OddSource'],
      doc: 'Answers oddly.',
      version: '1.0',
      config: [],
    },
    create: () => ({ start: async () => {}, taskConfigs: () => [{}], task: () => task, stop: async () => {} }),
  };
}
