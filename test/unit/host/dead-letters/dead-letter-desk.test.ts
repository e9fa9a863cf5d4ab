import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConnectRecord, TributaryError } from '../../../../src/connect/index.ts';
import { DeadLetterDesk, letterFilter, replayRequest } from '../../../../src/host/index.ts';
import type { Headers } from '../../../../src/ports/broker.ts';
import { type HostWorld, hostWorld, SinkProbe } from '../../../support/host-world.ts';

const PAGE = { limit: 50, cursor: null, stack: false };
const config = (more: Record<string, string> = {}) => ({
  'connector.class': 'ProbeSink',
  topics: 'in',
  'errors.tolerance': 'all',
  'errors.deadletterqueue.topic.name': 'dlq',
  'errors.deadletterqueue.context.headers.enable': 'true',
  ...more,
});

/** A sink that refuses some values until it is mended. */
interface Scene {
  readonly world: HostWorld;
  readonly probe: SinkProbe;
  readonly desk: DeadLetterDesk;
  readonly seen: ConnectRecord[];
  mend(): void;
}

async function scene(values: readonly string[], more: Record<string, string> = {}): Promise<Scene> {
  const probe = new SinkProbe();
  const seen: ConnectRecord[] = [];
  let broken = true;
  probe.script = {
    onPut: (batch, context) => {
      for (const record of batch) {
        seen.push(record);
        if (broken && String(record.value).startsWith('no')) {
          context.reject(record, new TributaryError('TRIB_TEST_NO', 'data', { what: `It says ${record.value}.` }));
        }
      }
    },
  };
  const world = await hostWorld([probe.definition()]);
  await world.broker.createTopics([{ name: 'in', partitions: 1 }]);
  await world.produce('in', values);
  await world.worker.create('a', config(more), null);
  const committed = async () => (await world.broker.committed('connect-a', ['in-0'])).get('in-0');
  await world.until('all read', async () => ((await committed()) ?? 0) === values.length);
  return {
    world,
    probe,
    desk: new DeadLetterDesk(world.worker),
    seen,
    mend: () => {
      broken = false;
    },
  };
}

async function put(world: HostWorld, topic: string, value: string, headers: Headers): Promise<void> {
  const producer = await world.broker.produce();
  const bytes = Buffer.from(value);
  producer.lane(topic, 0).append(5000, null, 0, 0, bytes, 0, bytes.length, headers);
  await producer.flush();
  await producer.close();
}

const context = (more: Record<string, string>): Headers =>
  Object.entries({ topic: 'in', partition: '0', offset: '7', 'connector.name': 'a', stage: 'TASK_PUT', ...more }).map(
    ([name, text]) => [`__connect.errors.${name}`, Buffer.from(text)] as const,
  );

test('connectors with a dead-letter topic are listed with what stands in it', async () => {
  const { desk, world } = await scene(['yes', 'no 1', 'no 2']);
  await put(world, 'dlq', 'newest', context({}));
  await world.worker.create('b', config(), null);

  const topics = await desk.topics();

  const shared = { topic: 'dlq', exists: true, letters: 3, replayed: 0, newest: '1970-01-01T00:00:05.000Z' };
  assert.deepEqual(topics, [
    { connector: 'a', ...shared, sharedWith: ['b'] },
    { connector: 'b', ...shared, sharedWith: ['a'] },
  ]);
});

test('a letter is shown with its origin, its failure and its decoded value', async () => {
  const { desk } = await scene(['yes', 'no 1']);

  const { letters, cursor } = await desk.page('a', {}, PAGE);

  const { timestamp: _, ...letter } = letters[0]!;
  assert.equal(cursor, null);
  assert.deepEqual(letter, {
    letter: 'dlq-0-0',
    topic: 'dlq',
    partition: 0,
    offset: 0,
    original: { topic: 'in', partition: 0, offset: 1 },
    connector: 'a',
    task: '0',
    stage: 'TASK_PUT',
    class: 'test.ProbeSink',
    exception: letter.exception,
    message: 'It says no 1.',
    replayed: false,
    replayedFrom: null,
    key: null,
    value: { as: 'text', text: 'no 1', bytes: 4, truncated: false },
    headers: [],
  });
});

test('one letter in full brings the stack', async () => {
  const { desk } = await scene(['no 1']);

  const letter = await desk.letter('a', 'dlq-0-0');

  assert.match(letter.stack ?? '', /^TRIB_TEST_NO It says no 1\./);
});

test('pages go from the newest letter to the oldest, and a cursor goes on where one ended', async () => {
  const { desk } = await scene(['no 1', 'no 2', 'no 3']);

  const first = await desk.page('a', {}, { ...PAGE, limit: 2 });
  const second = await desk.page('a', {}, { ...PAGE, limit: 2, cursor: first.cursor });

  assert.deepEqual(
    [first, second].map(({ letters }) => letters.map(({ value }) => value!.text)),
    [['no 3', 'no 2'], ['no 1']],
  );
  assert.equal(second.cursor, null);
});

