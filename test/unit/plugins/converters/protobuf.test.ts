import assert from 'node:assert/strict';
import { test } from 'node:test';
import protobufjs from 'protobufjs';
import { EmbeddedRegistry } from '../../../../src/adapters/registry/embedded.ts';
import { sameSchema, sameValue } from '../../../../src/core/data/same-schema.ts';
import {
  arrayOf,
  type Field,
  mapOf,
  primitive,
  type Schema,
  Struct,
  structOf,
  type Value,
} from '../../../../src/core/data/schema.ts';
import { protobufConverter } from '../../../../src/plugins/converters/protobuf.ts';
import { converterOf, decode, encode, roundTrip, textOf } from '../../../support/converter-world.ts';
import { RandomConnect } from '../../../support/random-connect.ts';

const TAG = 'io.confluent.connect.protobuf.Tag';

/** The schema without the field numbers that reading adds. */
function untagged(schema: Schema): Schema {
  const { parameters, fields, keys, items, ...rest } = schema;
  const own = Object.entries(parameters ?? {}).filter(([name]) => name !== TAG);
  return {
    ...rest,
    ...(own.length === 0 ? {} : { parameters: Object.fromEntries(own) }),
    ...(fields === undefined ? {} : { fields: fields.map((field) => ({ ...field, schema: untagged(field.schema) })) }),
    ...(keys === undefined ? {} : { keys: untagged(keys) }),
    ...(items === undefined ? {} : { items: untagged(items) }),
  };
}

/** The value under the schema that was read: lists and maps cannot be null in Protobuf. */
function seen(schema: Schema, value: Value): Value {
  if (schema.kind === 'array') return ((value ?? []) as Value[]).map((item) => seen(schema.items!, item));
  if (schema.kind === 'map') {
    return new Map(
      [...((value ?? new Map()) as Map<Value, Value>)].map(([key, item]) => [key, seen(schema.items!, item)]),
    );
  }
  if (schema.kind !== 'struct' || value === null) return value;
  return new Struct(
    schema,
    schema.fields!.map((field, index) => seen(field.schema, (value as Struct).cells[index]!)),
  );
}

/** Lists and maps are never optional there. */
function expectable(schema: Schema): Schema {
  const { fields, items } = schema;
  return {
    ...schema,
    optional: schema.kind === 'array' || schema.kind === 'map' ? false : schema.optional,
    ...(fields === undefined
      ? {}
      : { fields: fields.map((field) => ({ ...field, schema: expectable(field.schema) })) }),
    ...(items === undefined ? {} : { items: expectable(items) }),
  };
}

/** Lists of lists and lists of maps have no form in Protobuf. */
function isFlat(schema: Schema): boolean {
  const inner = [
    ...(schema.fields ?? []).map((field) => field.schema),
    ...(schema.items === undefined ? [] : [schema.items]),
  ];
  const isNested = schema.kind === 'array' && (schema.items!.kind === 'array' || schema.items!.kind === 'map');
  return !isNested && inner.every(isFlat);
}

test('what is written comes back, schema and value, when optional fields say so', async () => {
  const faults: string[] = [];
  let tried = 0;
  for (let seed = 1n; seed <= 300n; seed++) {
    const random = new RandomConnect(seed, { nullItems: false, optional: true });
    const schema = random.struct(3);
    if (!isFlat(schema)) continue;
    tried++;
    const value = random.value(schema);
    const config = { 'optional.for.nullables': 'true' };
    const back = await roundTrip(protobufConverter, schema, value, { config });
    const read = untagged(back.schema!);
    if (!sameSchema(read, expectable(schema))) faults.push(`${seed}: schema ${back.text}`);
    if (textOf(back.value) !== textOf(seen(schema, value)))
      faults.push(`${seed}: ${textOf(value)} became ${textOf(back.value)}`);
  }

  assert.deepEqual(faults, []);
  assert.ok(tried > 100);
});

