import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryBroker } from '../../../src/adapters/embedded-log/index.ts';
import { Progress, type QueryFlow } from '../../../src/engine/progress.ts';
import type { Broker } from '../../../src/ports/broker.ts';
import { turningClock } from '../../support/turning-clock.ts';

function flow(queryId: string, from: string, to: string): QueryFlow {
  return {
    queryId,
    group: queryId,
    sinkTopic: to,
    inputTopics: [from],
    keys: async () => ({ inputs: [`${from}-0`], internal: [] }),
  };
}

async function brokerWith(topics: readonly string[], rows: number): Promise<Broker> {
  const broker = memoryBroker(turningClock());
  await broker.createTopics(topics.map((name) => ({ name, partitions: 1 })));
  const producer = await broker.produce();
  const value = Buffer.from('x');
  for (let i = 0; i < rows; i++) producer.lane(topics[0]!, 0).append(1, null, 0, 0, value, 0, 1, null);
  await producer.flush();
  return broker;
}

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

const NEVER = new AbortController().signal;

test('a table has settled when its query has committed what stood before the call', async () => {
  const progress = new Progress(await brokerWith(['in', 'table'], 3), turningClock(), false);
  progress.register(flow('q', 'in', 'table'));
  let settled = false;
  const done = progress.settled('table', NEVER).then(() => {
    settled = true;
  });
  progress.advance('q', new Map([['in-0', 2]]));
  await turns();
  assert.equal(settled, false);

  progress.advance('q', new Map([['in-0', 3]]));
  await done;

  assert.equal(settled, true);
});

test('queries upstream settle first, and a circle is passed over', async () => {
  const progress = new Progress(await brokerWith(['in', 'mid', 'table'], 1), turningClock(), false);
  progress.register(flow('first', 'in', 'mid'));
  progress.register(flow('second', 'mid', 'table'));
  progress.register(flow('back', 'table', 'in'));
  let settled = false;
  const done = progress.settled('table', NEVER).then(() => {
    settled = true;
  });
  await turns();
  assert.equal(settled, false);

  progress.advance('first', new Map([['in-0', 1]]));
  await done;

  assert.equal(settled, true);
});

test('what the group has committed counts before a task has reported', async () => {
  const broker = await brokerWith(['in', 'table'], 3);
  await broker.commit('q', new Map([['in-0', 3]]));
  const progress = new Progress(broker, turningClock(), false);
  progress.register(flow('q', 'in', 'table'));

  await progress.settled('table', NEVER);

  assert.deepEqual(progress.reachedBy('q'), new Map([['in-0', 3]]));
});

test('waiting ends when the query is dropped, when the waiter stops, and survives a replacement', async () => {
  const progress = new Progress(await brokerWith(['in', 'table'], 3), turningClock(), false);
  progress.register(flow('q', 'in', 'table'));
  const stop = new AbortController();
  const stopped = progress.settled('table', stop.signal);
  const replaced = progress.settled('table', NEVER);
  await turns();

  stop.abort();
  await stopped;
  progress.register(flow('q', 'in', 'table'));
  progress.advance('q', new Map([['in-0', 3]]));
  await replaced;

  progress.register(flow('other', 'table', 'in'));
  progress.forget('q');
  await progress.settled('table', NEVER);
});
