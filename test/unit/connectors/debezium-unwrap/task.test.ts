import assert from 'node:assert/strict';
import { test } from 'node:test';
import { debeziumUnwrap } from '../../../../connectors/debezium-unwrap/index.ts';
import { ProcessorWorld } from '../../../support/processor-world.ts';

const event = (op: string, before: unknown, after: unknown) => ({
  before,
  after,
  source: { table: 'orders' },
  op,
  ts_ms: 1,
});
const CONFIG = { topics: 'ORDERS', 'target.topic': '${topic}.ROWS', 'unwrap.add.fields': 'op' };

async function world(partitions = 1): Promise<ProcessorWorld> {
  const made = new ProcessorWorld();
  await made.broker.createTopics([{ name: 'ORDERS', partitions }]);
  return made;
}

/** True when the group has read so many records of each partition. */
function hasRead(given: ProcessorWorld, ...offsets: readonly number[]): () => Promise<boolean> {
  return async () => {
    const keys = offsets.map((_, partition) => `ORDERS-${partition}`);
    const committed = await given.broker.committed('connect-unwrap', keys);
    return offsets.every((offset, partition) => offset === 0 || committed.get(keys[partition]!) === offset);
  };
}

test('change events become rows, and a delete with its tombstone becomes one tombstone', async () => {
  const given = await world();
  await given.write('ORDERS', [
    [{ id: 1 }, event('c', null, { id: 1, amount: 5 })],
    [{ id: 1 }, event('d', { id: 1, amount: 5 }, null)],
    [{ id: 1 }, null],
  ]);

  await given.run(debeziumUnwrap, CONFIG, hasRead(given, 3));

  assert.deepEqual(await given.read('ORDERS.ROWS'), [
    { partition: 0, key: '{"id":1}', value: '{"id":1,"amount":5,"__op":"c"}', headers: [] },
    { partition: 0, key: '{"id":1}', value: null, headers: [] },
  ]);
  assert.deepEqual(Object.fromEntries(given.counters), { records_read: 3, records_written: 2, records_skipped: 1 });
});

test('a task that starts again goes on where the last transaction ended', async () => {
  const given = await world();
  await given.write('ORDERS', [[{ id: 1 }, event('c', null, { id: 1 })]]);
  await given.run(debeziumUnwrap, CONFIG, hasRead(given, 1));
  await given.write('ORDERS', [[{ id: 2 }, event('c', null, { id: 2 })]]);

  await given.run(debeziumUnwrap, CONFIG, hasRead(given, 2));

  assert.deepEqual(
    (await given.read('ORDERS.ROWS')).map(({ key }) => key),
    ['{"id":1}', '{"id":2}'],
  );
});

test('tasks share the partitions, and a topic that is made has as many as the input', async () => {
  const given = await world(3);
  await given.write(
    'ORDERS',
    [0, 1, 2].map((p) => [{ id: p }, event('c', null, { id: p }), p] as const),
  );
  const config = { ...CONFIG, 'tasks.max': '2', 'target.partition.by': 'input' };

  await given.run(debeziumUnwrap, config, hasRead(given, 1, 0, 1), 0);

  assert.deepEqual(
    (await given.read('ORDERS.ROWS')).map(({ partition, key }) => [partition, key]),
    [
      [0, '{"id":0}'],
      [2, '{"id":2}'],
    ],
  );
  assert.equal((await given.broker.topic('ORDERS.ROWS'))?.partitions, 3);
});

test('transforms of the connector stand in place of the unwrapping', async () => {
  const given = await world();
  await given.write('ORDERS', [[{ id: 1 }, { id: 1, note: 'x' }]]);

  await given.run(
    debeziumUnwrap,
    {
      topics: 'ORDERS',
      transforms: 'cut,route',
      'transforms.cut.type': 'org.apache.kafka.connect.transforms.ReplaceField$Value',
      'transforms.cut.exclude': 'note',
      'transforms.route.type': 'RegexRouter',
      'transforms.route.regex': '.*',
      'transforms.route.replacement': 'CUT',
    },
    hasRead(given, 1),
  );

  assert.deepEqual(await given.read('CUT'), [{ partition: 0, key: '{"id":1}', value: '{"id":1}', headers: [] }]);
});

test('a record that cannot be read becomes a dead letter in the same transaction', async () => {
  const given = await world();
  given.deadLetter = { topic: 'DEAD', headers: [['why', Buffer.from('bad')]] };
  await given.write('ORDERS', [
    [{ id: 1 }, 'not json'],
    [{ id: 2 }, event('c', null, { id: 2 })],
  ]);

  await given.run(debeziumUnwrap, { ...CONFIG, 'value.converter': 'my.JsonConverter' }, hasRead(given, 2));

  assert.deepEqual(await given.read('DEAD'), [
    { partition: 0, key: '{"id":1}', value: 'not json', headers: [['why', 'bad']] },
  ]);
  assert.deepEqual(
    given.failures.map(({ stage, className, topic, partition, offset }) => [
      stage,
      className,
      topic,
      partition,
      offset,
    ]),
    [['VALUE_CONVERTER', 'my.JsonConverter', 'ORDERS', 0, 0]],
  );
  assert.equal((await given.read('ORDERS.ROWS')).length, 1);
});

test('a record that may not be skipped fails the task, and nothing of its batch is written', async () => {
  const given = await world();
  await given.write('ORDERS', [
    [{ id: 1 }, event('c', null, { id: 1 })],
    [{ id: 2 }, 'not json'],
  ]);

  await assert.rejects(given.run(debeziumUnwrap, CONFIG, async () => false));

  assert.deepEqual(await given.read('ORDERS.ROWS'), []);
  assert.deepEqual(await given.broker.committed('connect-unwrap', ['ORDERS-0']), new Map());
});

test('rows never go back into their own input', async () => {
  const given = await world();
  await given.write('ORDERS', [[{ id: 1 }, event('c', null, { id: 1 })]]);

  await assert.rejects(
    given.run(debeziumUnwrap, { 'topics.regex': 'ORDERS.*', 'target.topic': 'ORDERS.ROWS' }, async () => false),
    { code: 'TRIB_CONNECT_LOOP' },
  );
});

test('an older copy of the task is fenced by the newer one', async () => {
  const given = await world();
  await given.write('ORDERS', [[{ id: 1 }, event('c', null, { id: 1 })]]);
  const older = given.run(debeziumUnwrap, CONFIG, async () => false);
  const fenced = assert.rejects(older, { kind: 'fenced' });

  await given.clock.sleep(1_000);
  await given.write('ORDERS', [[{ id: 2 }, event('c', null, { id: 2 })]]);
  await given.run(debeziumUnwrap, CONFIG, hasRead(given, 2));
  await given.write('ORDERS', [[{ id: 3 }, event('c', null, { id: 3 })]]);
  await fenced;

  assert.equal((await given.read('ORDERS.ROWS')).length, 2);
});
