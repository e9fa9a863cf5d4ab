import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmbeddedRegistry } from '../../../../src/adapters/registry/embedded.ts';
import type { Header } from '../../../../src/connect/records.ts';
import { Struct, type Value } from '../../../../src/core/data/schema.ts';
import { cloudEventsConverter } from '../../../../src/plugins/converters/cloud-events.ts';
import { BINLOG, headersOf, inserted, row, source } from '../../../support/change-events.ts';
import { converterOf, decode, type Settings } from '../../../support/converter-world.ts';

const URL = 'http://registry.example/apis/ccompat/v7';
const JSON_AVRO = { 'data.serializer.type': 'avro', 'avro.schema.registry.url': URL };
const AVRO = { ...JSON_AVRO, 'serializer.type': 'avro' };

// Schemas, ids and bytes are those of Debezium 3.5.0 with a registry (of another address of the same length).
const DATA_SCHEMA =
  '{"type":"record","name":"Data","namespace":"io.debezium.connector.mysql","fields":[{"name":"before","type":["null",{"type":"record","name":"Value",' +
  '"namespace":"srv.db.t","fields":[{"name":"id","type":"int"},{"name":"name","type":["null","string"],"default":null}],"connect.name":"srv.db.t.Value"}],' +
  '"default":null},{"name":"after","type":["null","srv.db.t.Value"],"default":null}],"connect.name":"io.debezium.connector.mysql.Data"}';
const text = (name: string) => `{"name":"${name}","type":"string"}`;
const maybe = (name: string) => `{"name":"${name}","type":["null","string"],"default":null}`;
const ENVELOPE_SCHEMA = `{"type":"record","name":"Envelope","namespace":"srv.db.CloudEvents","fields":[${[
  ...['id', 'source', 'specversion', 'type', 'time', 'datacontenttype', 'dataschema', 'iodebeziumop'].map(text),
  ...['iodebeziumversion', 'iodebeziumconnector', 'iodebeziumname', 'iodebeziumtsms'].map(text),
  maybe('iodebeziumsnapshot'),
  text('iodebeziumdb'),
  maybe('iodebeziumtable'),
  text('iodebeziumserverid'),
  maybe('iodebeziumgtid'),
  text('iodebeziumfile'),
  text('iodebeziumpos'),
  '{"name":"iodebeziumrow","type":"int"}',
  ...['iodebeziumtxid', 'iodebeziumtxtotalorder', 'iodebeziumtxdatacollectionorder'].map(maybe),
  '{"name":"data","type":"bytes"}',
].join(',')}],"connect.name":"srv.db.CloudEvents.Envelope"}`;
const ENVELOPE_BYTES =
  'AAAAAEYubmFtZTpzcnY7ZmlsZTpiLjE7cG9zOjUmL2RlYmV6aXVtL215c3FsL3NydgYxLjBWaW8uZGViZXppdW0uY29ubmVjdG9yLm15c3FsLkRhdGFDaGFuZ2VFdmVudDAyMDIzLTEx' +
  'LTE0VDIyOjEzOjIwLjEyM1ogYXBwbGljYXRpb24vYXZyb2xodHRwOi8vcmVnaXN0cnkuZXhhbXBsZS9hcGlzL2Njb21wYXQvdjcvc2NoZW1hcy9pZHMvODcCYxYzLjUuMC5GaW5hbApteXNx' +
  'bAZzcnYaMTcwMDAwMDAwMDEyMwIKZmFsc2UEZGICAnQCMQAGYi4xAjUAAAAAGgAAAABXAAICAgZhbm4=';
const DATA_BYTES = 'AAAAAFcAAgICBmFubg==';

async function written(
  config: Settings,
  registry: EmbeddedRegistry,
  value: Struct,
  headers: readonly Header[] = [],
  topic = 't',
) {
  const converter = converterOf(cloudEventsConverter, registry, config);
  await converter.prepareRecord!(topic, value.schema, value, headers);
  return converter.encode(topic, value.schema, value, headers);
}

async function referenceRegistry(dataSubject: string): Promise<EmbeddedRegistry> {
  const registry = new EmbeddedRegistry(null);
  await registry.registerWithId(dataSubject, 'AVRO', DATA_SCHEMA, 87);
  await registry.registerWithId('t-value', 'AVRO', ENVELOPE_SCHEMA, 70);
  return registry;
}

test('an event in Avro has the bytes of the reference', async () => {
  const registry = await referenceRegistry('t-data-value');

  const bytes = await written(AVRO, registry, inserted(source('mysql', BINLOG)));

  assert.equal(bytes?.toString('base64'), ENVELOPE_BYTES);
});

test('data in Avro stands in an event in JSON as base64, under the subject of the topic', async () => {
  const registry = new EmbeddedRegistry(null);
  await registry.registerWithId('t-value', 'AVRO', DATA_SCHEMA, 87);

  const bytes = await written(
    { ...JSON_AVRO, 'extension.attributes.enable': 'false' },
    registry,
    inserted(source('mysql', BINLOG)),
  );

  assert.equal(
    bytes?.toString(),
    '{"id":"name:srv;file:b.1;pos:5","source":"/debezium/mysql/srv","specversion":"1.0","type":"io.debezium.connector.mysql.DataChangeEvent",' +
      `"time":"2023-11-14T22:13:20.123Z","datacontenttype":"application/avro","dataschema":"${URL}/schemas/ids/87","data":"${DATA_BYTES}"}`,
  );
  assert.deepEqual(await registry.subjects(), ['t-value']);
});

