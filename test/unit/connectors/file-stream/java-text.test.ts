import assert from 'node:assert/strict';
import { test } from 'node:test';
import { javaText } from '../../../../connectors/file-stream/java-text.ts';
import { primitive, Struct, structOf, Typed } from '../../../../src/connect/index.ts';

test('values print as Java prints them', () => {
  const schema = structOf([
    { name: 'a', schema: primitive('int32') },
    { name: 'b', schema: primitive('string', { optional: true }) },
    { name: 'c', schema: primitive('float64') },
  ]);

  assert.deepEqual(
    [
      'plain',
      null,
      true,
      5,
      1.5,
      9007199254740993n,
      new Typed('float64', 2),
      [1, 'x', null],
      new Map<string, number | string>([
        ['k', 1],
        ['l', 'v'],
      ]),
      new Struct(schema, [1, null, 2]),
      { unscaled: -1205n, scale: 2 },
      { unscaled: 5n, scale: 3 },
    ].map(javaText),
    [
      'plain',
      'null',
      'true',
      '5',
      '1.5',
      '9007199254740993',
      '2.0',
      '[1, x, null]',
      '{k=1, l=v}',
      'Struct{a=1,c=2.0}',
      '-12.05',
      '0.005',
    ],
  );
});
