import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Value } from '../../../../../src/core/data/schema.ts';
import { builtInFunctions } from '../../../../../src/sql/functions/index.ts';
import type { AggregateCode, Argument } from '../../../../../src/sql/functions/registry.ts';
import { parseSqlType, typeText } from '../../../../../src/sql/types/type-text.ts';

const functions = builtInFunctions();

/** `name` over columns and literals: a text is a column's type, anything else a literal INTEGER or BOOLEAN. */
function bound(name: string, ...args: (string | number | boolean)[]): AggregateCode {
  return withLimit({}, name, ...args);
}
function withLimit(
  properties: Record<string, string>,
  name: string,
  ...args: (string | number | boolean)[]
): AggregateCode {
  const shapes = args.map((arg): Argument => {
    if (typeof arg === 'string') return { type: parseSqlType(arg) };
    return { type: parseSqlType(typeof arg === 'number' ? 'INTEGER' : 'BOOLEAN'), literal: arg };
  });
  const resolved = functions.resolveAggregate(name, shapes);
  return functions.bindAggregate(resolved, { nowMs: () => 0, random: () => 0, properties });
}

/** Result after adding rows, each a list of cells. */
function over(code: AggregateCode, rows: readonly Value[][]): Value {
  return code.result(state(code, rows));
}
function state(code: AggregateCode, rows: readonly Value[][]): Value {
  return rows.reduce<Value>((before, row) => code.add(before, ...row), code.initial);
}
const column = (...values: Value[]) => values.map((value) => [value]);

const RESULTS: readonly (readonly [what: string, code: () => AggregateCode, rows: Value[][], result: Value])[] = [
  ['COUNT(*) counts rows', () => bound('COUNT'), [[], [], []], 3],
  ['COUNT(x) leaves NULLs out', () => bound('COUNT', 'STRING'), column('a', null, 'b'), 2],
  ['SUM of INTEGER wraps', () => bound('SUM', 'INTEGER'), column(2147483647, 1), -2147483648],
  ['SUM of BIGINT wraps', () => bound('SUM', 'BIGINT'), column(9223372036854775807n, 1), -9223372036854775808n],
  ['SUM of nothing is 0', () => bound('SUM', 'DECIMAL(4, 2)'), column(null), { unscaled: 0n, scale: 2 }],
  ['AVG is a DOUBLE', () => bound('AVG', 'INTEGER'), column(1, 2, null), 1.5],
  ['AVG of nothing is 0', () => bound('AVG', 'DOUBLE'), [], 0],
  ['MIN ignores NULLs', () => bound('MIN', 'STRING'), column(null, 'b', 'a'), 'a'],
  ['MAX of nothing is NULL', () => bound('MAX', 'INTEGER'), column(null), null],
  ['SUM_LIST adds elements', () => bound('SUM_LIST', 'ARRAY<BIGINT>'), [[[1, null, 2]], [null], [[3]]], 6],
  ['COLLECT_LIST keeps NULLs', () => bound('COLLECT_LIST', 'INTEGER'), column(1, null, 1), [1, null, 1]],
  ['COLLECT_SET keeps one NULL', () => bound('COLLECT_SET', 'INTEGER'), column(1, null, 1, null), [1, null]],
  [
    'COLLECT_LIST stops at its limit',
    () => withLimit({ 'ksql.functions.collect_list.limit': '2' }, 'COLLECT_LIST', 'INTEGER'),
    column(1, 2, 3),
    [1, 2],
  ],
  ['COUNT_DISTINCT is exact for few', () => bound('COUNT_DISTINCT', 'STRING'), column('a', 'b', 'a', null), 2],
  [
    'HISTOGRAM counts texts',
    () => bound('HISTOGRAM', 'STRING'),
    column('a', 'b', 'a'),
    new Map([
      ['a', 2],
      ['b', 1],
    ]),
  ],
  ['TOPK keeps duplicates', () => bound('TOPK', 'INTEGER', 3), column(1, 5, null, 5, 3), [5, 5, 3]],
  ['TOPK cuts at k', () => bound('TOPK', 'STRING', 2), column('a', 'c', 'b'), ['c', 'b']],
  ['TOPKDISTINCT drops duplicates', () => bound('TOPKDISTINCT', 'INTEGER', 3), column(1, 5, 5, 3), [5, 3, 1]],
  [
    'TOPK with companions keeps the earlier of equals',
    () => bound('TOPK', 'INTEGER', 'STRING', 2),
    [
      [1, 'a'],
      [2, 'b'],
      [2, 'c'],
    ],
    [
      [2, 'b'],
      [2, 'c'],
    ],
  ],
  ['EARLIEST_BY_OFFSET skips NULLs', () => bound('EARLIEST_BY_OFFSET', 'INTEGER'), column(null, 1, 2), 1],
  ['EARLIEST_BY_OFFSET may take a NULL', () => bound('EARLIEST_BY_OFFSET', 'INTEGER', false), column(null, 1), null],
  ['LATEST_BY_OFFSET skips NULLs', () => bound('LATEST_BY_OFFSET', 'INTEGER'), column(1, 2, null), 2],
  ['LATEST_BY_OFFSET keeps the last n', () => bound('LATEST_BY_OFFSET', 'INTEGER', 2), column(1, 2, 3), [2, 3]],
  [
    'EARLIEST_BY_OFFSET keeps the first n',
    () => bound('EARLIEST_BY_OFFSET', 'INTEGER', 2, true),
    column(1, null, 2, 3),
    [1, 2],
  ],
  ['ATTR is the one value', () => bound('ATTR', 'STRING'), column('a', 'a'), 'a'],
  ['ATTR of different values is NULL', () => bound('ATTR', 'STRING'), column('a', null), null],
  ['STDDEV_SAMP is the variance', () => bound('STDDEV_SAMP', 'INTEGER'), column(1, 2, 3, 4), 5 / 3],
  ['STDDEV_SAMPLE is its root', () => bound('STDDEV_SAMPLE', 'DOUBLE'), column(1, 3), Math.SQRT2],
  [
    'CORRELATION of a line is 1',
    () => bound('CORRELATION', 'INTEGER', 'INTEGER'),
    [
      [1, 2],
      [2, 4],
      [3, 6],
      [null, 1],
    ],
    1,
  ],
];

