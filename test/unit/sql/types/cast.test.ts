import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Value } from '../../../../src/core/data/schema.ts';
import { castCode } from '../../../../src/sql/types/cast.ts';
import { castable } from '../../../../src/sql/types/coerce.ts';
import { parseSqlType } from '../../../../src/sql/types/type-text.ts';

function cast(value: Value, from: string, to: string): Value {
  return castCode(parseSqlType(from), parseSqlType(to))(value);
}

const CASTS: readonly (readonly [value: Value, from: string, to: string, result: Value])[] = [
  [4294967297, 'BIGINT', 'INTEGER', 1],
  [-1.9, 'DOUBLE', 'INTEGER', -1],
  [1e300, 'DOUBLE', 'BIGINT', 9223372036854775807n],
  [Number.NaN, 'DOUBLE', 'INTEGER', 0],
  [{ unscaled: 199n, scale: 2 }, 'DECIMAL(3, 2)', 'INTEGER', 1],
  [{ unscaled: 125n, scale: 2 }, 'DECIMAL(3, 2)', 'DECIMAL(3, 1)', { unscaled: 13n, scale: 1 }],
  [0.1, 'DOUBLE', 'DECIMAL(4, 3)', { unscaled: 100n, scale: 3 }],
  [' 12 ', 'STRING', 'INTEGER', 12],
  ['1.5', 'STRING', 'DOUBLE', 1.5],
  ['TR', 'STRING', 'BOOLEAN', true],
  ['yes', 'STRING', 'BOOLEAN', true],
  ['rubbish', 'STRING', 'BOOLEAN', false],
  [1e10, 'DOUBLE', 'STRING', '1.0E10'],
  [{ unscaled: 110n, scale: 2 }, 'DECIMAL(3, 2)', 'STRING', '1.10'],
  [1000, 'TIMESTAMP', 'STRING', '1970-01-01T00:00:01.000'],
  [-1, 'TIMESTAMP', 'DATE', -1],
  [-1, 'TIMESTAMP', 'TIME', 86_399_999],
  [1, 'DATE', 'TIMESTAMP', 86_400_000],
  [37_800_000, 'TIME', 'STRING', '10:30'],
  [37_801_999, 'TIME', 'STRING', '10:30:01'],
  ['2020-05', 'STRING', 'DATE', 18383],
  ['2020-02-30', 'STRING', 'DATE', 18321],
  ['2020-05-26T23:59', 'STRING', 'TIMESTAMP', 1590537540000],
  ['2020-05-26T24', 'STRING', 'TIMESTAMP', 1590537600000],
  ['2020-05-26T23:59:58.000+0100', 'STRING', 'TIMESTAMP', 1590533998000],
  [[1, null, 3], 'ARRAY<INTEGER>', 'STRING', '[1, null, 3]'],
  [new Map([['k', 1]]), 'MAP<STRING, INTEGER>', 'STRING', '{k=1}'],
  [[1, null], 'STRUCT<F0 INTEGER, `f1` INTEGER>', 'STRING', 'Struct{F0=1}'],
  [[1, 'x'], 'STRUCT<A INTEGER, B STRING>', 'STRUCT<C INTEGER, A STRING>', [null, '1']],
  [null, 'STRING', 'INTEGER', null],
];

for (const [value, from, to, result] of CASTS) {
  test(`${JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each))} cast from ${from} to ${to}`, () => {
    assert.deepEqual(cast(value, from, to), result);
  });
}

const FAILURES: readonly (readonly [value: Value, from: string, to: string, code: string])[] = [
  ['abc', 'STRING', 'INTEGER', 'TRIB_SQL_EVAL_5'],
  ['NaN', 'STRING', 'DOUBLE', 'TRIB_SQL_EVAL_5'],
  [100, 'INTEGER', 'DECIMAL(3, 1)', 'TRIB_SQL_EVAL_4'],
  [Number.NaN, 'DOUBLE', 'DECIMAL(3, 1)', 'TRIB_SQL_EVAL_4'],
  ['2020-13-01', 'STRING', 'DATE', 'TRIB_SQL_EVAL_6'],
  ['25:00', 'STRING', 'TIME', 'TRIB_SQL_EVAL_6'],
  ['2020-05T10:00', 'STRING', 'TIMESTAMP', 'TRIB_SQL_EVAL_6'],
  ['2020-05-26T10:00+99', 'STRING', 'TIMESTAMP', 'TRIB_SQL_EVAL_7'],
];

for (const [value, from, to, code] of FAILURES) {
  test(`${value} does not become ${to}`, () => {
    assert.throws(() => cast(value, from, to), { code });
  });
}

test('only the pairs of the matrix cast, judged in depth', () => {
  const pairs: readonly (readonly [string, string, boolean])[] = [
    ['BOOLEAN', 'INTEGER', false],
    ['STRING', 'BYTES', true],
    ['BYTES', 'STRING', false],
    ['DATE', 'TIME', false],
    ['ARRAY<INTEGER>', 'ARRAY<STRING>', true],
    ['ARRAY<BYTES>', 'ARRAY<STRING>', false],
    ['STRUCT<A BYTES>', 'STRUCT<A INTEGER>', false],
    ['STRUCT<A BYTES>', 'STRUCT<B INTEGER>', true],
    ['STRUCT<A INTEGER>', 'ARRAY<INTEGER>', false],
  ];

  assert.deepEqual(
    pairs.map(([from, to]) => castable(parseSqlType(from), parseSqlType(to))),
    pairs.map(([, , allowed]) => allowed),
  );
});
