import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Value } from '../../../../src/core/data/schema.ts';
import type { ComparisonOperator } from '../../../../src/sql/syntax/ast.ts';
import { comparable } from '../../../../src/sql/types/coerce.ts';
import { comparisonCode, equalCode, identityCode } from '../../../../src/sql/types/compare.ts';
import { likeCode } from '../../../../src/sql/types/like.ts';
import { parseSqlType } from '../../../../src/sql/types/type-text.ts';

type Case = readonly [
  left: Value,
  from: string,
  operator: ComparisonOperator,
  right: Value,
  to: string,
  holds: boolean,
];
const CASES: readonly Case[] = [
  [1, 'INTEGER', '=', { unscaled: 100n, scale: 2 }, 'DECIMAL(3, 2)', true],
  [{ unscaled: 10n, scale: 1 }, 'DECIMAL(2, 1)', '<', { unscaled: 101n, scale: 2 }, 'DECIMAL(3, 2)', true],
  [0.1, 'DOUBLE', '=', { unscaled: 10n, scale: 2 }, 'DECIMAL(3, 2)', true],
  [9007199254740993n, 'BIGINT', '=', 9007199254740992, 'DOUBLE', true],
  [9007199254740993n, 'BIGINT', '>', 5, 'INTEGER', true],
  [Number.NaN, 'DOUBLE', '<>', 1, 'DOUBLE', false],
  [Number.NaN, 'DOUBLE', '=', Number.NaN, 'DOUBLE', false],
  ['Z', 'STRING', '<', 'a', 'STRING', true],
  [1, 'DATE', '=', 86_400_000, 'TIMESTAMP', true],
  [1, 'DATE', '=', '1970-01-02', 'STRING', true],
  ['00:00:01', 'STRING', '<', 2000, 'TIME', true],
  [Uint8Array.of(0xff), 'BYTES', '<', Uint8Array.of(1), 'BYTES', true],
  [[1, null], 'ARRAY<INTEGER>', '=', [1, null], 'ARRAY<INTEGER>', true],
  [null, 'INTEGER', 'IS DISTINCT FROM', 1, 'INTEGER', true],
  [null, 'INTEGER', 'IS NOT DISTINCT FROM', null, 'INTEGER', true],
];

for (const [left, from, operator, right, to, holds] of CASES) {
  test(`${from} ${operator} ${to} compares by value`, () => {
    assert.equal(comparisonCode(operator, parseSqlType(from), parseSqlType(to))(left, right), holds);
  });
}

test('pairs without meaning do not compare', () => {
  const pairs: readonly (readonly [string, ComparisonOperator, string, boolean])[] = [
    ['STRING', '=', 'INTEGER', false],
    ['BOOLEAN', '=', 'BOOLEAN', true],
    ['BOOLEAN', '<', 'BOOLEAN', false],
    ['ARRAY<INTEGER>', '=', 'ARRAY<BIGINT>', false],
    ['TIME', '=', 'TIMESTAMP', false],
    ['DATE', '<', 'TIMESTAMP', true],
    ['TIME', '<', 'STRING', true],
  ];

  assert.deepEqual(
    pairs.map(([left, operator, right]) => comparable(operator, parseSqlType(left), parseSqlType(right))),
    pairs.map(([, , , allowed]) => allowed),
  );
});

test('maps and structs are equal by content, whatever the order of entries', () => {
  const type = parseSqlType('MAP<STRING, STRUCT<A DECIMAL(3, 1)>>');
  const left = new Map<Value, Value>([
    ['x', [{ unscaled: 10n, scale: 1 }]],
    ['y', [null]],
  ]);
  const right = new Map<Value, Value>([
    ['y', [null]],
    ['x', [{ unscaled: 100n, scale: 2 }]],
  ]);

  assert.equal(equalCode(type)(left, right), true);
  assert.equal(identityCode(type)(left), identityCode(type)(right));
});

const LIKES: readonly (readonly [text: string, pattern: string, mark: string | null, holds: boolean])[] = [
  ['abc', 'abc', null, true],
  ['abc', '%b%', null, true],
  ['abc', 'a_c', null, true],
  ['abc', 'A%', null, false],
  ['a.c', 'a.c', null, true],
  ['abc', 'a.c', null, false],
  ['10%', '10!%', '!', true],
  ['10x', '10!%', '!', false],
  ['a\nb', 'a%b', null, false],
  ['', '%', null, true],
];

for (const [text, pattern, mark, holds] of LIKES) {
  test(`${JSON.stringify(text)} LIKE ${pattern} is ${holds}`, () => {
    assert.equal(likeCode(pattern, mark)(text), holds);
  });
}

test('a pattern that ends in its escape character fails', () => {
  assert.throws(() => likeCode('a!', '!'), { code: 'TRIB_SQL_EVAL_11' });
});
