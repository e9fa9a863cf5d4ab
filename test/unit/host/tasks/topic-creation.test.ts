import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TopicCreation } from '../../../../src/host/tasks/topic-creation.ts';
import type { Broker, TopicSpec } from '../../../../src/ports/broker.ts';

/** What is asked of the broker for topics that do not exist. */
async function made(raw: Record<string, string>, topics: readonly string[]): Promise<readonly TopicSpec[]> {
  const specs: TopicSpec[] = [];
  const broker = {
    topic: async (name: string) => {
      const spec = specs.find((known) => known.name === name);
      return spec === undefined ? null : { name, partitions: spec.partitions, replication: 1 };
    },
    createTopics: async (wanted: readonly TopicSpec[]) => {
      specs.push(...wanted);
      return wanted.map(({ name }) => name);
    },
  } as unknown as Broker;
  const creation = new TopicCreation(broker, raw, true);
  for (const topic of topics) await creation.ensure(topic);
  return specs;
}

test('the first group that includes a topic and does not exclude it makes it; what it lacks is the default’s', async () => {
  const specs = await made(
    {
      'topic.creation.groups': 'logs,orders',
      'topic.creation.default.partitions': '2',
      'topic.creation.default.replication.factor': '3',
      'topic.creation.default.cleanup.policy': 'delete',
      'topic.creation.logs.include': '.*-log,orders',
      'topic.creation.logs.exclude': 'secret-.*',
      'topic.creation.logs.partitions': '1',
      'topic.creation.logs.retention.ms': '1000',
      'topic.creation.orders.include': 'orders.*',
      'topic.creation.orders.partitions': '9',
    },
    ['a-log', 'secret-log', 'orders', 'orders-2'],
  );

  assert.deepEqual(specs, [
    { name: 'a-log', partitions: 1, replication: 3, config: { 'cleanup.policy': 'delete', 'retention.ms': '1000' } },
    { name: 'secret-log', partitions: 2, replication: 3, config: { 'cleanup.policy': 'delete' } },
    { name: 'orders', partitions: 1, replication: 3, config: { 'cleanup.policy': 'delete', 'retention.ms': '1000' } },
    { name: 'orders-2', partitions: 9, replication: 3, config: { 'cleanup.policy': 'delete' } },
  ]);
});

test('what is -1 or not said is left to the broker', async () => {
  const settings = { 'topic.creation.default.partitions': '-1', 'topic.creation.default.replication.factor': '-1' };

  assert.deepEqual(await made(settings, ['a']), [{ name: 'a', partitions: -1, replication: -1 }]);
  assert.deepEqual(await made({}, ['a']), [{ name: 'a', partitions: -1, replication: -1 }]);
});

test('a group without include is refused by name', async () => {
  await assert.rejects(made({ 'topic.creation.groups': 'a' }, []), {
    kind: 'config',
    message: /Missing required configuration "topic\.creation\.a\.include" which has no default value\./,
  });
});
