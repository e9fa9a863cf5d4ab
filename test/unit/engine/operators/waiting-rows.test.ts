import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Row } from '../../../../src/core/data/schema.ts';
import { WaitingRows } from '../../../../src/engine/operators/waiting-rows.ts';
import type { KeyedState } from '../../../../src/engine/topology.ts';
import { PlanWorld, TopologyRun } from '../../../support/plan-world.ts';

function start(waits: boolean): TopologyRun {
  const world = new PlanWorld();
  world.execute("CREATE STREAM s (k BIGINT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON');");
  world.execute("CREATE TABLE t (k BIGINT PRIMARY KEY, name STRING) WITH (kafka_topic='t', value_format='JSON');");
  const clause = waits ? " WITH (JOIN_WAIT_MS='30000')" : '';
  return new TopologyRun(
    world.topology(`CREATE STREAM o${clause} AS SELECT s.k AS k, v, name FROM s LEFT JOIN t ON s.k = t.k;`),
  );
}
const rows = (run: TopologyRun) => run.emitted.map(({ row, timeMs }) => [row, timeMs]);

test('without JOIN_WAIT_MS a stream row goes on unmatched at once', () => {
  const run = start(false);

  run.send('s', [1], ['early'], 5);
  run.send('t', [1], ['one'], 6);

  assert.deepEqual(rows(run), [[['early', null], 5]]);
});

test('a stream row waits for its table row, later rows of its key behind it', () => {
  const run = start(true);
  run.tick(1000);

  run.send('s', [1], ['first'], 5);
  run.send('s', [1], ['second'], 6);
  run.send('t', [1], ['one'], 7);
  run.send('s', [1], ['third'], 8);

  assert.deepEqual(rows(run), [
    [['first', 'one'], 5],
    [['second', 'one'], 6],
    [['third', 'one'], 8],
  ]);
});

test('a stream row whose time is over goes on unmatched, once', () => {
  const run = start(true);
  run.tick(1000);
  run.send('s', [1], ['lonely'], 5);

  const due = run.tick(2000);
  run.tick(31_000);
  run.tick(90_000);

  assert.equal(due, 31_000);
  assert.deepEqual(rows(run), [[['lonely', null], 5]]);
});

test('a table row that came while the task was not running releases its rows at the first tick', () => {
  const kept = new Map<number, Row>([[1, [[[1, null, 'early'], 5, false, 900]] as unknown as Row]]);
  const store: KeyedState = {
    get: ([key]) => kept.get(key as number) ?? null,
    put: ([key], value) => void (value === null ? kept.delete(key as number) : kept.set(key as number, value)),
    timeOf: () => -1,
    entries: () => [...kept].map(([key, value]) => [[key], value, 0] as const),
  };
  const gone: Row[] = [];
  const waiting = new WaitingRows(
    store,
    30_000,
    (cells) => gone.push(cells),
    ([key]) => key === 1,
  );

  const due = waiting.tick(1_000_000);

  assert.deepEqual(gone, [[1, null, 'early']]);
  assert.equal(kept.size, 0);
  assert.equal(due, null);
});
