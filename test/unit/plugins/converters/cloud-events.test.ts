import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmbeddedRegistry } from '../../../../src/adapters/registry/embedded.ts';
import { ConnectRecord, type Header } from '../../../../src/connect/records.ts';
import { describe as describeConfig } from '../../../../src/core/config/describe.ts';
import { primitive, type Struct, type Value } from '../../../../src/core/data/schema.ts';
import { cloudEventsConverter } from '../../../../src/plugins/converters/cloud-events.ts';
import { jsonConverter } from '../../../../src/plugins/converters/json.ts';
import { builtInPlugins, compileChain, PluginRegistry } from '../../../../src/plugins/index.ts';
import {
  BINLOG,
  headersOf,
  INT,
  inserted,
  LONG,
  MAYBE,
  row,
  source,
  structNamed,
  TEXT,
} from '../../../support/change-events.ts';
import { converterOf, type Settings } from '../../../support/converter-world.ts';

const BARE = { 'json.schemas.enable': 'false' };
const IN_HEADERS = { ...BARE, 'metadata.source': 'header' };

function made(config: Settings) {
  return converterOf(cloudEventsConverter, new EmbeddedRegistry(null), config);
}

function written(config: Settings, value: Struct, headers?: readonly Header[]): string | undefined {
  return made(config).encode('t', value.schema, value, headers)?.toString();
}

function member(text: string | undefined, name: string): unknown {
  return JSON.parse(text!)[name];
}

function read(config: Settings, text: string) {
  const bytes = Buffer.from(`  ${text}  `);
  return made(config).decode('t', bytes, 2, bytes.length - 2);
}

/** Why a record is refused. */
function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return 'not refused';
}

// Written by Debezium 3.5.0 for the same change event.
const MYSQL_HEAD =
  '{"id":"name:srv;file:b.1;pos:5","source":"/debezium/mysql/srv","specversion":"1.0","type":"io.debezium.connector.mysql.DataChangeEvent",' +
  '"time":"2023-11-14T22:13:20.123Z","datacontenttype":"application/json"';
const MYSQL_EXTENSIONS =
  ',"iodebeziumop":"c","iodebeziumversion":"3.5.0.Final","iodebeziumconnector":"mysql","iodebeziumname":"srv","iodebeziumtsms":"1700000000123",' +
  '"iodebeziumsnapshot":"false","iodebeziumdb":"db","iodebeziumtable":"t","iodebeziumserverid":"1","iodebeziumgtid":null,"iodebeziumfile":"b.1",' +
  '"iodebeziumpos":"5","iodebeziumrow":0,"iodebeziumtxid":null,"iodebeziumtxtotalorder":null,"iodebeziumtxdatacollectionorder":null';

test('a change event is written as the reference writes it, the images as data', () => {
  assert.equal(
    written(BARE, inserted(source('mysql', BINLOG))),
    `${MYSQL_HEAD}${MYSQL_EXTENSIONS},"data":{"before":null,"after":{"id":1,"name":"ann"}}}`,
  );
});

test('data bears its schema unless told otherwise, the envelope never does', () => {
  const fields = '[{"type":"int32","optional":false,"field":"id"},{"type":"string","optional":true,"field":"name"}]';
  const image = (field: string) =>
    `{"type":"struct","fields":${fields},"optional":true,"name":"srv.db.t.Value","field":"${field}"}`;

  assert.equal(
    written({ 'extension.attributes.enable': 'false' }, inserted(source('mysql', BINLOG))),
    `${MYSQL_HEAD},"data":{"schema":{"type":"struct","fields":[${image('before')},${image('after')}],"optional":false,` +
      '"name":"io.debezium.connector.mysql.Data"},"payload":{"before":null,"after":{"id":1,"name":"ann"}}}}',
  );
});

test('the data of MariaDB is the whole change event, and a transaction shows in the attributes', () => {
  const text = written(BARE, inserted(source('mariadb', BINLOG), '0-1-2'));

  assert.deepEqual(member(text, 'data'), {
    before: null,
    after: { id: 1, name: 'ann' },
    source: {
      version: '3.5.0.Final',
      connector: 'mariadb',
      name: 'srv',
      ts_ms: 1700000000123,
      snapshot: 'false',
      db: 'db',
      table: 't',
      server_id: 1,
      gtid: null,
      file: 'b.1',
      pos: 5,
      row: 0,
    },
    transaction: { id: '0-1-2', total_order: 3, data_collection_order: 4 },
    op: 'c',
    ts_ms: 1700000000999,
  });
  assert.deepEqual(
    ['txid', 'txtotalorder', 'txdatacollectionorder'].map((name) => member(text, `iodebezium${name}`)),
    ['0-1-2', '3', '4'],
  );
});

