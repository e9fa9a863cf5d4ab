import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmbeddedRegistry } from '../../../src/adapters/registry/embedded.ts';
import { ByteWriter } from '../../../src/core/bytes.ts';
import { decimal } from '../../../src/core/data/decimal.ts';
import { dateSchema, decimalSchema, timeSchema, timestampSchema } from '../../../src/core/data/logical.ts';
import { arrayOf, mapOf, primitive, type Row, type Schema, structOf } from '../../../src/core/data/schema.ts';
import { avro } from '../../../src/formats/avro.ts';
import type { SerdeSpec } from '../../../src/formats/format.ts';
import { recordedEvents, recordedRegistry, recordedSchemas } from '../../support/recorded-events.ts';

const OPTIONAL = { optional: true };
const BIGINT = primitive('int64', OPTIONAL);
const INTEGER = primitive('int32', OPTIONAL);
const STRING = primitive('string', OPTIONAL);

function columns(fields: Record<string, Schema>): Schema {
  return structOf(Object.entries(fields).map(([name, schema]) => ({ name, schema })));
}

function specOf(schema: Schema, more: Partial<SerdeSpec> = {}): SerdeSpec {
  return { topic: 't', isKey: false, schema, unwrapped: false, properties: {}, ...more };
}

/** The payload of a row, and what is read of it. */
async function roundTrip(spec: SerdeSpec, row: Row, registry = new EmbeddedRegistry(null)) {
  const out = new ByteWriter(4);
  const writer = avro.writer(spec, registry);
  await writer.prepare();
  const payload = writer.write(row, out) ? out.toBuffer() : null;
  return { payload, back: payload === null ? null : await readAll(spec, payload, registry) };
}

async function readAll(spec: SerdeSpec, payload: Buffer, registry: EmbeddedRegistry): Promise<Row | null> {
  const reader = avro.reader(
    spec,
    spec.schema.fields!.map((_, index) => [index]),
    registry,
  );
  await reader.prepare(payload, Int32Array.of(0), Int32Array.of(payload.length), 1);
  return reader.read(payload, 0, payload.length);
}

const EVERYTHING = columns({
  B: primitive('boolean', OPTIONAL),
  I: INTEGER,
  L: BIGINT,
  D: primitive('float64', OPTIONAL),
  S: STRING,
  Y: primitive('bytes', OPTIONAL),
  N: decimalSchema(6, 2, OPTIONAL),
  DT: dateSchema(OPTIONAL),
  TM: timeSchema(OPTIONAL),
  TS: timestampSchema(OPTIONAL),
  A: arrayOf(STRING, OPTIONAL),
  M: mapOf(STRING, BIGINT, OPTIONAL),
  R: structOf(
    [
      { name: 'X', schema: BIGINT },
      { name: 'Y', schema: STRING },
    ],
    OPTIONAL,
  ),
});

test('rows of every type come back, nulls too', async () => {
  const rows: Row[] = [
    [
      true,
      -2147483648,
      9223372036854775807n,
      -1.5,
      `long é ${'x'.repeat(100)}`,
      Buffer.alloc(100, 7),
      decimal(-1010n, 2),
      -1,
      86399999,
      1700000000123,
      ['a', null, ''],
      new Map<string, number | null>([
        ['k', 1],
        ['n', null],
      ]),
      [7, null],
    ],
    new Array(13).fill(null),
    [false, 0, 0, 0, '', Buffer.alloc(0), decimal(0n, 2), 0, 0, 0, [], new Map(), [null, null]],
  ];
  const back = await Promise.all(rows.map(async (row) => (await roundTrip(specOf(EVERYTHING), row)).back));

  assert.deepEqual(back, rows);
});

