import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { EmbeddedRegistry } from '../../../../src/adapters/registry/embedded.ts';
import { sameSchema, sameValue } from '../../../../src/core/data/same-schema.ts';
import { type Field, mapOf, primitive, type Schema, Struct, structOf } from '../../../../src/core/data/schema.ts';
import { jsonSchemaConverter } from '../../../../src/plugins/converters/json-schema.ts';
import { converterOf, decode, encode, roundTrip, textOf } from '../../../support/converter-world.ts';
import { RandomConnect } from '../../../support/random-connect.ts';

test('what is written comes back, schema and value, and ajv finds that it follows its JSON Schema', async () => {
  const faults: string[] = [];
  for (let seed = 1n; seed <= 150n; seed++) {
    const random = new RandomConnect(seed, { nullItems: true, optional: true });
    const schema = random.struct(3);
    const value = random.value(schema);
    const config: Record<string, string> = seed % 2n === 0n ? {} : { 'use.optional.for.nonrequired': 'true' };
    const back = await roundTrip(jsonSchemaConverter, schema, value, { config });
    const validate = new Ajv({ strict: false, allErrors: true }).compile(JSON.parse(back.text) as object);
    const follows = validate(JSON.parse(back.payload.toString('utf8', 5)));
    if (!follows) faults.push(`${seed}: ${JSON.stringify(validate.errors)}`);
    if (!sameSchema(back.schema, schema)) faults.push(`${seed}: schema ${back.text}`);
    if (!sameValue(back.value, value)) faults.push(`${seed}: ${textOf(value)} became ${textOf(back.value)}`);
  }

  assert.deepEqual(faults, []);
});

test('the registered schema is what the reference registers', async () => {
  const schema = structOf(
    [
      { name: 'id', schema: primitive('int64') },
      { name: 'email', schema: primitive('string', { optional: true }) },
    ],
    { name: 'com.acme.User' },
  );
  const { text, payload } = await roundTrip(jsonSchemaConverter, schema, new Struct(schema, [1, null]));

  assert.deepEqual(JSON.parse(text), {
    type: 'object',
    title: 'com.acme.User',
    properties: {
      id: { type: 'integer', 'connect.type': 'int64', 'connect.index': 0 },
      email: { oneOf: [{ type: 'null' }, { type: 'string' }], 'connect.index': 1 },
    },
  });
  assert.equal(payload.toString('utf8', 5), '{"id":1,"email":null}');
});

test('a struct that holds itself is written and read', async () => {
  const fields: Field[] = [];
  const node: Schema = { kind: 'struct', optional: false, name: 'Node', fields };
  fields.push({ name: 'v', index: 0, schema: primitive('int32') });
  fields.push({ name: 'next', index: 1, schema: { ...node, optional: true } });
  const holder = structOf([{ name: 'head', schema: node }], { name: 'List' });
  const value = new Struct(node, [1, new Struct(node, [2, null])]);

  assert.equal(textOf((await roundTrip(jsonSchemaConverter, node, value)).value), '[1,[2,null]]');
  assert.equal(
    textOf((await roundTrip(jsonSchemaConverter, holder, new Struct(holder, [value]))).value),
    '[[1,[2,null]]]',
  );
});

test('a choice of types is a struct with one field set, under the names of each way', async () => {
  const registry = new EmbeddedRegistry(null);
  const id = await registry.register(
    't-value',
    'JSON',
    '{"oneOf":[{"type":"string"},{"type":"integer"},{"type":"object","properties":{"a":{"type":"string"}}},{"type":"object","properties":{"b":{"type":"string"}}}]}',
  );
  const payload = (json: string) => Buffer.concat([Buffer.from([0, 0, 0, 0, id]), Buffer.from(json)]);
  const names = async (config: Record<string, string>) =>
    (await decode(converterOf(jsonSchemaConverter, registry, config), payload('1'))).schema!.fields![1]!.name;
  const readAs = async (json: string) =>
    textOf(
      (
        await decode(
          converterOf(jsonSchemaConverter, registry, { 'use.optional.for.nonrequired': 'true' }),
          payload(json),
        )
      ).value,
    );

  assert.deepEqual(
    [await readAs('"x"'), await readAs('7'), await readAs('{"b":"y"}')],
    ['["x",null,null,null]', '[null,7,null,null]', '[null,null,null,["y"]]'],
  );
  assert.equal(await names({}), 'io.confluent.connect.json.OneOf.field.1');
  assert.equal(await names({ 'generalized.sum.type.support': 'true' }), 'connect_union_field_1');
});

