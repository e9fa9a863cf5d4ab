import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryBroker } from '../../../../src/adapters/embedded-log/index.ts';
import { Logs } from '../../../../src/core/log.ts';
import type { StatusRecord } from '../../../../src/host/stores/status-records.ts';
import { StatusStore } from '../../../../src/host/stores/status-store.ts';
import type { Broker } from '../../../../src/ports/broker.ts';
import { turningClock } from '../../../support/turning-clock.ts';

const clock = turningClock();
const TOPIC = { name: 'status', partitions: 3, replication: -1, setting: 'status.storage.topic' };

async function opened(broker: Broker, shared = true): Promise<StatusStore> {
  const log = new Logs({ write: () => {}, now: () => clock.now() }).logger('test');
  const store = new StatusStore(broker, { topic: TOPIC, shared, clock, log });
  await store.open();
  return store;
}

const record = (state: StatusRecord['state'], workerId: string, generation: number): StatusRecord => ({
  state,
  trace: null,
  workerId,
  generation,
  version: '1.0',
});

async function texts(broker: Broker): Promise<string[]> {
  const keys = [0, 1, 2].map((partition) => `status-${partition}`);
  const reader = await broker.read(await broker.offsets(keys, 'earliest'), { isolation: 'committed' });
  const found: string[] = [];
  for (const records of await reader.poll(100)) {
    for (let i = 0; i < records.count; i++) {
      const key = records.bytes.toString('utf8', records.keyStarts[i], records.keyEnds[i]);
      const start = records.valueStarts[i]!;
      found.push(`${key} ${start < 0 ? null : records.bytes.toString('utf8', start, records.valueEnds[i])}`);
    }
  }
  await reader.close();
  return found.sort();
}

test('states are written in the forms of Kafka Connect', async () => {
  const broker = memoryBroker(clock);
  const store = await opened(broker);

  store.putConnector('a', record('RUNNING', 'w:1', 7), false);
  store.putTask('a', 0, { ...record('FAILED', 'w:1', 7), trace: 'no.' }, false);
  store.noteTopic({ name: 't', connector: 'a', task: 0, discoverTimestamp: 5 });
  await store.flush();

  assert.deepEqual(await texts(broker), [
    'status-connector-a {"state":"RUNNING","trace":null,"worker_id":"w:1","generation":7,"version":"1.0"}',
    'status-task-a-0 {"state":"FAILED","trace":"no.","worker_id":"w:1","generation":7,"version":"1.0"}',
    'status-topic-t:connector-a {"topic":{"name":"t","connector":"a","task":0,"discoverTimestamp":5}}',
  ]);
  await store.close();
});

test('what is told counts here at once and elsewhere soon, and outlives all stores', async () => {
  const broker = memoryBroker(clock);
  const [here, there] = [await opened(broker), await opened(broker)];

  here.putConnector('a', record('RUNNING', 'w:1', 1), false);
  const atOnce = here.connector('a')?.state;
  await here.flush();
  await clock.sleep(100);
  const elsewhere = there.connector('a')?.state;
  await Promise.all([here.close(), there.close()]);
  const later = await opened(broker, false);

  assert.deepEqual([atOnce, elsewhere, later.connector('a')?.state], ['RUNNING', 'RUNNING', 'RUNNING']);
  await later.close();
});

test('a safe write gives way to another worker that has gone on', async () => {
  const broker = memoryBroker(clock);
  const store = await opened(broker);
  store.putTask('a', 0, record('RUNNING', 'w:2', 5), false);

  store.putTask('a', 0, record('UNASSIGNED', 'w:1', 5), true);
  const kept = store.task('a', 0)?.state;
  store.putTask('a', 0, record('UNASSIGNED', 'w:1', 6), true);

  assert.deepEqual([kept, store.task('a', 0)?.state], ['RUNNING', 'UNASSIGNED']);
  await store.close();
});

test('nothing is left of a connector that was forgotten', async () => {
  const broker = memoryBroker(clock);
  const store = await opened(broker);
  store.putConnector('a', record('RUNNING', 'w:1', 1), false);
  store.putTask('a', 3, record('RUNNING', 'w:1', 1), false);
  store.noteTopic({ name: 't', connector: 'a', task: 3, discoverTimestamp: 5 });
  await store.flush();

  store.forget('a');
  await store.flush();
  const again = await opened(broker, false);

  assert.deepEqual([store.names(), again.names()], [[], []]);
  await Promise.all([store.close(), again.close()]);
});

test('a record of an older Connect has no version, and what is no record is passed over', async () => {
  const broker = memoryBroker(clock);
  await broker.createTopics([{ name: 'status', partitions: 3, config: { 'cleanup.policy': 'compact' } }]);
  const producer = await broker.produce();
  const put = (key: string, value: string) => {
    const [k, v] = [Buffer.from(key), Buffer.from(value)];
    producer.lane('status', 0).append(-1, k, 0, k.length, v, 0, v.length, null);
  };
  put('status-connector-old', '{"state":"PAUSED","trace":null,"worker_id":"w:9","generation":3}');
  put('status-connector-odd', 'not json');
  put('something', '{}');
  await producer.flush();
  const store = await opened(broker);

  assert.deepEqual(store.connector('old'), { ...record('PAUSED', 'w:9', 3), version: null });
  assert.deepEqual(store.names(), ['old']);
  await Promise.all([store.close(), producer.close()]);
});

test('what is told just as a write ends is written as well', async () => {
  for (let turns = 0; turns < 12; turns++) {
    const broker = memoryBroker(clock);
    const seen = Object.create(broker) as Broker;
    let store: StatusStore | null = null;
    seen.produce = async (...given) => {
      const producer = await broker.produce(...given);
      const flush = producer.flush.bind(producer);
      let isFirst = true;
      producer.flush = async () => {
        const ends = await flush();
        if (isFirst) void later(turns, () => store!.putConnector('b', record('RUNNING', 'w:1', 7), false));
        isFirst = false;
        return ends;
      };
      return producer;
    };
    store = await opened(seen);

    store.putConnector('a', record('RUNNING', 'w:1', 7), false);
    await store.flush();
    await clock.sleep(1);
    await store.flush();

    assert.equal((await texts(broker)).length, 2, `told ${turns} turns after the write`);
    await store.close();
  }
});

async function later(turns: number, work: () => void): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  work();
}