test('events in Avro and those in JSON with data in Avro are read as structs with the data in them', async () => {
  const registry = await referenceRegistry('t-data-value');
  const event = inserted(source('mysql', BINLOG));
  const inJson = await written(JSON_AVRO, registry, event);

  const fromAvro = await decode(
    converterOf(cloudEventsConverter, registry, AVRO),
    Buffer.from(ENVELOPE_BYTES, 'base64'),
  );
  const fromJson = await decode(converterOf(cloudEventsConverter, registry, JSON_AVRO), inJson);

  const shown = ({ value }: { value: Value }) => {
    const struct = value as Struct;
    const data = struct.get('data') as Struct;
    return [struct.schema.name, struct.get('iodebeziumrow'), data.schema.name, (data.get('after') as Struct).cells];
  };
  assert.deepEqual(shown(fromAvro), ['srv.db.CloudEvents.Envelope', 0, 'io.debezium.connector.mysql.Data', [1, 'ann']]);
  assert.deepEqual(shown(fromJson), ['CloudEvents.Envelope', 0, 'io.debezium.connector.mysql.Data', [1, 'ann']]);
  assert.equal(fromAvro.schema, (fromAvro.value as Struct).schema);
});

test('a batch of events, nulls and damaged payloads is read each for itself', async () => {
  const registry = await referenceRegistry('t-data-value');
  const event = Buffer.from(ENVELOPE_BYTES, 'base64');
  const parts = [event, Buffer.from('nonsense'), event];
  const bytes = Buffer.concat(parts);
  const starts = Int32Array.of(0, -1, event.length, event.length + 8);
  const ends = Int32Array.of(event.length, -1, event.length + 8, bytes.length);
  const converter = converterOf(cloudEventsConverter, registry, AVRO);

  await converter.prepareDecode(bytes, starts, ends, 4);
  const outcomes = Array.from(starts, (start, index) => {
    try {
      const { value } = converter.decode('t', bytes, start, ends[index]!);
      return value instanceof Struct ? value.get('id') : value;
    } catch (error) {
      return (error as { code: string }).code;
    }
  });

  assert.deepEqual(outcomes, ['name:srv;file:b.1;pos:5', null, 'TRIB_FORMAT_FRAME', 'name:srv;file:b.1;pos:5']);
});

test('names of the envelope are made fit for Avro, the name of the data from a header is used as it is', async () => {
  const registry = new EmbeddedRegistry(null);
  const from = source('mysql', BINLOG);
  const odd = new Struct(from.schema, from.cells.with(2, 's-1').with(5, 'd/2'));
  const headers = headersOf(from, { id: '1', type: 'T', dataSchemaName: 'my.Data' });
  const inHeaders = { 'metadata.source': 'header', 'schema.data.name.source.header.enable': 'true' };
  const nameOf = async (subject: string) => JSON.parse((await registry.latest(subject))!.schema)['connect.name'];

  await written(AVRO, registry, inserted(odd));
  await written({ ...AVRO, 'schema.cloudevents.name': 'my.ce-Name' }, registry, inserted(from), [], 'named');
  await written({ ...AVRO, ...inHeaders }, registry, row(), headers, 'outbox');

  assert.equal(await nameOf('t-value'), 's_1.d_2.CloudEvents.Envelope');
  assert.equal(await nameOf('named-value'), 'my.ce_Name');
  assert.equal(await nameOf('outbox-data-value'), 'my.Data');
});

test('only the first record of a kind waits for the registry', async () => {
  const registry = new EmbeddedRegistry(null);
  const converter = converterOf(cloudEventsConverter, registry, AVRO);
  const event = inserted(source('mysql', BINLOG));
  const mariadb = inserted(source('mariadb', BINLOG));
  const prepare = (value: Struct) => converter.prepareRecord!('t', value.schema, value, []);

  await prepare(event);

  assert.equal(prepare(event), null);
  assert.notEqual(prepare(mariadb), null);
  assert.equal(prepare(row()), null);
});

test('a converter without Avro asks for nothing in advance', () => {
  const converter = converterOf(cloudEventsConverter, new EmbeddedRegistry(null), {});

  assert.equal(converter.prepareRecord, undefined);
  assert.equal(converter.prepareEncode('t', null), null);
});

test('data in JSON where Avro is expected is refused', async () => {
  const registry = new EmbeddedRegistry(null);
  const text = '{"id":"i","source":"/s","specversion":"1.0","type":"t","data":{"a":1}}';

  await assert.rejects(
    decode(converterOf(cloudEventsConverter, registry, JSON_AVRO), Buffer.from(text)),
    /data that are no text of base64/,
  );
});
