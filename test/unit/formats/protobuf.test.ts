import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmbeddedRegistry } from '../../../src/adapters/registry/embedded.ts';
import { ByteWriter } from '../../../src/core/bytes.ts';
import { decimal } from '../../../src/core/data/decimal.ts';
import { dateSchema, decimalSchema, timeSchema, timestampSchema } from '../../../src/core/data/logical.ts';
import { arrayOf, mapOf, primitive, type Row, type Schema, structOf } from '../../../src/core/data/schema.ts';
import type { Format, SerdeSpec } from '../../../src/formats/format.ts';
import { protobuf, protobufNoSr } from '../../../src/formats/protobuf.ts';

const OPTIONAL = { optional: true };
const INTEGER = primitive('int32', OPTIONAL);
const BIGINT = primitive('int64', OPTIONAL);
const DOUBLE = primitive('float64', OPTIONAL);
const STRING = primitive('string', OPTIONAL);

function specOf(fields: Record<string, Schema>, properties: Record<string, string> = {}): SerdeSpec {
  const schema = structOf(Object.entries(fields).map(([name, type]) => ({ name, schema: type })));
  return { topic: 't', isKey: false, schema, unwrapped: false, properties };
}

async function roundTrip(format: Format, spec: SerdeSpec, row: Row, registry = new EmbeddedRegistry(null)) {
  const out = new ByteWriter(4);
  const writer = format.writer(spec, registry);
  await writer.prepare();
  writer.write(row, out);
  const payload = out.toBuffer();
  const reader = format.reader(
    spec,
    spec.schema.fields!.map((_, index) => [index]),
    registry,
  );
  await reader.prepare(payload, Int32Array.of(0), Int32Array.of(payload.length), 1);
  return { payload, back: reader.read(payload, 0, payload.length) };
}

const EVERYTHING = {
  I: INTEGER,
  L: BIGINT,
  D: DOUBLE,
  S: STRING,
  B: primitive('boolean', OPTIONAL),
  Y: primitive('bytes', OPTIONAL),
  N: decimalSchema(6, 2, OPTIONAL),
  DT: dateSchema(OPTIONAL),
  TM: timeSchema(OPTIONAL),
  TS: timestampSchema(OPTIONAL),
  A: arrayOf(INTEGER, OPTIONAL),
  T: arrayOf(STRING, OPTIONAL),
  M: mapOf(STRING, BIGINT, OPTIONAL),
  R: structOf([{ name: 'X', schema: BIGINT }], OPTIONAL),
};
const FULL: Row = [
  -5,
  -9223372036854775808n,
  1.5,
  'é',
  true,
  Buffer.from([0, 1]),
  decimal(-1010n, 2),
  -1,
  86399999,
  -1,
  [1, -2, 300],
  ['', 'x'],
  new Map([
    ['k', 5],
    ['', 0],
  ]),
  [7],
];

test('rows of every type come back, with and without registry', async () => {
  assert.deepEqual((await roundTrip(protobuf, specOf(EVERYTHING), FULL)).back, FULL);
  assert.deepEqual((await roundTrip(protobufNoSr, specOf(EVERYTHING), FULL)).back, FULL);
});

test('a null of a plain scalar reads as its default; messages keep theirs, lists and maps are empty', async () => {
  const { back } = await roundTrip(protobuf, specOf(EVERYTHING), new Array(14).fill(null));

  assert.deepEqual(back, [0, 0, 0, '', false, Buffer.alloc(0), null, null, null, null, [], [], new Map(), null]);
});

test('OPTIONAL and WRAPPER tell null from the default', async () => {
  const nullable = { I: INTEGER, S: STRING, D: DOUBLE };
  const rows: Row[] = [
    [null, null, null],
    [0, '', 0],
  ];
  const kept = async (representation: string) =>
    Promise.all(
      rows.map(
        async (row) =>
          (await roundTrip(protobuf, specOf(nullable, { NULLABLE_REPRESENTATION: representation }), row)).back,
      ),
    );

  assert.deepEqual([await kept('OPTIONAL'), await kept('WRAPPER')], [rows, rows]);
});

test('the frame holds the id and the place of the message', async () => {
  const registry = new EmbeddedRegistry(null);
  const text = 'syntax = "proto3"; message A { int32 x = 1; message B { int32 y = 1; } } message C { int32 z = 1; }';
  const id = await registry.register('t-value', 'PROTOBUF', text);
  const framed = async (name: string, column: string) =>
    (
      await roundTrip(
        protobuf,
        specOf({ [column]: INTEGER }, { SCHEMA_ID: String(id), FULL_SCHEMA_NAME: name }),
        [7],
        registry,
      )
    ).payload.toString('hex');

  assert.deepEqual(
    [await framed('A', 'X'), await framed('A.B', 'Y'), await framed('C', 'Z')],
    ['00000000010' + '00807', '000000000104000' + '00807', '00000000010202' + '0807'],
  );
});

test('the registered text is the one ksqlDB writes', () => {
  const fields = { I: INTEGER, L: BIGINT, D: DOUBLE, B: primitive('boolean', OPTIONAL), S: STRING };

  assert.equal(
    protobuf.described!(specOf(fields)),
    'syntax = "proto3";\n\nmessage ConnectDefault1 {\n  int32 I = 1;\n  int64 L = 2;\n  double D = 3;\n  bool B = 4;\n  string S = 5;\n}\n',
  );
  assert.equal(
    protobuf.described!(specOf(fields, { NULLABLE_REPRESENTATION: 'WRAPPER' })),
    'syntax = "proto3";\n\nimport "google/protobuf/wrappers.proto";\n\nmessage ConnectDefault1 {\n  google.protobuf.Int32Value I = 1;\n  google.protobuf.Int64Value L = 2;\n  google.protobuf.DoubleValue D = 3;\n  google.protobuf.BoolValue B = 4;\n  google.protobuf.StringValue S = 5;\n}\n',
  );
});