test('protobufjs writes the same bytes from the same schema, and reads ours', async () => {
  const inner = structOf([{ name: 'x', schema: primitive('string', { optional: true }) }], { name: 'com.acme.Inner' });
  const schema = structOf(
    [
      { name: 'id', schema: primitive('int64') },
      { name: 'small', schema: primitive('int32') },
      { name: 'ratio', schema: primitive('float64') },
      { name: 'isOpen', schema: primitive('boolean') },
      { name: 'raw', schema: primitive('bytes') },
      { name: 'numbers', schema: arrayOf(primitive('int32')) },
      { name: 'inner', schema: inner },
      { name: 'long', schema: primitive('string') },
      { name: 'many', schema: arrayOf(inner) },
    ],
    { name: 'com.acme.Order' },
  );
  const text = 'ü'.repeat(200);
  const value = new Struct(schema, [
    -5,
    -1,
    1.5,
    true,
    Buffer.from([1, 2]),
    [1, 300, -7],
    new Struct(inner, ['a']),
    text,
    [new Struct(inner, [text]), new Struct(inner, [''])],
  ]);
  const config = { 'optional.for.nullables': 'true', 'connect.meta.data': 'false' };
  const { payload, text: proto } = await roundTrip(protobufConverter, schema, value, { config });
  const oracle = protobufjs.parse(proto, { keepCase: true }).root.lookupType('com.acme.Order');
  const object = {
    ...{ id: -5, small: -1, ratio: 1.5, isOpen: true, raw: Buffer.from([1, 2]), numbers: [1, 300, -7] },
    ...{ inner: { x: 'a' }, long: text, many: [{ x: text }, { x: '' }] },
  };

  assert.equal(payload.subarray(5, 6).toString('hex'), '00');
  assert.equal(payload.toString('hex', 6), Buffer.from(oracle.encode(oracle.create(object)).finish()).toString('hex'));
  const { id, ...rest } = oracle.toObject(oracle.decode(payload.subarray(6)), { longs: Number, bytes: Buffer });
  assert.deepEqual({ ...rest, id: Number(id) }, object);
});

test('every scalar of Protobuf is read as the reference reads it', async () => {
  const types =
    'double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string bytes'.split(
      ' ',
    );
  const proto = `syntax = "proto3";\nmessage All {\n${types.map((type, index) => `  ${type} f_${type} = ${index + 1};\n  repeated ${type} r_${type} = ${index + 101};\n`).join('')}}\n`;
  const registry = new EmbeddedRegistry(null);
  const id = await registry.register('t-value', 'PROTOBUF', proto);
  const oracle = protobufjs.parse(proto, { keepCase: true }).root.lookupType('All');
  const values: Readonly<Record<string, unknown>> = {
    ...{ double: -0.5, float: 1.5, int32: -2147483648, int64: -7, uint32: 4294967295, uint64: 12345678901 },
    ...{
      sint32: -2147483648,
      sint64: -12345678901,
      fixed32: 4294967295,
      fixed64: 7,
      sfixed32: -1,
      sfixed64: -12345678901,
    },
    ...{ bool: true, string: 'größe', bytes: Buffer.from([255]) },
  };
  const object = Object.fromEntries(
    types.flatMap((type) => [
      [`f_${type}`, values[type]],
      [`r_${type}`, [values[type], values[type]]],
    ]),
  );
  const payload = Buffer.concat([Buffer.from([0, 0, 0, 0, id, 0]), oracle.encode(oracle.create(object)).finish()]);
  const { value, schema } = await decode(converterOf(protobufConverter, registry), payload);

  assert.equal(textOf(value), textOf(types.flatMap((type) => [values[type], [values[type], values[type]]]) as Value));
  assert.equal(schema!.fields![4]!.schema.kind, 'int32');
  assert.equal(schema!.fields![8]!.schema.kind, 'int64');
});