test('each kind of connector has ids of its own', () => {
  const lsns = { change_lsn: [TEXT, '0:1'], commit_lsn: [TEXT, '0:2'] } as const;
  const sources: readonly Struct[] = [
    source('postgresql', { sequence: [MAYBE('string'), '["1","2"]'], txId: [MAYBE('int64'), 565], lsn: [LONG, 29] }),
    source('postgresql', { txId: [MAYBE('int64'), null], lsn: [LONG, 29] }),
    source('sqlserver', { ...lsns, event_serial_no: [LONG, 3] }),
    source('db2', lsns),
    source('informix', lsns),
    source('oracle', { scn: [TEXT, '21'], commit_scn: [TEXT, '22'], lcr_position: [MAYBE('string'), null] }),
    source('mongodb', { ord: [INT, 31] }),
    source('vitess', { vgtid: [TEXT, '[x]'] }),
  ];

  assert.deepEqual(
    sources.map((from) => member(written(BARE, inserted(from)), 'id')),
    [
      'name:srv;lsn:29;txId:565;sequence:["1","2"]',
      'name:srv;lsn:29;txId:null',
      'name:srv;change_lsn:0:1;commit_lsn:0:2;event_serial_no:3',
      'name:srv;change_lsn:0:1;commit_lsn:0:2',
      'name:srv;change_lsn:0:1;commit_lsn:0:2',
      'name:srv;scn:21;commit_scn:22;lcr_position:null',
      'name:srv;ts:1700000000123;ord:31',
      'name:srv;vgtid:[x]',
    ],
  );
});

test('what tells of an update in MongoDB is part of the data', () => {
  const event = inserted(source('mongodb', { ord: [INT, 1] }), null, { updateDescription: [MAYBE('string'), '{}'] });

  assert.deepEqual(member(written(BARE, event), 'data'), {
    before: null,
    after: { id: 1, name: 'ann' },
    updateDescription: '{}',
  });
});

test('names of attributes keep letters and digits only, and long integers are text', () => {
  const own = {
    a_b: [TEXT, 'q'],
    'UPPER-x': [INT, 1],
    big: [LONG, 9007199254740993n],
    is: [primitive('boolean'), true],
  } as const;
  const text = written(BARE, inserted(source('mysql', { ...BINLOG, ...own })))!;

  assert.match(text, /"iodebeziumab":"q","iodebeziumUPPERx":1,"iodebeziumbig":"9007199254740993","iodebeziumis":true,/);
});

test('the time has milliseconds always, and years beyond 9999 no sign', () => {
  const times = [0, -1, 1_700_000_000_000, 253_402_300_800_000];

  assert.deepEqual(
    times.map((ms) => member(written(BARE, inserted(source('mysql', BINLOG, ms))), 'time')),
    ['1970-01-01T00:00:00.000Z', '1969-12-31T23:59:59.999Z', '2023-11-14T22:13:20.000Z', '10000-01-01T00:00:00.000Z'],
  );
});

test('settings under json. are for the data', () => {
  const price = primitive('bytes', {
    name: 'org.apache.kafka.connect.data.Decimal',
    version: 1,
    parameters: { scale: '2' },
  });
  const value = structNamed('shop.Price', { price: [price, { unscaled: 150n, scale: 2 }] });
  const headers = headersOf(source('mysql', BINLOG), { id: '1', type: 'a' });

  assert.deepEqual(member(written({ ...IN_HEADERS, 'json.decimal.format': 'NUMERIC' }, value, headers), 'data'), {
    price: 1.5,
  });
});

test('a null, and records of Debezium that are no changes of rows, are null', () => {
  const others = ['mariadb.SchemaChangeValue', 'common.TransactionMetadataValue', 'common.Heartbeat'].map((name) =>
    structNamed(`io.debezium.connector.${name}`, { ts_ms: [LONG, 1] }),
  );
  const envelope = inserted(source('mysql', BINLOG)).schema;

  assert.deepEqual(
    others.map((value) => [written(BARE, value), written(IN_HEADERS, value, [])]),
    [
      [undefined, undefined],
      [undefined, undefined],
      [undefined, undefined],
    ],
  );
  assert.equal(made(BARE).encode('t', envelope, null), null);
  assert.equal(made(BARE).encode('t', null, null), null);
});

test('what is no change event is refused with the way out, instead of becoming a tombstone', () => {
  const why = refusal(() => written(BARE, row()));

  assert.match(why, /^The value is "shop.Order" and no change event of Debezium/);
  assert.match(why, /set metadata.source=header and copy source and op into headers with HeaderFrom/);
  assert.match(
    refusal(() => made(BARE).encode('t', null, new Map<Value, Value>([['id', 1]]))),
    /^The value is a map without a schema and no change event/,
  );
});

