import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupHistory } from './group-histories.ts';

const SEEDS = Array.from({ length: 400 }, (_, seed) => seed + 1);

function spread(loads: readonly number[]): number {
  return Math.max(...loads) - Math.min(...loads);
}

test('whatever happens nothing runs twice, and in the end everything runs once and evenly', () => {
  for (const seed of SEEDS) {
    const history = new GroupHistory(seed);
    try {
      for (let step = 0; step < 60; step++) history.step();
      history.settle();

      assert.deepEqual(history.running(), history.work().sort());
      assert.ok(spread(history.loads('c|')) <= 1 && spread(history.loads('t|')) <= 1, 'unbalanced');
    } catch (cause) {
      throw new Error(`seed ${seed}`, { cause });
    }
  }
});

test('a worker that joins a settled group costs no more moves than its own share', () => {
  for (const seed of SEEDS) {
    const history = new GroupHistory(seed);
    try {
      for (let step = 0; step < 60; step++) history.step();
      history.settle();
      const before = history.moves;

      history.join('http://new');
      history.settle();

      const share = history.loads('c|').at(-1)! + history.loads('t|').at(-1)!;
      assert.equal(history.moves - before, share);
    } catch (cause) {
      throw new Error(`seed ${seed}`, { cause });
    }
  }
});
