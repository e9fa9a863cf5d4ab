import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countByKey, joinNames, taskWorld } from '../../support/task-world.ts';

const COUNT_TOPICS = ['in', 'out', 'counts-changelog'];

test('a task counts what is there and commits output, changelog and offsets', async () => {
  const world = await taskWorld(COUNT_TOPICS);
  await world.produce('in', [
    ['a', '1'],
    ['b', '1'],
    ['a', '2'],
  ]);

  await world.runUntilDone(world.task(countByKey()));

  assert.deepEqual(await world.committed('out'), ['["a"]=[1]', '["b"]=[1]', '["a"]=[2]']);
  assert.deepEqual(await world.committed('counts-changelog'), ['["a"]=[2]', '["b"]=[1]']);
  assert.deepEqual(await world.broker.committed('q', ['in-0']), new Map([['in-0', 3]]));
});

test('a second task goes on from the state of the first', async () => {
  const world = await taskWorld(COUNT_TOPICS);
  await world.produce('in', [['a', '1']]);
  await world.runUntilDone(world.task(countByKey()));
  await world.produce('in', [['a', '2']]);

  await world.runUntilDone(world.task(countByKey()));

  assert.deepEqual(await world.committed('out'), ['["a"]=[1]', '["a"]=[2]']);
});

test('a lost state store is rebuilt from the changelog', async () => {
  const world = await taskWorld(COUNT_TOPICS);
  await world.produce('in', [['a', '1']]);
  await world.runUntilDone(world.task(countByKey()));
  await world.store.remove('trib.q.0.0');
  await world.produce('in', [['a', '2']]);

  await world.runUntilDone(world.task(countByKey()));

  assert.deepEqual(await world.committed('out'), ['["a"]=[1]', '["a"]=[2]']);
});

test('a store that loses its data in mid-run costs a new session and nothing else', async () => {
  const world = await taskWorld(COUNT_TOPICS);
  await world.produce('in', [['a', '1']]);
  const task = world.task(countByKey());
  const run = task.run();
  while ((await world.committed('out')).length < 1) await world.clock.sleep(10);
  await world.store.remove('trib.q.0.0');
  await world.produce('in', [['a', '2']]);
  while ((await world.committed('out')).length < 2) await world.clock.sleep(10);
  await world.produce('in', [['a', '3']]);
  while ((await world.committed('out')).length < 3) await world.clock.sleep(10);
  task.stop();
  await run;

  assert.deepEqual(await world.committed('out'), ['["a"]=[1]', '["a"]=[2]', '["a"]=[3]']);
});

test('a task that is taken over ends quietly and leaves nothing behind', async () => {
  const world = await taskWorld(COUNT_TOPICS);
  await world.produce('in', [['a', '1']]);
  const first = world.task(countByKey());
  const firstRun = first.run();
  while ((await world.committed('out')).length < 1) await world.clock.sleep(10);
  const second = world.task(countByKey());
  const secondRun = second.run();
  while (second.state === null) await world.clock.sleep(10);
  await world.produce('in', [['a', '2']]);

  assert.equal(await firstRun, 'fenced');
  while ((await world.committed('out')).length < 2) await world.clock.sleep(10);
  second.stop();

  assert.equal(await secondRun, 'stopped');
  assert.deepEqual(await world.committed('out'), ['["a"]=[1]', '["a"]=[2]']);
});

test('a record that cannot be read is skipped and reported with its place', async () => {
  const world = await taskWorld(COUNT_TOPICS);
  await world.produce('in', [
    ['a', '1'],
    ['b', 'bad'],
    ['a', '2'],
  ]);

  await world.runUntilDone(world.task(countByKey()));

  assert.deepEqual(await world.committed('out'), ['["a"]=[1]', '["a"]=[2]']);
  assert.deepEqual(world.bad, ['in-0@1 it is bad']);
});

