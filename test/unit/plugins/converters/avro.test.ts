import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmbeddedRegistry } from '../../../../src/adapters/registry/embedded.ts';
import type { Converter, ConverterDef, SchemaAndValue } from '../../../../src/connect/plugins.ts';
import { parseConfigOrThrow } from '../../../../src/core/config/parse.ts';
import { sameSchema, sameValue } from '../../../../src/core/data/same-schema.ts';
import {
  arrayOf,
  mapOf,
  primitive,
  type Schema,
  Struct,
  structOf,
  type Value,
} from '../../../../src/core/data/schema.ts';
import { avroConverter } from '../../../../src/plugins/converters/avro.ts';
import { jsonConverter } from '../../../../src/plugins/converters/json.ts';
import { RECORDED_TOPICS, recordedEvents, recordedRegistry } from '../../../support/recorded-events.ts';

function converterOf(def: ConverterDef, registry: EmbeddedRegistry, config: Record<string, string> = {}): Converter {
  const raw = { 'converter.type': 'value', ...config };
  return def.create(parseConfigOrThrow(def.config, raw, ''), false, { raw, registry: () => registry });
}

async function decode(converter: Converter, payload: Buffer | null): Promise<SchemaAndValue> {
  const bytes = payload ?? Buffer.alloc(0);
  const start = payload === null ? -1 : 0;
  await converter.prepareDecode(bytes, Int32Array.of(start), Int32Array.of(bytes.length), 1);
  return converter.decode('t', bytes, start, bytes.length);
}

async function roundTrip(
  schema: Schema,
  value: Value,
  config: Record<string, string> = {},
  registry = new EmbeddedRegistry(null),
) {
  const converter = converterOf(avroConverter, registry, config);
  await converter.prepareEncode('t', schema);
  const payload = converter.encode('t', schema, value);
  return { payload, ...(await decode(converterOf(avroConverter, registry, config), payload)) };
}

/** Both captures saw the same changes but at other times: what tells the time of capture is taken out. */
function timeless(value: Value): Value {
  if (!(value instanceof Struct)) return value;
  const isSource = value.schema.name?.endsWith('.Source') === true;
  const isEnvelope = value.schema.name?.endsWith('.Envelope') === true;
  const cells = value.cells.map((cell, index) => {
    const { name } = value.schema.fields![index]!;
    return (isSource || isEnvelope) && /^ts_[mun]s$/.test(name) ? null : timeless(cell);
  });
  return new Struct(value.schema, cells);
}

function textOf(value: Value): string {
  return JSON.stringify(value, (_, item) =>
    typeof item === 'bigint' ? `${item}n` : item instanceof Struct ? item.cells : item,
  );
}

async function eventsByKey(converter: Converter, form: string, topic: string) {
  const byKey = new Map<string, SchemaAndValue[]>();
  for (const { key, value } of recordedEvents(form, topic)) {
    const name = textOf((await decode(converter, key)).value);
    byKey.set(name, [...(byKey.get(name) ?? []), await decode(converter, value)]);
  }
  return byKey;
}

for (const topic of RECORDED_TOPICS) {
  test(`the events of ${topic} are the same data through Avro and through JSON`, async () => {
    const registry = await recordedRegistry();
    const avro = await eventsByKey(converterOf(avroConverter, registry), 'avro', topic);
    const json = await eventsByKey(converterOf(jsonConverter, registry), 'json', topic);
    const different = [...avro].flatMap(([key, events]) =>
      events.filter((event, index) => {
        const other = json.get(key)?.[index];
        return (
          other === undefined ||
          !sameSchema(event.schema, other.schema) ||
          !sameValue(timeless(event.value), timeless(other.value))
        );
      }),
    );

    assert.deepEqual([...avro.keys()].sort(), [...json.keys()].sort());
    assert.deepEqual(different, []);
  });
}

const ALL = structOf(
  [
    { name: 'i8', schema: primitive('int8') },
    { name: 'i16', schema: primitive('int16', { optional: true, defaultValue: 7 }) },
    { name: 'i64', schema: primitive('int64') },
    { name: 'f', schema: primitive('float32') },
    { name: 'b', schema: primitive('bytes', { optional: true }) },
    { name: 'tags', schema: arrayOf(primitive('string', { optional: true })) },
    { name: 'counts', schema: mapOf(primitive('string'), primitive('int32')) },
    { name: 'byId', schema: mapOf(primitive('int32'), primitive('string')) },
    {
      name: 'inner',
      schema: structOf([{ name: 'x', schema: primitive('string') }], { name: 'com.acme.Inner', doc: 'within' }),
    },
  ],
  { name: 'com.acme.All', version: 3, parameters: { p: '1' } },
);

