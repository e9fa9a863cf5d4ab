import assert from 'node:assert/strict';
import { test } from 'node:test';
import { topicCopy } from '../../../../connectors/topic-copy/index.ts';
import { CopyWorld, contents, marksOf, recordsOf } from '../../../support/copy-world.ts';

const CONFIG = {
  'source.cluster.bootstrap.servers': 'elsewhere:9092',
  topics: 'orders',
  'emit.checkpoints.enabled': 'false',
};

async function world(partitions = 1): Promise<CopyWorld> {
  const made = new CopyWorld();
  await made.source.createTopics([{ name: 'orders', partitions, config: { 'cleanup.policy': 'delete' } }]);
  return made;
}

/** True when the copy's group has reached these offsets of the source. */
const reached =
  (given: CopyWorld, offsets: Readonly<Record<string, number>>): (() => Promise<boolean>) =>
  async () => {
    const committed = await given.broker.committed('connect-unwrap', Object.keys(offsets));
    return Object.entries(offsets).every(([key, offset]) => committed.get(key) === offset);
  };

test('records arrive as they are: bytes, nulls, headers, timestamps, partition', async () => {
  const given = await world(3);
  await given.writeSource('orders', ['a', 'b'], 2, [
    ['trace', Buffer.from('1')],
    ['trace', null],
  ]);

  await given.run(topicCopy, CONFIG, reached(given, { 'source.orders-2': 2 }));

  assert.deepEqual(contents(await recordsOf(given.broker, 'source.orders', 2)), [
    { timestampMs: 1_000, key: 'k-a', value: 'a', headers: [['trace', '1'], ['trace', null]] }, // biome-ignore format: short
    { timestampMs: 1_001, key: 'k-b', value: 'b', headers: [['trace', '1'], ['trace', null]] }, // biome-ignore format: short
  ]);
  assert.equal((await given.broker.topic('source.orders'))?.partitions, 3);
  assert.deepEqual(Object.fromEntries(given.counters), { records_read: 2, records_written: 2 });
});

test('a task that starts again goes on behind the last transaction', async () => {
  const given = await world();
  await given.writeSource('orders', ['a', 'b']);
  await given.run(topicCopy, CONFIG, reached(given, { 'source.orders-0': 2 }));
  await given.writeSource('orders', ['c']);

  await given.run(topicCopy, CONFIG, reached(given, { 'source.orders-0': 3 }));

  const values = (await recordsOf(given.broker, 'source.orders')).map(({ value }) => value);
  assert.deepEqual(values, ['a', 'b', 'c']);
});

test('a copy has the settings of its topic, but for those that stay its own, and follows when they change', async () => {
  const given = new CopyWorld();
  await given.source.createTopics([
    { name: 'orders', partitions: 1, config: { 'cleanup.policy': 'compact', 'min.insync.replicas': '2' } },
  ]);
  await given.writeSource('orders', ['a']);
  await given.run(topicCopy, CONFIG, reached(given, { 'source.orders-0': 1 }));
  const first = await given.broker.clusterAdmin.topicConfig('source.orders');
  await given.source.clusterAdmin.alterTopicConfig('orders', new Map([['retention.ms', '5000'], ['cleanup.policy', null]])); // biome-ignore format: short
  await given.writeSource('orders', ['b']);

  await given.run(topicCopy, CONFIG, reached(given, { 'source.orders-0': 2 }));

  assert.deepEqual(Object.fromEntries(first), { 'cleanup.policy': 'compact' });
  assert.deepEqual(Object.fromEntries(await given.broker.clusterAdmin.topicConfig('source.orders')), {
    'retention.ms': '5000',
  });
});

test('new topics and partitions join while it runs', async () => {
  const given = await world();
  await given.writeSource('orders', ['a']);
  const done = reached(given, { 'source.orders-1': 1, 'source.orders-late-0': 1 });
  let isGrown = false;

  await given.run(topicCopy, { ...CONFIG, topics: 'orders.*', 'refresh.topics.interval.seconds': '1' }, async () => {
    if (!isGrown && (await reached(given, { 'source.orders-0': 1 })())) {
      isGrown = true;
      await given.source.clusterAdmin.growTopic('orders', 2);
      await given.source.createTopics([{ name: 'orders-late', partitions: 1 }]);
      await given.writeSource('orders', ['b'], 1);
      await given.writeSource('orders-late', ['c']);
    }
    return done();
  });

  assert.deepEqual((await recordsOf(given.broker, 'source.orders', 1)).map(({ value }) => value), ['b']); // biome-ignore format: short
  assert.deepEqual((await recordsOf(given.broker, 'source.orders-late')).map(({ value }) => value), ['c']); // biome-ignore format: short
});

