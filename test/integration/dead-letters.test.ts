// Dead letters on real Kafka: letters as Kafka Connect's workers write them are replayed through crashes, each exactly once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kafkaBroker } from '../../src/adapters/kafkajs/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { DeadLetterDesk, replayRequest } from '../../src/host/index.ts';
import type { Broker, TransactionalProducer } from '../../src/ports/broker.ts';
import { hostWorld, SinkProbe } from '../support/host-world.ts';

const brokers = process.env['KAFKA_BROKERS'];
const LETTERS = 1300;

/** The broker, whose transactional producers fail at the second commit and are left as a crash leaves them. */
function crashing(broker: Broker): Broker {
  let commits = 0;
  return Object.assign(Object.create(broker) as Broker, {
    transact: async (id: string): Promise<TransactionalProducer> => {
      const producer = await broker.transact(id);
      return Object.assign(Object.create(producer) as TransactionalProducer, {
        lane: (topic: string, partition: number) => producer.lane(topic, partition),
        begin: () => producer.begin(),
        commit: async (...args: Parameters<TransactionalProducer['commit']>) => {
          if (++commits % 2 === 0) {
            await producer.flush();
            throw new Error('crash');
          }
          return producer.commit(...args);
        },
        abort: async () => {},
        close: async () => {},
      });
    },
  });
}

async function fill(broker: Broker, topic: string, original: string): Promise<void> {
  const producer = await broker.produce();
  for (let i = 0; i < LETTERS; i++) {
    const value = Buffer.from(`v${i}`);
    const context = { topic: original, partition: '0', offset: String(i), 'connector.name': 'a', stage: 'TASK_PUT' };
    const headers = Object.entries(context).map(
      ([name, text]) => [`__connect.errors.${name}`, Buffer.from(text)] as const,
    );
    producer.lane(topic, i % 2).append(1000 + i, null, 0, 0, value, 0, value.length, headers);
  }
  await producer.flush();
  await producer.close();
}

test('a replay that crashes between its transactions goes on, and the connector gets each letter once', {
  skip: brokers === undefined ? 'KAFKA_BROKERS is not set' : false,
}, async () => {
  const clusterId = `dlq${Date.now()}`;
  const [input, letters] = [`${clusterId}-in`, `${clusterId}-dlq`];
  const store = (what: string) => ({
    name: `_${clusterId}_connect_${what}`,
    partitions: 1,
    replication: -1,
    setting: what,
  });
  const broker = await kafkaBroker({ config: { 'bootstrap.servers': brokers! }, clock: systemClock() });
  const probe = new SinkProbe();
  const world = await hostWorld([probe.definition()], {
    broker,
    clock: systemClock(),
    settings: {
      clusterId,
      stores: { config: store('config'), offsets: store('offsets'), status: store('status') },
    },
  });
  try {
    await broker.createTopics([
      { name: input, partitions: 1 },
      { name: letters, partitions: 2 },
    ]);
    await fill(broker, letters, input);
    await world.worker.create(
      'a',
      {
        'connector.class': 'ProbeSink',
        topics: input,
        'errors.tolerance': 'all',
        'errors.deadletterqueue.topic.name': letters,
        'consumer.override.group.id': `${clusterId}-a`,
        'consumer.override.metadata.max.age.ms': '500',
      },
      null,
    );
    const host = {
      environment: { ...world.environment, broker: crashing(broker) },
      names: () => world.worker.names(),
      info: (name: string) => world.worker.info(name),
    };

    await assert.rejects(new DeadLetterDesk(host).replay('a', replayRequest({ all: true, limit: 10_000 })), /crash/);
    const desk = new DeadLetterDesk(world.worker);
    const rest = await desk.replay('a', replayRequest({ all: true, limit: 10_000 }));
    const again = await desk.replay('a', replayRequest({ all: true, limit: 10_000 }));
    await world.until('all read', () => probe.values.length >= LETTERS);

    assert.deepEqual([rest.replayed, rest.alreadyReplayed, again.replayed], [LETTERS - 500, 500, 0]);
    assert.equal(new Set(probe.values).size, LETTERS);
    assert.equal(probe.values.length, LETTERS);
    const group = await broker.committed(`${clusterId}-dlq-replay-a`, [`${letters}-0`, `${letters}-1`]);
    assert.deepEqual(Object.fromEntries(group), { [`${letters}-0`]: 650, [`${letters}-1`]: 650 });
    const { newest, replayed } = (await desk.topics())[0]!;
    assert.deepEqual([newest, replayed], ['1970-01-01T00:00:02.299Z', LETTERS]);
    assert.equal((await desk.page('a', {}, { limit: 1, cursor: null, stack: false })).letters[0]!.value!.text, 'v1299');
  } finally {
    await world.close();
    const made = (await broker.listTopics()).map(({ name }) => name).filter((name) => name.includes(clusterId));
    await broker.deleteTopics(made);
    await broker.close();
  }
});
