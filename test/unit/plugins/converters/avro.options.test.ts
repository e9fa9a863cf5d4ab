import assert from 'node:assert/strict';
import { test } from 'node:test';
import avsc from 'avsc';
import { EmbeddedRegistry } from '../../../../src/adapters/registry/embedded.ts';
import { sameSchema, sameValue } from '../../../../src/core/data/same-schema.ts';
import { type Field, mapOf, primitive, type Schema, Struct, structOf } from '../../../../src/core/data/schema.ts';
import { avroConverter } from '../../../../src/plugins/converters/avro.ts';
import { converterOf, decode, encode, roundTrip, textOf } from '../../../support/converter-world.ts';
import { RandomConnect } from '../../../support/random-connect.ts';

test('what is written comes back, schema and value, and avsc reads and writes the same bytes', async () => {
  const faults: string[] = [];
  for (let seed = 1n; seed <= 150n; seed++) {
    const random = new RandomConnect(seed, { nullItems: true, optional: true });
    const schema = random.struct(3);
    const value = random.value(schema);
    const back = await roundTrip(avroConverter, schema, value);
    const oracle = avsc.Type.forSchema(JSON.parse(back.text), { wrapUnions: true, registry: {} });
    const payload = back.payload.subarray(5);
    // Longs beyond 2^53 are not for avsc.
    const isReadable = !/\d{16}/.test(textOf(value));
    if (isReadable && !oracle.toBuffer(oracle.fromBuffer(payload)).equals(payload)) faults.push(`${seed}: avsc`);
    if (!sameSchema(back.schema, schema)) faults.push(`${seed}: schema ${back.text}`);
    if (!sameValue(back.value, value)) faults.push(`${seed}: ${textOf(value)} became ${textOf(back.value)}`);
  }

  assert.deepEqual(faults, []);
});

test('a record that holds itself is written and read', async () => {
  const fields: Field[] = [];
  const node: Schema = { kind: 'struct', optional: false, name: 'com.acme.Node', fields };
  fields.push({ name: 'v', index: 0, schema: primitive('string') });
  fields.push({ name: 'next', index: 1, schema: { ...node, optional: true } });
  let value = new Struct(node, ['end', null]);
  for (let i = 0; i < 300; i++) value = new Struct(node, ['x'.repeat(50), value]);
  const back = await roundTrip(avroConverter, node, value);

  assert.equal(
    back.text,
    '{"type":"record","name":"Node","namespace":"com.acme","fields":[{"name":"v","type":"string"},{"name":"next","type":["null","Node"],"default":null}],"connect.name":"com.acme.Node"}',
  );
  assert.equal(textOf(back.value), textOf(value));
});

test('enums stay enums with enhanced support, and are texts with parameters without it', async () => {
  const registry = new EmbeddedRegistry(null);
  const id = await registry.register(
    's',
    'AVRO',
    '{"type":"record","name":"R","fields":[{"name":"e","type":{"type":"enum","name":"n.E","symbols":["A","B"]}}]}',
  );
  const payload = Buffer.from(`000000000${id}02`, 'hex');
  const typeFor = async (config: Record<string, string>) => {
    const converter = converterOf(avroConverter, registry, config);
    const { schema, value } = await decode(converter, payload);
    const written = await encode(converter, schema!, value);
    const { schema: text } = (await registry.byId(written.readUInt32BE(1)))!;
    return [
      written.toString('hex', 5),
      (JSON.parse(text) as { fields: { type: { type: string } }[] }).fields[0]!.type.type,
    ];
  };

  assert.deepEqual(await typeFor({ 'enhanced.avro.schema.support': 'true' }), ['02', 'enum']);
  assert.deepEqual(await typeFor({ 'generalized.sum.type.support': 'true' }), ['02', 'enum']);
  assert.deepEqual(await typeFor({}), ['0242', 'string']);
});

test('unions are written as they were read, under the names of each way', async () => {
  const registry = new EmbeddedRegistry(null);
  const id = await registry.register(
    's',
    'AVRO',
    '{"type":"record","name":"R","fields":[{"name":"u","type":["null","string",{"type":"record","name":"n.In","fields":[{"name":"x","type":"int"}]}]},{"name":"one","type":["long"]}]}',
  );
  const payload = Buffer.from(`000000000${id}04060010`, 'hex');
  const names: unknown[] = [];
  for (const config of [{}, { 'enhanced.avro.schema.support': 'true' }, { 'generalized.sum.type.support': 'true' }]) {
    const converter = converterOf(avroConverter, registry, { ...config, 'flatten.singleton.unions': 'true' });
    const { schema, value } = await decode(converter, payload);
    const again = await decode(converter, await encode(converter, schema!, value));
    names.push(
      schema!.fields![0]!.schema.fields!.map((field) => field.name),
      textOf(value),
      sameSchema(schema, again.schema),
      textOf(again.value),
    );
  }

  assert.deepEqual(names, [
    ...[['string', 'In'], '[[null,[3]],8]', true, '[[null,[3]],8]'],
    ...[['string', 'n.In'], '[[null,[3]],8]', true, '[[null,[3]],8]'],
    ...[['connect_union_field_0', 'connect_union_field_1'], '[[null,[3]],8]', true, '[[null,[3]],8]'],
  ]);
});

test('names that Avro does not allow are refused, or changed when that is wanted', async () => {
  const schema = structOf(
    [
      { name: 'größe-1', schema: primitive('string') },
      { name: '2nd', schema: primitive('int32') },
    ],
    { name: 'my-db.Row' },
  );
  const value = new Struct(schema, ['x', 5]);
  const config = { 'scrub.invalid.names': 'true', 'connect.meta.data': 'false' };
  const { text, value: back } = await roundTrip(avroConverter, schema, value, { config });

  await assert.rejects(roundTrip(avroConverter, schema, value), {
    kind: 'data',
    code: 'TRIB_AVRO_NAME',
    message: /scrub\.invalid\.names/,
  });
  assert.equal(
    text,
    '{"type":"record","name":"Row","namespace":"my_db","fields":[{"name":"gr_C3_B6_C3_9Fe_1","type":"string"},{"name":"x2nd","type":"int"}]}',
  );
  assert.equal(textOf(back), '["x",5]');
});

test('maps with optional text keys are maps of Avro when that is allowed', async () => {
  const schema = structOf([{ name: 'm', schema: mapOf(primitive('string', { optional: true }), primitive('int32')) }]);
  const value = new Struct(schema, [new Map([['a', 1]])]);
  const typeWith = async (config: Record<string, string>) =>
    (
      JSON.parse((await roundTrip(avroConverter, schema, value, { config })).text) as {
        fields: { type: { type: string } }[];
      }
    ).fields[0]!.type.type;

  assert.deepEqual([await typeWith({}), await typeWith({ 'allow.optional.map.keys': 'true' })], ['array', 'map']);
});