test('letters are filtered by stage, exception, original place and time', async () => {
  const { desk, world } = await scene(['no 1']);
  await put(
    world,
    'dlq',
    'other',
    context({ stage: 'VALUE_CONVERTER', 'exception.class.name': 'org.x.DataException', topic: 'two', partition: '3' }),
  );
  const found = async (filter: Record<string, unknown>) =>
    (await desk.page('a', letterFilter(filter), PAGE)).letters.map(({ letter }) => letter);

  assert.deepEqual(await found({ stage: 'value_converter' }), ['dlq-0-1']);
  assert.deepEqual(await found({ exception: 'dataexc', topic: 'two' }), ['dlq-0-1']);
  assert.deepEqual(await found({ topic: 'in' }), ['dlq-0-0']);
  assert.deepEqual(await found({ partition: '3' }), ['dlq-0-1']);
  assert.deepEqual(await found({ to: '6000' }), ['dlq-0-1']);
  assert.deepEqual(await found({ from: '1970-01-01T00:00:06Z' }), ['dlq-0-0']);
});

test('a filter that does not exist is told with the one that is near', () => {
  assert.throws(
    () => letterFilter({ stagee: 'X' }),
    /"stagee" is not a filter of dead letters\. Did you mean "stage"\?/,
  );
});

test('letters of another connector in a shared topic are not shown', async () => {
  const { desk, world } = await scene(['no 1']);
  await put(world, 'dlq', 'theirs', context({ 'connector.name': 'b' }));

  const { letters } = await desk.page('a', {}, PAGE);

  assert.deepEqual(
    letters.map(({ letter }) => letter),
    ['dlq-0-0'],
  );
});

test('secrets in letters of other hosts are blanked, and bytes that are no text are shown as digits', async () => {
  const { desk, world } = await scene(['no 1']);
  world.environment.redactor.add('swordfish');
  await put(world, 'dlq', 'v', [
    ...context({ 'exception.message': 'login swordfish refused' }),
    ['api.key', Buffer.from('k-1')],
    ['raw', Buffer.from([0, 255])],
  ]);

  const letter = (await desk.page('a', {}, PAGE)).letters.find(({ offset }) => offset === 1)!;

  assert.equal(letter.message, 'login [hidden] refused');
  assert.deepEqual(letter.headers, [
    { name: 'api.key', value: { as: 'text', text: '[hidden]', bytes: 3, truncated: false } },
    { name: 'raw', value: { as: 'hex', text: '00ff', bytes: 2, truncated: false } },
  ]);
});

test('a payload that the converter cannot read is shown as it is, with the reason', async () => {
  const { desk } = await scene(['bad']);

  const { letters } = await desk.page('a', {}, PAGE);

  assert.deepEqual(letters[0]!.value, {
    as: 'text',
    text: 'bad',
    bytes: 3,
    truncated: false,
    decodeError: 'The payload is bad.',
  });
});

test('a replay hands letters to their connector alone, as if they came from the original topic', async () => {
  const { desk, world, seen, mend } = await scene(['yes', 'no 1', 'no 2']);
  mend();
  seen.length = 0;

  const report = await desk.replay('a', replayRequest({ all: true }));
  await world.until('read again', () => seen.length === 2);

  assert.deepEqual(
    seen.map(({ topic, partition, value, headers }) => [topic, partition, value, headers]),
    [
      ['in', 0, 'no 1', []],
      ['in', 0, 'no 2', []],
    ],
  );
  assert.deepEqual([report.replayed, report.to, report.cursor, report.notes], [2, 'dlq.retry.a', null, []]);
  assert.equal((await world.read('in')).length, 3);
  assert.deepEqual(
    (await world.read('dlq.retry.a')).map(({ headers }) => headers),
    [
      {
        '__trib.replayed-from': 'dlq-0-0',
        '__trib.original-topic': 'in',
        '__trib.original-partition': '0',
        '__trib.original-offset': '1',
      },
      {
        '__trib.replayed-from': 'dlq-0-1',
        '__trib.original-topic': 'in',
        '__trib.original-partition': '0',
        '__trib.original-offset': '2',
      },
    ],
  );
});

test('letters that were replayed are marked, and replayed again only when that is said', async () => {
  const { desk, world } = await scene(['no 1', 'no 2']);
  await desk.replay('a', replayRequest({ letters: ['dlq-0-1'] }));

  const once = await desk.replay('a', replayRequest({ letters: ['dlq-0-0', 'dlq-0-1'] }));
  const twice = await new DeadLetterDesk(world.worker).replay(
    'a',
    replayRequest({ letters: ['dlq-0-1'], again: true }),
  );

  assert.deepEqual([once.replayed, once.alreadyReplayed, twice.replayed], [1, 1, 1]);
  const { letters } = await desk.page('a', letterFilter({ replayed: 'true' }), PAGE);
  assert.deepEqual(
    letters.filter(({ offset }) => offset < 2).map(({ letter }) => letter),
    ['dlq-0-1', 'dlq-0-0'],
  );
  const group = await world.broker.committed('test-dlq-replay-a', ['dlq-0']);
  assert.equal(group.get('dlq-0'), 2);
});

