import assert from 'node:assert/strict';
import { test } from 'node:test';
import { topicCopy } from '../../../../connectors/topic-copy/index.ts';
import { TributaryError } from '../../../../src/core/errors.ts';
import type { Broker } from '../../../../src/ports/broker.ts';
import { CopyWorld, recordsOf } from '../../../support/copy-world.ts';

const CONFIG = {
  'source.cluster.bootstrap.servers': 'elsewhere:9092',
  topics: 'orders',
  'emit.checkpoints.interval.seconds': '1',
  'sync.group.offsets.enabled': 'true',
  'sync.group.offsets.interval.seconds': '1',
};

/** 250 records copied, in a topic that lost its first 10 at the source. */
async function world(group: Readonly<Record<string, number>>): Promise<CopyWorld> {
  const given = new CopyWorld();
  await given.source.createTopics([{ name: 'orders', partitions: 1 }]);
  await given.writeSource(
    'orders',
    Array.from({ length: 250 }, (_, n) => `${n}`),
  );
  for (const [name, offset] of Object.entries(group)) await given.source.commit(name, new Map([['orders-0', offset]]));
  return given;
}

const moved = (given: CopyWorld, group: string) => async () =>
  (await given.broker.committed(group, ['source.orders-0'])).size > 0;
const offsetOf = async (broker: Broker, group: string) =>
  (await broker.committed(group, ['source.orders-0'])).get('source.orders-0');

test('a group goes on in the copy where it was, or a little before, never ahead', async () => {
  const given = await world({ app: 220, exact: 200, done: 250, 'connect-x': 5 });

  await given.run(topicCopy, CONFIG, moved(given, 'done'));

  assert.equal(await offsetOf(given.broker, 'app'), 201);
  assert.equal(await offsetOf(given.broker, 'exact'), 200);
  assert.equal(await offsetOf(given.broker, 'done'), 250);
  assert.equal(await offsetOf(given.broker, 'connect-x'), undefined);
});

test('a group is never moved backwards on the target', async () => {
  const given = await world({ app: 120, other: 120 });
  await given.broker.createTopics([{ name: 'source.orders', partitions: 1 }]);
  await given.broker.commit('app', new Map([['source.orders-0', 240]]));

  await given.run(topicCopy, CONFIG, moved(given, 'other'));

  assert.equal(await offsetOf(given.broker, 'app'), 240);
});

test('a group with members on the target is left alone, and the copying goes on', async () => {
  const given = await world({ app: 120, other: 120 });
  given.between = (broker, side) => (side === 'other' ? broker : refusing(broker, 'app'));

  await given.run(topicCopy, CONFIG, moved(given, 'other'));

  assert.equal(await offsetOf(given.broker, 'app'), undefined);
  assert.equal((await recordsOf(given.broker, 'source.orders')).length, 250);
});

test('checkpoints are written in MirrorMaker’s form, once as long as the group stands still', async () => {
  const given = await world({ app: 220 });

  await given.run(topicCopy, CONFIG, moved(given, 'app'));

  const reader = await given.broker.read(new Map([['source.checkpoints.internal-0', 0]]), { isolation: 'committed' });
  const [records] = await reader.poll(1);
  const { bytes, keyStarts, keyEnds, valueStarts, valueEnds } = records!;
  assert.equal(records!.count, 1);
  assert.equal(
    bytes.toString('hex', keyStarts[0]!, keyEnds[0]!),
    `0003${hex('app')}000d${hex('source.orders')}00000000`,
  );
  assert.equal(bytes.toString('hex', valueStarts[0]!, valueEnds[0]!), '000000000000000000dc00000000000000c90000');
  await reader.close();
});

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

function refusing(broker: Broker, group: string): Broker {
  return new Proxy(broker, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (name !== 'commit') return typeof member === 'function' ? member.bind(target) : member;
      return async (...args: Parameters<typeof broker.commit>) => {
        if (args[0] !== group) return broker.commit(...args);
        throw new TributaryError('TRIB_KAFKA_ANSWER', 'conflict', { what: 'Kafka answered UNKNOWN_MEMBER_ID.' });
      };
    },
  });
}
