import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Row } from '../../../../src/core/data/schema.ts';
import { PlanWorld, TopologyRun } from '../../../support/plan-world.ts';

function run(mode: string, sent: readonly (readonly [topic: string, key: number, row: Row | null])[]) {
  const world = new PlanWorld();
  world.execute("CREATE TABLE l (id BIGINT PRIMARY KEY, f BIGINT) WITH (kafka_topic='l', value_format='JSON');");
  world.execute("CREATE TABLE r (id BIGINT PRIMARY KEY, name STRING) WITH (kafka_topic='r', value_format='JSON');");
  const topology = world.topology(`CREATE TABLE o AS SELECT l.id, name FROM l ${mode} JOIN r ON l.f = r.id;`);
  const run = new TopologyRun(topology);
  sent.forEach(([topic, key, row], index) => {
    run.send(topic, [key], row, index);
  });
  return run.emitted.map(({ key, row }) => [key, row]);
}

test('a change on the right is told for every left row that refers to it, in order of left keys', () => {
  const emitted = run('', [
    ['r', 7, ['seven']],
    ['l', 2, [7]],
    ['l', 1, [7]],
    ['r', 7, ['SEVEN']],
    ['r', 7, null],
  ]);

  assert.deepEqual(emitted, [
    [[2], ['seven']],
    [[1], ['seven']],
    [[1], ['SEVEN']],
    [[2], ['SEVEN']],
    [[1], null],
    [[2], null],
  ]);
});

test('a left row without right row is padded by LEFT and withheld by INNER', () => {
  const sent = [['l', 1, [7]]] as const;

  const emitted = [
    run(
      'LEFT',
      sent.map(([t, k, r]) => [t, k, [...r]]),
    ),
    run(
      '',
      sent.map(([t, k, r]) => [t, k, [...r]]),
    ),
  ];

  assert.deepEqual(emitted, [[[[1], [null]]], []]);
});

test('a left row that changes its reference follows the new one', () => {
  const emitted = run('', [
    ['r', 7, ['seven']],
    ['r', 8, ['eight']],
    ['l', 1, [7]],
    ['l', 1, [8]],
    ['r', 7, ['SEVEN']],
    ['l', 1, null],
  ]);

  assert.deepEqual(emitted, [
    [[1], ['seven']],
    [[1], ['eight']],
    [[1], null],
  ]);
});