test('columns are inferred from any scalar, well-known message, nested message and reference', () => {
  const text = `syntax = "proto3"; // a comment
    package com.acme;
    import "event.proto";
    import "confluent/type/decimal.proto";
    message First {
      float f = 1; uint32 u = 2; uint64 v = 3; sint32 s = 4; fixed64 x = 5;
      google.protobuf.BoolValue b = 6;
      confluent.type.Decimal d = 7 [(confluent.field_meta) = { params: [{ value: "4", key: "precision" }, { key: "scale", value: "2" }]}];
      enum Suit { option allow_alias = true; A = 0; B = 1 [deprecated = true]; }
      Suit suit = 8;
      repeated string tags = 9;
      map<string, int32> counts = 10;
      Event event = 11;
      oneof choice { string left = 12; int64 right = 13; }
      reserved 20 to 30, 40; reserved "gone";
    }
    message Second { int32 only = 1; }`;
  const references = ['syntax = "proto3"; message Event { google.protobuf.Timestamp at = 1; }'];
  const inferred = (fullName?: string) =>
    protobuf.inferred!(text, {
      isKey: false,
      unwrapped: false,
      references,
      ...(fullName === undefined ? {} : { fullName }),
    });

  assert.deepEqual(
    inferred(),
    structOf([
      { name: 'f', schema: DOUBLE },
      { name: 'u', schema: BIGINT },
      { name: 'v', schema: BIGINT },
      { name: 's', schema: INTEGER },
      { name: 'x', schema: BIGINT },
      { name: 'b', schema: primitive('boolean', OPTIONAL) },
      { name: 'd', schema: decimalSchema(4, 2, OPTIONAL) },
      { name: 'suit', schema: STRING },
      { name: 'tags', schema: arrayOf(STRING, OPTIONAL) },
      { name: 'counts', schema: mapOf(STRING, INTEGER, OPTIONAL) },
      { name: 'event', schema: structOf([{ name: 'at', schema: timestampSchema(OPTIONAL) }], OPTIONAL) },
      { name: 'left', schema: STRING },
      { name: 'right', schema: BIGINT },
    ]),
  );
  assert.deepEqual(inferred('com.acme.Second'), structOf([{ name: 'only', schema: INTEGER }]));
  assert.throws(() => inferred('com.acme.Third'), { kind: 'sql', code: 'TRIB_SCHEMA_MESSAGE_UNKNOWN' });
});

test('a message of another writer is read: unknown fields are passed over, packed and unpacked lists are the same', () => {
  const reader = protobufNoSr.reader(
    specOf({ A: arrayOf(INTEGER, OPTIONAL), B: STRING }),
    [[0], [1]],
    new EmbeddedRegistry(null),
  );
  const unpacked = Buffer.from('0801' + '0802' + '1a0161' + '25ffffffff' + '31ffffffffffffffff' + '1201' + '78', 'hex');
  const packed = Buffer.from('0a020102' + '120178', 'hex');

  assert.deepEqual(
    [unpacked, packed].map((bytes) => reader.read(bytes, 0, bytes.length)),
    [
      [[1, 2], 'x'],
      [[1, 2], 'x'],
    ],
  );
});

test('messages may be nested 32 deep, and a schema that is deeper is refused at once', async () => {
  const nested = (depth: number) =>
    `syntax = "proto3"; message M { int64 B = 1; ${'message N { '.repeat(depth - 1)}${'}'.repeat(depth - 1)} }`;
  const read = async (depth: number) => {
    const registry = new EmbeddedRegistry(null);
    const id = await registry.register('t-value', 'PROTOBUF', nested(depth));
    const framed = Buffer.from(`000000000${id}000807`, 'hex');
    const reader = protobuf.reader(specOf({ B: BIGINT }), [[0]], registry);
    await reader.prepare(framed, Int32Array.of(0), Int32Array.of(framed.length), 1);
    return reader.read(framed, 0, framed.length);
  };

  assert.deepEqual(await read(32), [7]);
  for (const depth of [33, 100_000]) {
    await assert.rejects(read(depth), { kind: 'data', message: /nested more than 32 deep/ });
  }
});

test('payloads that are cut and types that do not read as their column are refused', async () => {
  const registry = new EmbeddedRegistry(null);
  const reader = protobufNoSr.reader(specOf({ S: STRING }), [[0]], registry);

  assert.throws(() => reader.read(Buffer.from('0a0561', 'hex'), 0, 3), { kind: 'data', code: 'TRIB_PROTO_PAYLOAD' });

  const id = await registry.register('t-value', 'PROTOBUF', 'syntax = "proto3"; message M { int64 D = 1; }');
  const framed = Buffer.from(`000000000${id}00`, 'hex');
  const typed = protobuf.reader(specOf({ D: DOUBLE }), [[0]], registry);
  await typed.prepare(framed, Int32Array.of(0), Int32Array.of(framed.length), 1);

  assert.throws(() => typed.read(framed, 0, framed.length), {
    message: /^The field \$\.D is written as int64, which does not read as DOUBLE\./,
  });
});
