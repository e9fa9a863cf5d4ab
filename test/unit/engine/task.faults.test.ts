import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Faults, faultyBroker, faultyStore } from '../../support/faulty-ports.ts';
import { countByKey, taskWorld, type World } from '../../support/task-world.ts';

const ROWS = [
  ['a', '1'],
  ['b', '1'],
  ['a', '2'],
  ['c', '1'],
  ['a', '3'],
] as const;
const EXPECTED = ['["a"]=[1]', '["b"]=[1]', '["a"]=[2]', '["c"]=[1]', '["a"]=[3]'];

async function freshWorld(): Promise<World> {
  const world = await taskWorld(['in', 'out', 'counts-changelog']);
  for (const row of ROWS) await world.produce('in', [row]);
  return world;
}

/** One row a commit, so that faults fall between and within many cycles. */
function faultyTask(world: World, faults: Faults): ReturnType<World['task']> {
  return world.task(countByKey(), {
    commitRowsMax: 1,
    broker: faultyBroker(world.broker, faults),
    store: faultyStore(world.store, faults),
  });
}

async function callsOfAWholeRun(): Promise<number> {
  const world = await freshWorld();
  const faults: Faults = { calls: 0, at: 0, when: 'before', dead: false };
  await world.runUntilDone(faultyTask(world, faults));
  return faults.calls;
}

for (const when of ['before', 'after'] as const) {
  test(`a fault ${when} any asynchronous call changes nothing in the output`, async () => {
    const calls = await callsOfAWholeRun();
    for (let at = 1; at <= calls; at++) {
      const world = await freshWorld();
      await world.runUntilDone(faultyTask(world, { calls: 0, at, when, dead: false }));

      assert.deepEqual(await world.committed('out'), EXPECTED, `fault ${when} call ${at}`);
    }
  });

  test(`a process that dies ${when} any asynchronous call is taken over exactly`, async () => {
    const calls = await callsOfAWholeRun();
    for (let at = 1; at <= calls; at++) {
      const world = await freshWorld();
      const doomed = faultyTask(world, { calls: 0, at, when, dead: true });
      const run = doomed.run();
      await world.clock.sleep(2000);
      await world.runUntilDone(world.task(countByKey()));
      doomed.stop();
      await run;

      assert.deepEqual(await world.committed('out'), EXPECTED, `death ${when} call ${at}`);
      const changes = await world.committed('counts-changelog');
      assert.equal(
        changes.findLast((entry) => entry.startsWith('["a"]')),
        '["a"]=[3]',
        `death ${when} call ${at}`,
      );
    }
  });
}

test('cutting the input into other batches changes nothing', async () => {
  for (const commitRowsMax of [1, 2, 3, 100]) {
    for (const together of [true, false]) {
      const world = await taskWorld(['in', 'out', 'counts-changelog']);
      if (together) await world.produce('in', ROWS);
      else for (const row of ROWS) await world.produce('in', [row]);

      await world.runUntilDone(world.task(countByKey(), { commitRowsMax }));

      assert.deepEqual(await world.committed('out'), EXPECTED);
    }
  }
});