test('sources that make no event are refused', () => {
  const float = source('mysql', { ...BINLOG, part: [primitive('float64'), 1.5] });

  assert.match(
    refusal(() => written(BARE, inserted(source('other', BINLOG)))),
    /^No id can be made for events of the connector "other"/,
  );
  assert.match(
    refusal(() => written(BARE, inserted(source('mysql', {})))),
    /^No id can be made for events of the connector "mysql"/,
  );
  assert.match(
    refusal(() => written(BARE, inserted(float))),
    /"part" of the source is of the kind float64.*extension\.attributes\.enable=false/,
  );
  assert.match(
    refusal(() => written(BARE, inserted(source('mysql', BINLOG, null)))),
    /source\.ts_ms .* is "null", not a time/,
  );
});

test('with metadata in headers the value is the data, under the name of the connector', () => {
  const headers = headersOf(source('mysql', BINLOG), { id: 'my-id', type: 'OrderPlaced' });
  const fields = '[{"type":"int32","optional":false,"field":"id"},{"type":"string","optional":true,"field":"name"}]';

  assert.equal(
    written({ 'metadata.source': 'header' }, row(), headers),
    '{"id":"my-id","source":"/debezium/mysql/srv","specversion":"1.0","type":"OrderPlaced","time":"2023-11-14T22:13:20.123Z",' +
      `"datacontenttype":"application/json"${MYSQL_EXTENSIONS},"data":{"schema":{"type":"struct","fields":${fields},"optional":false,` +
      '"name":"io.debezium.connector.mysql.Data"},"payload":{"id":7,"name":"seven"}}}',
  );
});

test('id, type and the name of the data are taken from where each is said to be', () => {
  const headers = headersOf(source('mysql', BINLOG), { id: 'old', type: 'T', dataSchemaName: 'my.data-Name' });
  const last = [...headers, { key: 'id', schema: INT, value: 12 }];
  const parts = (metadata: string, names: string) => {
    const config = { 'metadata.source': metadata, 'schema.data.name.source.header.enable': names };
    const value = metadata.startsWith('header') ? row() : inserted(source('mysql', BINLOG));
    const event = JSON.parse(written(config, value, last)!);
    return [event.id, event.type, event.data.schema.name];
  };
  const generated = [
    'name:srv;file:b.1;pos:5',
    'io.debezium.connector.mysql.DataChangeEvent',
    'io.debezium.connector.mysql.Data',
  ];

  assert.deepEqual(parts('header', 'true'), ['12', 'T', 'my.data-Name']);
  assert.deepEqual(parts('header', 'false'), ['12', 'T', generated[2]]);
  assert.deepEqual(parts('header,id:generate,type:generate,dataSchemaName:generate', 'true'), generated);
  assert.deepEqual(parts('header,type:generate', 'true'), ['12', generated[1], 'my.data-Name']);
  assert.deepEqual(parts('value', 'true'), generated);
  assert.deepEqual(parts('value,id:header', 'true'), ['12', generated[1], generated[2]]);
});

test('an outbox makes events: HeaderFrom before EventRouter, its headers as metadata', () => {
  const outbox = structNamed('srv.db.outbox.Value', {
    id: [TEXT, 'e-1'],
    aggregatetype: [TEXT, 'order'],
    aggregateid: [TEXT, '7'],
    type: [TEXT, 'OrderPlaced'],
    payload: [TEXT, '{"total":12}'],
  });
  const from = source('mysql', BINLOG);
  const event = structNamed('srv.db.outbox.Envelope', {
    after: [outbox.schema, outbox],
    source: [from.schema, from],
    op: [TEXT, 'c'],
    ts_ms: [LONG, 1_700_000_000_999],
  });
  const chain = compileChain(
    {
      transforms: 'keep,outbox',
      'transforms.keep.type': 'org.apache.kafka.connect.transforms.HeaderFrom$Value',
      'transforms.keep.fields': 'source,op',
      'transforms.keep.headers': 'source,op',
      'transforms.keep.operation': 'copy',
      'transforms.outbox.type': 'io.debezium.transforms.outbox.EventRouter',
      'transforms.outbox.table.expand.json.payload': 'true',
      'transforms.outbox.table.fields.additional.placement': 'type:header',
    },
    new PluginRegistry(builtInPlugins),
  );
  const records = [new ConnectRecord({ topic: 'srv.db.outbox', valueSchema: event.schema, value: event })];

  chain(records, (_, { error }) => assert.fail(error.message));

  const { topic, valueSchema, value, headers } = records[0]!;
  const text = made({ ...IN_HEADERS, 'extension.attributes.enable': 'false' })
    .encode(topic, valueSchema, value, headers)
    ?.toString();
  assert.equal(topic, 'outbox.event.order');
  assert.equal(
    text,
    '{"id":"e-1","source":"/debezium/mysql/srv","specversion":"1.0","type":"OrderPlaced","time":"2023-11-14T22:13:20.123Z",' +
      '"datacontenttype":"application/json","data":{"total":12}}',
  );
});

