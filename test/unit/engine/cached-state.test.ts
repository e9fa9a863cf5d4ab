import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CachedState } from '../../../src/engine/cached-state.ts';

function state(evictable = true): CachedState {
  return new CachedState({ name: 's', changelog: 'c', ofSource: null, evictable });
}

test('readers from outside see committed entries only', () => {
  const store = state();
  store.put(['a'], [1], 10);
  assert.deepEqual(store.committed(['a']), { value: null, timeMs: -1 });

  store.settle();
  store.put(['a'], [2], 20);

  assert.deepEqual(store.committed(['a']), { value: [1], timeMs: 10 });
  assert.deepEqual(store.get(['a']), [2]);
  assert.deepEqual(
    store.dirty.map(({ value }) => value),
    [[2]],
  );
});

test('only clean entries are evicted, and then an absent key must be loaded', () => {
  const store = state();
  for (let key = 0; key < 10; key++) store.put([key], [key], 1);
  store.settle();
  for (let key = 0; key < 3; key++) store.put([key], [key + 100], 2);

  store.evict(5);

  assert.equal(store.complete, false);
  assert.deepEqual([store.get([0]), store.get([1]), store.get([2])], [[100], [101], [102]]);
  assert.deepEqual(store.missing([[0], [99], [99]]), [[99]]);
  assert.equal(store.committed([99]), undefined);
});

test('a deleted entry of an incomplete store stays known as absent', () => {
  const store = state();
  store.complete = false;
  store.load(['a'], [1], 1);
  store.put(['a'], null, 2);
  store.settle();

  assert.deepEqual(store.missing([['a']]), []);
  assert.equal(store.get(['a']), null);
});

test('a store that must be whole is never evicted', () => {
  const store = state(false);
  for (let key = 0; key < 10; key++) store.put([key], [key], 1);
  store.settle();

  store.evict(5);

  assert.deepEqual([store.complete, store.size, [...store.entries()].length], [true, 10, 10]);
});

test('a key row that was absent is found once it was put, loaded or replayed', () => {
  const store = state();
  const [put, loaded, replayed] = [['p'], ['l'], ['r']];
  assert.deepEqual([store.get(put), store.timeOf(put)], [null, -1]);
  store.put(put, [1], 5);
  assert.deepEqual([store.get(put), store.timeOf(put)], [[1], 5]);

  assert.equal(store.get(loaded), null);
  store.load(loaded, [2], 6);
  assert.deepEqual([store.get(loaded), store.timeOf(loaded)], [[2], 6]);

  assert.equal(store.get(replayed), null);
  store.replay(replayed, [3], 7);
  assert.deepEqual([store.get(replayed), store.timeOf(replayed)], [[3], 7]);
});

test('a key row that was deleted is absent after its cycle too', () => {
  const store = state();
  const key = ['a'];
  store.put(key, [1], 5);
  store.settle();
  store.put(key, null, 6);
  store.settle();

  assert.deepEqual([store.get(key), store.size], [null, 0]);
});
