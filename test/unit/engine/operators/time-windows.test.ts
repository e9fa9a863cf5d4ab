import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlanWorld, TopologyRun } from '../../../support/plan-world.ts';

function run(sql: string, rows: readonly (readonly [key: string, timeMs: number])[]) {
  const world = new PlanWorld();
  world.execute("CREATE STREAM s (k STRING KEY, v INTEGER) WITH (kafka_topic='s', value_format='JSON');");
  const run = new TopologyRun(world.topology(sql));
  for (const [key, timeMs] of rows) run.send('s', [key], [1], timeMs);
  return run.emitted.map(({ key, row, timeMs }) => [key, row, timeMs]);
}

test('each update of a tumbling window is emitted with the latest time seen in it', () => {
  const emitted = run('CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY k;', [
    ['a', 500],
    ['a', 0],
    ['a', 1200],
  ]);

  assert.deepEqual(emitted, [
    [['a', 0, 1000], [1], 500],
    [['a', 0, 1000], [2], 500],
    [['a', 1000, 2000], [1], 1200],
  ]);
});

test('a row lies in every hopping window that holds its time, in order of their starts', () => {
  const emitted = run(
    'CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 30 MILLISECONDS, ADVANCE BY 10 MILLISECONDS) GROUP BY k;',
    [['a', 25]],
  );

  assert.deepEqual(emitted, [
    [['a', 0, 30], [1], 25],
    [['a', 10, 40], [1], 25],
    [['a', 20, 50], [1], 25],
  ]);
});

test('a row behind end plus grace is dropped', () => {
  const emitted = run(
    'CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 5 MILLISECONDS) GROUP BY k;',
    [
      ['a', 0],
      ['b', 15],
      ['a', 9],
    ],
  );

  assert.deepEqual(emitted, [
    [['a', 0, 10], [1], 0],
    [['b', 10, 20], [1], 15],
  ]);
});

test('final results leave once, when later rows have closed their window', () => {
  const emitted = run(
    'CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 0 MILLISECONDS) GROUP BY k EMIT FINAL;',
    [
      ['b', 1],
      ['a', 2],
      ['a', 3],
      ['a', 12],
      ['a', 21],
    ],
  );

  assert.deepEqual(emitted, [
    [['a', 0, 10], [2], 3],
    [['b', 0, 10], [1], 1],
    [['a', 10, 20], [1], 12],
  ]);
});

test('HAVING withdraws a window that no longer passes', () => {
  const emitted = run(
    'CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS) GROUP BY k HAVING COUNT(*) = 2;',
    [
      ['a', 1],
      ['a', 2],
      ['a', 3],
    ],
  );

  assert.deepEqual(emitted, [
    [['a', 0, 10], [2], 2],
    [['a', 0, 10], null, 3],
  ]);
});
