import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryBroker } from '../../../../src/adapters/embedded-log/index.ts';
import { TributaryError } from '../../../../src/core/errors.ts';
import { Logs } from '../../../../src/core/log.ts';
import { ConfigStore } from '../../../../src/host/stores/config-store.ts';
import type { Broker } from '../../../../src/ports/broker.ts';
import { turningClock } from '../../../support/turning-clock.ts';

const clock = turningClock();
const TOPIC = { name: 'configs', partitions: 1, replication: -1, setting: 'config.storage.topic' };

/** A broker whose user has no right to transactions. */
function restricted(broker: Broker): Broker {
  const refusing = Object.create(broker) as Broker;
  refusing.transact = async (id) => {
    throw new TributaryError('TRIB_KAFKA_NOT_ALLOWED', 'fatal', { what: 'No right.', where: id });
  };
  return refusing;
}

function storeOn(broker: Broker, options: { readonly mayWritePlainly: boolean; readonly shared: boolean }) {
  const lines: string[] = [];
  const log = new Logs({ write: (line) => lines.push(line), now: () => clock.now() }).logger('test');
  const store = new ConfigStore(broker, { topic: TOPIC, transactionalId: 'leader', clock, log, ...options });
  return { store, lines };
}

test('a leader without a right to transactions writes without them, where that may be, and says so once', async () => {
  const broker = memoryBroker(clock);
  const { store, lines } = storeOn(restricted(broker), { mayWritePlainly: true, shared: true });
  await store.open();

  await store.takeOver();
  await store.putConnector('a', { name: 'a' }, 'STARTED');
  await store.putTasks('a', [{ n: '0' }, { n: '1' }], false);
  const tasks = store.get('a')?.tasks?.map(({ config }) => config);
  await store.giveUp();

  assert.deepEqual(tasks?.map((config) => config['n']), ['0', '1']); // biome-ignore format: one thing
  assert.equal(lines.filter((line) => line.includes('without transactions')).length, 1);
  await assert.rejects(store.stop('a'), { code: 'TRIB_HOST_CLOSED' });
  await store.close();
});

test('so does a worker that stands alone, and finds it all again', async () => {
  const broker = memoryBroker(clock);
  const first = storeOn(restricted(broker), { mayWritePlainly: true, shared: false }).store;
  await first.open();
  await first.putConnector('a', { name: 'a' }, null);
  await first.close();

  const second = storeOn(broker, { mayWritePlainly: true, shared: false }).store;
  await second.open();

  assert.deepEqual([first.names(), second.names()], [['a'], ['a']]);
  await second.close();
});

test('where the next leader must fence it, a leader without the right does not write', async () => {
  const broker = memoryBroker(clock);
  const { store } = storeOn(restricted(broker), { mayWritePlainly: false, shared: true });
  await store.open();

  await assert.rejects(store.takeOver(), { code: 'TRIB_KAFKA_NOT_ALLOWED' });
  await assert.rejects(store.putConnector('a', { name: 'a' }, null), { code: 'TRIB_HOST_CLOSED' });

  await store.close();
});

test('a leader with the right writes in transactions, which fence the one before', async () => {
  const broker = memoryBroker(clock);
  const options = { mayWritePlainly: true, shared: true };
  const [former, next] = [storeOn(broker, options).store, storeOn(broker, options).store];
  for (const store of [former, next]) await store.open();

  await former.takeOver();
  await next.takeOver();

  await assert.rejects(former.putConnector('a', { name: 'a' }, null), { kind: 'fenced' });
  for (const store of [former, next]) await store.close();
});

test('a write in doubt while the brokers are away does not end all later ones: the next opens its producer again', async () => {
  const broker = memoryBroker(clock);
  let isAway = false;
  const away = () => new TributaryError('TRIB_KAFKA_UNREACHABLE', 'transient', { what: 'Kafka at a:1 is away.' });
  const shaky = Object.create(broker) as Broker;
  shaky.transact = async (id) => {
    if (isAway) throw away();
    const producer = await broker.transact(id);
    const commit = producer.commit.bind(producer);
    producer.commit = async (...given) => {
      if (!isAway) return await commit(...given);
      throw new TributaryError('TRIB_TRANSACTION_IN_DOUBT', 'transient', { what: 'No answer.' });
    };
    return producer;
  };
  for (const shared of [false, true]) {
    const { store } = storeOn(shaky, { mayWritePlainly: false, shared });
    await store.open();
    await store.takeOver();
    isAway = true;
    const writes = ['a', 'b', 'c'].map((name) => store.putConnector(name, { name }, null));
    for (const write of writes) await assert.rejects(write, { code: 'TRIB_KAFKA_UNREACHABLE' });

    isAway = false;
    await store.putConnector('d', { name: 'd' }, null);

    assert.equal(store.names().includes('d'), true);
    isAway = true;
    await assert.rejects(store.putConnector('a', { name: 'a' }, null), { code: 'TRIB_KAFKA_UNREACHABLE' });
    await store.giveUp();
    isAway = false;
    await assert.rejects(store.putConnector('e', { name: 'e' }, null), { code: 'TRIB_HOST_CLOSED' });
    await store.close();
  }
});
