import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  dateSchema,
  decimalSchema,
  isDecimal,
  isDecimalSchema,
  precisionOfSchema,
  scaleOf,
  timeSchema,
  timestampSchema,
} from '../../../../src/core/data/logical.ts';
import { primitive } from '../../../../src/core/data/schema.ts';

test('a decimal schema says its scale, and its precision where it is stated', () => {
  assert.deepEqual(decimalSchema(10, 2, { optional: true }), {
    kind: 'bytes',
    optional: true,
    name: 'org.apache.kafka.connect.data.Decimal',
    version: 1,
    parameters: { scale: '2', 'connect.decimal.precision': '10' },
  });
  assert.deepEqual([scaleOf(decimalSchema(10, 2)), precisionOfSchema(decimalSchema(10, 2))], [2, 10]);
  assert.equal(precisionOfSchema(decimalSchema(null, 2)), 64);
});

test('a decimal schema without a proper scale has none', () => {
  assert.equal(scaleOf(primitive('bytes')), null);
  assert.equal(scaleOf(primitive('bytes', { parameters: { scale: 'two' } })), null);
});

test('times are integers with a name', () => {
  assert.deepEqual(
    [dateSchema(), timeSchema(), timestampSchema()].map(({ kind, name }) => `${kind} ${name}`),
    [
      'int32 org.apache.kafka.connect.data.Date',
      'int32 org.apache.kafka.connect.data.Time',
      'int64 org.apache.kafka.connect.data.Timestamp',
    ],
  );
});

test('a decimal is told from other values and schemas', () => {
  assert.deepEqual([{ unscaled: 1n, scale: 0 }, 1n, null, new Map()].map(isDecimal), [true, false, false, false]);
  assert.deepEqual([decimalSchema(1, 0), primitive('bytes')].map(isDecimalSchema), [true, false]);
});
