import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryBroker } from '../../../../src/adapters/embedded-log/index.ts';
import { systemClock } from '../../../../src/adapters/system-clock.ts';
import { Logs } from '../../../../src/core/log.ts';
import { OffsetStore } from '../../../../src/host/stores/offset-store.ts';

const TOPIC = { name: 'offsets', partitions: 1, replication: -1, setting: 'offset.storage.topic' };

test('a look waits for no open transaction; opening sees what it became', async () => {
  const clock = systemClock();
  const broker = memoryBroker(clock);
  const log = new Logs({ write: () => {}, now: () => clock.now() }).logger('test');
  const store = new OffsetStore(broker, { topic: TOPIC, clock, log });
  await store.look();
  const killed = await broker.transact('worker-a-0');
  killed.begin();
  store.append(killed, 'a', [{ partition: { file: 'x' }, offset: { n: 1 } }]);
  await killed.flush();

  await store.look();
  const seen = store.get('a', { file: 'x' });
  const opening = store.open();
  await killed.commit(null, new Map());
  await opening;

  assert.equal(seen, null);
  assert.deepEqual(store.get('a', { file: 'x' }), { n: 1 });
  await store.close();
  await broker.close();
});
