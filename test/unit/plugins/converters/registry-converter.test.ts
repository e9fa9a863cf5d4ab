import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmbeddedRegistry } from '../../../../src/adapters/registry/embedded.ts';
import { parseConfigOrThrow } from '../../../../src/core/config/parse.ts';
import { primitive, type Schema, Struct, structOf } from '../../../../src/core/data/schema.ts';
import { TributaryError } from '../../../../src/core/errors.ts';
import { avroConverter } from '../../../../src/plugins/converters/avro.ts';
import { jsonSchemaConverter } from '../../../../src/plugins/converters/json-schema.ts';
import { protobufConverter } from '../../../../src/plugins/converters/protobuf.ts';
import { converterOf, decode, encode, roundTrip, textOf } from '../../../support/converter-world.ts';

const CONVERTERS = [avroConverter, jsonSchemaConverter, protobufConverter];
const ROW = structOf([{ name: 'a', schema: primitive('int64') }], { name: 'com.acme.Row' });
const VALUE = new Struct(ROW, [5]);
const LOOK_UP = { 'auto.register.schemas': 'false' };
const LATEST = { ...LOOK_UP, 'use.latest.version': 'true' };

for (const def of CONVERTERS) {
  test(`${def.name} looks a schema up exactly when it may not register`, async () => {
    const registry = new EmbeddedRegistry(null);
    await assert.rejects(roundTrip(def, ROW, VALUE, { config: LOOK_UP, registry }), {
      code: 'TRIB_SCHEMA_SUBJECT_UNKNOWN',
    });
    const { payload } = await roundTrip(def, ROW, VALUE, { registry });
    const changed = structOf([...ROW.fields!, { name: 'b', schema: primitive('string') }], { name: 'com.acme.Row' });

    assert.deepEqual((await roundTrip(def, ROW, VALUE, { config: LOOK_UP, registry })).payload, payload);
    await assert.rejects(roundTrip(def, changed, new Struct(changed, [5, 'x']), { config: LOOK_UP, registry }), {
      kind: 'data',
      code: 'TRIB_SCHEMA_NOT_REGISTERED',
      message: /"t-value"/,
    });
    assert.equal((await registry.latest('t-value'))!.version, 1);
  });

  test(`${def.name} writes with the latest version, or with the id it is given`, async () => {
    const registry = new EmbeddedRegistry(null);
    const wider = structOf(
      [
        { name: 'b', schema: primitive('string', { optional: true }) },
        ...ROW.fields!.map(({ name, schema }) => ({ name, schema })),
      ],
      { name: 'com.acme.Row' },
    );
    const config = { 'optional.for.nullables': 'true', 'use.optional.for.nonrequired': 'true' };
    const { payload } = await roundTrip(def, wider, new Struct(wider, ['x', 1]), { config, registry });
    const id = payload.readUInt32BE(1);
    const latest = await roundTrip(def, ROW, VALUE, { config: { ...config, ...LATEST }, registry });
    const byId = await roundTrip(def, ROW, VALUE, {
      config: { ...config, ...LOOK_UP, 'use.schema.id': String(id) },
      registry,
    });

    assert.deepEqual([latest.payload.readUInt32BE(1), textOf(latest.value)], [id, '[null,5]']);
    assert.deepEqual([byId.payload.readUInt32BE(1), textOf(byId.value)], [id, '[null,5]']);
    await assert.rejects(roundTrip(def, ROW, VALUE, { config: { ...LOOK_UP, 'use.schema.id': '99' }, registry }), {
      code: 'TRIB_SCHEMA_ID_UNKNOWN',
    });
  });

  test(`${def.name} names subjects by topic, by record, or by both`, async () => {
    const registry = new EmbeddedRegistry(null);
    for (const strategy of ['TopicNameStrategy', 'RecordNameStrategy', 'TopicRecordNameStrategy']) {
      await roundTrip(def, ROW, VALUE, {
        config: { 'value.subject.name.strategy': `io.confluent.kafka.serializers.subject.${strategy}` },
        registry,
      });
    }

    assert.deepEqual(await registry.subjects(), ['com.acme.Row', 't-com.acme.Row', 't-value']);
    await assert.rejects(
      roundTrip(def, primitive('string'), 'x', {
        config: { 'value.subject.name.strategy': 'RecordNameStrategy' },
        registry,
      }),
      { code: 'TRIB_CONVERTER_SUBJECT', message: /no record but string/ },
    );
  });

  test(`${def.name} reads each record with the schema it was written with`, async () => {
    const registry = new EmbeddedRegistry(null);
    const config = { 'schemas.cache.config': '1', 'max.schemas.per.subject': '1' };
    const converter = converterOf(def, registry, config);
    const schemas = ['x', 'y', 'z'].map((name) => structOf([{ name, schema: primitive('int32') }], { name: 'R' }));
    const payloads: Buffer[] = [];
    for (const [index, schema] of schemas.entries())
      payloads.push(await encode(converter, schema, new Struct(schema, [index + 1])));
    const bytes = Buffer.concat(payloads);
    const ends = Int32Array.from(payloads.map((_, index) => Buffer.concat(payloads.slice(0, index + 1)).length));
    const starts = Int32Array.from([0, ends[0]!, ends[1]!]);
    await converter.prepareDecode(bytes, starts, ends, 3);
    const read = [0, 1, 2].map((index) => converter.decode('t', bytes, starts[index]!, ends[index]!));

    assert.deepEqual(
      read.map(({ schema, value }) => [schema!.fields![0]!.name, textOf(value)]),
      [
        ['x', '[1]'],
        ['y', '[2]'],
        ['z', '[3]'],
      ],
    );
    assert.equal(textOf((await decode(converter, payloads[0]!)).value), '[1]');
  });

  test(`${def.name} takes null for a tombstone, and a value without schema for an error`, async () => {
    const converter = converterOf(def, new EmbeddedRegistry(null));

    assert.deepEqual(
      [converter.encode('t', ROW, null), await decode(converter, null)],
      [null, { schema: null, value: null }],
    );
    assert.throws(() => converter.encode('t', null, 'x'), { kind: 'data', message: /needs a schema/ });
  });
}

