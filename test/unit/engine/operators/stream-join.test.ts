import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlanWorld, TopologyRun } from '../../../support/plan-world.ts';

type Sent = readonly [side: 'l' | 'r', value: string, timeMs: number];

function topology(join: string) {
  const world = new PlanWorld();
  world.execute("CREATE STREAM l (k BIGINT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');");
  world.execute("CREATE STREAM r (k BIGINT KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');");
  const key = join.startsWith('FULL') ? 'ROWKEY AS k' : 'l.k AS k';
  return world.topology(`CREATE STREAM o AS SELECT ${key}, l.v AS lv, r.v AS rv FROM l ${join} ON l.k = r.k;`);
}
function run(join: string, sent: readonly Sent[]) {
  const run = new TopologyRun(topology(join));
  for (const [side, value, timeMs] of sent) run.send(side, [1], [value], timeMs);
  return run.emitted.map(({ row, timeMs }) => [row, timeMs]);
}

test('rows within reach meet in pairs, at the later time of both', () => {
  const emitted = run('JOIN r WITHIN 10 MILLISECONDS', [
    ['l', 'L0', 0],
    ['r', 'R5', 5],
    ['l', 'L12', 12],
    ['r', 'R30', 30],
  ]);

  assert.deepEqual(emitted, [
    [['L0', 'R5'], 5],
    [['L12', 'R5'], 12],
  ]);
});

test('without GRACE PERIOD a left join pads at once and matches later as well', () => {
  const emitted = run('LEFT JOIN r WITHIN 11 SECONDS', [
    ['l', 'L0', 0],
    ['r', 'R0', 10_000],
    ['l', 'L10', 11_000],
  ]);

  assert.deepEqual(emitted, [
    [['L0', null], 0],
    [['L0', 'R0'], 10_000],
    [['L10', 'R0'], 11_000],
  ]);
});

test('with GRACE PERIOD an unmatched row is padded only when its time is over, and a matched one never', () => {
  const emitted = run('LEFT JOIN r WITHIN 10 MILLISECONDS GRACE PERIOD 5 MILLISECONDS', [
    ['l', 'alone', 0],
    ['l', 'paired', 2],
    ['r', 'R12', 12],
    ['r', 'R15', 15],
    ['r', 'R16', 16],
    ['r', 'R40', 40],
  ]);

  assert.deepEqual(emitted, [
    [['paired', 'R12'], 12],
    [['alone', null], 0],
  ]);
});

test('a row that was padded is not padded again after a restart', () => {
  const join = 'LEFT JOIN r WITHIN 10 MILLISECONDS GRACE PERIOD 5 MILLISECONDS';
  const first = new TopologyRun(topology(join));
  first.send('l', [1], ['alone'], 0);
  first.send('r', [2], ['R'], 16);

  const second = new TopologyRun(topology(join), first.stores);
  second.send('r', [2], ['R'], 60);

  assert.deepEqual(
    first.emitted.map(({ row }) => row),
    [['alone', null]],
  );
  assert.deepEqual(second.emitted, []);
});