test('an outbox with a plain text as its payload makes events, too', () => {
  const headers = headersOf(source('mysql', BINLOG), { id: '1', type: 'T' });
  const text = made(IN_HEADERS).encode('t', TEXT, '{"a":1}', headers)?.toString();

  assert.equal(member(text, 'data'), '{"a":1}');
});

test('missing headers are named', () => {
  const headers = headersOf(source('mysql', BINLOG), { id: '1' });

  assert.match(
    refusal(() => written(IN_HEADERS, row(), headers)),
    /^The header "type" was not provided\. .*type:generate/,
  );
  assert.match(
    refusal(() => written(IN_HEADERS, row(), [])),
    /^The record has no headers "source" \(a struct\) and "op"/,
  );
  assert.match(
    refusal(() => written(IN_HEADERS, row())),
    /HeaderFrom before the transform that unwraps it/,
  );
});

test('an event with plain data is a map, as it was written', () => {
  const text = written(BARE, inserted(source('mysql', BINLOG)))!;
  const { schema, value } = read(BARE, text);
  const plain = converterOf(jsonConverter, new EmbeddedRegistry(null), { 'schemas.enable': 'false' });

  assert.equal(schema, null);
  assert.equal(plain.encode('t', null, value)?.toString(), text);
});

test('an event whose data has a schema is a struct with the data in it', () => {
  const text = written({ 'extension.attributes.enable': 'false' }, inserted(source('mysql', BINLOG)))!;
  const first = read({}, text);
  const again = made({});
  const bytes = Buffer.from(text.replace('"time"', '"myrow":3,"flag":true,"none":null,"time"'));
  const { schema, value } = again.decode('t', bytes, 0, bytes.length);

  assert.deepEqual(
    (value as Struct).schema.fields!.map((field) => [field.name, field.schema.kind, field.schema.optional]),
    [
      ['id', 'string', false],
      ['source', 'string', false],
      ['specversion', 'string', false],
      ['type', 'string', false],
      ['myrow', 'int32', true],
      ['flag', 'boolean', true],
      ['none', 'string', true],
      ['time', 'string', true],
      ['datacontenttype', 'string', true],
      ['data', 'struct', false],
    ],
  );
  assert.equal(again.decode('t', bytes, 0, bytes.length).schema, schema);
  const data = (first.value as Struct).get('data') as Struct;
  assert.equal(data.schema.name, 'io.debezium.connector.mysql.Data');
  assert.deepEqual((data.get('after') as Struct).cells, [1, 'ann']);
});

test('an event may lack data; a null payload is a null', () => {
  const event = '{"id":"i","source":"/s","specversion":"1.0","type":"t"';

  assert.deepEqual(
    read({}, `${event}}`).value,
    new Map(Object.entries({ id: 'i', source: '/s', specversion: '1.0', type: 't' })),
  );
  assert.equal((read({}, `${event},"data":null}`).value as Map<Value, Value>).get('data'), null);
  assert.deepEqual(made({}).decode('t', Buffer.alloc(0), -1, 0), { schema: null, value: null });
});

test('payloads that are no CloudEvent are refused', () => {
  const payloads = ['[1]', '{}', '', '{"source":"/s","specversion":"1.0","type":"t","data":1}'];

  assert.deepEqual(
    payloads.map((text) => /it (.*?)\. Events/.exec(refusal(() => read(BARE, text)))?.[1]),
    ['is no object of JSON', 'is empty', 'is no object of JSON', 'has no text "id"'],
  );
});

test('the class declares no settings, and refuses wrong ones all the same', () => {
  const faults: readonly (readonly [Settings, RegExp])[] = [
    [{ 'serializer.type': 'xml' }, /serializer\.type: String must be one of/],
    [{ 'serializer.type': 'avro' }, /Cannot use 'application\/json' data content type within Avro events/],
    [{ 'metadata.source': 'id:header' }, /value or header; it is "id:header"/],
    [{ 'metadata.source': 'header,time:generate' }, /"time" is not allowed to set custom source/],
    [{ 'metadata.source': 'value,id:value' }, /"id:value" must be id:generate or id:header/],
    [{ 'schema.name.adjustment.mode': 'maybe' }, /String must be one of/],
    [{ 'json.schemas.enable': 'maybe' }, /schemas\.enable/],
    [{ 'data.serializer.type': 'avro' }, /avro\.schema\.registry\.url is not set/],
    [{ 'data.serializer.type': 'avro', 'avro.apicurio.registry.url': 'http://r' }, /Confluent-compatible API/],
  ];

  assert.deepEqual(describeConfig(cloudEventsConverter.config), []);
  for (const [config, why] of faults)
    assert.match(
      refusal(() => made(config)),
      why,
    );
});
