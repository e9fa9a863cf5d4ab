import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowPrinter } from '../../../src/queries/cell-json.ts';
import {
  arrayType,
  BIGINT,
  BOOLEAN,
  BYTES,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  mapType,
  STRING,
  structType,
  TIME,
  TIMESTAMP,
} from '../../../src/sql/types/sql-type.ts';

test('cells are printed by their type, numbers exact and times as text', () => {
  const print = rowPrinter([
    BOOLEAN,
    INTEGER,
    BIGINT,
    DOUBLE,
    DOUBLE,
    decimalType(6, 2),
    STRING,
    BYTES,
    DATE,
    TIME,
    TIMESTAMP,
    arrayType(INTEGER),
    mapType(STRING, DOUBLE),
    structType([{ name: 'F1', type: STRING }]),
    STRING,
  ]);

  const text = print([
    true,
    1,
    9007199254740993n,
    2,
    0.5,
    { unscaled: 1050n, scale: 2 },
    'a"b',
    Buffer.from('hi'),
    19_000,
    3_723_000,
    1_700_000_000_123,
    [1, null],
    new Map([['k', 1]]),
    ['x'],
    null,
  ]);

  assert.equal(
    text,
    '[true,1,9007199254740993,2.0,0.5,10.50,"a\\"b","aGk=","2022-01-08","01:02:03","2023-11-14T22:13:20.123",[1,null],{"k":1.0},{"F1":"x"},null]',
  );
});
