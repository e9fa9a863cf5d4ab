import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryBroker } from '../../../src/adapters/embedded-log/index.ts';
import type { ProcessorContext } from '../../../src/connect/connectors.ts';
import { OffsetRenewal } from '../../../src/connect/offset-renewal.ts';
import { RecordProcessor } from '../../../src/connect/record-processor.ts';
import type { Broker, Offsets, TransactionalProducer } from '../../../src/ports/broker.ts';
import { turningClock } from '../../support/turning-clock.ts';

test('offsets are to be renewed an hour after they last were', async () => {
  const clock = turningClock();
  const renewal = new OffsetRenewal(clock);

  assert.deepEqual([renewal.isDue, renewal.waitMs], [false, 3_600_000]);
  await clock.sleep(3_600_000);
  assert.deepEqual([renewal.isDue, renewal.waitMs], [true, 0]);
  renewal.done();
  assert.equal(renewal.isDue, false);
});

test('a processor that reads nothing commits its offsets again each hour, and those it never committed not', async () => {
  const clock = turningClock();
  const memory = memoryBroker(clock);
  await memory.createTopics([{ name: 'in', partitions: 2 }]);
  const producer = await memory.produce();
  producer.lane('in', 0).append(1, null, 0, 0, Buffer.from('x'), 0, 1, null);
  await producer.flush();
  await memory.commit('g', new Map([['in-0', 1]]));
  const stop = new AbortController();
  const commits: (readonly [string, number])[][] = [];
  const startedMs = clock.now();
  const broker: Broker = {
    ...memory,
    listTopics: () => memory.listTopics(),
    committed: (group, keys) => memory.committed(group, keys),
    offsets: (keys, at) => memory.offsets(keys, at),
    read: (from, options) => memory.read(from, options),
    transact: async (id) => {
      const inner = await memory.transact(id);
      const commit = async (group: string | null, inputs: Offsets): Promise<Offsets> => {
        commits.push([...inputs]);
        if (commits.length === 2) stop.abort();
        return inner.commit(group, inputs);
      };
      return { ...bound(inner), commit };
    },
  };
  const context = {
    ...{ broker, clock, signal: stop.signal, group: 'g', transactionalId: 't', task: 0 },
    ...{ mayWork: () => true, log: () => {}, count: () => {}, converters: {} },
  } as unknown as ProcessorContext;

  await new RecordProcessor({ context, topics: ['in'], taskCount: 1, chain: () => {} }).run();

  assert.deepEqual(commits, [[['in-0', 1]], [['in-0', 1]]]);
  assert.ok(clock.now() - startedMs >= 2 * 3_600_000);
});

function bound(producer: TransactionalProducer): TransactionalProducer {
  return {
    lane: (topic, partition) => producer.lane(topic, partition),
    begin: () => producer.begin(),
    drain: () => producer.drain(),
    flush: () => producer.flush(),
    commit: (group, inputs) => producer.commit(group, inputs),
    abort: () => producer.abort(),
    close: () => producer.close(),
  };
}