test('oneofs, enums, maps, nested messages, wrappers and unknown fields of a foreign schema', async () => {
  const proto = `syntax = "proto3";
package shop;
import "google/protobuf/wrappers.proto";
message Event {
  oneof kind { string text = 1; Line line = 2; }
  Color color = 3;
  map<string, Line> lines = 4;
  google.protobuf.StringValue note = 5;
  optional int32 maybe = 6;
  message Line { int32 n = 1; Line next = 2; }
  enum Color { RED = 0; GREEN = 5; }
}
message Other { string o = 1; message Deep { int32 d = 1; } }
`;
  const registry = new EmbeddedRegistry(null);
  const id = await registry.register('t-value', 'PROTOBUF', proto);
  const root = protobufjs.parse(`${proto.replace(/import.*\n/, '')}`, { keepCase: true }).root;
  protobufjs.parse('syntax="proto3"; package google.protobuf; message StringValue { string value = 1; }', root);
  const bytesOf = (type: string, index: number[], object: object): Buffer => {
    const message = root.lookupType(`shop.${type}`);
    return Buffer.concat([
      Buffer.from([0, 0, 0, 0, id, ...index]),
      message.encode(message.fromObject(object)).finish(),
    ]);
  };
  const event = { line: { n: 1, next: { n: 2 } }, color: 5, lines: { a: { n: 3 } }, note: { value: 'hi' } };
  const read = async (payload: Buffer, config: Record<string, string> = {}) =>
    await decode(converterOf(protobufConverter, registry, config), payload);
  const { schema, value } = await read(bytesOf('Event', [0], event));

  assert.equal(textOf(value), '[[null,[1,[2,null]]],"GREEN",[["a",[3,null]]],["hi"],null]');
  assert.deepEqual(
    schema!.fields!.map((field) => field.name),
    ['kind_0', 'color', 'lines', 'note', 'maybe'],
  );
  assert.equal(schema!.fields![0]!.schema.name, 'io.confluent.connect.protobuf.Union.kind');
  assert.deepEqual(schema!.fields![1]!.schema.parameters, {
    'io.confluent.connect.protobuf.Enum': 'Color',
    'io.confluent.connect.protobuf.Enum.RED': '0',
    'io.confluent.connect.protobuf.Enum.GREEN': '5',
    [TAG]: '3',
  });
  assert.equal(
    textOf(
      (
        await read(bytesOf('Event', [0], event), {
          'wrapper.for.nullables': 'true',
          'int.for.enums': 'true',
          'flatten.unions': 'true',
        })
      ).value,
    ),
    '[null,[1,[2,null]],5,[["a",[3,null]]],"hi",null]',
  );
  assert.equal(textOf((await read(bytesOf('Other', [2, 2], { o: 'x' }))).value), '["x"]');
  assert.equal(textOf((await read(bytesOf('Other.Deep', [4, 2, 0], { d: 9 }))).value), '[9]');
  assert.equal(
    (await read(bytesOf('Event', [0], {}), { 'enhanced.protobuf.schema.support': 'true' })).schema!.name,
    'shop.Event',
  );
});

test('what was read is written again as it was, numbers and oneofs included', async () => {
  const registry = new EmbeddedRegistry(null);
  const proto = `syntax = "proto3";\nmessage Event {\n  int32 z = 9;\n  oneof kind { string text = 4; int64 number = 2; }\n  Color color = 7;\n  enum Color { RED = 0; GREEN = 5; }\n}\n`;
  const id = await registry.register('t-value', 'PROTOBUF', proto);
  for (const config of [{}, { 'generalized.sum.type.support': 'true' }]) {
    const converter = converterOf(protobufConverter, registry, config);
    const payload = Buffer.from(`000000000${id}00100738054801`, 'hex');
    const read = await decode(converter, payload);
    const written = await encode(converter, read.schema!, read.value);
    const again = await decode(converter, written);

    assert.equal(textOf(read.value), '[[null,7],1,"GREEN"]');
    assert.equal(written.toString('hex', 6), '1007' + '4801' + '3805');
    assert.equal(sameSchema(again.schema, read.schema), true);
    assert.equal(sameValue(again.value, read.value), true);
  }
});