test('choices and enums are written as they were read', async () => {
  const registry = new EmbeddedRegistry(null);
  const id = await registry.register(
    't-value',
    'JSON',
    '{"type":"object","title":"T","required":["c","e"],"properties":{"c":{"oneOf":[{"type":"null"},{"type":"string"},{"type":"integer"}]},"e":{"enum":["A","B"]}}}',
  );
  for (const config of [{}, { 'generalized.sum.type.support': 'true' }]) {
    const converter = converterOf(jsonSchemaConverter, registry, config);
    const read = await decode(
      converter,
      Buffer.concat([Buffer.from([0, 0, 0, 0, id]), Buffer.from('{"c":5,"e":"B"}')]),
    );
    const payload = await encode(converter, read.schema!, read.value);
    const again = await decode(converter, payload);

    assert.equal(payload.toString('utf8', 5), '{"c":5,"e":"B"}');
    assert.equal(sameSchema(again.schema, read.schema), true);
  }
});

test('maps with keys that are no text are lists of key and value', async () => {
  const schema = structOf([{ name: 'm', schema: mapOf(primitive('int32'), primitive('string')) }]);
  const { payload, value } = await roundTrip(jsonSchemaConverter, schema, new Struct(schema, [new Map([[5, 'five']])]));

  assert.equal(payload.toString('utf8', 5), '{"m":[{"key":5,"value":"five"}]}');
  assert.equal(textOf(value), '[[[5,"five"]]]');
});

test('numeric decimals, closed objects and defaults follow their settings', async () => {
  const schema = structOf([
    {
      name: 'd',
      schema: {
        ...primitive('bytes', {
          name: 'org.apache.kafka.connect.data.Decimal',
          version: 1,
          parameters: { scale: '2' },
        }),
      },
    },
    { name: 'n', schema: primitive('int32', { optional: true, defaultValue: 7 }) },
  ]);
  const value = new Struct(schema, [{ unscaled: 1230n, scale: 2 }, null]);
  const config = { 'decimal.format': 'NUMERIC', 'object.additional.properties': 'false' };
  const written = await roundTrip(jsonSchemaConverter, schema, value, { config });
  const kept = await roundTrip(jsonSchemaConverter, schema, value, {
    config: { 'ignore.default.for.nullables': 'true' },
  });

  assert.equal(written.payload.toString('utf8', 5), '{"d":12.30,"n":7}');
  assert.equal((JSON.parse(written.text) as { additionalProperties: boolean }).additionalProperties, false);
  assert.deepEqual(
    [sameSchema(written.schema, schema), kept.payload.toString('utf8', 5)],
    [true, '{"d":"BM4=","n":null}'],
  );
});

test('references to other documents are followed, with their own definitions', async () => {
  const registry = new EmbeddedRegistry(null);
  await registry.register(
    'money',
    'JSON',
    '{"title":"Money","type":"object","properties":{"amount":{"$ref":"#/definitions/cents"}},"definitions":{"cents":{"type":"integer"}}}',
  );
  const id = await registry.register(
    't-value',
    'JSON',
    '{"type":"object","properties":{"price":{"$ref":"money.json"}}}',
    [{ name: 'money.json', subject: 'money', version: 1 }],
  );
  const payload = Buffer.concat([Buffer.from([0, 0, 0, 0, id]), Buffer.from('{"price":{"amount":5}}')]);

  assert.equal(textOf((await decode(converterOf(jsonSchemaConverter, registry), payload)).value), '[[5]]');
});

test('documents are checked against their schema when that is wanted', async () => {
  const registry = new EmbeddedRegistry(null);
  await registry.register(
    't-value',
    'JSON',
    '{"type":"object","properties":{"a":{"type":"string","maxLength":2}},"required":["a"],"additionalProperties":false}',
  );
  const schema = structOf([{ name: 'a', schema: primitive('string') }]);
  const converter = converterOf(jsonSchemaConverter, registry, {
    'auto.register.schemas': 'false',
    'use.latest.version': 'true',
    'json.fail.invalid.schema': 'true',
  });

  assert.equal((await encode(converter, schema, new Struct(schema, ['ok']))).toString('utf8', 5), '{"a":"ok"}');
  await assert.rejects(encode(converter, schema, new Struct(schema, ['long'])), {
    code: 'TRIB_JSON_INVALID',
    message: /\$\.a has 4 characters/,
  });
});

test('a value of another JSON type is an error that names the field', async () => {
  const registry = new EmbeddedRegistry(null);
  const id = await registry.register('t-value', 'JSON', '{"type":"object","properties":{"a":{"type":"integer"}}}');
  const payload = Buffer.concat([Buffer.from([0, 0, 0, 0, id]), Buffer.from('{"a":"five"}')]);

  await assert.rejects(decode(converterOf(jsonSchemaConverter, registry), payload), { kind: 'data', message: /"a"/ });
});