test('schema and value come back as they were', async () => {
  const inner = ALL.fields![8]!.schema;
  const value = new Struct(ALL, [
    -8,
    null,
    9007199254740993n,
    0.5,
    Buffer.from([1]),
    ['a', null],
    new Map([['k', 1]]),
    new Map([[5, 'five']]),
    new Struct(inner, ['y']),
  ]);
  const back = await roundTrip(ALL, value, { 'ignore.default.for.nullables': 'true' });

  assert.deepEqual([back.schema, back.value], [ALL, value]);
});

test('a null in a field that has a default is written as the default, unless defaults are to be ignored', async () => {
  const schema = structOf([{ name: 'n', schema: primitive('int16', { optional: true, defaultValue: 7 }) }]);
  const value = new Struct(schema, [null]);

  assert.deepEqual(((await roundTrip(schema, value)).value as Struct).cells, [7]);
  assert.deepEqual(
    ((await roundTrip(schema, value, { 'ignore.default.for.nullables': 'true' })).value as Struct).cells,
    [null],
  );
});

test('a struct without a name is a record ConnectDefault and comes back without one', async () => {
  const registry = new EmbeddedRegistry(null);
  const schema = structOf([{ name: 'a', schema: structOf([{ name: 'b', schema: primitive('int32') }]) }]);
  const back = await roundTrip(schema, new Struct(schema, [new Struct(schema.fields![0]!.schema, [1])]), {}, registry);

  assert.equal(
    (await registry.latest('t-value'))!.schema,
    '{"type":"record","name":"ConnectDefault","namespace":"io.confluent.connect.avro","fields":[{"name":"a","type":{"type":"record","name":"ConnectDefault2","fields":[{"name":"b","type":"int"}]}}]}',
  );
  assert.deepEqual(textOf(back.value), '[[1]]');
});

test('without metadata the Avro schema says nothing of Connect', async () => {
  const registry = new EmbeddedRegistry(null);
  await roundTrip(primitive('int16', { doc: 'small' }), 5, { 'connect.meta.data': 'false' }, registry);

  assert.equal((await registry.latest('t-value'))!.schema, '"int"');
});

test('the subject follows the strategy', async () => {
  const registry = new EmbeddedRegistry(null);
  const schema = structOf([{ name: 'x', schema: primitive('int32') }], { name: 'com.acme.X' });
  for (const strategy of ['RecordNameStrategy', 'TopicRecordNameStrategy']) {
    await roundTrip(
      schema,
      new Struct(schema, [1]),
      { 'value.subject.name.strategy': `io.confluent.kafka.serializers.subject.${strategy}` },
      registry,
    );
  }

  assert.deepEqual([...(await registry.subjects())].sort(), ['com.acme.X', 't-com.acme.X']);
  assert.throws(() => converterOf(avroConverter, registry, { 'value.subject.name.strategy': 'Own' }), {
    kind: 'config',
  });
});

test('without registering, values are written with the latest schema of the subject', async () => {
  const registry = new EmbeddedRegistry(null);
  await registry.register(
    't-value',
    'AVRO',
    '{"type":"record","name":"Known","fields":[{"name":"b","type":["null","string"],"default":null},{"name":"a","type":"long"}]}',
  );
  const schema = structOf([
    { name: 'a', schema: primitive('int64') },
    { name: 'gone', schema: primitive('string') },
  ]);
  const back = await roundTrip(
    schema,
    new Struct(schema, [5, 'x']),
    { 'auto.register.schemas': 'false', 'use.latest.version': 'true' },
    registry,
  );

  assert.deepEqual((back.value as Struct).cells, [null, 5]);
  await assert.rejects(roundTrip(schema, new Struct(schema, [5, 'x']), { 'auto.register.schemas': 'false' }), {
    kind: 'data',
    code: 'TRIB_SCHEMA_SUBJECT_UNKNOWN',
  });
});

test('null is a tombstone both ways, and a value without schema is refused', async () => {
  const converter = converterOf(avroConverter, new EmbeddedRegistry(null));

  assert.deepEqual(
    [converter.encode('t', ALL, null), await decode(converter, null)],
    [null, { schema: null, value: null }],
  );
  assert.throws(() => converter.encode('t', null, 'x'), { kind: 'data', message: /needs a schema/ });
});

test('unions of several types are structs with one field set', async () => {
  const registry = new EmbeddedRegistry(null);
  const id = await registry.register(
    't-value',
    'AVRO',
    '["null","string",{"type":"record","name":"R","namespace":"n","fields":[{"name":"x","type":"int"}]}]',
  );
  const converter = converterOf(avroConverter, registry);
  const payload = (hex: string) => Buffer.from(`000000000${id}${hex}`, 'hex');
  const values = await Promise.all(
    ['00', '020478' + '79', '040e'].map(async (hex) => (await decode(converter, payload(hex))).value),
  );

  assert.deepEqual(values.map(textOf), ['null', '["xy",null]', '[null,[7]]']);
});