class ScriptedRegistry extends EmbeddedRegistry {
  failures: TributaryError[] = [];

  constructor() {
    super(null);
  }

  override async register(...args: Parameters<EmbeddedRegistry['register']>): Promise<number> {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    return await super.register(...args);
  }
}

test('an outage leaves prepareEncode and is asked again; a refused schema fails its records only', async () => {
  const registry = new ScriptedRegistry();
  const converter = converterOf(avroConverter, registry);
  const error = (kind: 'transient' | 'conflict') =>
    new TributaryError(`TRIB_TEST_${kind.toUpperCase()}`, kind, { what: 'x' });
  registry.failures = [error('transient'), error('conflict')];

  await assert.rejects(converter.prepareEncode('t', ROW)!, { kind: 'transient' });
  await converter.prepareEncode('t', ROW);
  assert.throws(() => converter.encode('t', ROW, VALUE), { kind: 'conflict' });
  await converter.prepareEncode('t', ROW);
  assert.equal(converter.encode('t', ROW, VALUE)!.toString('hex', 5), '0a');
  assert.equal(converter.prepareEncode('t', ROW), null);
});

test('equal schemas made anew are registered once', async () => {
  const registry = new ScriptedRegistry();
  let asked = 0;
  registry.register = async () => {
    asked++;
    return 7;
  };
  const converter = converterOf(avroConverter, registry);
  const fresh = (): Schema => structOf([{ name: 'a', schema: primitive('int64') }], { name: 'com.acme.Row' });
  for (let i = 0; i < 5; i++) {
    const schema = fresh();
    await encode(converter, schema, new Struct(schema, [i]));
  }

  assert.equal(asked, 1);
});

test('the latest version must bear the name of the record, unless that is not wanted', async () => {
  const registry = new EmbeddedRegistry(null);
  await registry.register(
    't-value',
    'AVRO',
    '{"type":"record","name":"Other","fields":[{"name":"a","type":"long"},{"name":"d","type":"int","default":3}]}',
  );

  await assert.rejects(roundTrip(avroConverter, ROW, VALUE, { config: LATEST, registry }), {
    code: 'TRIB_SCHEMA_NAME_DIFFERS',
  });
  const lax = await roundTrip(avroConverter, ROW, VALUE, {
    config: { ...LATEST, 'latest.compatibility.strict': 'false' },
    registry,
  });
  assert.equal(textOf(lax.value), '[5,3]');
});

test('all addresses of the registry are handed on, and settings out of range are refused', () => {
  const asked: (string | null)[] = [];
  const raw = {
    'converter.type': 'value',
    'schema.registry.url': 'http://a:1, http://b:2',
    'basic.auth.user.info': 'u:s3cret',
  };
  const config = parseConfigOrThrow(avroConverter.config, raw, '');
  avroConverter.create(config, false, {
    raw,
    registry: (url) => {
      asked.push(url);
      return new EmbeddedRegistry(null);
    },
  });

  assert.deepEqual(asked, ['http://a:1,http://b:2']);
  assert.equal(JSON.stringify(config).includes('s3cret'), false);
  assert.throws(
    () =>
      parseConfigOrThrow(
        avroConverter.config,
        { 'converter.type': 'value', 'basic.auth.credentials.source': 'FILE', 'schemas.cache.config': '0' },
        '',
      ),
    { kind: 'config', message: /basic\.auth\.credentials\.source[\s\S]*|schemas\.cache\.config/ },
  );
});