test('a record that fails again is a new letter that knows its first place and the letter it came from', async () => {
  const { desk, world } = await scene(['yes', 'no 1']);
  await desk.replay('a', replayRequest({ all: true }));
  await world.until('failed again', async () => (await world.read('dlq')).length === 2);

  const { letters } = await desk.page('a', {}, PAGE);

  assert.deepEqual(
    letters.map(({ letter, original, replayed, replayedFrom }) => ({ letter, original, replayed, replayedFrom })),
    [
      {
        letter: 'dlq-0-1',
        original: { topic: 'in', partition: 0, offset: 1 },
        replayed: false,
        replayedFrom: 'dlq-0-0',
      },
      { letter: 'dlq-0-0', original: { topic: 'in', partition: 0, offset: 1 }, replayed: true, replayedFrom: null },
    ],
  );
});

test('to the original topic goes the record alone: its headers and time, and where it was replayed from', async () => {
  const { desk, world, mend } = await scene(['no 1']);
  mend();
  await put(world, 'dlq', 'x', [['own', Buffer.from('1')], ...context({})]);

  const report = await desk.replay('a', replayRequest({ letters: ['dlq-0-1'], to: 'original' }));

  assert.deepEqual((await world.read('in')).at(-1), {
    value: 'x',
    headers: { own: '1', '__trib.replayed-from': 'dlq-0-1' },
  });
  assert.deepEqual(report.notes, ['Every reader of in sees these records again, not only a.']);
});

test('a dry run says what would be written and leaves nothing behind', async () => {
  const { desk, world } = await scene(['no 1', 'no 2']);

  const report = await desk.replay('a', replayRequest({ filter: { stage: 'TASK_PUT' }, dryRun: true }));

  assert.deepEqual(report.plan, [
    { letter: 'dlq-0-0', topic: 'dlq.retry.a', partition: 0 },
    { letter: 'dlq-0-1', topic: 'dlq.retry.a', partition: 0 },
  ]);
  assert.deepEqual(
    (await world.broker.listTopics()).map(({ name }) => name).filter((name) => /retry|replays/.test(name)),
    [],
  );
});

test('a letter without context headers goes back where there is one topic only, and is told where there are more', async () => {
  const { desk, world } = await scene(['yes'], { topics: 'in,two' });
  await world.broker.createTopics([{ name: 'dlq', partitions: 1 }]);
  await put(world, 'dlq', 'x', []);

  const report = await desk.replay('a', replayRequest({ all: true }));
  const named = await desk.replay('a', replayRequest({ all: true, to: 'in' }));

  assert.deepEqual([report.replayed, report.unknownOrigin, named.replayed], [0, 1, 1]);
  assert.deepEqual(
    (await desk.page('a', {}, PAGE)).letters.map(({ original }) => original),
    [null],
  );
  assert.match(report.notes[0]!, /cannot be known: name a topic with "to"/);
});

test('a letter without context headers goes back to a connector of one topic as if from there', async () => {
  const { desk, world, seen } = await scene([]);
  await world.broker.createTopics([{ name: 'dlq', partitions: 1 }]);
  await put(world, 'dlq', 'x', []);

  await desk.replay('a', replayRequest({ all: true }));
  await world.until('read again', () => seen.length === 1);

  assert.deepEqual([seen[0]!.topic, seen[0]!.value], ['in', 'x']);
});

test('a call replays as many as it may, and its cursor ends where the first call saw the end', async () => {
  const { desk, world } = await scene(['no 1', 'no 2', 'no 3']);

  const first = await desk.replay('a', replayRequest({ all: true, limit: 2 }));
  await world.until('failed again', async () => (await world.read('dlq')).length === 5);
  const second = await desk.replay('a', replayRequest({ all: true, limit: 2, cursor: first.cursor }));

  assert.deepEqual([first.replayed, first.remaining, second.replayed, second.cursor], [2, 1, 1, null]);
});

test('a replay that another one overtook ends with a conflict, and its letters go once', async () => {
  const { desk, world, mend } = await scene(['no 1']);
  mend();
  const { broker } = world;
  const slow = {
    ...world.worker,
    environment: {
      ...world.environment,
      broker: Object.assign(Object.create(broker) as typeof broker, {
        transact: async (id: string) => {
          const producer = await broker.transact(id);
          await broker.transact(id);
          return producer;
        },
      }),
    },
    names: () => world.worker.names(),
    info: (name: string) => world.worker.info(name),
  };

  await assert.rejects(
    new DeadLetterDesk(slow).replay('a', replayRequest({ all: true })),
    /Another replay of this connector/,
  );
  const report = await desk.replay('a', replayRequest({ all: true }));

  assert.equal(report.replayed, 1);
  assert.equal((await world.read('dlq.retry.a')).length, 1);
});

test('a connector without a dead-letter topic says which settings make one', async () => {
  const { world, desk } = await scene(['yes']);
  await world.worker.create('b', { 'connector.class': 'ProbeSink', topics: 'in' }, null);

  await assert.rejects(desk.page('b', {}, PAGE), /has no dead-letter topic.*errors\.deadletterqueue\.topic\.name/);
});
