import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../../src/connect/index.ts';
import { type HostWorld, hostWorld, SinkProbe } from '../../../support/host-world.ts';

async function worldWith(probe: SinkProbe, partitions = 1): Promise<HostWorld> {
  const world = await hostWorld([probe.definition()]);
  await world.broker.createTopics([{ name: 'in', partitions }]);
  return world;
}

const config = (more: Record<string, string> = {}) => ({ 'connector.class': 'ProbeSink', topics: 'in', ...more });
const committed = async (world: HostWorld) => (await world.broker.committed('connect-a', ['in-0'])).get('in-0');
const failed = (world: HostWorld) => world.worker.status('a').tasks[0]?.state === 'FAILED';

test('records are delivered in order, in puts of at most max.poll.records, and then committed', async () => {
  const probe = new SinkProbe();
  const world = await worldWith(probe);
  await world.produce('in', ['1', '2', '3', '4', '5']);

  await world.worker.create('a', config({ 'consumer.override.max.poll.records': '2' }), null);
  await world.until('committed', async () => (await committed(world)) === 5);

  assert.deepEqual(probe.values, ['1', '2', '3', '4', '5']);
  assert.deepEqual(probe.batches, [2, 2, 1]);
  await world.close();
});

test('task i of n reads the partitions that are i modulo n', async () => {
  const probe = new SinkProbe();
  const world = await worldWith(probe, 3);
  for (const partition of [0, 1, 2]) await world.produce('in', [`p${partition}`], partition);

  await world.worker.create('a', config({ 'tasks.max': '2' }), null);
  await world.until('all delivered', () => probe.values.length === 3);

  assert.deepEqual([...probe.values].sort(), ['p0', 'p1', 'p2']);
  assert.equal(world.environment.metrics.total('records_read', { connector: 'a', task: '0' }), 2);
  assert.equal(world.environment.metrics.total('records_read', { connector: 'a', task: '1' }), 1);
  await world.close();
});

test('a transient error of put brings the same batch again, and nothing is committed before', async () => {
  const probe = new SinkProbe();
  const tried: number[] = [];
  probe.script = {
    onPut: (batch) => {
      if (batch.length === 0) return;
      tried.push(batch.length);
      if (tried.length < 3) throw new TributaryError('TRIB_TEST', 'transient', { what: 'Not now.' });
    },
  };
  const world = await worldWith(probe);
  await world.produce('in', ['1', '2']);

  await world.worker.create('a', config(), null);
  await world.until('committed', async () => (await committed(world)) === 2);

  assert.deepEqual(
    [tried, probe.values],
    [
      [2, 2, 2],
      ['1', '2'],
    ],
  );
  await world.close();
});

test('only what the sink says is delivered is committed, and a restart brings the rest again', async () => {
  const probe = new SinkProbe();
  probe.script = { onPreCommit: (handed) => new Map([...handed].map(([key]) => [key, 1])) };
  const world = await worldWith(probe);
  await world.produce('in', ['1', '2']);
  await world.worker.create('a', config(), null);
  await world.until('committed', async () => (await committed(world)) === 1);

  await world.worker.restartTask('a', 0);
  await world.until('again', () => probe.values.length === 3);

  assert.deepEqual(probe.values, ['1', '2', '2']);
  await world.close();
});

test('with tolerance none the first bad record fails the task, after its dead letter was written', async () => {
  const probe = new SinkProbe();
  const world = await worldWith(probe);
  await world.produce('in', ['1', 'bad', '3']);

  await world.worker.create('a', config({ 'errors.deadletterqueue.topic.name': 'dead' }), null);
  await world.until('failed', () => failed(world));

  assert.match(
    world.worker.status('a').tasks[0]?.trace ?? '',
    /in-0@1: Tolerance exceeded in error handler: stage VALUE_CONVERTER/,
  );
  assert.deepEqual(probe.values, []);
  assert.deepEqual(await world.read('dead'), [{ value: 'bad', headers: {} }]);
  await world.close();
});

test('with tolerance all bad records go to the dead-letter topic with their context, and the rest is delivered', async () => {
  const probe = new SinkProbe();
  const world = await worldWith(probe);
  await world.produce('in', ['1', 'bad', '3']);

  await world.worker.create(
    'a',
    config({
      'errors.tolerance': 'all',
      'errors.deadletterqueue.topic.name': 'dead',
      'errors.deadletterqueue.context.headers.enable': 'true',
    }),
    null,
  );
  await world.until('committed', async () => (await committed(world)) === 3);

  const [letter] = await world.read('dead');
  const { '__connect.errors.exception.stacktrace': trace, ...headers } = letter!.headers;
  assert.deepEqual(probe.values, ['1', '3']);
  assert.deepEqual(headers, {
    '__connect.errors.topic': 'in',
    '__connect.errors.partition': '0',
    '__connect.errors.offset': '1',
    '__connect.errors.connector.name': 'a',
    '__connect.errors.task.id': '0',
    '__connect.errors.stage': 'VALUE_CONVERTER',
    '__connect.errors.class.name': 'test.TextConverter',
    '__connect.errors.exception.class.name': 'org.apache.kafka.connect.errors.DataException',
    '__connect.errors.exception.message': 'The payload is bad.',
  });
  assert.match(trace ?? '', /^TRIB_TEST_BAD The payload is bad\./);
  await world.close();
});

