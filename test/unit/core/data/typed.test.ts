import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Typed } from '../../../../src/core/data/schema.ts';
import { typed, typeOfNumber, untyped } from '../../../../src/core/data/typed.ts';

test('a schemaless number is plain exactly where plain shows its type', () => {
  assert.deepEqual(
    [
      typed('int64', 5),
      typed('float64', 2.5),
      typed('float64', 1),
      typed('float64', -0),
      typed('int32', 5),
      typed('float32', 0.5),
    ],
    [5, 2.5, new Typed('float64', 1), new Typed('float64', -0), new Typed('int32', 5), new Typed('float32', 0.5)],
  );
});

test('the type of a schemaless number can be told, and its value taken out', () => {
  const values = [5, 2n ** 60n, 2.5, Number.NaN, typed('float64', 1), typed('int8', 1), 'x', null];

  assert.deepEqual(values.map(typeOfNumber), ['int64', 'int64', 'float64', 'float64', 'float64', 'int8', null, null]);
  assert.deepEqual(values.map(untyped), [5, 2n ** 60n, 2.5, Number.NaN, 1, 1, 'x', null]);
});
