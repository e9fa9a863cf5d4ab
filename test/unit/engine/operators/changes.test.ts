import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlanWorld, TopologyRun } from '../../../support/plan-world.ts';

const SOURCE =
  "CREATE STREAM s (op STRING, after STRUCT<user_id BIGINT, option_key STRING, enabled BOOLEAN>) WITH (kafka_topic='s', value_format='JSON');";

function topology(options: string) {
  const world = new PlanWorld();
  world.execute(SOURCE);
  return world.topology(
    `CREATE STREAM o WITH (CHANGES_KEY='USER_ID, OPTION_KEY'${options}) AS SELECT after->user_id AS user_id, after->option_key AS option_key, after->enabled AS enabled FROM s WHERE after->user_id IS NOT NULL PARTITION BY after->user_id;`,
  );
}
/** Wanted cells stand in the order the plan reads them. */
function sender(run: TopologyRun, wanted: readonly (readonly number[])[]) {
  return (op: string, enabled: boolean, silent = false) => {
    const columns = [op, [1, 'mail', enabled]] as const;
    const row = wanted.map(([column, field]) => (column === 0 ? op : columns[1][field!]!));
    run.send('s', null, row, 0, silent);
  };
}

test('only a value that differs from the last announced one is emitted', () => {
  const plan = topology('');
  const run = new TopologyRun(plan);
  const send = sender(run, plan.parts[0]!.sources[0]!.wantedValue);

  send('c', true);
  send('u', true);
  send('u', false);
  send('u', false);
  send('u', true);

  assert.deepEqual(
    run.emitted.map(({ key, row }) => [key, row]),
    [
      [[1], ['mail', true]],
      [[1], ['mail', false]],
      [[1], ['mail', true]],
    ],
  );
});

test('snapshot and back-filled rows set the value silently', () => {
  const plan = topology('');
  const run = new TopologyRun(plan);
  const send = sender(run, plan.parts[0]!.sources[0]!.wantedValue);

  send('r', true);
  send('u', true);
  send('u', false, true);
  send('u', false);
  send('u', true);

  assert.deepEqual(
    run.emitted.map(({ row }) => row),
    [['mail', true]],
  );
});

test('CHANGES_ANNOUNCE lets snapshot rows be told', () => {
  const plan = topology(", CHANGES_ANNOUNCE='snapshot'");
  const run = new TopologyRun(plan);
  const send = sender(run, plan.parts[0]!.sources[0]!.wantedValue);

  send('r', true);

  assert.deepEqual(
    run.emitted.map(({ row }) => row),
    [['mail', true]],
  );
});

test('with a quiet time only the value that stands that long is emitted, also over a restart', () => {
  const plan = topology(", CHANGES_QUIET_MS='5000'");
  const run = new TopologyRun(plan);
  const wanted = plan.parts[0]!.sources[0]!.wantedValue;
  run.tick(1000);
  sender(run, wanted)('u', true);
  run.tick(3000);
  sender(run, wanted)('u', false);

  assert.equal(run.tick(7000), 8000);
  const restarted = new TopologyRun(plan, run.stores);
  restarted.tick(8000);
  restarted.tick(20_000);

  assert.deepEqual(run.emitted, []);
  assert.deepEqual(
    restarted.emitted.map(({ row }) => row),
    [['mail', false]],
  );
});

test('a value that goes back to what was announced within the quiet time is not told', () => {
  const plan = topology(", CHANGES_QUIET_MS='5000'");
  const run = new TopologyRun(plan);
  const send = sender(run, plan.parts[0]!.sources[0]!.wantedValue);
  run.tick(1000);
  send('u', true);
  run.tick(10_000);

  send('u', false);
  send('u', true);
  run.tick(20_000);

  assert.deepEqual(
    run.emitted.map(({ row }) => row),
    [['mail', true]],
  );
});
