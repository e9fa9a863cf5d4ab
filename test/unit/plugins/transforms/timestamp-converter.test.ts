import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../../src/core/config/parse.ts';
import { dateSchema, timestampSchema } from '../../../../src/core/data/logical.ts';
import { primitive, type Schema, Struct, structOf, type Value } from '../../../../src/core/data/schema.ts';
import { sample } from '../../../../src/plugins/sample.ts';
import { timestampConverter } from '../../../../src/plugins/transforms/timestamp-converter.ts';

function convert(config: Readonly<Record<string, string>>, schema: Schema, value: Value) {
  const { values } = parseConfig(timestampConverter.config, config);
  const out = timestampConverter.create(
    values,
    timestampConverter.classes[1]!,
    config,
  )(sample({ valueSchema: schema, value }));
  return [out?.valueSchema?.name ?? out?.valueSchema?.kind, out?.value];
}

const INT64 = primitive('int64');
const conversions: readonly (readonly [string, Readonly<Record<string, string>>, Schema, Value, unknown])[] = [
  [
    'unix seconds',
    { 'target.type': 'Timestamp', 'unix.precision': 'seconds' },
    INT64,
    1_700_000_000,
    ['org.apache.kafka.connect.data.Timestamp', 1_700_000_000_000],
  ],
  [
    'unix ns, cut towards zero',
    { 'target.type': 'Timestamp', 'unix.precision': 'nanoseconds' },
    INT64,
    -1_234_567,
    ['org.apache.kafka.connect.data.Timestamp', -1],
  ],
  [
    'to unix ns',
    { 'target.type': 'unix', 'unix.precision': 'nanoseconds' },
    timestampSchema(),
    1_700_000_000_123,
    ['int64', 1_700_000_000_123_000_000n],
  ],
  [
    'an instant of any size',
    { 'target.type': 'unix' },
    timestampSchema(),
    -777_516_886_320_790_988n,
    ['int64', -777_516_886_320_790_988n],
  ],
  [
    'an instant of any size to a date',
    { 'target.type': 'Date' },
    timestampSchema(),
    -777_516_886_320_790_988n,
    ['org.apache.kafka.connect.data.Date', -8_999_038_037],
  ],
  [
    'an instant of any size to a time',
    { 'target.type': 'Time' },
    timestampSchema(),
    -777_516_886_320_790_988n,
    ['org.apache.kafka.connect.data.Time', 76_009_012],
  ],
  ['to unix s', { 'target.type': 'unix', 'unix.precision': 'seconds' }, timestampSchema(), -1, ['int64', 0]],
  [
    'a date to an instant',
    { 'target.type': 'Timestamp' },
    dateSchema(),
    19_675,
    ['org.apache.kafka.connect.data.Timestamp', 1_699_920_000_000],
  ],
  [
    'an instant to a date',
    { 'target.type': 'Date' },
    timestampSchema(),
    -1,
    ['org.apache.kafka.connect.data.Date', -1],
  ],
  [
    'an instant to a time',
    { 'target.type': 'Time' },
    timestampSchema(),
    -1,
    ['org.apache.kafka.connect.data.Time', 86_399_999],
  ],
  ['text', { 'target.type': 'string', format: 'yyyy' }, INT64, 1_700_000_000_123, ['string', '2023']],
];
for (const [name, config, schema, value, expected] of conversions) {
  test(`a time converts: ${name}`, () => {
    assert.deepEqual(convert(config, schema, value), expected);
  });
}

test('text that does not match its pattern is a data error', () => {
  assert.throws(() => convert({ 'target.type': 'Timestamp', format: 'yyyy-MM-dd' }, primitive('string'), 'nope'), {
    message: 'Could not parse timestamp: value (nope) does not match pattern (yyyy-MM-dd)',
  });
});

test('text as target needs a pattern', () => {
  assert.throws(() => convert({ 'target.type': 'string' }, INT64, 1), { code: 'TRIB_CONFIG_INVALID' });
});

test('the default of a struct is converted too', () => {
  const fields = [{ name: 'at', schema: INT64 }];
  const schema = structOf(fields, { optional: true, defaultValue: new Struct(structOf(fields), [86_400_000]) });
  const config = { field: 'at', 'target.type': 'Date' };
  const { values } = parseConfig(timestampConverter.config, config);

  const out = timestampConverter.create(
    values,
    timestampConverter.classes[1]!,
    config,
  )(sample({ valueSchema: schema, value: new Struct(schema, [5]) }));

  assert.equal(out?.valueSchema?.optional, true);
  assert.deepEqual((out.valueSchema.defaultValue as Struct).cells, [1]);
});