for (const [what, code, rows, result] of RESULTS) {
  test(what, () => {
    assert.deepEqual(over(code(), rows), result);
  });
}

test('a CORRELATION without variance is NaN', () => {
  assert.equal(over(bound('CORRELATION', 'DOUBLE', 'DOUBLE'), [[1, 1]]), Number.NaN);
});

test('undo takes one row back', () => {
  const names: readonly (readonly [name: string, type: string])[] = [
    ['COUNT', 'INTEGER'],
    ['SUM', 'INTEGER'],
    ['AVG', 'INTEGER'],
    ['COLLECT_LIST', 'INTEGER'],
    ['ATTR', 'INTEGER'],
    ['STDDEV_SAMP', 'INTEGER'],
  ];

  const results = names.map(([name, type]) => {
    const code = bound(name, type);
    return code.result(code.undo!(state(code, column(1, 3, 5)), 3));
  });

  assert.deepEqual(results, [2, 6, 3, [1, 5], null, 8]);
});

test('a merge of two sessions is as if one had seen both', () => {
  const names: readonly (readonly [name: string, ...args: (string | number)[]])[] = [
    ['COUNT', 'INTEGER'],
    ['SUM', 'INTEGER'],
    ['AVG', 'INTEGER'],
    ['MIN', 'INTEGER'],
    ['COLLECT_LIST', 'INTEGER'],
    ['COLLECT_SET', 'INTEGER'],
    ['TOPK', 'INTEGER', 2],
    ['STDDEV_SAMP', 'INTEGER'],
    ['COUNT_DISTINCT', 'INTEGER'],
  ];

  const results = names.map(([name, ...args]) => {
    const code = bound(name, ...args);
    return code.result(code.merge(state(code, column(1, 3)), state(code, column(3, 5))));
  });

  assert.deepEqual(results, [4, 12, 3, 1, [1, 3, 3, 5], [1, 3, 5], [5, 3], 8 / 3, 3]);
});

test('by processing order, not by session, the latest wins a merge', () => {
  const code = bound('LATEST_BY_OFFSET', 'INTEGER');
  const second = code.add(code.initial, 1);
  const first = code.add(code.initial, 2);

  assert.equal(code.result(code.merge(first, second)), 2);
});

test('accumulators never change in place', () => {
  for (const [name, ...args] of [
    ['COLLECT_LIST', 'INTEGER'],
    ['TOPK', 'INTEGER', 2],
    ['HISTOGRAM', 'STRING'],
    ['LATEST_BY_OFFSET', 'INTEGER', 2],
  ] as const) {
    const code = bound(name, ...args);
    const value = args[0] === 'STRING' ? 'a' : 1;
    const before = code.add(code.initial, value);
    const copy = structuredClone(before);

    code.add(before, args[0] === 'STRING' ? 'b' : 2);

    assert.deepEqual(before, copy, name);
  }
});

test('a DECIMAL sum beyond its precision fails', () => {
  const code = bound('SUM', 'DECIMAL(2, 1)');

  assert.throws(() => over(code, column({ unscaled: 99n, scale: 1 }, { unscaled: 1n, scale: 1 })), {
    code: 'TRIB_SQL_RUN_10',
  });
});

test('COUNT_DISTINCT stays near the truth for many values', () => {
  const code = bound('COUNT_DISTINCT', 'INTEGER');

  const estimate = over(code, column(...Array.from({ length: 5000 }, (_, index) => index))) as number;

  assert.ok(Math.abs(estimate - 5000) < 150, String(estimate));
});

test('states and results have SQL types', () => {
  const resolved = functions.resolveAggregate('AVG', [{ type: parseSqlType('INTEGER') }]);

  assert.deepEqual(
    [typeText(resolved.state), typeText(resolved.returns), resolved.undoable],
    ['STRUCT<`SUM` INTEGER, `COUNT` BIGINT>', 'DOUBLE', true],
  );
});
