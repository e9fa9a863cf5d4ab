// What every cluster-admin promises (`src/ports/cluster-admin.ts`), run over the embedded log and over real Kafka.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Broker } from '../../src/ports/broker.ts';
import { appendRows } from './broker-rows.ts';

/** Runs the contract. `prefix` starts every topic and group of this run. */
export function clusterAdminContract(name: string, prefix: string, open: () => Promise<Broker>): void {
  describe(`cluster admin contract: ${name}`, () => {
    let broker: Broker;
    const made: string[] = [];

    before(async () => {
      broker = await open();
    });
    after(async () => {
      await broker.deleteTopics(made);
      await broker.close();
    });

    async function topic(name: string, partitions = 1, config: Record<string, string> = {}): Promise<string> {
      const fresh = `${prefix}${name}`;
      made.push(fresh);
      await broker.createTopics([{ name: fresh, partitions, replication: 1, config }]);
      return fresh;
    }

    test('a topic grows, keeps its records, and takes records in its new partitions at once', async () => {
      const grown = await topic('grown', 2);
      const producer = await broker.produce();
      appendRows(producer.lane(grown, 1), [{ key: 'k', value: 'v' }]);
      await producer.flush();

      await broker.clusterAdmin.growTopic(grown, 4);
      appendRows(producer.lane(grown, 3), [{ key: 'k', value: 'v' }]);
      const ends = await producer.flush();
      await producer.close();

      assert.equal((await broker.topic(grown))?.partitions, 4);
      assert.deepEqual(ends, new Map([[`${grown}-3`, 1]]));
      assert.deepEqual(await broker.offsets([`${grown}-1`], 'latest'), new Map([[`${grown}-1`, 1]]));
    });

    test('a topic never shrinks, and one that does not exist is not found', async () => {
      const kept = await topic('kept', 3);

      await broker.clusterAdmin.growTopic(kept, 2);

      assert.equal((await broker.topic(kept))?.partitions, 3);
      await assert.rejects(broker.clusterAdmin.growTopic(`${prefix}nowhere`, 2), { kind: 'notFound' });
    });

    test('settings of a topic are read, set and taken back one by one', async () => {
      const set = await topic('set', 1, { 'cleanup.policy': 'compact', 'retention.ms': '1000' });

      await broker.clusterAdmin.alterTopicConfig(
        set,
        new Map([
          ['retention.ms', null],
          ['max.message.bytes', '2000000'],
        ]),
      );

      assert.deepEqual(Object.fromEntries(await broker.clusterAdmin.topicConfig(set)), {
        'cleanup.policy': 'compact',
        'max.message.bytes': '2000000',
      });
    });

    test('a setting that cannot be is refused, and settings of no topic are not found', async () => {
      const refused = await topic('refused');
      const { clusterAdmin } = broker;

      const wrong = new Map([['cleanup.policy', 'sometimes']]);
      await assert.rejects(clusterAdmin.alterTopicConfig(refused, wrong), { kind: 'config' });
      await assert.rejects(clusterAdmin.topicConfig(`${prefix}nowhere`), { kind: 'notFound' });
      await assert.rejects(clusterAdmin.alterTopicConfig(`${prefix}nowhere`, new Map([['retention.ms', '1']])), {
        kind: 'notFound',
      });
    });

    test('groups are listed with all they have committed', async () => {
      const read = await topic('read', 2);
      await broker.commit(`${prefix}group`, new Map([[`${read}-0`, 5], [`${read}-1`, 7]])); // biome-ignore format: short

      const groups = await broker.clusterAdmin.groups();
      const offsets = await broker.clusterAdmin.groupOffsets(`${prefix}group`);
      const none = await broker.clusterAdmin.groupOffsets(`${prefix}no-group`);
      await broker.deleteGroup(`${prefix}group`);

      assert.ok(groups.includes(`${prefix}group`));
      assert.deepEqual(new Map([...offsets].sort()), new Map([[`${read}-0`, 5], [`${read}-1`, 7]])); // biome-ignore format: short
      assert.deepEqual(none, new Map());
      assert.ok(!(await broker.clusterAdmin.groups()).includes(`${prefix}group`));
    });
  });
}
