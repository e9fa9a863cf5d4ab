import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { undiciClient } from '../../src/adapters/http/undici-client.ts';
import { ConfluentRegistry } from '../../src/adapters/registry/confluent.ts';
import { decimalSchema, timestampSchema } from '../../src/core/data/logical.ts';
import { arrayOf, type Field, mapOf, primitive, type Schema, Struct, structOf } from '../../src/core/data/schema.ts';
import { avroConverter } from '../../src/plugins/converters/avro.ts';
import { cloudEventsConverter } from '../../src/plugins/converters/cloud-events.ts';
import { jsonSchemaConverter } from '../../src/plugins/converters/json-schema.ts';
import { protobufConverter } from '../../src/plugins/converters/protobuf.ts';
import type { SchemaReference, SchemaType } from '../../src/ports/schema-registry.ts';
import { BINLOG, inserted, source } from '../support/change-events.ts';
import { converterOf, decode, textOf } from '../support/converter-world.ts';

const url = process.env['SCHEMA_REGISTRY_URL'];
const skip = url === undefined ? 'SCHEMA_REGISTRY_URL is not set' : false;
const clock = { now: () => Date.now(), sleep: async () => {} };
const unique = `T${randomUUID().replaceAll('-', '').slice(0, 10)}`;

async function withRegistry(run: (registry: ConfluentRegistry) => Promise<void>): Promise<void> {
  const registry = new ConfluentRegistry({ url: url!, http: undiciClient(), ownsHttp: true, clock });
  try {
    await run(registry);
  } finally {
    for (const subject of await registry.subjects()) {
      if (subject.includes(unique)) await registry.deleteSubject(subject).catch(() => {});
    }
    await registry.close();
  }
}

const INNER = structOf([{ name: 'sku', schema: primitive('string') }], { name: `io.acme.${unique}Line` });
const ROW = structOf(
  [
    { name: 'id', schema: primitive('int64') },
    { name: 'small', schema: primitive('int16', { optional: true }) },
    { name: 'price', schema: decimalSchema(10, 2, { optional: true }) },
    { name: 'at', schema: timestampSchema() },
    { name: 'micros', schema: primitive('int64', { name: 'io.debezium.time.MicroTimestamp', version: 1 }) },
    { name: 'lines', schema: arrayOf(INNER) },
    { name: 'tags', schema: mapOf(primitive('string'), primitive('string')) },
  ],
  { name: `io.acme.${unique}Order` },
);
const VALUE = new Struct(ROW, [
  9007199254740993n,
  null,
  { unscaled: 1250n, scale: 2 },
  1700000000123,
  1700000000123456,
  [new Struct(INNER, ['a']), new Struct(INNER, ['b'])],
  new Map([['k', 'v']]),
]);
const CONFIG = { 'optional.for.nullables': 'true', 'use.optional.for.nonrequired': 'true' };

for (const def of [avroConverter, jsonSchemaConverter, protobufConverter]) {
  test(`${def.name} registers, looks up and reads with a real registry`, { skip }, async () => {
    await withRegistry(async (registry) => {
      const topic = `${unique}-${def.name}`;
      const writer = converterOf(def, registry, CONFIG);
      await writer.prepareEncode(topic, ROW);
      const payload = writer.encode(topic, ROW, VALUE)!;
      const found = converterOf(def, registry, { ...CONFIG, 'auto.register.schemas': 'false' });
      await found.prepareEncode(topic, ROW);
      const latest = converterOf(def, registry, {
        ...CONFIG,
        'auto.register.schemas': 'false',
        'use.latest.version': 'true',
      });
      await latest.prepareEncode(topic, ROW);
      const back = await decode(converterOf(def, registry, CONFIG), payload);

      assert.equal(textOf(back.value), textOf(VALUE));
      assert.equal(found.encode(topic, ROW, VALUE)!.toString('hex'), payload.toString('hex'));
      assert.equal(
        textOf((await decode(converterOf(def, registry, CONFIG), latest.encode(topic, ROW, VALUE))).value),
        textOf(VALUE),
      );

      const other = structOf([{ name: 'other', schema: primitive('boolean') }], { name: `io.acme.${unique}Order` });
      await found.prepareEncode(topic, other);
      assert.throws(() => found.encode(topic, other, new Struct(other, [true])), {
        code: 'TRIB_SCHEMA_NOT_REGISTERED',
      });
      const nowhere = converterOf(def, registry, { 'auto.register.schemas': 'false' });
      await nowhere.prepareEncode(`${topic}-none`, ROW);
      assert.throws(() => nowhere.encode(`${topic}-none`, ROW, VALUE), { code: 'TRIB_SCHEMA_SUBJECT_UNKNOWN' });
    });
  });

  test(`${def.name} writes structs that hold themselves through a real registry`, { skip }, async () => {
    await withRegistry(async (registry) => {
      const fields: Field[] = [];
      const node: Schema = { kind: 'struct', optional: false, name: `${unique}Node`, fields };
      fields.push({ name: 'v', index: 0, schema: primitive('int32') });
      fields.push({ name: 'next', index: 1, schema: { ...node, optional: true } });
      const topic = `${unique}-${def.name}-tree`;
      const writer = converterOf(def, registry, CONFIG);
      await writer.prepareEncode(topic, node);
      const payload = writer.encode(topic, node, new Struct(node, [1, new Struct(node, [2, null])]))!;

      assert.equal(textOf((await decode(converterOf(def, registry, CONFIG), payload)).value), '[1,[2,null]]');
    });
  });
}

