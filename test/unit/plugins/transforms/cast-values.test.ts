import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimalSchema, timestampSchema } from '../../../../src/core/data/logical.ts';
import { primitive, type Schema, Typed, type Value } from '../../../../src/core/data/schema.ts';
import { type CastTarget, casterOf, castFree } from '../../../../src/plugins/transforms/cast-values.ts';

const INT64 = primitive('int64');
const FLOAT64 = primitive('float64');
const TEXT = primitive('string');

const casts: readonly (readonly [Schema, Value, CastTarget, Value])[] = [
  [primitive('int16'), 300, 'int8', 44],
  [INT64, -(2n ** 63n), 'int16', 0],
  [INT64, 9007199254740993n, 'float64', 9007199254740992],
  [FLOAT64, -3.9, 'int32', -3],
  [FLOAT64, 1e19, 'int64', 2n ** 63n - 1n],
  [FLOAT64, 5e9, 'int8', -1],
  [FLOAT64, 0.9, 'boolean', false],
  [FLOAT64, 300, 'string', '300.0'],
  [primitive('float32'), 1e10, 'string', '1.0E10'],
  [TEXT, '+5', 'int8', 5],
  [TEXT, ' 7', 'float64', 7],
  [TEXT, '12', 'boolean', false],
  [primitive('boolean'), true, 'int64', 1],
  [primitive('bytes'), Buffer.from('hi\0'), 'string', 'aGkA'],
  [decimalSchema(null, 2), { unscaled: 1234n, scale: 2 }, 'int8', 12],
  [decimalSchema(null, 2), { unscaled: 1230n, scale: 2 }, 'string', '12.30'],
  [timestampSchema(), 1_700_000_000_123, 'string', '2023-11-14T22:13:20.123Z'],
  [timestampSchema(), 86_400_000, 'string', '1970-01-02'],
];
for (const [schema, value, target, expected] of casts) {
  test(`${schema.name ?? schema.kind} ${JSON.stringify(String(value))} cast to ${target}`, () => {
    assert.deepEqual(casterOf(schema, target)(value), expected);
  });
}

for (const text of ['abc', '1.5', '', '0x10', '128', '1e3']) {
  test(`the text "${text}" is no int8`, () => {
    assert.throws(() => casterOf(TEXT, 'int8')(text), { kind: 'data' });
  });
}

test('without a schema the outcome says its own type', () => {
  assert.deepEqual(castFree(7, 'int32'), new Typed('int32', 7));
  assert.deepEqual(castFree('2', 'float64'), new Typed('float64', 2));
  assert.deepEqual(castFree(new Typed('int16', 300), 'string'), '300');
});

test('dates, decimals and lists without a schema are refused', () => {
  const values: readonly Value[] = [new Typed('timestamp', 0), { unscaled: 1n, scale: 0 }, ['a'], new Map()];

  const refused = values.filter((value) => {
    try {
      castFree(value, 'string');
      return false;
    } catch {
      return true;
    }
  });

  assert.deepEqual(refused, values);
});