test('the registered value schema has the names and forms ksqlDB gives them', () => {
  const schema = columns({
    I: INTEGER,
    M: mapOf(STRING, BIGINT, OPTIONAL),
    'a.b': structOf([{ name: 'X', schema: BIGINT }], OPTIONAL),
  });

  assert.deepEqual(JSON.parse(avro.described!(specOf(schema))), {
    type: 'record',
    name: 'KsqlDataSourceSchema',
    namespace: 'io.confluent.ksql.avro_schemas',
    fields: [
      { name: 'I', type: ['null', 'int'], default: null },
      {
        name: 'M',
        type: [
          'null',
          {
            type: 'array',
            items: {
              type: 'record',
              name: 'KsqlDataSourceSchema_M',
              fields: [
                { name: 'key', type: ['null', 'string'], default: null },
                { name: 'value', type: ['null', 'long'], default: null },
              ],
              'connect.internal.type': 'MapEntry',
            },
            'connect.name': 'io.confluent.ksql.avro_schemas.KsqlDataSourceSchema_M',
          },
        ],
        default: null,
      },
      {
        name: 'a_b',
        type: [
          'null',
          {
            type: 'record',
            name: 'KsqlDataSourceSchema_a_b',
            fields: [{ name: 'X', type: ['null', 'long'], default: null }],
            'connect.name': 'io.confluent.ksql.avro_schemas.KsqlDataSourceSchema_a_b',
          },
        ],
        default: null,
      },
    ],
    'connect.name': 'io.confluent.ksql.avro_schemas.KsqlDataSourceSchema',
  });
});

test('keys are bare, and a struct key is a record named after its source', () => {
  const struct = structOf([{ name: 'F1', schema: STRING }], OPTIONAL);
  const key = (schema: Schema) =>
    avro.described!(
      specOf(columns({ K: schema }), { isKey: true, unwrapped: true, properties: { SOURCE_NAME: 'MY_OUTPUT' } }),
    );

  assert.equal(key(BIGINT), '"long"');
  assert.equal(
    key(struct),
    '{"type":"record","name":"MyOutputKey","namespace":"io.confluent.ksql.avro_schemas","fields":[{"name":"F1","type":["null","string"],"default":null}],"connect.name":"io.confluent.ksql.avro_schemas.MyOutputKey"}',
  );
  assert.equal(avro.described!(specOf(columns({ V: BIGINT }), { unwrapped: true })), '["null","long"]');
});

test('a name that Avro does not allow is refused', () => {
  assert.throws(() => avro.described!(specOf(columns({ '1Abc': BIGINT }))), {
    kind: 'sql',
    code: 'TRIB_AVRO_NAME',
    message: /^The column name "1Abc" cannot stand in Avro because of "1"\./,
  });
});

test('a bare null is no payload, and a full name is used as it is given', async () => {
  const bare = specOf(columns({ V: BIGINT }), { unwrapped: true });

  assert.deepEqual(await roundTrip(bare, [null]), { payload: null, back: null });
  assert.deepEqual((await roundTrip(bare, [5])).back, [5]);
  assert.match(
    avro.described!(specOf(columns({ V: BIGINT }), { properties: { FULL_SCHEMA_NAME: 'com.acme.V' } })),
    /"name":"V","namespace":"com.acme"/,
  );
});

test('a given schema id is written: its order, its names, its demands', async () => {
  const registry = new EmbeddedRegistry(null);
  const id = await registry.register(
    'x-value',
    'AVRO',
    '{"type":"record","name":"T","fields":[{"name":"b","type":"string"},{"name":"A","type":"long"},{"name":"extra","type":["null","int"],"default":null}]}',
  );
  const spec = specOf(columns({ A: BIGINT, B: STRING }), { properties: { SCHEMA_ID: String(id) } });
  const { payload, back } = await roundTrip(spec, [7, 'x'], registry);

  assert.deepEqual([payload!.toString('hex'), back], ['00000000010278' + '0e00', [7, 'x']]);
  await assert.rejects(roundTrip(spec, [7, null], registry), { kind: 'data', message: /^The field \$\.b is null/ });
});

