import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Moment } from '../../../../src/backfill/rows/row-source.ts';
import { BadCell, converterTo } from '../../../../src/backfill/values/convert.ts';
import { dateSchema, decimalSchema, timeSchema, timestampSchema } from '../../../../src/core/data/logical.ts';
import { arrayOf, mapOf, primitive, structOf } from '../../../../src/core/data/schema.ts';
import { JsonNumber } from '../../../../src/formats/json-value.ts';

const long = converterTo(primitive('int64'), 'fail');
const int = converterTo(primitive('int32'), 'fail');
const double = converterTo(primitive('float64'), 'fail');
const text = converterTo(primitive('string'), 'fail');
const numeric = converterTo(decimalSchema(38, 9), 'fail');
const timestamp = converterTo(timestampSchema(), 'fail');
const bad = (reason: string) => (error: unknown) => error instanceof BadCell && error.message === reason;

test('64-bit integers keep every digit, as text, JSON number and Avro long', () => {
  assert.equal(long('9007199254740993'), 9007199254740993n);
  assert.equal(long(9223372036854775807n), 9223372036854775807n);
  assert.equal(long('-42'), -42);
  assert.equal(long(new JsonNumber('97.0')), 97);
  assert.equal(long(null), null);
  assert.throws(() => long('9223372036854775808'), bad('"9223372036854775808" is not a 64-bit integer'));
  assert.throws(() => long('12x'), bad('"12x" is not a 64-bit integer'));
  assert.throws(() => long(1.5), bad('"1.5" is not a 64-bit integer'));
  assert.throws(() => int('2147483648'), bad('"2147483648" is not an integer from -2147483648 to 2147483647'));
});

test('decimals keep every digit or are refused', () => {
  assert.deepEqual(numeric('99999999999999999999999999999.999999999'), {
    unscaled: 99999999999999999999999999999999999999n,
    scale: 9,
  });
  assert.deepEqual(numeric({ unscaled: 1550n, scale: 2 }), { unscaled: 15500000000n, scale: 9 });
  assert.throws(() => numeric('0.0000000001'), bad('"0.0000000001" is not a DECIMAL(38, 9) without loss'));
});

test('doubles take what a double can hold', () => {
  assert.equal(double('1e+100'), 1e100);
  assert.equal(double('0.1'), 0.1);
  assert.equal(double('-inf'), Number.NEGATIVE_INFINITY);
  assert.ok(Number.isNaN(double('NaN')));
  assert.throws(() => double('9007199254740993'), bad('"9007199254740993" is not a DOUBLE without loss'));
});

test('dates and times in the text forms of BigQuery', () => {
  assert.equal(converterTo(dateSchema(), 'fail')('2024-02-29'), 19782);
  assert.equal(converterTo(dateSchema(), 'fail')('0001-01-01'), -719162);
  assert.equal(converterTo(timeSchema(), 'fail')('01:02:03.004000'), 3_723_004);
  assert.equal(timestamp('2024-02-29 01:02:03 UTC'), 1_709_168_523_000);
  assert.equal(timestamp('2024-02-29T01:02:03.500000'), 1_709_168_523_500);
  assert.equal(timestamp('2024-02-29 03:02:03+02:00'), 1_709_168_523_000);
  assert.equal(timestamp('1582-10-10'), Date.UTC(1582, 9, 10));
  assert.throws(() => timestamp('2023-02-29 00:00:00 UTC'), BadCell);
  assert.throws(() => timestamp('yesterday'), bad('"yesterday" is not a TIMESTAMP such as 2024-02-29 01:02:03.5 UTC'));
});

test('times finer than a millisecond are refused, or cut towards the past where the job says so', () => {
  const cut = converterTo(timestampSchema(), 'truncate');

  assert.throws(() => timestamp('1969-12-31 23:59:59.999999 UTC'), BadCell);
  assert.throws(() => timestamp(new Moment('timestamp', -1)), BadCell);
  assert.equal(cut('1969-12-31 23:59:59.999999 UTC'), -1);
  assert.equal(cut(new Moment('timestamp', -1)), -1);
  assert.equal(timestamp(new Moment('timestamp', 253402300799999000n)), 253402300799999);
});

test('text takes anything as BigQuery would write it', () => {
  assert.equal(text(new Moment('timestamp', 1_709_168_523_000_004n)), '2024-02-29 01:02:03.000004 UTC');
  assert.equal(text(new Moment('date', -719162)), '0001-01-01');
  assert.equal(text(new Moment('time', 3_723_000_000)), '01:02:03');
  assert.equal(text({ unscaled: 1_500_000_000n, scale: 9 }), '1.5');
  assert.equal(text(9007199254740993n), '9007199254740993');
  assert.equal(text({ a: [1, null] }), '{"a":[1,null]}');
  assert.equal(text(true), 'true');
});

test('nested values come from JSON, JSON text and Avro records alike; structs are bare cells', () => {
  const struct = structOf([
    { name: 'SKU', schema: primitive('string') },
    { name: 'QTY', schema: primitive('int64') },
  ]);
  const items = converterTo(arrayOf(struct), 'fail');

  assert.deepEqual(items([{ sku: 'a', qty: '3' }, { qty: 4 }]), [
    ['a', 3],
    [null, 4],
  ]);
  assert.deepEqual(items('[{"sku":"a","qty":3}]'), [['a', 3]]);
  assert.deepEqual(converterTo(mapOf(primitive('string'), primitive('int64')), 'fail')('{"x":1}'), new Map([['x', 1]]));
  assert.throws(() => items('{"sku":1}'), BadCell);
});

test('bytes come as base64, booleans as true and false', () => {
  const bytes = converterTo(primitive('bytes'), 'fail');
  const boolean = converterTo(primitive('boolean'), 'fail');

  assert.deepEqual(bytes('YWJj'), Buffer.from('abc'));
  assert.throws(() => bytes('YWJ'), bad('"YWJ" is not BYTES in base64'));
  assert.deepEqual([boolean('TRUE'), boolean(false)], [true, false]);
  assert.throws(() => boolean('1'), bad('"1" is not a BOOLEAN'));
});