test('a task that starts at the end reads only what comes later', async () => {
  const world = await taskWorld(COUNT_TOPICS);
  await world.produce('in', [['a', '1']]);
  const task = world.task(countByKey(), { startAt: () => 'latest' });
  const run = task.run();
  while (task.state === null) await world.clock.sleep(10);
  await world.produce('in', [['b', '1']]);
  while ((await world.committed('out')).length < 1) await world.clock.sleep(10);
  task.stop();
  await run;

  assert.deepEqual(await world.committed('out'), ['["b"]=[1]']);
});

test('a join reads its table to the end before a row of its stream', async () => {
  const world = await taskWorld(['in', 'names', 'out']);
  await world.produce('in', [['a', 'x']]);
  await world.produce('names', [
    ['a', 'old'],
    ['a', 'new'],
  ]);

  await world.runUntilDone(world.task(joinNames()));

  assert.deepEqual(await world.committed('out'), ['["a"]=["x","new"]']);
});

test("a join waits for the query that makes its table, and takes the table's rows in meanwhile", async () => {
  const world = await taskWorld(['in', 'names', 'out']);
  await world.produce('in', [['a', 'x']]);
  let settle = (): void => {};
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const task = world.task(joinNames(), { tablesSettled: () => settled });
  const run = task.run();
  await world.clock.sleep(2000);
  assert.deepEqual(await world.committed('out'), []);

  await world.produce('names', [['a', 'late']]);
  settle();
  while ((await world.committed('out')).length < 1) await world.clock.sleep(10);
  task.stop();
  await run;

  assert.deepEqual(await world.committed('out'), ['["a"]=["x","late"]']);
});

test('the table of a join is rebuilt from its topic when the store is lost', async () => {
  const world = await taskWorld(['in', 'names', 'out']);
  await world.produce('names', [['a', 'one']]);
  await world.produce('in', [['a', 'x']]);
  await world.runUntilDone(world.task(joinNames()));
  await world.store.remove('trib.q.0.0');
  await world.produce('in', [['a', 'y']]);

  await world.runUntilDone(world.task(joinNames()));

  assert.deepEqual(await world.committed('out'), ['["a"]=["x","one"]', '["a"]=["y","one"]']);
});

test('evicted entries are loaded again before they are looked up', async () => {
  const world = await taskWorld(COUNT_TOPICS);
  const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
  for (const round of ['1', '2', '3']) {
    await world.produce(
      'in',
      keys.map((key) => [key, round] as const),
    );
    await world.runUntilDone(world.task(countByKey(), { cacheRowsMax: 10 }));
  }

  const last = (await world.committed('out')).slice(-50);

  assert.deepEqual(
    last,
    keys.map((key) => `["${key}"]=[3]`),
  );
});

test('at least once writes the same output when nothing fails', async () => {
  const world = await taskWorld(COUNT_TOPICS);
  await world.produce('in', [
    ['a', '1'],
    ['a', '2'],
  ]);

  await world.runUntilDone(world.task(countByKey(), { guarantee: 'at_least_once' }));

  assert.deepEqual(await world.committed('out'), ['["a"]=[1]', '["a"]=[2]']);
  assert.deepEqual(await world.broker.committed('q', ['in-0']), new Map([['in-0', 2]]));
});

test('at least once, a lone row leaves and is committed long before its commit interval is over', async () => {
  const world = await taskWorld(COUNT_TOPICS);
  await world.produce('in', [['a', '1']]);
  const task = world.task(countByKey(), { guarantee: 'at_least_once', commitMs: 60_000 });
  const run = task.run();
  await world.clock.sleep(1000);
  await world.produce('in', [['a', '2']]);

  await world.clock.sleep(1000);

  assert.deepEqual(await world.committed('out'), ['["a"]=[1]', '["a"]=[2]']);
  assert.deepEqual(await world.broker.committed('q', ['in-0']), new Map([['in-0', 2]]));
  task.stop();
  await run;
});
