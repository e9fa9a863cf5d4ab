import assert from 'node:assert/strict';
import { test } from 'node:test';
import { topicCopy } from '../../../../connectors/topic-copy/index.ts';
import { CopyWorld, contents, marksOf, recordsOf } from '../../../support/copy-world.ts';
import { type Faults, faultyBroker } from '../../../support/faulty-ports.ts';

// Small transactions, so that a run has many steps at which it can fail.
const CONFIG = {
  'source.cluster.bootstrap.servers': 'elsewhere:9092',
  topics: 'orders',
  'emit.checkpoints.enabled': 'false',
  'commit.records': '3',
  'offset.lag.max': '2',
  'retry.timeout.ms': '2000',
};
const VALUES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** Runs with the faults, then without: as after a restart of the host. Records arrive meanwhile, one a turn. */
async function runTwice(side: 'own' | 'other', faults: Faults): Promise<{ given: CopyWorld; calls: number }> {
  const given = new CopyWorld();
  await given.source.createTopics([{ name: 'orders', partitions: 2 }]);
  const waiting = [...VALUES];
  const isDone = async (): Promise<boolean> => {
    const value = waiting.shift();
    if (value !== undefined) {
      await given.writeSource('orders', [value, `${value}2`], 0);
      await given.writeSource('orders', [`${value}3`], 1);
      return false;
    }
    const committed = await given.broker.committed('connect-unwrap', ['source.orders-0', 'source.orders-1']);
    return committed.get('source.orders-0') === 16 && committed.get('source.orders-1') === 8;
  };
  given.between = (broker, which) => (which === side ? faultyBroker(broker, faults) : broker);
  await given.run(topicCopy, CONFIG, isDone).catch(() => {});
  given.between = (broker) => broker;
  await given.run(topicCopy, CONFIG, isDone);
  return { given, calls: faults.calls };
}

async function assertSame(given: CopyWorld, label: string): Promise<void> {
  for (const partition of [0, 1]) {
    const source = await recordsOf(given.source, 'orders', partition);
    const copy = await recordsOf(given.broker, 'source.orders', partition);
    assert.deepEqual(contents(copy), contents(source), label);
    const placed = new Map(copy.map(({ offset, value }) => [offset, value]));
    for (const [upstream, downstream] of await marksOf(given.broker, 'orders', partition)) {
      assert.equal(placed.get(downstream), source[upstream]?.value, `${label}: mark ${upstream} to ${downstream}`);
    }
  }
}

for (const side of ['own', 'other'] as const) {
  for (const when of ['before', 'after'] as const) {
    for (const dead of [true, false]) {
      const what = dead ? 'a kill' : 'a lost connection';
      test(`${what} ${when} any step at the ${side === 'own' ? 'target' : 'source'} neither loses nor repeats a record`, async () => {
        const { calls } = await runTwice(side, { calls: 0, at: 0, when, dead });
        assert.ok(calls > 10, `${calls} steps`);
        for (let at = 1; at <= calls; at++) {
          const { given } = await runTwice(side, { calls: 0, at, when, dead });
          await assertSame(given, `fault at ${at} of ${calls}`);
        }
      });
    }
  }
}
