import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimal } from '../../../../src/core/data/decimal.ts';
import { sameSchema, sameValue } from '../../../../src/core/data/same-schema.ts';
import { arrayOf, mapOf, primitive, Struct, structOf, type Value } from '../../../../src/core/data/schema.ts';
import { typed } from '../../../../src/core/data/typed.ts';

const point = () =>
  structOf([
    { name: 'x', schema: primitive('int32') },
    { name: 'tags', schema: arrayOf(primitive('string'), { optional: true }) },
  ]);

test('schemas are the same by what they describe, not by identity', () => {
  assert.equal(sameSchema(point(), point()), true);
  assert.equal(sameSchema(mapOf(primitive('string'), point()), mapOf(primitive('string'), point())), true);
  assert.equal(
    sameSchema(primitive('bytes', { parameters: { a: '1' } }), primitive('bytes', { parameters: { a: '1' } })),
    true,
  );
});

test('a difference in any part makes two schemas differ', () => {
  const base = primitive('string', { name: 'n', version: 1, doc: 'd', defaultValue: 'x', parameters: { p: '1' } });
  const others = [
    { ...base, kind: 'bytes' as const },
    { ...base, optional: true },
    { ...base, name: 'm' },
    { ...base, version: 2 },
    { ...base, doc: 'e' },
    { ...base, defaultValue: 'y' },
    { ...base, parameters: { p: '2' } },
    { ...base, parameters: { p: '1', q: '1' } },
  ];

  assert.deepEqual(
    others.map((other) => sameSchema(base, other)),
    new Array(8).fill(false),
  );
  assert.equal(sameSchema(base, null), false);
});

test('values are the same by content: bytes, decimals with their scale, maps in any order', () => {
  const schema = point();
  const pairs: [Value, Value, boolean][] = [
    [Buffer.from('ab'), Buffer.from('ab'), true],
    [decimal(10n, 1), decimal(10n, 1), true],
    [decimal(10n, 1), decimal(1n, 0), false],
    [
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
      new Map([
        ['b', 2],
        ['a', 1],
      ]),
      true,
    ],
    [new Struct(schema, [1, ['t']]), new Struct(point(), [1, ['t']]), true],
    [new Struct(schema, [1, null]), new Struct(schema, [1, []]), false],
    [Number.NaN, Number.NaN, true],
    [typed('float64', 1), typed('float64', 1), true],
    [typed('float64', 1), 1, false],
    [null, false, false],
  ];

  assert.deepEqual(
    pairs.map(([left, right]) => sameValue(left, right)),
    pairs.map(([, , same]) => same),
  );
});
