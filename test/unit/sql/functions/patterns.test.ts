import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInFunctions } from '../../../../src/sql/functions/index.ts';
import type { Argument } from '../../../../src/sql/functions/registry.ts';
import { STRING } from '../../../../src/sql/types/sql-type.ts';
import { parseSqlType, typeText } from '../../../../src/sql/types/type-text.ts';

const functions = builtInFunctions();

function argumentsOf(types: readonly string[]): Argument[] {
  return types.map((type) => ({ type: type === 'NULL' ? null : parseSqlType(type) }));
}
function resolved(name: string, ...types: string[]): string {
  const { returns, call } = functions.resolveScalar(name, argumentsOf(types));
  return `${typeText(returns)} (${call.args.map((type) => (type === null ? '-' : typeText(type))).join(', ')})`;
}

const CHOICES: readonly (readonly [call: readonly [string, ...string[]], choice: string])[] = [
  [['ABS', 'INTEGER'], 'INTEGER (INTEGER)'],
  [['ABS', 'DECIMAL(5, 2)'], 'DECIMAL(5, 2) (DECIMAL(5, 2))'],
  [['SQRT', 'DECIMAL(5, 2)'], 'DOUBLE (DOUBLE)'],
  [['ROUND', 'DECIMAL(5, 2)'], 'DECIMAL(3, 0) (DECIMAL(5, 2))'],
  [['COALESCE', 'NULL', 'BIGINT'], 'BIGINT (BIGINT, BIGINT)'],
  [['SUBSTRING', 'STRING', 'NULL'], 'STRING (STRING, INTEGER)'],
  [
    ['GREATEST', 'DECIMAL(4, 1)', 'DECIMAL(4, 3)', 'NULL'],
    'DECIMAL(6, 3) (DECIMAL(4, 1), DECIMAL(4, 3), DECIMAL(4, 1))',
  ],
  [['FORMAT_DATE', 'STRING', 'STRING'], 'STRING (DATE, STRING)'],
  [['ARRAY_CONTAINS', 'ARRAY<STRING>', 'STRING'], 'BOOLEAN (ARRAY<STRING>, STRING)'],
  [['FROM_UNIXTIME', 'INTEGER'], 'TIMESTAMP (BIGINT)'],
  [['concat', 'STRING', 'STRING', 'STRING'], 'STRING (STRING, STRING, STRING)'],
];

for (const [[name, ...types], choice] of CHOICES) {
  test(`${name}(${types.join(', ')}) is ${choice}`, () => {
    assert.equal(resolved(name, ...types), choice);
  });
}

const REFUSED: readonly (readonly [call: readonly [string, ...string[]], code: string])[] = [
  [['ABZ', 'INTEGER'], 'TRIB_SQL_FUNC_1'],
  [['ABS', 'STRING'], 'TRIB_SQL_FUNC_2'],
  [['COALESCE', 'INTEGER', 'BIGINT'], 'TRIB_SQL_FUNC_2'],
  [['ARRAY_CONTAINS', 'ARRAY<INTEGER>', 'BIGINT'], 'TRIB_SQL_FUNC_2'],
  [['GREATEST', 'INTEGER', 'BIGINT'], 'TRIB_SQL_FUNC_3'],
  [['LEAST', 'NULL', 'NULL'], 'TRIB_SQL_FUNC_3'],
];

for (const [[name, ...types], code] of REFUSED) {
  test(`${name}(${types.join(', ')}) is refused as ${code}`, () => {
    assert.throws(() => resolved(name, ...types), { code });
  });
}

test('an unknown function names the nearest', () => {
  assert.throws(() => resolved('SUBSTRNG', 'STRING'), /Did you mean SUBSTRING\?/);
});

test('a lambda is typed from the collection, and its result types the call', () => {
  const seen: string[] = [];
  const { returns, lambdas } = functions.resolveScalar('TRANSFORM', [
    { type: parseSqlType('ARRAY<INTEGER>') },
    {
      type: null,
      lambda: {
        arity: 1,
        typeBody: (inputs) => {
          seen.push(...inputs.map(typeText));
          return STRING;
        },
      },
    },
  ]);

  assert.deepEqual([seen, typeText(returns), lambdas[1]?.output], [['INTEGER'], 'ARRAY<STRING>', STRING]);
});

test('the result of a REDUCE lambda must be the type of the start', () => {
  const lambda = { arity: 2, typeBody: () => STRING };

  assert.throws(
    () => functions.resolveScalar('REDUCE', [...argumentsOf(['ARRAY<INTEGER>', 'INTEGER']), { type: null, lambda }]),
    { code: 'TRIB_SQL_FUNC_2' },
  );
});

test('aggregates do not widen, and say so', () => {
  assert.throws(() => functions.resolveAggregate('AVG', argumentsOf(['DECIMAL(4, 2)'])), { code: 'TRIB_SQL_FUNC_4' });
  assert.throws(() => functions.resolveAggregate('AVG', argumentsOf(['STRING'])), { code: 'TRIB_SQL_FUNC_2' });
});

test('literal parameters of aggregates take literals in range only', () => {
  const [value, count] = argumentsOf(['STRING', 'INTEGER']);

  assert.throws(() => functions.resolveAggregate('TOPK', [value!, count!]), { code: 'TRIB_SQL_FUNC_5' });
  assert.throws(() => functions.resolveAggregate('LATEST_BY_OFFSET', [value!, { ...count!, literal: 0 }]), {
    code: 'TRIB_SQL_FUNC_6',
  });
});
