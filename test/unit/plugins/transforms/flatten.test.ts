import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapOf, primitive, Struct, structOf } from '../../../../src/core/data/schema.ts';
import { sample } from '../../../../src/plugins/sample.ts';
import { flatten } from '../../../../src/plugins/transforms/flatten.ts';

const transform = flatten.create({ delimiter: '.' }, flatten.classes[1]!, {});
const INT32 = primitive('int32');

test('children of an optional struct become optional, and a null struct gives nulls', () => {
  const inner = structOf([{ name: 'x', schema: INT32 }], { optional: true });
  const schema = structOf(
    [
      { name: 'o', schema: inner },
      { name: 'k', schema: INT32 },
    ],
    { name: 'n' },
  );

  const flat = transform(sample({ valueSchema: schema, value: new Struct(schema, [null, 1]) }));

  const expected = structOf(
    [
      { name: 'o.x', schema: primitive('int32', { optional: true }) },
      { name: 'k', schema: INT32 },
    ],
    { name: 'n' },
  );
  assert.deepEqual(flat?.value, new Struct(expected, [null, 1]));
});

test('a map with a schema is refused', () => {
  const schema = structOf([{ name: 'q', schema: mapOf(primitive('string'), INT32) }]);

  assert.throws(() => transform(sample({ valueSchema: schema, value: new Struct(schema, [new Map()]) })), {
    message: 'Flatten transformation does not support MAP for record with schemas (for field q).',
  });
});

test('two fields that flatten to one name are refused', () => {
  const schema = structOf([
    { name: 'a', schema: structOf([{ name: 'b', schema: INT32 }]) },
    { name: 'a.b', schema: INT32 },
  ]);

  assert.throws(() => transform(sample({ valueSchema: schema, value: new Struct(schema, [null, 1]) })), {
    kind: 'data',
  });
});

test('a null within a struct becomes the default of its field, or is refused', () => {
  const inner = structOf(
    [
      { name: 'x', schema: primitive('string', { defaultValue: 'dd' }) },
      { name: 'y', schema: primitive('int64', { optional: true, defaultValue: 3 }) },
    ],
    { optional: true },
  );
  const schema = structOf([{ name: 'o', schema: inner }]);
  const bare = structOf([{ name: 'x', schema: INT32 }]);

  const flat = transform(sample({ valueSchema: schema, value: new Struct(schema, [new Struct(inner, [null, null])]) }));

  assert.ok(flat?.value instanceof Struct);
  assert.deepEqual(flat.value.cells, ['dd', 3]);
  assert.throws(() => transform(sample({ valueSchema: bare, value: new Struct(bare, [null]) })), { kind: 'data' });
});

test('a default of the field wins over one of its parent', () => {
  const fields = [
    { name: 'x', schema: primitive('int32', { defaultValue: 1 }) },
    { name: 'y', schema: INT32 },
  ];
  const parentDefault = new Struct(structOf(fields), [7, 8]);
  const schema = structOf([{ name: 'o', schema: structOf(fields, { defaultValue: parentDefault }) }]);

  const flat = transform(
    sample({ valueSchema: schema, value: new Struct(schema, [new Struct(structOf(fields), [5, 6])]) }),
  );

  assert.deepEqual(
    flat?.valueSchema?.fields?.map((field) => field.schema.defaultValue),
    [1, 8],
  );
});

test('a struct within a map without schema is refused', () => {
  const inner = structOf([{ name: 'x', schema: INT32 }]);

  assert.throws(() => transform(sample({ value: new Map([['s', new Struct(inner, [1])]]) })), { kind: 'data' });
});
