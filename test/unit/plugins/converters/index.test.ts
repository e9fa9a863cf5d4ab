import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConverterDef, HeaderConverterDef, PluginDef } from '../../../../src/connect/plugins.ts';
import { parseConfigOrThrow } from '../../../../src/core/config/parse.ts';
import { decimal } from '../../../../src/core/data/decimal.ts';
import { dateSchema, decimalSchema, timestampSchema } from '../../../../src/core/data/logical.ts';
import { primitive, type Schema, Struct, structOf, type Value } from '../../../../src/core/data/schema.ts';
import { typed } from '../../../../src/core/data/typed.ts';
import { converters } from '../../../../src/plugins/converters/index.ts';

const CONTEXT = {
  raw: {},
  registry: () => {
    throw new Error('no registry');
  },
};

function converter(className: string, config: Record<string, string> = {}) {
  const raw = { 'converter.type': 'value', ...config };
  const def = converters.find(
    (one): one is ConverterDef => one.kind === 'converter' && one.classes[0]!.endsWith(`.${className}`),
  )!;
  return def.create(parseConfigOrThrow(def.config, raw, ''), false, { ...CONTEXT, raw });
}

function hexOf(className: string, schema: Schema | null, value: Value): string | null {
  return converter(className).encode('t', schema, value)?.toString('hex') ?? null;
}

function decoded(className: string, hex: string) {
  const bytes = Buffer.from(hex, 'hex');
  return converter(className).decode('t', bytes, 0, bytes.length);
}

test('every converter of Kafka is there under its class name, and serves headers too', () => {
  const names = (kind: PluginDef['kind']) =>
    converters.filter((def) => def.kind === kind).map((def) => def.classes[0]!);
  const kafka = [
    'json.JsonConverter',
    'storage.StringConverter',
    ...['ByteArray', 'Short', 'Integer', 'Long', 'Float', 'Double', 'Boolean'].map(
      (name) => `converters.${name}Converter`,
    ),
  ];
  const classes = kafka.map((name) => `org.apache.kafka.connect.${name}`);

  assert.deepEqual(names('converter'), [
    ...classes,
    'io.confluent.connect.avro.AvroConverter',
    'io.confluent.connect.json.JsonSchemaConverter',
    'io.confluent.connect.protobuf.ProtobufConverter',
    'io.debezium.converters.ByteArrayConverter',
    'io.debezium.converters.BinaryDataConverter',
    'io.debezium.converters.CloudEventsConverter',
  ]);
  assert.deepEqual(names('header-converter'), ['org.apache.kafka.connect.storage.SimpleHeaderConverter', ...classes]);
});

test('primitives have their fixed bytes both ways', () => {
  assert.deepEqual(
    [
      hexOf('ShortConverter', primitive('int16'), -2),
      hexOf('IntegerConverter', primitive('int32'), 5),
      hexOf('LongConverter', null, 9007199254740993n),
      hexOf('FloatConverter', null, typed('float32', 1.5)),
      hexOf('DoubleConverter', primitive('float64'), 1),
      hexOf('BooleanConverter', null, true),
      hexOf('BooleanConverter', null, null),
    ],
    ['fffe', '00000005', '0020000000000001', '3fc00000', '3ff0000000000000', '01', null],
  );
  assert.deepEqual(
    [
      decoded('ShortConverter', 'fffe'),
      decoded('LongConverter', '0020000000000001'),
      decoded('BooleanConverter', '00'),
    ],
    [
      { schema: primitive('int16', { optional: true }), value: -2 },
      { schema: primitive('int64', { optional: true }), value: 9007199254740993n },
      { schema: primitive('boolean', { optional: true }), value: false },
    ],
  );
});

test('other types and other lengths are data errors', () => {
  assert.throws(() => hexOf('LongConverter', null, typed('int32', 5)), { kind: 'data' });
  assert.throws(() => hexOf('IntegerConverter', primitive('string'), 'x'), { kind: 'data' });
  assert.throws(() => decoded('IntegerConverter', '0000'), {
    kind: 'data',
    message: /has 2 bytes; IntegerConverter takes 4/,
  });
  assert.throws(() => decoded('BooleanConverter', '02'), { kind: 'data' });
});

test('StringConverter writes what Java prints', () => {
  const schema = structOf([
    { name: 'id', schema: primitive('int32') },
    { name: 'none', schema: primitive('string', { optional: true }) },
  ]);
  const texts: [Schema | null, Value][] = [
    [primitive('float64'), 1e10],
    [null, typed('float64', 1)],
    [null, ['a', 1, null]],
    [null, new Map<Value, Value>([['k', true]])],
    [schema, new Struct(schema, [1, null])],
  ];

  assert.deepEqual(
    texts.map(([of, value]) => converter('StringConverter').encode('t', of, value)!.toString()),
    ['1.0E10', '1.0', '[a, 1, null]', '{k=true}', 'Struct{id=1}'],
  );
  assert.equal(
    converter('StringConverter', { 'converter.encoding': 'ISO-8859-1' }).encode('t', null, 'é')!.toString('hex'),
    'e9',
  );
  assert.throws(() => converter('StringConverter', { 'converter.encoding': 'nope' }), { kind: 'config' });
});

test("Debezium's byte converters hand other values to their delegate", () => {
  const delegating = converter('BinaryDataConverter', {
    'delegate.converter.type': 'org.apache.kafka.connect.json.JsonConverter',
    'delegate.converter.type.schemas.enable': 'false',
  });

  assert.deepEqual(
    [
      delegating.encode('t', primitive('bytes'), Buffer.from('x')),
      delegating.encode('t', primitive('string'), 'x')!.toString(),
    ],
    [Buffer.from('x'), '"x"'],
  );
  assert.throws(() => converter('BinaryDataConverter').encode('t', primitive('string'), 'x'), { kind: 'data' });
});

test('a converter serves as header converter', () => {
  const def = converters.find(
    (one): one is HeaderConverterDef => one.kind === 'header-converter' && one.name === 'JsonConverter',
  )!;
  const header = def.create(
    parseConfigOrThrow(def.config, { 'converter.type': 'header', 'schemas.enable': 'false' }, ''),
  );

  assert.deepEqual(header.decode('t', 'h', Buffer.from('[1]')), { key: 'h', schema: null, value: [1] });
  assert.equal(header.encode('t', { key: 'h', schema: null, value: ['x'] })!.toString(), '["x"]');
});

test('dates and times are no plain integers, and a null of another type no boolean', () => {
  assert.throws(() => hexOf('IntegerConverter', dateSchema(), 5), { kind: 'data' });
  assert.throws(() => hexOf('LongConverter', timestampSchema(), 5), { kind: 'data' });
  assert.throws(() => hexOf('BooleanConverter', primitive('string', { optional: true }), null), { kind: 'data' });
});

test('a decimal is no bytes: Debezium’s converters hand it to their delegate', () => {
  const settings = { 'delegate.converter.type': 'org.apache.kafka.connect.json.JsonConverter' };
  const raw = { ...settings, 'delegate.converter.type.schemas.enable': 'false' };
  const def = converters.find(({ name }) => name === 'DebeziumBinaryDataConverter') as ConverterDef;
  const made = def.create(parseConfigOrThrow(def.config, { 'converter.type': 'value', ...raw }, ''), false, {
    ...CONTEXT,
    raw,
  });

  assert.equal(made.encode('t', decimalSchema(null, 2), decimal(1230n, 2))?.toString(), '"BM4="');
});