test('a topic that is deleted at the source is let go, and the others go on', async () => {
  const given = await world();
  await given.source.createTopics([{ name: 'other', partitions: 1 }]);
  await given.writeSource('orders', ['a']);
  const done = reached(given, { 'source.orders-0': 1, 'source.other-0': 1 });
  let isDeleted = false;

  await given.run(topicCopy, { ...CONFIG, topics: 'orders,other' }, async () => {
    if (!isDeleted && (await reached(given, { 'source.orders-0': 1 })())) {
      isDeleted = true;
      await given.source.deleteTopics(['orders']);
      await given.writeSource('other', ['b']);
    }
    return done();
  });

  assert.deepEqual((await recordsOf(given.broker, 'source.orders')).map(({ value }) => value), ['a']); // biome-ignore format: short
  assert.deepEqual((await recordsOf(given.broker, 'source.other')).map(({ value }) => value), ['b']); // biome-ignore format: short
});

test('topics of the other direction, internal ones and copies of copies are not copied', async () => {
  const given = new CopyWorld();
  const names = ['target.orders', 'source.orders', 'x.target.orders', '__offsets', 'mm2-offset-syncs.b.internal'];
  names.push('_tributary_connect_configs', 'connect-status', 'a.checkpoints.internal', 'orders.replica');
  await given.source.createTopics([...names, 'orders'].map((name) => ({ name, partitions: 1 })));
  for (const name of [...names, 'orders']) await given.writeSource(name, ['a']);

  await given.run(topicCopy, { ...CONFIG, topics: '.*' }, reached(given, { 'source.orders-0': 1 }));

  assert.deepEqual(
    (await given.broker.listTopics()).map(({ name }) => name),
    ['mm2-offset-syncs.source.internal', 'source.orders'],
  );
});

test('within one cluster a topic is copied under the name that target.topic gives', async () => {
  const given = new CopyWorld();
  given.other = null;
  await given.broker.createTopics([{ name: 'A', partitions: 1 }]);
  await given.write('A', [[{ id: 1 }, { n: 1 }]]);

  await given.run(topicCopy, { topics: '.*', 'target.topic': '${topic}.copy' }, reached(given, { 'A-0': 1 }));

  assert.deepEqual(await given.read('A.copy'), [{ partition: 0, key: '{"id":1}', value: '{"n":1}', headers: [] }]);
  assert.equal(await given.broker.topic('A.copy.copy'), null);
});

test('two topics never share a copy', async () => {
  const given = await world();
  await given.source.createTopics([{ name: 'other', partitions: 1 }]);

  await assert.rejects(
    given.run(topicCopy, { ...CONFIG, topics: '.*', 'target.topic': 'all' }, async () => false),
    {
      code: 'TRIB_COPY_SHARED',
    },
  );
});

test('transforms see the name of the copy, and may drop and change records', async () => {
  const given = await world();
  given.other = null;
  await given.broker.createTopics([{ name: 'orders', partitions: 2 }]);
  await given.write('orders', [
    [{ id: 1 }, { id: 1, secret: 2 }, 1],
    [{ id: 2 }, null, 1],
  ]);

  await given.run(
    topicCopy,
    {
      ...CONFIG,
      'source.cluster.bootstrap.servers': '',
      transforms: 'cut,drop,route',
      'transforms.cut.type': 'org.apache.kafka.connect.transforms.ReplaceField$Value',
      'transforms.cut.exclude': 'secret',
      'transforms.drop.type': 'org.apache.kafka.connect.transforms.Filter',
      'transforms.drop.predicate': 'gone',
      predicates: 'gone',
      'predicates.gone.type': 'org.apache.kafka.connect.transforms.predicates.RecordIsTombstone',
      'transforms.route.type': 'RegexRouter',
      'transforms.route.regex': 'source\\.(.*)',
      'transforms.route.replacement': 'source.$1.safe',
    },
    reached(given, { 'orders-1': 2 }),
  );

  assert.deepEqual(await given.read('source.orders.safe'), [
    { partition: 1, key: '{"id":1}', value: '{"id":1}', headers: [] },
  ]);
  assert.deepEqual(Object.fromEntries(given.counters), { records_read: 2, records_written: 1, records_skipped: 1 });
});

