import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlanWorld, TopologyRun } from '../../../support/plan-world.ts';

function run(gap: string, times: readonly number[]) {
  const world = new PlanWorld();
  world.execute("CREATE STREAM s (k STRING KEY, v INTEGER) WITH (kafka_topic='s', value_format='JSON');");
  const run = new TopologyRun(
    world.topology(`CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM s WINDOW SESSION (${gap}) GROUP BY k;`),
  );
  for (const timeMs of times) run.send('s', ['a'], [1], timeMs);
  return run.emitted.map(({ key, row, timeMs }) => [key!.slice(1), row, timeMs]);
}

test('a session that grows is withdrawn before it comes with its new bounds', () => {
  const emitted = run('10 MILLISECONDS', [0, 5, 3]);

  assert.deepEqual(emitted, [
    [[0, 0], [1], 0],
    [[0, 0], null, 0],
    [[0, 5], [2], 5],
    [[0, 5], [3], 5],
  ]);
});

test('a late row joins two sessions and withdraws both', () => {
  const emitted = run('15 MILLISECONDS', [0, 5, 30, 18]);

  assert.deepEqual(emitted.slice(3), [
    [[30, 30], [1], 30],
    [[0, 5], null, 5],
    [[30, 30], null, 30],
    [[0, 30], [4], 30],
  ]);
});
