import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Progress } from '../../../../connectors/braze-sink/progress.ts';
import { MemoryStateStore } from '../../../../src/adapters/memory/state-store.ts';
import type { StateStore } from '../../../../src/connect/index.ts';
import { fakeClock } from '../../../support/fakes.ts';

async function opened(store: StateStore): Promise<Progress> {
  const progress = new Progress(store, 'p');
  await progress.open(['t-0']);
  return progress;
}

async function markOf(store: StateStore): Promise<unknown> {
  const [mark] = await store.peek('p', 'accepted', [Buffer.from('t-0')]);
  return mark ? JSON.parse(mark.toString()) : null;
}

test('a mark holds what is done above the lowest open record, as runs, and forgets what lies below', async () => {
  const store = new MemoryStateStore(fakeClock());
  const progress = await opened(store);
  for (let offset = 0; offset < 10; offset++) progress.handed('t-0', offset);

  for (const offset of [0, 2, 3, 4, 7]) progress.done('t-0', offset);
  await progress.save(['t-0']);
  assert.deepEqual(await markOf(store), { confirmed: 0, low: 1, runs: [2, 4, 7, 7] });

  progress.done('t-0', 1);
  await progress.save(['t-0']);
  assert.deepEqual(await markOf(store), { confirmed: 0, low: 5, runs: [7, 7] });
});

test('records of a mark are not handed over again, the others are', async () => {
  const store = new MemoryStateStore(fakeClock());
  const first = await opened(store);
  for (let offset = 0; offset < 6; offset++) first.handed('t-0', offset);
  for (const offset of [0, 2, 3]) first.done('t-0', offset);
  await first.save(['t-0']);

  const second = await opened(store);

  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((offset) => second.handed('t-0', offset)),
    [false, true, false, false, true, true],
  );
});

test('answers that come during a write share the next one, and each is saved when its promise resolves', async () => {
  const store = new MemoryStateStore(fakeClock());
  const progress = await opened(store);
  let writes = 0;
  const { write } = store;
  store.write = (...args) => {
    writes++;
    return write.apply(store, args);
  };
  for (let offset = 0; offset < 4; offset++) progress.handed('t-0', offset);

  const saves = [0, 1, 2].map((offset) => {
    progress.done('t-0', offset);
    return progress.save(['t-0']);
  });
  await Promise.all(saves);

  assert.equal(writes, 2);
  assert.deepEqual(await markOf(store), { confirmed: 0, low: 3, runs: [] });
});

test('records handed over again from below keep what may be committed below them', async () => {
  const progress = await opened(new MemoryStateStore(fakeClock()));
  progress.handed('t-0', 5);
  progress.handed('t-0', 6);

  progress.handed('t-0', 3);
  progress.done('t-0', 5);

  assert.equal(progress.committable('t-0', 7), 3);
});
