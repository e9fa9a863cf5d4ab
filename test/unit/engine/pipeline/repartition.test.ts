// Splitting a query at a topic must change nothing but where its rows are handled: every query here runs both ways.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Row } from '../../../../src/core/data/schema.ts';
import { PlanWorld, TopologyRun } from '../../../support/plan-world.ts';

type Sent = readonly [topic: string, key: Row | null, columns: Row | null, timeMs: number];

function run(partitions: number, sources: readonly string[], sql: string, records: readonly Sent[]) {
  const world = new PlanWorld(partitions);
  for (const source of sources) world.execute(source);
  const topology = world.topology(sql);
  const topologyRun = new TopologyRun(topology);
  for (const [topic, key, columns, timeMs] of records) {
    const source = topology.parts.flatMap((part) => part.sources).find((each) => each.topic === topic)!;
    const row = columns === null ? null : source.wantedValue.map((path) => columns[path[0]!]!);
    topologyRun.send(topic, key, row, timeMs);
  }
  return { parts: topology.parts.length, emitted: topologyRun.emitted };
}

const STREAM = "CREATE STREAM s (k BIGINT KEY, a STRING, n INTEGER) WITH (kafka_topic='s', value_format='JSON');";
const TABLE = "CREATE TABLE t (k BIGINT PRIMARY KEY, a STRING, n INTEGER) WITH (kafka_topic='t', value_format='JSON');";
const NAMES = "CREATE TABLE names (a STRING PRIMARY KEY, name STRING) WITH (kafka_topic='names', value_format='JSON');";

const STREAM_ROWS: readonly Sent[] = [
  ['s', [1], ['x', 1], 10],
  ['s', [2], ['y', 2], 20],
  ['s', [3], ['x', 4], 5],
  ['s', [4], [null, 8], 30],
  ['s', [5], null, 40],
];
const TABLE_ROWS: readonly Sent[] = [
  ['t', [1], ['x', 1], 10],
  ['t', [2], ['x', 2], 20],
  ['t', [1], ['y', 3], 30],
  ['t', [2], null, 40],
  ['t', [9], null, 50],
];

test('an aggregation of a stream answers the same through a topic as in place', () => {
  const sql = 'CREATE TABLE o AS SELECT a, SUM(n) AS total FROM s GROUP BY a;';

  const [inPlace, split] = [run(1, [STREAM], sql, STREAM_ROWS), run(4, [STREAM], sql, STREAM_ROWS)];

  assert.deepEqual([inPlace.parts, split.parts], [1, 2]);
  assert.deepEqual(inPlace.emitted, [
    { key: ['x'], row: [1], timeMs: 10 },
    { key: ['y'], row: [2], timeMs: 20 },
    { key: ['x'], row: [5], timeMs: 10 },
  ]);
  assert.deepEqual(split.emitted, inPlace.emitted);
});

test('an aggregation of a table takes rows back the same through a topic as in place', () => {
  const sql = 'CREATE TABLE o AS SELECT a, SUM(n) AS total, COUNT(*) AS n FROM t GROUP BY a;';

  const [inPlace, split] = [run(1, [TABLE], sql, TABLE_ROWS), run(4, [TABLE], sql, TABLE_ROWS)];

  assert.deepEqual([inPlace.parts, split.parts], [1, 2]);
  assert.deepEqual(inPlace.emitted, [
    { key: ['x'], row: [1, 1], timeMs: 10 },
    { key: ['x'], row: [3, 2], timeMs: 20 },
    { key: ['x'], row: [2, 1], timeMs: 30 },
    { key: ['y'], row: [3, 1], timeMs: 30 },
    { key: ['x'], row: [0, 0], timeMs: 40 },
  ]);
  assert.deepEqual(split.emitted, inPlace.emitted);
});

test('PARTITION BY keeps rows without key and without value on both ways', () => {
  const sql = 'CREATE STREAM o AS SELECT a, k, n FROM s PARTITION BY a;';

  const [inPlace, split] = [run(1, [STREAM], sql, STREAM_ROWS), run(4, [STREAM], sql, STREAM_ROWS)];

  assert.deepEqual(inPlace.emitted, [
    { key: ['x'], row: [1, 1], timeMs: 10 },
    { key: ['y'], row: [2, 2], timeMs: 20 },
    { key: ['x'], row: [3, 4], timeMs: 5 },
    { key: null, row: [4, 8], timeMs: 30 },
    { key: null, row: null, timeMs: 40 },
  ]);
  assert.deepEqual(split.emitted, inPlace.emitted);
});

test('a stream–table join meets its table on both ways', () => {
  const sql =
    'CREATE STREAM o AS SELECT s.a AS a, s.n AS n, t.name AS name FROM s LEFT JOIN names t ON s.a = t.a WHERE s.n < 8;';
  const records: readonly Sent[] = [['names', ['x'], ['ex'], 1], ...STREAM_ROWS];

  const [inPlace, split] = [run(1, [STREAM, NAMES], sql, records), run(4, [STREAM, NAMES], sql, records)];

  assert.deepEqual([inPlace.parts, split.parts], [1, 2]);
  assert.deepEqual(inPlace.emitted, [
    { key: ['x'], row: [1, 'ex'], timeMs: 10 },
    { key: ['y'], row: [2, null], timeMs: 20 },
    { key: ['x'], row: [4, 'ex'], timeMs: 5 },
  ]);
  assert.deepEqual(split.emitted, inPlace.emitted);
});