test('under a schema id a NULL, and a column that is not there, become the default of a field that takes no null', async () => {
  const registry = new EmbeddedRegistry(null);
  const id = await registry.register(
    'x-value',
    'AVRO',
    '{"type":"record","name":"T","fields":[{"name":"A","type":"long","default":5},{"name":"opt","type":["int","null"],"default":3},{"name":"end","type":"string","default":"foo"}]}',
  );
  const spec = specOf(columns({ A: BIGINT, OPT: INTEGER }), { properties: { SCHEMA_ID: String(id) } });

  const hexes = [];
  for (const row of [
    [null, null],
    [7, 2],
  ])
    hexes.push((await roundTrip(spec, row, registry)).payload!.toString('hex'));

  assert.deepEqual(hexes, ['0000000001' + '0a' + '02' + '06666f6f', '0000000001' + '0e' + '0004' + '06666f6f']);
});

test('a schema id that demands a field the row has not is refused before the first row', async () => {
  const registry = new EmbeddedRegistry(null);
  const id = await registry.register(
    'x-value',
    'AVRO',
    '{"type":"record","name":"T","fields":[{"name":"A","type":"long"},{"name":"must","type":"int"}]}',
  );
  const writer = avro.writer(specOf(columns({ A: BIGINT }), { properties: { SCHEMA_ID: String(id) } }), registry);

  await assert.rejects(writer.prepare(), { code: 'TRIB_FORMAT_FIELD_MISSING' });
});

test('columns are inferred from a registered schema, what SQL cannot hold is left out', () => {
  const text = JSON.stringify({
    type: 'record',
    name: 'R',
    fields: [
      { name: 'id', type: { type: 'int', 'connect.type': 'int16' } },
      { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 } },
      { name: 'day', type: ['null', { type: 'int', logicalType: 'date' }] },
      { name: 'f', type: 'float' },
      { name: 'suit', type: { type: 'enum', name: 'Suit', symbols: ['A'] } },
      { name: 'bag', type: { type: 'map', values: 'string' } },
    ],
  });

  assert.deepEqual(
    avro.inferred!(text, { isKey: false, unwrapped: false }),
    columns({
      id: INTEGER,
      price: decimalSchema(6, 2, OPTIONAL),
      day: dateSchema(OPTIONAL),
      f: primitive('float64', OPTIONAL),
      suit: STRING,
      bag: mapOf(STRING, STRING, OPTIONAL),
    }),
  );
  assert.deepEqual(avro.inferred!('"int"', { isKey: true, unwrapped: false }), columns({ ROWKEY: INTEGER }));
  assert.deepEqual(avro.inferred!('"int"', { isKey: false, unwrapped: true }), columns({ ROWVAL: INTEGER }));
  assert.throws(() => avro.inferred!('"int"', { isKey: false, unwrapped: false }), {
    kind: 'sql',
    code: 'TRIB_SCHEMA_UNUSABLE',
  });
});

test('the columns of a recorded Debezium envelope are projected without the rest', async () => {
  const registry = await recordedRegistry();
  const text = recordedSchemas().get(10)!.schema;
  const schema = avro.inferred!(text, { isKey: false, unwrapped: false });
  const row = structOf(
    [
      { name: 'USER_ID', schema: BIGINT },
      { name: 'EVENT_ID', schema: INTEGER },
    ],
    OPTIONAL,
  );
  const spec = specOf(columns({ AFTER: row, OP: STRING, TS_MS: BIGINT }));
  const reader = avro.reader(spec, [[0, 0], [0, 1], [1], [2]], registry);
  const [first] = recordedEvents('avro', 'EVENT_MYSQL.EVENT.SUBMIT');
  const { value } = first!;
  await reader.prepare(value!, Int32Array.of(0), Int32Array.of(value!.length), 1);

  assert.deepEqual(
    schema.fields!.map((field) => field.name),
    ['before', 'after', 'source', 'transaction', 'op', 'ts_ms', 'ts_us', 'ts_ns'],
  );
  assert.deepEqual(reader.read(value!, 0, value!.length), [10017, 1, 'r', 1795402108911]);
});
