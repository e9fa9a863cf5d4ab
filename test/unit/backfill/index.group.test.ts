import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { memoryBroker } from '../../../src/adapters/embedded-log/index.ts';
import { EmbeddedJobQueue } from '../../../src/adapters/embedded-queue/job-queue.ts';
import { EmbeddedRegistry } from '../../../src/adapters/registry/embedded.ts';
import { type BackfillState, Backfills } from '../../../src/backfill/index.ts';
import { primitive, structOf } from '../../../src/core/data/schema.ts';
import { readAll } from '../../support/task-world.ts';
import { turningClock } from '../../support/turning-clock.ts';

const folder = mkdtempSync(join(tmpdir(), 'trib-backfill-group-'));
after(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'rows.csv'), `ID\n${Array.from({ length: 500 }, (_, i) => i).join('\n')}\n`);

const ID = structOf([{ name: 'ID', schema: primitive('int64', { optional: true }) }]);
const TARGET = {
  topic: 'ROWS',
  partitions: 1,
  key: { format: 'KAFKA', unwrapped: true, properties: {}, schema: structOf([]) },
  value: { format: 'JSON', unwrapped: false, properties: {}, schema: ID },
};
const JOB = { name: 'history', backfill: { source: 'rows.csv', into: 'rows', 'wait.for': ['t'] } };

/** Hosts over one broker, each with a job queue of its own; the table is caught up when the test says so. */
async function group() {
  const clock = turningClock();
  const broker = memoryBroker(clock);
  await broker.createTopics([{ name: 'ROWS', partitions: 1, config: { 'retention.ms': '-1' } }]);
  const caughtUp = Promise.withResolvers<void>();
  const hosts: Backfills[] = [];
  let owner = -1;
  const open = async (): Promise<Backfills> => {
    const number = hosts.length;
    const host = new Backfills({
      ...{ broker, clock, folder, clusterId: 'test', registry: new EmbeddedRegistry(null) },
      queue: new EmbeddedJobQueue({ folder: null, clock }),
      target: async () => TARGET,
      caughtUp: (_table, signal) =>
        Promise.race([
          caughtUp.promise,
          new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
        ]),
      group: { owns: () => owner === number, workChanged: () => {} },
    });
    hosts.push(host);
    await host.start();
    after(() => host.stop());
    return host;
  };
  const give = async (number: number): Promise<void> => {
    owner = number;
    for (const host of hosts) {
      await host.refresh();
      await host.settle(['history']);
    }
  };
  const until = async (host: Backfills, ...states: BackfillState[]): Promise<void> => {
    for (;;) {
      await host.refresh();
      if (states.includes(host.status('history').state)) return;
      await clock.sleep(200);
    }
  };
  return { broker, open, give, until, release: () => caughtUp.resolve() };
}

test('a job that is submitted to one host is driven by another, and followed by all', async () => {
  const world = await group();
  const one = await world.open();
  const two = await world.open();
  await one.submit(JOB);
  assert.deepEqual(two.held(), []);
  await two.refresh();
  assert.deepEqual(two.work(), ['history']);

  await world.give(1);
  const released = one.released('history', new AbortController().signal);
  await world.until(one, 'waiting');
  assert.deepEqual([one.held(), two.held()], [[], ['history']]);
  world.release();
  await released;

  assert.equal(one.status('history').rows, 500);
  assert.equal((await readAll(world.broker, 'ROWS')).length, 500);
  assert.deepEqual([one.work(), two.work()], [[], []]);
});

test('a job that moves is gone on with, and its rows are written once', async () => {
  const world = await group();
  const one = await world.open();
  const two = await world.open();
  await one.submit(JOB);
  await world.give(0);
  await world.until(two, 'loading', 'waiting');

  await world.give(1);
  await world.until(one, 'waiting');
  world.release();
  await world.until(one, 'released');

  assert.deepEqual(one.held(), []);
  assert.equal((await readAll(world.broker, 'ROWS')).length, 500);
});

test('a job is cancelled and retried by a host that does not drive it', async () => {
  const world = await group();
  const one = await world.open();
  const two = await world.open();
  await one.submit(JOB);
  await world.give(0);
  await world.until(two, 'waiting');

  assert.equal((await two.cancel('history')).state, 'cancelled');
  assert.deepEqual(one.held(), []);

  await two.retry('history');
  await world.give(0);
  world.release();
  await world.until(two, 'released');
  assert.equal((await readAll(world.broker, 'ROWS')).length, 500);
});
