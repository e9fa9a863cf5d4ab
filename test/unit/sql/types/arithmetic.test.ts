import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimalText, parseDecimal } from '../../../../src/core/data/decimal.ts';
import {
  addLong,
  arithmeticType,
  decimalOperation,
  divideInteger,
  divideLong,
  multiplyLong,
  negateLong,
  remainderLong,
  subtractLong,
} from '../../../../src/sql/types/arithmetic.ts';
import { decimalType, type SqlType } from '../../../../src/sql/types/sql-type.ts';
import { parseSqlType, typeText } from '../../../../src/sql/types/type-text.ts';

type Operator = '+' | '-' | '*' | '/' | '%';

const TYPES: readonly (readonly [left: string, operator: Operator, right: string, result: string | null])[] = [
  ['INTEGER', '+', 'BIGINT', 'BIGINT'],
  ['INTEGER', '*', 'DOUBLE', 'DOUBLE'],
  ['DECIMAL(4, 2)', '+', 'DECIMAL(5, 3)', 'DECIMAL(6, 3)'],
  ['DECIMAL(4, 2)', '*', 'DECIMAL(5, 3)', 'DECIMAL(10, 5)'],
  ['DECIMAL(4, 2)', '/', 'DECIMAL(5, 3)', 'DECIMAL(13, 8)'],
  ['DECIMAL(4, 2)', '%', 'DECIMAL(5, 3)', 'DECIMAL(5, 3)'],
  ['DECIMAL(4, 2)', '+', 'INTEGER', 'DECIMAL(13, 2)'],
  ['DECIMAL(4, 2)', '-', 'BIGINT', 'DECIMAL(22, 2)'],
  ['DECIMAL(4, 2)', '-', 'DOUBLE', 'DOUBLE'],
  ['STRING', '+', 'STRING', 'STRING'],
  ['STRING', '-', 'STRING', null],
  ['STRING', '+', 'INTEGER', null],
  ['DATE', '+', 'INTEGER', null],
];

for (const [left, operator, right, result] of TYPES) {
  test(`${left} ${operator} ${right} is ${result ?? 'refused'}`, () => {
    const type = arithmeticType(operator, parseSqlType(left), parseSqlType(right));

    assert.equal(type === null ? null : typeText(type), result);
  });
}

function decimals(left: string, operator: Operator, right: string): string {
  const [a, b] = [parseDecimal(left)!, parseDecimal(right)!];
  const type = arithmeticType(operator, decimalType(8, a.scale), decimalType(8, b.scale)) as SqlType & {
    base: 'DECIMAL';
  };
  return decimalText(decimalOperation(operator, type)(a, b));
}

const EXACT: readonly (readonly [left: string, operator: Operator, right: string, result: string])[] = [
  ['1.10', '+', '2.005', '3.105'],
  ['1.10', '-', '2.1', '-1.00'],
  ['1.5', '*', '-2.5', '-3.75'],
  ['10.0', '/', '4.0', '2.5000000000'],
  ['-7.5', '%', '2.0', '-1.5'],
];

for (const [left, operator, right, result] of EXACT) {
  test(`${left} ${operator} ${right} is exactly ${result}`, () => {
    assert.equal(decimals(left, operator, right), result);
  });
}

test('a quotient that never ends fails instead of being rounded', () => {
  assert.throws(() => decimals('1.00', '/', '3.00'), { code: 'TRIB_SQL_EVAL_3' });
});

test('division by zero fails for integers and decimals', () => {
  const failed = { code: 'TRIB_SQL_EVAL_2' };

  assert.throws(() => divideInteger(1, 0), failed);
  assert.throws(() => divideLong(1, 0), failed);
  assert.throws(() => remainderLong(1, 0), failed);
  assert.throws(() => decimals('1.0', '/', '0.0'), failed);
});

test('BIGINT is a number up to 2^53 − 1, a bigint beyond, and wraps at 64 bits', () => {
  assert.deepEqual(
    [
      addLong(9007199254740991, 1),
      subtractLong(9007199254740993n, 2),
      addLong(9223372036854775807n, 1),
      multiplyLong(3037000500, 3037000500),
      multiplyLong(0, -5),
      divideLong(-7, 2),
      divideLong(-9223372036854775808n, -1),
      remainderLong(-7, 2),
      negateLong(-9223372036854775808n),
      negateLong(0),
    ],
    [
      9007199254740992n,
      9007199254740991,
      -9223372036854775808n,
      9223372037000250000n - 18446744073709551616n,
      0,
      -3,
      -9223372036854775808n,
      -1,
      -9223372036854775808n,
      0,
    ],
  );
});

test('INTEGER division cuts towards zero and wraps at the minimum', () => {
  assert.deepEqual([divideInteger(-7, 2), divideInteger(-2147483648, -1)], [-3, -2147483648]);
});
