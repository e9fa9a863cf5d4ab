import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../../src/connect/index.ts';
import { runCli } from '../../../support/cli-run.ts';
import { SinkProbe } from '../../../support/host-world.ts';
import { type RestWorld, restWorld } from '../../../support/rest-world.ts';

const run = (world: RestWorld, ...args: string[]) => runCli(world, ['dlq', ...args]);

async function worldWith(values: readonly string[]): Promise<RestWorld> {
  const probe = new SinkProbe();
  probe.script = {
    onPut: (batch, context) => {
      for (const record of batch) {
        const refused = new TributaryError('TRIB_TEST_NO', 'data', { what: `It says ${record.value}.` });
        const answer = record.value === 'no http' ? [{ status: 400, body: '{"message":"odd"}' }] : [];
        if (String(record.value).startsWith('no')) context.reject(record, refused, ...answer);
      }
    },
  };
  const world = await restWorld([probe.definition()]);
  await world.broker.createTopics([{ name: 'in', partitions: 1 }]);
  await world.produce('in', values);
  await world.call('PUT', '/connectors/a/config', {
    'connector.class': 'ProbeSink',
    topics: 'in',
    'errors.tolerance': 'all',
    'errors.deadletterqueue.topic.name': 'dlq',
    'errors.deadletterqueue.context.headers.enable': 'true',
  });
  const committed = async () => (await world.broker.committed('connect-a', ['in-0'])).get('in-0');
  await world.until('read', async () => (await committed()) === values.length);
  return world;
}

test('topics and letters are tables for people and one object a line for programs', async () => {
  const world = await worldWith(['yes', 'no 1', 'no 2']);

  const topics = await run(world, 'list');
  const letters = await run(world, 'list', 'a', '--limit', '1');
  const json = await run(world, 'list', 'a', '--json');

  assert.match(topics.out, /^CONNECTOR {2}TOPIC {2}LETTERS {2}REPLAYED {2}NEWEST RECORD\na {10}dlq {10}2 {9}0 /);
  assert.match(letters.out, /\ndlq-0-1 .* TASK_PUT {2}in-0@2 {4}no {8}It says no 2\.\n$/);
  assert.match(letters.err, /^1 looked at; older ones: --cursor \S+\n$/);
  assert.deepEqual(
    json.out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { letter: string }).letter),
    ['dlq-0-1', 'dlq-0-0'],
  );
});

test('a letter is shown in full', async () => {
  const { out } = await run(await worldWith(['no 1']), 'show', 'a', 'dlq-0-0');

  assert.match(out, /^letter {9}dlq-0-0\n/);
  assert.match(out, /\nvalue {10}no 1\n/);
  assert.match(out, /\nTRIB_TEST_NO It says no 1\.\n/);
});

test('what the target answered is shown with the letter', async () => {
  const { out } = await run(await worldWith(['no http']), 'show', 'a', 'dlq-0-0');

  assert.match(out, /\nHTTP answer {4}400 \{"message":"odd"\}\n/);
  assert.doesNotMatch(out, /header __trib/);
});

test('letters are replayed by name, once', async () => {
  const world = await worldWith(['no 1', 'no 2']);

  const first = await run(world, 'replay', 'a', 'dlq-0-0');
  const second = await run(world, 'replay', 'a', 'dlq-0-0');

  assert.deepEqual(first, { code: 0, out: '', err: '1 replayed\n' });
  assert.deepEqual(second.err, '0 replayed, 1 were replayed before (--again: once more)\n');
  assert.equal((await world.read('dlq.retry.a')).length, 1);
});

test('a dry run lists what would go where', async () => {
  const { code, out, err } = await run(
    await worldWith(['no 1']),
    'replay',
    'a',
    '--stage',
    'TASK_PUT',
    '--to',
    'original',
    '--dry-run',
  );

  assert.equal(code, 0);
  assert.equal(out, 'LETTER   TO TOPIC  PARTITION\ndlq-0-0  in                0\n');
  assert.match(err, /^1 would be replayed\nEvery reader of in sees these records again/);
});

test('many letters need a yes', async () => {
  const world = await worldWith(Array.from({ length: 101 }, (_, index) => `no ${index}`));

  const refused = await run(world, 'replay', 'a', '--all');
  const done = await run(world, 'replay', 'a', '--all', '--yes');

  assert.equal(refused.code, 2);
  assert.match(refused.err, /This replays 101 letters of a\. Add --yes/);
  assert.deepEqual([done.code, done.err.split('\n').at(-2)], [0, '101 replayed']);
});

test('letters are chosen in one way', async () => {
  const { code, err } = await run(await worldWith(['no 1']), 'replay', 'a', '--all', 'dlq-0-0');

  assert.equal(code, 2);
  assert.match(err, /Say which letters in one way/);
});
