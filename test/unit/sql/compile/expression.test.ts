import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Row, Value } from '../../../../src/core/data/schema.ts';
import { PlanWorld, TopologyRun } from '../../../support/plan-world.ts';

// Columns: A INTEGER, B INTEGER, S STRING, F BOOLEAN, P STRUCT<X INTEGER, Y STRING>, L ARRAY<INTEGER>, G BIGINT.
const NULLS: Row = [null, null, null, null, null, null, null];
const ROW: Row = [6, 4, 'abc', true, [7, 'y'], [10, 20, 30], 9007199254740991];

function evaluate(expression: string, row: Row): Value {
  const world = new PlanWorld();
  world.execute(
    "CREATE STREAM s (a INTEGER, b INTEGER, s STRING, f BOOLEAN, p STRUCT<x INTEGER, y STRING>, l ARRAY<INTEGER>, g BIGINT) WITH (kafka_topic='s', value_format='JSON');",
  );
  const topology = world.topology(`CREATE STREAM o AS SELECT ${expression} AS v FROM s;`);
  const run = new TopologyRun(topology);
  const { wantedValue } = topology.parts[0]!.sources[0]!;
  run.send(
    's',
    null,
    wantedValue.map((path) => at(row, path)),
    0,
  );
  return run.emitted[0]!.row![0]!;
}
function at(row: Row, path: readonly number[]): Value {
  return path.reduce<Value>((value, step) => (value === null ? null : (value as Row)[step]!), row);
}

const CASES: readonly (readonly [expression: string, row: Row, expected: Value])[] = [
  ['a + b', ROW, 10],
  ['a / b', ROW, 1],
  ['a / 0', ROW, null],
  ['a + b', NULLS, null],
  ['2147483647 + a', ROW, -2147483643],
  ['g + 1', ROW, 9007199254740992n],
  ['a = b', NULLS, false],
  ['a <> b', NULLS, false],
  ['NOT (a = 1)', NULLS, true],
  ['a IS DISTINCT FROM b', NULLS, false],
  ['(a + 1) = 2', NULLS, null],
  ['f AND a = 6', ROW, true],
  ['false AND f', NULLS, false],
  ['true AND f', NULLS, null],
  ['true OR f', NULLS, true],
  ['NOT f', NULLS, null],
  ["CASE WHEN a > 5 THEN 'big' WHEN a > 1 THEN 'small' END", ROW, 'big'],
  ["CASE WHEN a > 5 THEN 'big' ELSE 'none' END", NULLS, 'none'],
  ['p->x', ROW, 7],
  ['p->x', NULLS, null],
  ['l[1]', ROW, 10],
  ['l[-1]', ROW, 30],
  ['l[4]', ROW, null],
  ["s LIKE 'a%'", ROW, true],
  ["s LIKE 'a%'", NULLS, null],
  ['a IN (5, 6)', ROW, true],
  ['a IN (5, 6)', NULLS, false],
  ['a BETWEEN 1 AND 6', ROW, true],
  ['CAST(a + b AS STRING)', NULLS, null],
  ['CAST(s AS INTEGER)', ROW, null],
  ['ARRAY[a, b]', ROW, [6, 4]],
  ['ARRAY[a / 0, b]', ROW, [null, 4]],
  ["s + '!'", NULLS, 'null!'],
  ['-a', ROW, -6],
  ['UCASE(s)', ROW, 'ABC'],
  ['TRANSFORM(l, x => x + 1)', ROW, [11, 21, 31]],
];

for (const [expression, row, expected] of CASES) {
  test(`${expression} over ${row === ROW ? 'values' : 'nulls'} is ${JSON.stringify(expected, (_, v) => (typeof v === 'bigint' ? String(v) : v))}`, () => {
    const value = evaluate(expression, row);

    assert.deepEqual(value, expected);
  });
}