test('records that retention took before they were copied are passed over with a clear line', async () => {
  const given = new CopyWorld();
  const config = { 'segment.bytes': '100', 'retention.bytes': '100' };
  await given.source.createTopics([{ name: 'orders', partitions: 1, config }]);
  await given.writeSource('orders', ['a']);
  await given.run(
    topicCopy,
    { ...CONFIG, 'sync.topic.configs.enabled': 'false' },
    reached(given, { 'source.orders-0': 1 }),
  );
  for (const value of ['b', 'c', 'd', 'e']) await given.writeSource('orders', [value]);
  const start = (await given.source.offsets(['orders-0'], 'earliest')).get('orders-0');

  await given.run(
    topicCopy,
    { ...CONFIG, 'sync.topic.configs.enabled': 'false' },
    reached(given, { 'source.orders-0': 5 }),
  );

  assert.equal(start, 3);
  assert.deepEqual((await recordsOf(given.broker, 'source.orders')).map(({ value }) => value), ['a', 'd', 'e']); // biome-ignore format: short
  assert.equal(
    given.lines.find((line) => line.startsWith('warn')),
    'warn orders-0: Offsets 1 to 2 are gone at the source: its retention was faster than the copy. Going on at 3 (consumer.auto.offset.reset=earliest).',
  );
});

test('a position behind the end of a topic that was made anew begins at its start', async () => {
  const given = await world();
  await given.writeSource('orders', ['a', 'b', 'c']);
  await given.run(topicCopy, CONFIG, reached(given, { 'source.orders-0': 3 }));
  await given.broker.commit('connect-unwrap', new Map([['source.orders-0', 9]]));

  await given.run(topicCopy, CONFIG, reached(given, { 'source.orders-0': 3 }));

  assert.equal(given.counters.get('offset_resets'), 1);
  assert.ok(
    given.lines.includes(
      'warn orders-0: Offset 9 lies behind the end (3) at the source: the topic was made anew or cut. Going on at 0 (consumer.auto.offset.reset=earliest).',
    ),
    given.lines.join('\n'),
  );
});

test('with reset none a gap fails the task and says what is lost', async () => {
  const given = await world();
  await given.writeSource('orders', ['a']);
  await given.run(topicCopy, CONFIG, reached(given, { 'source.orders-0': 1 }));
  await given.broker.commit('connect-unwrap', new Map([['source.orders-0', 9]]));

  await assert.rejects(
    given.run(topicCopy, { ...CONFIG, 'consumer.auto.offset.reset': 'none' }, async () => false),
    { code: 'TRIB_COPY_GAP' },
  );
});

test('each mark says where a record of the source stands in the copy', async () => {
  const given = await world();
  for (let i = 0; i < 3; i++) {
    await given.writeSource(
      'orders',
      Array.from({ length: 250 }, (_, n) => `${i}-${n}`),
    );
    await given.run(topicCopy, CONFIG, reached(given, { 'source.orders-0': (i + 1) * 250 }));
  }

  const marks = await marksOf(given.broker, 'orders');

  const source = new Map((await recordsOf(given.source, 'orders')).map(({ offset, value }) => [offset, value]));
  const copy = new Map((await recordsOf(given.broker, 'source.orders')).map(({ offset, value }) => [offset, value]));
  for (const [upstream, downstream] of marks) assert.equal(copy.get(downstream), source.get(upstream));
  assert.deepEqual(marks.slice(0, 5), [
    [0, 0],
    [100, 100],
    [200, 200],
    [249, 249],
    [250, 251],
  ]);
  assert.equal(marks.length, 12);
});

test('where others write into the copy too, only what is sure is marked', async () => {
  const given = await world();
  await given.writeSource(
    'orders',
    Array.from({ length: 150 }, (_, n) => `a-${n}`),
  );
  let isDisturbed = false;
  given.between = (broker, side) =>
    side === 'other'
      ? broker
      : new Proxy(broker, {
          get: (target, name) => {
            const member: unknown = Reflect.get(target, name);
            if (name !== 'offsets') return typeof member === 'function' ? member.bind(target) : member;
            return async (...args: Parameters<typeof broker.offsets>) => {
              const found = await broker.offsets(...args);
              if (!isDisturbed) await given.write('source.orders', [['x', 'foreign']]);
              isDisturbed = true;
              return found;
            };
          },
        });

  await given.run(topicCopy, CONFIG, reached(given, { 'source.orders-0': 150 }));

  assert.deepEqual(await marksOf(given.broker, 'orders'), [[149, 150]]);
});

test('on request the positions are shown at the source, as those of any consumer', async () => {
  const given = await world();
  await given.writeSource('orders', ['a', 'b']);
  const shown = async () => (await given.source.committed('connect-unwrap', ['orders-0'])).get('orders-0') === 2;

  await given.run(topicCopy, { ...CONFIG, 'source.commit.enabled': 'true' }, shown);

  assert.equal((await recordsOf(given.broker, 'source.orders')).length, 2);
});

test('brokers without a port are refused before there is a task', () => {
  const { check } = topicCopy.config.find(({ name }) => name === 'source.cluster.bootstrap.servers')!;

  assert.equal(check!(['nonsense'], ''), '"nonsense" is no host:port');
  assert.equal(check!(['a:9092', '[::1]:9092'], ''), null);
  assert.equal(check!([], ''), null);
});