test('Debezium names, a struct that holds itself, maps with numbers as keys, and a bare value', async () => {
  const fields: Field[] = [];
  const node: Schema = { kind: 'struct', optional: false, name: 'db.inventory.Node', fields };
  fields.push({
    name: 'at',
    index: 0,
    schema: primitive('int64', { name: 'io.debezium.time.MicroTimestamp', version: 1 }),
  });
  fields.push({ name: 'next', index: 1, schema: { ...node, optional: true } });
  fields.push({ name: 'counts', index: 2, schema: mapOf(primitive('int32'), primitive('string')) });
  fields.push({
    name: 'vector',
    index: 3,
    schema: arrayOf(primitive('float32'), { name: 'io.debezium.data.FloatVector', version: 1 }),
  });
  const value = new Struct(node, [5, new Struct(node, [6, null, new Map(), []]), new Map([[7, 'x']]), [0.5]]);
  const config = { 'optional.for.nullables': 'true' };
  const back = await roundTrip(protobufConverter, node, value, { config });
  const bare = await roundTrip(protobufConverter, primitive('string', { optional: true }), 'x', { config });

  assert.equal(textOf(back.value), '[5,[6,null,[],[]],[[7,"x"]],[0.5]]');
  assert.equal(back.schema!.name, 'db.inventory.Node');
  assert.deepEqual(untagged(back.schema!.fields![0]!.schema), fields[0]!.schema);
  assert.equal(back.schema!.fields![3]!.schema.name, 'io.debezium.data.FloatVector');
  assert.deepEqual([bare.schema, bare.value], [primitive('string', { optional: true }), 'x']);
});

test('without options for nullables every field is optional, and a null scalar is read as its default', async () => {
  const schema = structOf([
    { name: 'n', schema: primitive('int32', { optional: true }) },
    { name: 's', schema: primitive('string') },
  ]);
  const back = await roundTrip(protobufConverter, schema, new Struct(schema, [null, 'x']));
  const wrapped = await roundTrip(protobufConverter, schema, new Struct(schema, [null, 'x']), {
    config: { 'wrapper.for.nullables': 'true' },
  });

  assert.equal(textOf(back.value), '[0,"x"]');
  assert.deepEqual(
    back.schema!.fields!.map((field) => [field.schema.optional, field.schema.parameters]),
    [
      [true, { [TAG]: '1' }],
      [true, { [TAG]: '2' }],
    ],
  );
  assert.equal(back.text, 'syntax = "proto3";\n\nmessage ConnectDefault1 {\n  int32 n = 1;\n  string s = 2;\n}\n');
  assert.equal(textOf(wrapped.value), '[null,"x"]');
  assert.equal(wrapped.schema!.fields![0]!.schema.optional, true);
});

test('references of a schema are found by their version, and a cut payload is an error', async () => {
  const registry = new EmbeddedRegistry(null);
  await registry.register('money', 'PROTOBUF', 'syntax = "proto3"; package m; message Money { int64 cents = 1; }');
  await registry.register('money', 'PROTOBUF', 'syntax = "proto3"; package m; message Money { string text = 1; }');
  const id = await registry.register(
    't-value',
    'PROTOBUF',
    'syntax = "proto3"; import "money.proto"; message Price { m.Money amount = 1; }',
    [{ name: 'money.proto', subject: 'money', version: 1 }],
  );
  const payload = (hex: string) => Buffer.from(`000000000${id}00${hex}`, 'hex');
  const converter = converterOf(protobufConverter, registry);

  assert.equal(textOf((await decode(converter, payload('0a020805'))).value), '[[5]]');
  await assert.rejects(decode(converter, payload('0a0908')), { code: 'TRIB_PROTO_PAYLOAD' });
});

test('names that Protobuf does not allow are refused, or changed when that is wanted', async () => {
  const schema = structOf([{ name: 'a-b', schema: primitive('string') }], { name: 'my-db.Row' });
  const value = new Struct(schema, ['x']);

  await assert.rejects(roundTrip(protobufConverter, schema, value), { code: 'TRIB_PROTO_NAME' });
  assert.equal(
    textOf((await roundTrip(protobufConverter, schema, value, { config: { 'scrub.invalid.names': 'true' } })).value),
    '["x"]',
  );
});
