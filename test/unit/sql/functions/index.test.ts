import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInFunctions } from '../../../../src/sql/functions/index.ts';
import { castCode, textOf } from '../../../../src/sql/types/cast.ts';
import { equalCode } from '../../../../src/sql/types/compare.ts';
import { evaluate, type Typed } from './oracle.ts';

const functions = builtInFunctions();

function shown({ type, value }: Typed): string {
  return type === null || value === null ? 'NULL' : textOf(type)(value);
}

for (const entry of functions.all()) {
  for (const [expression, expected] of entry.examples) {
    test(`${expression} is ${expected}`, () => {
      const actual = evaluate(expression);

      const wanted = evaluate(expected);
      const value = wanted.type === null ? null : castCode(wanted.type, actual.type!)(wanted.value);
      const equal = actual.type === null ? actual.value === value : equalCode(actual.type)(actual.value, value);
      assert.ok(equal, `${expression} gave ${shown(actual)}`);
    });
  }
}

test('every scalar function has an example', () => {
  const bare = functions.all().filter(({ kind, examples }) => kind === 'scalar' && examples.length === 0);

  assert.deepEqual(
    bare.map(({ name }) => name),
    [],
  );
});

test('there are 129 scalar functions, 18 aggregates and 2 table functions', () => {
  const count = (kind: string) => functions.all().filter((entry) => entry.kind === kind).length;

  assert.deepEqual([count('scalar'), count('aggregate'), count('table')], [129, 18, 2]);
});