const REFERRING: readonly (readonly [SchemaType, typeof avroConverter, string, string, string, string, string])[] = [
  [
    ...(['AVRO', avroConverter, `n.${unique}M`] as const),
    `{"type":"record","name":"${unique}M","namespace":"n","fields":[{"name":"cents","type":"long"}]}`,
    `{"type":"record","name":"P","fields":[{"name":"amount","type":"n.${unique}M"}]}`,
    ...(['0a', '[[5]]'] as const),
  ],
  [
    ...(['JSON', jsonSchemaConverter, 'money.json'] as const),
    `{"$schema":"http://json-schema.org/draft-07/schema#","title":"${unique}","type":"object","properties":{"cents":{"type":"integer"}}}`,
    '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"amount":{"$ref":"money.json"}}}',
    ...(['7b22616d6f756e74223a7b2263656e7473223a357d7d', '[[5]]'] as const),
  ],
  [
    ...(['PROTOBUF', protobufConverter, `${unique}.proto`] as const),
    `syntax = "proto3";\npackage n;\n\nmessage ${unique}M {\n  int64 cents = 1;\n}\n`,
    `syntax = "proto3";\npackage n;\n\nimport "${unique}.proto";\n\nmessage P {\n  ${unique}M amount = 1;\n}\n`,
    ...(['000a020805', '[[5]]'] as const),
  ],
];

for (const [type, def, name, base, text, hex, expected] of REFERRING) {
  test(`${def.name} follows references of a real registry`, { skip }, async () => {
    await withRegistry(async (registry) => {
      const subject = `${unique}-${type}-money`;
      await registry.register(subject, type, base);
      const references: SchemaReference[] = [{ name, subject, version: 1 }];
      const id = await registry.register(`${unique}-${type}-price`, type, text, references);
      const frame = Buffer.alloc(5);
      frame.writeUInt32BE(id, 1);

      const read = await decode(converterOf(def, registry), Buffer.concat([frame, Buffer.from(hex, 'hex')]));
      assert.equal(textOf(read.value), expected);
    });
  });
}

for (const envelope of ['json', 'avro']) {
  test(`CloudEvents in ${envelope} with data in Avro are written and read with a real registry`, { skip }, async () => {
    await withRegistry(async (registry) => {
      const topic = `${unique}-events-${envelope}`;
      const event = inserted(source('mysql', BINLOG));
      const config = {
        'serializer.type': envelope,
        'data.serializer.type': 'avro',
        'avro.schema.registry.url': url!,
      };
      const writer = converterOf(cloudEventsConverter, registry, config);
      await writer.prepareRecord!(topic, event.schema, event, []);
      const payload = writer.encode(topic, event.schema, event, []);

      const { value } = await decode(converterOf(cloudEventsConverter, registry, config), payload);

      const read = value as Struct;
      const data = read.get('data') as Struct;
      const schema = await fetch(String(read.get('dataschema')));
      assert.equal(read.get('id'), 'name:srv;file:b.1;pos:5');
      assert.equal(textOf(data.get('after') ?? null), '[1,"ann"]');
      assert.match(await schema.text(), /io\.debezium\.connector\.mysql/);
    });
  });
}