test('a record that the sink rejects later is written to the dead-letter topic from its topic', async () => {
  const probe = new SinkProbe();
  let held: unknown = null;
  probe.script = {
    onPut: (batch, context) => {
      if (batch.length === 0 && held !== null) {
        context.reject(held as never, new TributaryError('TRIB_TEST_REFUSED', 'data', { what: 'Refused.' }));
        held = null;
      }
      if (batch[0]?.value === '1') held = batch[0];
    },
  };
  const world = await worldWith(probe);
  await world.produce('in', ['1', '2']);

  await world.worker.create(
    'a',
    config({ 'errors.tolerance': 'all', 'errors.deadletterqueue.topic.name': 'dead' }),
    null,
  );
  await world.until('the letter is there', async () => (await world.read('dead')).length === 1);

  assert.deepEqual(await world.read('dead'), [{ value: '1', headers: {} }]);
  await world.close();
});

test('a put that fails for one bad record is halved until that one stands alone', async () => {
  const probe = new SinkProbe();
  probe.script = {
    onPut: (batch) => {
      if (batch.some(({ value }) => value === 'poison')) {
        throw new TributaryError('TRIB_TEST', 'data', { what: 'One of these is wrong.' });
      }
    },
  };
  const world = await worldWith(probe);
  await world.produce('in', ['1', '2', 'poison', '4']);

  await world.worker.create(
    'a',
    config({ 'errors.tolerance': 'all', 'errors.deadletterqueue.topic.name': 'dead' }),
    null,
  );
  await world.until('committed', async () => (await committed(world)) === 4);

  assert.deepEqual(probe.values, ['1', '2', '4']);
  assert.deepEqual(
    (await world.read('dead')).map(({ value }) => value),
    ['poison'],
  );
  await world.close();
});

test('topics that match the expression later are found while the task runs', async () => {
  const probe = new SinkProbe();
  const world = await worldWith(probe);
  await world.worker.create('a', { 'connector.class': 'ProbeSink', 'topics.regex': 'in.*' }, null);
  await world.produce('in', ['1']);
  await world.until('the first', () => probe.values.length === 1);

  await world.broker.createTopics([{ name: 'in-more', partitions: 1 }]);
  await world.produce('in-more', ['2']);
  await world.until('the second', () => probe.values.length === 2);

  assert.deepEqual(probe.values, ['1', '2']);
  await world.close();
});

test('transforms are applied before put, and what they drop counts as done', async () => {
  const probe = new SinkProbe();
  const world = await worldWith(probe);
  await world.produce('in', ['1', null, '3']);

  await world.worker.create(
    'a',
    config({
      transforms: 'drop',
      'transforms.drop.type': 'org.apache.kafka.connect.transforms.Filter',
      'transforms.drop.predicate': 'dead',
      predicates: 'dead',
      'predicates.dead.type': 'RecordIsTombstone',
    }),
    null,
  );
  await world.until('committed', async () => (await committed(world)) === 3);

  assert.deepEqual(probe.values, ['1', '3']);
  await world.close();
});

test('offsets can be moved while the connector is stopped, and only then', async () => {
  const probe = new SinkProbe();
  const world = await worldWith(probe);
  await world.produce('in', ['1', '2']);
  await world.worker.create('a', config(), null);
  await world.until('committed', async () => (await committed(world)) === 2);
  const offsets = world.worker.sourceAndSinkOffsets;
  const back = [{ partition: { kafka_topic: 'in', kafka_partition: 0 }, offset: { kafka_offset: 1 } }];

  await assert.rejects(offsets.alter('a', back), /must be in the STOPPED state/);
  await world.worker.setTarget('a', 'STOPPED');
  await world.until('stopped', () => world.worker.status('a').connector.state === 'STOPPED');
  for (const [offset, why] of [
    [-1, /Invalid negative offset -1 for in-0/],
    [1e30, /'1e\+30'. Offset values for sink connectors need to be integers/],
  ] as const) {
    await assert.rejects(offsets.alter('a', [{ ...back[0]!, offset: { kafka_offset: offset } }]), why);
  }
  await offsets.alter('a', back);
  await world.worker.setTarget('a', 'STARTED');
  await world.until('again', () => probe.values.length === 3);

  assert.deepEqual(probe.values, ['1', '2', '2']);
  assert.equal(await offsets.lag('a'), 1);
  await world.close();
});
