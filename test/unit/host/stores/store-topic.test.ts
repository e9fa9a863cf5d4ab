import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryBroker } from '../../../../src/adapters/embedded-log/index.ts';
import { openStoreTopic } from '../../../../src/host/stores/store-topic.ts';
import { turningClock } from '../../../support/turning-clock.ts';

const broker = memoryBroker(turningClock());
const topic = (name: string, partitions: number) => ({
  name,
  partitions,
  replication: -1,
  setting: 'config.storage.topic',
});

test('a missing topic is made compacted, and one that is there keeps its partitions', async () => {
  const made = await openStoreTopic(broker, topic('new', 5));
  const again = await openStoreTopic(broker, topic('new', 25));

  assert.deepEqual([made, again], [5, 5]);
  assert.equal((await broker.clusterAdmin.topicConfig('new')).get('cleanup.policy'), 'compact');
});

test('a topic that would lose its records is refused, with the setting that names it', async () => {
  await broker.createTopics([{ name: 'plain', partitions: 1, config: { 'cleanup.policy': 'delete' } }]);

  await assert.rejects(
    openStoreTopic(broker, topic('plain', 1)),
    /Topic 'plain' supplied via the 'config\.storage\.topic' property is required to have 'cleanup\.policy=compact'/,
  );
});

test('a config topic of several partitions is refused: it has no order', async () => {
  await broker.createTopics([{ name: 'wide', partitions: 3, config: { 'cleanup.policy': 'compact' } }]);

  await assert.rejects(openStoreTopic(broker, topic('wide', 1)), /required to have a single partition, but has 3/);
});
