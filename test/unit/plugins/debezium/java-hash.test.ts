import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimalSchema, timestampSchema } from '../../../../src/core/data/logical.ts';
import { arrayOf, primitive, type Schema, type Value } from '../../../../src/core/data/schema.ts';
import { javaHash } from '../../../../src/plugins/debezium/java-hash.ts';

const hashes: readonly (readonly [string, Schema, Value, number])[] = [
  ['text', primitive('string'), 'polygenelubricants', -2147483648],
  ['text of other scripts', primitive('string'), '日本語', 25921943],
  ['boolean', primitive('boolean'), true, 1231],
  ['long', primitive('int64'), 9007199254740993n, 2097153],
  ['negative int', primitive('int8'), -8, -8],
  ['double', primitive('float64'), 2.25, 1073872896],
  ['decimal', decimalSchema(null, 2), { unscaled: 1234n, scale: 2 }, 38256],
  ['instant', timestampSchema(), 1_700_000_000_123, -807048720],
  ['list', arrayOf(primitive('string')), ['x', 'y'], 31 * (31 + 120) + 121],
];
for (const [name, schema, value, expected] of hashes) {
  test(`Java's hash of ${name}`, () => {
    assert.equal(javaHash(schema, value), expected);
  });
}
