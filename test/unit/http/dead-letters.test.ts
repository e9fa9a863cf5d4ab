import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SinkProbe } from '../../support/host-world.ts';
import { restWorld } from '../../support/rest-world.ts';

const CONFIG = {
  'connector.class': 'ProbeSink',
  topics: 'in',
  'errors.tolerance': 'all',
  'errors.deadletterqueue.topic.name': 'dlq',
  'errors.deadletterqueue.context.headers.enable': 'true',
};

async function world() {
  const made = await restWorld([new SinkProbe().definition()]);
  await made.broker.createTopics([{ name: 'in', partitions: 1 }]);
  await made.produce('in', ['bad', 'good', 'bad']);
  await made.call('PUT', '/connectors/a/config', CONFIG);
  await made.until('read', async () => (await made.read('dlq')).length === 2);
  return made;
}

test('letters are paged, filtered and replayed over REST', async () => {
  const { call } = await world();

  const page = await call('GET', '/connectors/a/dead-letters?limit=1&stage=VALUE_CONVERTER');
  const { letters, cursor } = page.body as { letters: { letter: string }[]; cursor: string };
  const next = await call('GET', `/connectors/a/dead-letters?cursor=${cursor}`);
  const replayed = await call('POST', '/connectors/a/dead-letters/replay', { letters: ['dlq-0-0'] });

  assert.deepEqual(
    letters.map(({ letter }) => letter),
    ['dlq-0-1'],
  );
  assert.deepEqual(
    (next.body as { letters: { letter: string }[] }).letters.map(({ letter }) => letter),
    ['dlq-0-0'],
  );
  assert.equal((replayed.body as { replayed: number }).replayed, 1);
});

test('what is wrong with a request is told', async () => {
  const { call } = await world();
  const told = async (method: string, path: string, body?: unknown) => {
    const answer = await call(method, path, body);
    return [answer.status, (answer.body as { message: string }).message];
  };

  assert.deepEqual(await told('GET', '/connectors/b/dead-letters'), [404, 'Connector b not found']);
  assert.deepEqual(await told('GET', '/connectors/a/dead-letters/dlq-0-9'), [
    404,
    'There is no dead letter "dlq-0-9". Letters are named dlq-<partition>-<offset>; they go when the topic\'s retention ends.',
  ]);
  assert.deepEqual(await told('POST', '/connectors/a/dead-letters/replay', {}), [
    400,
    'A replay says which letters it means in one way. Give one of "letters", "filter" or "all".',
  ]);
  assert.deepEqual(await told('POST', '/connectors/a/dead-letters/replay', { all: true, to: 'nowhere' }), [
    404,
    'The letters would go to topic "nowhere", which does not exist. Make the topic, or name another with "to".',
  ]);
});
