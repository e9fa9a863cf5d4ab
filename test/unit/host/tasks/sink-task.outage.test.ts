import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../../src/core/errors.ts';
import type { Broker, Producer } from '../../../../src/ports/broker.ts';
import { hostWorld, SinkProbe } from '../../../support/host-world.ts';

const config = (more: Record<string, string> = {}) => ({
  ...{ 'connector.class': 'ProbeSink', topics: 'in', 'task.restart.enable': 'true', 'task.restart.delay.ms': '1000' },
  ...{ 'value.converter': 'org.apache.kafka.connect.converters.LongConverter' },
  ...{ 'errors.tolerance': 'all', 'errors.deadletterqueue.topic.name': 'dead', ...more },
});

/** While `gone` holds, the topic of the dead letters is not there for those who write. */
function withoutLetters(broker: Broker, gone: () => boolean): Broker {
  const flushing = (producer: Producer): Producer => {
    const flush = producer.flush.bind(producer);
    let isLost = false;
    producer.flush = async () => {
      // As with Kafka: what failed is told once, and forgotten.
      if (!gone() || isLost) return await flush();
      isLost = true;
      throw new TributaryError('TRIB_TOPIC_UNKNOWN', 'notFound', { what: 'There is no such topic.' });
    };
    const lane = producer.lane.bind(producer);
    producer.lane = (topic, partition) => {
      const made = lane(topic, partition);
      if (topic === 'dead' && gone()) made.append = () => {};
      return made;
    };
    return producer;
  };
  return new Proxy(broker, {
    get: (object, name) => {
      if (name === 'produce') return async () => flushing(await object.produce());
      const member: unknown = Reflect.get(object, name);
      return typeof member === 'function' ? member.bind(object) : member;
    },
  });
}

test('a dead letter that was lost with its topic is written by the next run: its record is not passed over', async () => {
  const plain = await hostWorld([]);
  let isGone = true;
  const probe = new SinkProbe();
  const broker = withoutLetters(plain.broker, () => isGone);
  const world = await hostWorld([probe.definition()], { broker, clock: plain.clock });
  await plain.broker.createTopics([{ name: 'in', partitions: 1 }]);
  await plain.produce('in', ['no long']);
  await world.worker.create('a', config(), null);
  await world.until('failed', () => world.worker.status('a').tasks[0]?.state === 'FAILED');

  isGone = false;
  await world.until('the letter is there', async () => (await plain.read('dead')).length > 0);

  assert.deepEqual(
    (await plain.read('dead')).map(({ value }) => value),
    ['no long'],
  );
  await world.close();
  await plain.close();
});

/** The broker refuses to make the topic of the dead letters, as `error` says; null: it makes it. */
function refusing(broker: Broker, error: () => TributaryError | null): Broker {
  return new Proxy(broker, {
    get: (object, name) => {
      if (name === 'createTopics') {
        return async (topics: Parameters<Broker['createTopics']>[0]) => {
          const refusal = topics.some((topic) => topic.name === 'dead') ? error() : null;
          if (refusal !== null) throw refusal;
          return object.createTopics(topics);
        };
      }
      const member: unknown = Reflect.get(object, name);
      return typeof member === 'function' ? member.bind(object) : member;
    },
  });
}

test('a dead letter topic that cannot be made fails the task at its start, naming the settings, and passes over nothing', async () => {
  for (const [kind, what] of [
    ['config', 'Kafka refuses topic "dead": replication factor 3 is larger than available brokers: 1.'],
    ['fatal', 'dead: Kafka says TOPIC_AUTHORIZATION_FAILED.'],
  ] as const) {
    const plain = await hostWorld([]);
    const probe = new SinkProbe();
    let error: TributaryError | null = new TributaryError('TRIB_TEST', kind, { what });
    const world = await hostWorld([probe.definition()], {
      broker: refusing(plain.broker, () => error),
      clock: plain.clock,
    });
    await plain.broker.createTopics([{ name: 'in', partitions: 1 }]);
    await plain.produce('in', ['no long']);
    const replication = { 'errors.deadletterqueue.topic.replication.factor': '3' };
    await world.worker.create('a', config({ ...replication, 'task.restart.enable': 'false' }), null);
    await world.until('failed', () => world.worker.status('a').tasks[0]?.state === 'FAILED');

    const trace = world.worker.status('a').tasks[0]?.trace ?? '';
    assert.ok(
      trace.includes(`"dead" (errors.deadletterqueue.topic.name) cannot be made: ${what} Make the topic`),
      trace,
    );
    assert.match(trace, /errors\.deadletterqueue\.topic\.replication\.factor \(now 3\)/);
    assert.equal(probe.starts.length, 0);
    assert.equal((await plain.broker.committed('connect-a', ['in-0'])).get('in-0') ?? null, null);

    error = null;
    await world.worker.restartTask('a', 0);
    await world.until('the letter is there', async () => (await plain.read('dead')).length > 0);
    await world.close();
    await plain.close();
  }
});

test('a broker that is away at the start does not fail a sink with dead letters: their topic is made by the first of them', async () => {
  const plain = await hostWorld([]);
  const probe = new SinkProbe();
  let isAway = true;
  const away = () => (isAway ? new TributaryError('TRIB_TEST', 'transient', { what: 'Not now.' }) : null);
  const world = await hostWorld([probe.definition()], { broker: refusing(plain.broker, away), clock: plain.clock });
  await plain.broker.createTopics([{ name: 'in', partitions: 1 }]);
  await world.worker.create('a', config(), null);
  await world.until('running', () => probe.starts.length === 1);

  isAway = false;
  await plain.produce('in', ['no long']);
  await world.until('the letter is there', async () => (await plain.read('dead')).length > 0);
  assert.equal(probe.starts.length, 1);
  await world.close();
  await plain.close();
});

test('a sink whose topic is deleted goes on without it, and reads it when it is made again', async () => {
  const probe = new SinkProbe();
  const world = await hostWorld([probe.definition()]);
  await world.broker.createTopics([
    { name: 'in', partitions: 1 },
    { name: 'other', partitions: 1 },
  ]);
  const strings = { topics: 'in,other', 'value.converter': 'org.apache.kafka.connect.storage.StringConverter' };
  await world.produce('in', ['a']);
  await world.worker.create('a', config(strings), null);
  const values = () => probe.values;
  await world.until('read', () => values().length === 1);

  await world.broker.deleteTopics(['in']);
  await world.produce('other', ['b']);
  await world.until('the other goes on', () => values().length === 2);
  await world.broker.createTopics([{ name: 'in', partitions: 1 }]);
  await world.produce('in', ['c']);
  await world.until('read again', () => values().length === 3);

  assert.deepEqual(values(), ['a', 'b', 'c']);
  assert.equal(world.worker.status('a').tasks[0]?.state, 'RUNNING');
  assert.doesNotMatch(world.log.join('\n'), /Task failed/);
  await world.close();
});
