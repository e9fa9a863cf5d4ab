import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimal } from '../../../../src/core/data/decimal.ts';
import { dateSchema, timestampSchema } from '../../../../src/core/data/logical.ts';
import {
  arrayOf,
  mapOf,
  primitive,
  type Schema,
  Struct,
  structOf,
  type Value,
} from '../../../../src/core/data/schema.ts';
import { typed } from '../../../../src/core/data/typed.ts';
import { simpleHeaderConverter } from '../../../../src/plugins/converters/simple-header.ts';

const converter = simpleHeaderConverter.create({});

function read(text: string): readonly [string, Value] {
  const { schema, value } = converter.decode('t', 'h', Buffer.from(text));
  return [schema?.name?.replace('org.apache.kafka.connect.data.', '') ?? schema?.kind ?? 'none', value];
}

function written(schema: Schema | null, value: Value): string | null {
  return converter.encode('t', { key: 'h', schema, value })?.toString() ?? null;
}

test('text is read as the smallest type that it can be', () => {
  assert.deepEqual(
    [
      '0',
      '128',
      '70000',
      '5000000000',
      '9223372036854775808',
      '1.5',
      '1e5',
      '1e300',
      'true',
      'TRUE',
      'null',
      '',
      'x',
      '.5',
      '12abc',
      ' 5 ',
    ].map(read),
    [
      ['int8', 0],
      ['int16', 128],
      ['int32', 70000],
      ['int64', 5000000000],
      ['Decimal', decimal(9223372036854775808n, 0)],
      ['float32', 1.5],
      ['int32', 100000],
      ['float64', 1e300],
      ['boolean', true],
      ['string', 'TRUE'],
      ['none', null],
      ['string', ''],
      ['string', 'x'],
      ['string', '.5'],
      ['string', '12abc'],
      ['int8', 5],
    ],
  );
});

test('dates, times and instants are known by their exact form', () => {
  assert.deepEqual(['2023-11-14', '22:13:20.123Z', '2023-11-14T22:13:20.123Z', '2023-11-14T22:13:20Z'].map(read), [
    ['Date', 19675],
    ['Time', 80000123],
    ['Timestamp', 1700000000123],
    ['string', '2023-11-14T22:13:20Z'],
  ]);
});

test('lists and maps take the widest type of their members', () => {
  const decoded = ['[1, 2.5]', '[1,"a"]', '[1,null]', '{"a":1,"b":300}', '{a:1}'].map((text) =>
    converter.decode('t', 'h', Buffer.from(text)),
  );

  assert.deepEqual(decoded, [
    { key: 'h', schema: arrayOf(primitive('float32')), value: [1, 2.5] },
    { key: 'h', schema: { kind: 'array', optional: false }, value: [typed('int8', 1), 'a'] },
    { key: 'h', schema: primitive('string'), value: '[1,null]' },
    {
      key: 'h',
      schema: mapOf(primitive('string'), primitive('int16')),
      value: new Map([
        ['a', 1],
        ['b', 300],
      ]),
    },
    { key: 'h', schema: primitive('string'), value: '{a:1}' },
  ]);
});

test('values are written as text, strings bare at the top and quoted within', () => {
  assert.deepEqual(
    [
      written(primitive('string'), 'a"b'),
      written(arrayOf(primitive('string')), ['a', 'b"c']),
      written(mapOf(primitive('string'), primitive('int32')), new Map([['a', 1]])),
      written(primitive('float64'), 1),
      written(dateSchema(), 19675),
      written(timestampSchema(), 1700000000123),
      written(primitive('bytes'), Buffer.from('ab')),
      written(null, typed('float32', Math.fround(0.1))),
      written(null, null),
    ],
    ['a"b', '["a","b\\"c"]', '{"a":1}', '1.0', '2023-11-14', '2023-11-14T22:13:20.123Z', 'YWI=', '0.1', null],
  );
});

test('members of a list that has no one type keep their own, at any depth', () => {
  assert.deepEqual(read('[true,[1]]')[1], [true, [typed('int8', 1)]]);
  assert.deepEqual(read('[[1],{"a":2.5}]')[1], [[typed('int8', 1)], new Map([['a', typed('float32', 2.5)]])]);
  assert.deepEqual(read('["2023-11-14","x"]')[1], [typed('timestamp', 1_699_920_000_000), 'x']);
  assert.deepEqual(read('[[1],[]]')[1], [[typed('int8', 1)], []]);
});

test('of several schemas of one kind the last one counts', () => {
  const { schema } = converter.decode('t', 'h', Buffer.from('["2023-11-14","12:30:45.123Z"]'));

  assert.equal(schema?.items?.name, 'org.apache.kafka.connect.data.Time');
});

test('bytes stand in quotes inside lists, and fields of a struct that are null as their defaults', () => {
  const schema = structOf([
    { name: 'raw', schema: arrayOf(primitive('bytes')) },
    { name: 'note', schema: primitive('string', { optional: true, defaultValue: 'n/a' }) },
  ]);

  assert.equal(written(primitive('bytes'), Buffer.from([1, 2])), 'AQI=');
  assert.equal(written(schema, new Struct(schema, [[Buffer.from([1, 2])], null])), '{"raw":["AQI="],"note":"n/a"}');
});
