import assert from 'node:assert/strict';
import { test } from 'node:test';
import avsc from 'avsc';
import { ByteWriter } from '../../../../src/core/bytes.ts';
import { decimalSchema, timestampSchema } from '../../../../src/core/data/logical.ts';
import {
  arrayOf,
  mapOf,
  primitive,
  type Row,
  type Schema,
  type Struct,
  structOf,
} from '../../../../src/core/data/schema.ts';
import { parseAvroSchema } from '../../../../src/formats/avro/avro-schema.ts';
import { connectSchemaOf } from '../../../../src/formats/avro/connect-schema.ts';
import { rowReader, valueReader } from '../../../../src/formats/avro/read-code.ts';
import { valueWriter } from '../../../../src/formats/avro/write-code.ts';
import { RECORDED_TOPICS, recordedEvents, recordedSchemas } from '../../../support/recorded-events.ts';

const OPTIONAL = { optional: true };
const BIGINT = primitive('int64', OPTIONAL);
const STRING = primitive('string', OPTIONAL);
const DOUBLE = primitive('float64', OPTIONAL);

function record(...fields: readonly object[]): string {
  return JSON.stringify({ type: 'record', name: 'R', fields });
}

function columns(fields: Record<string, Schema>): Schema {
  return structOf(Object.entries(fields).map(([name, schema]) => ({ name, schema })));
}

/** What ours reads of what avsc wrote. */
function readBack(
  schemaText: string,
  value: unknown,
  target: Schema,
  wanted?: readonly (readonly number[])[],
): Row | null {
  const bytes = avsc.Type.forSchema(JSON.parse(schemaText), { wrapUnions: true }).toBuffer(value);
  const padded = Buffer.concat([Buffer.from('zz'), bytes, Buffer.from('tail')]);
  const paths = wanted ?? target.fields!.map((_, index) => [index]);
  return rowReader(parseAvroSchema(schemaText), target, paths, false)(padded, 2, 2 + bytes.length);
}

test('columns find their field by exact name, then in upper case; the others are passed over', () => {
  const schema = record(
    { name: 'skipped', type: { type: 'array', items: 'string' } },
    { name: 'id', type: 'long' },
    { name: 'bag', type: { type: 'map', values: { type: 'array', items: 'double' } } },
    { name: 'Name', type: ['null', 'string'] },
  );
  const value = { skipped: ['a', 'b'], id: 7, bag: { x: [1, 2], y: [] }, Name: { string: 'Ann' } };

  assert.deepEqual(readBack(schema, value, columns({ ID: BIGINT, MISSING: STRING, NAME: STRING, Name: STRING })), [
    7,
    null,
    'Ann',
    'Ann',
  ]);
});

test('wanted paths reach into structs, and a null struct gives null cells', () => {
  const schema = record(
    {
      name: 'a',
      type: [
        'null',
        {
          type: 'record',
          name: 'A',
          fields: [
            { name: 'x', type: 'int' },
            { name: 'y', type: 'string' },
          ],
        },
      ],
    },
    { name: 'b', type: 'string' },
  );
  const target = columns({
    A: structOf(
      [
        { name: 'X', schema: primitive('int32', OPTIONAL) },
        { name: 'Y', schema: STRING },
      ],
      OPTIONAL,
    ),
    B: STRING,
  });

  assert.deepEqual(readBack(schema, { a: { A: { x: 1, y: 'why' } }, b: 'bee' }, target, [[0, 1], [1], [0]]), [
    'why',
    'bee',
    [1, 'why'],
  ]);
  assert.deepEqual(readBack(schema, { a: null, b: 'bee' }, target, [[0, 1], [1]]), [null, 'bee']);
});

test('numbers, enums and booleans read as text where the column is a STRING', () => {
  const schema = record(
    { name: 'I', type: 'int' },
    { name: 'D', type: 'double' },
    { name: 'B', type: 'boolean' },
    { name: 'E', type: { type: 'enum', name: 'S', symbols: ['HEARTS', 'SPADES'] } },
    { name: 'F', type: 'float' },
  );

  assert.deepEqual(
    readBack(
      schema,
      { I: -5, D: 1e10, B: true, E: 'SPADES', F: Math.fround(0.1) },
      columns({ I: STRING, D: STRING, B: STRING, E: STRING, F: STRING }),
    ),
    ['-5', '1.0E10', 'true', 'SPADES', '0.1'],
  );
});

test('arrays, maps and arrays of entries read as ARRAY and MAP', () => {
  const entry = {
    type: 'record',
    name: 'Entry',
    fields: [
      { name: 'key', type: ['null', 'string'] },
      { name: 'value', type: ['null', 'double'] },
    ],
  };
  const schema = record(
    { name: 'A', type: { type: 'array', items: ['null', 'long'] } },
    { name: 'M', type: { type: 'map', values: 'double' } },
    { name: 'N', type: { type: 'array', items: entry } },
  );
  const target = columns({
    A: arrayOf(BIGINT, OPTIONAL),
    M: mapOf(STRING, DOUBLE, OPTIONAL),
    N: mapOf(STRING, DOUBLE, OPTIONAL),
  });

  assert.deepEqual(
    readBack(
      schema,
      {
        A: [{ long: 1 }, null],
        M: { k: 1.5 },
        N: [
          { key: { string: 'k' }, value: { double: 2 } },
          { key: { string: 'n' }, value: null },
        ],
      },
      target,
    ),
    [
      [1, null],
      new Map([['k', 1.5]]),
      new Map([
        ['k', 2],
        ['n', null],
      ]),
    ],
  );
});

test('a union of several types is a struct with one field set', () => {
  const schema = record({ name: 'U', type: ['null', 'string', 'long'] }, { name: 'Z', type: 'int' });
  const target = columns({
    U: structOf(
      [
        { name: 'STRING', schema: STRING },
        { name: 'LONG', schema: BIGINT },
      ],
      OPTIONAL,
    ),
    Z: primitive('int32'),
  });
  const values = [{ string: 'x' }, { long: 5 }, null].map((U) => readBack(schema, { U, Z: 9 }, target));

  assert.deepEqual(values, [
    [['x', null], 9],
    [[null, 5], 9],
    [null, 9],
  ]);
});

test('decimals take the scale of the column and are refused when they do not fit it', () => {
  const schema = record({ name: 'D', type: { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 } });
  const value = { D: Buffer.from('1770', 'hex') };

  assert.deepEqual(readBack(schema, value, columns({ D: decimalSchema(6, 2, OPTIONAL) })), [
    { unscaled: 6000n, scale: 2 },
  ]);
  assert.deepEqual(readBack(schema, value, columns({ D: decimalSchema(9, 4, OPTIONAL) })), [
    { unscaled: 600000n, scale: 4 },
  ]);
  assert.throws(() => readBack(schema, value, columns({ D: decimalSchema(1, 0, OPTIONAL) })), {
    code: 'TRIB_FORMAT_TYPE_MISMATCH',
    message: /60.00 does not fit into DECIMAL\(1, 0\)/,
  });
});

test("Debezium's times read as TIMESTAMP in milliseconds and as BIGINT unchanged", () => {
  const schema = record({ name: 'T', type: { type: 'long', 'connect.name': 'io.debezium.time.MicroTimestamp' } });

  assert.deepEqual(
    readBack(schema, { T: 1768075153000001 }, columns({ T: timestampSchema(OPTIONAL) })),
    [1768075153000],
  );
  assert.deepEqual(readBack(schema, { T: 1768075153000001 }, columns({ T: BIGINT })), [1768075153000001]);
});

test('a writer type that does not read as its column is named with its path', () => {
  const schema = record({ name: 'S', type: { type: 'record', name: 'X', fields: [{ name: 'd', type: 'int' }] } });
  const target = columns({ S: structOf([{ name: 'D', schema: DOUBLE }], OPTIONAL) });

  assert.throws(() => readBack(schema, { S: { d: 1 } }, target), {
    code: 'TRIB_FORMAT_TYPE_MISMATCH',
    kind: 'data',
    message: /^The field \$\.S\.D is written as int32, which does not read as DOUBLE\./,
  });
});

test('a bare payload is the column itself, and a bare null is no row', () => {
  const target = columns({ K: BIGINT });
  const read = rowReader(parseAvroSchema('["null","long"]'), target, [[0]], true);

  assert.deepEqual([read(Buffer.from([2, 14]), 0, 2), read(Buffer.from([0]), 0, 1)], [[7], null]);
  assert.deepEqual(
    rowReader(parseAvroSchema(record({ name: 'K', type: 'long' })), target, [[0]], true)(Buffer.from([14]), 0, 1),
    [7],
  );
});

test('a payload that is cut, or that names what is not there, is refused', () => {
  const text = rowReader(parseAvroSchema(record({ name: 'A', type: 'string' })), columns({ A: STRING }), [[0]], false);
  const optional = rowReader(
    parseAvroSchema(record({ name: 'A', type: ['null', 'string'] })),
    columns({ A: STRING }),
    [[0]],
    false,
  );
  const list = rowReader(
    parseAvroSchema(record({ name: 'A', type: { type: 'array', items: 'long' } })),
    columns({ A: arrayOf(BIGINT, OPTIONAL) }),
    [[0]],
    false,
  );
  const refused = { code: 'TRIB_AVRO_PAYLOAD', kind: 'data' };

  assert.throws(() => text(Buffer.from([10, 97, 98, 99]), 0, 4), refused);
  assert.throws(() => text(Buffer.from([10, 97, 98, 99, 100, 101]), 0, 3), refused);
  assert.throws(() => text(Buffer.from([255, 255, 255, 255, 255, 255, 255, 255, 255, 1]), 0, 10), refused);
  assert.throws(() => optional(Buffer.from([6, 2, 97]), 0, 3), refused);
  assert.throws(() => list(Buffer.from([200, 1, 2, 2]), 0, 4), refused);
});

test('a number that is cut is refused before bytes behind the payload are read', () => {
  for (const type of ['float', 'double']) {
    const read = rowReader(parseAvroSchema(record({ name: 'A', type })), columns({ A: DOUBLE }), [[0]], false);

    assert.throws(() => read(Buffer.from([0, 0, 0]), 0, 3), { code: 'TRIB_AVRO_PAYLOAD' });
    assert.throws(() => read(Buffer.alloc(20), 0, 3), { code: 'TRIB_AVRO_PAYLOAD' });
  }
});

// A count of 2,147,483,647; the same as a negative one with the size of its block; and 9,223,372,036,854,775,807.
const ABSURD = ['feffffff0f00', 'fdffffff0f0400', 'feffffffffffffffff0100'];
const NO_BYTES = { type: 'record', name: 'E', fields: [] };

test('an array or map that claims more items than the payload holds costs nothing and is refused', () => {
  const items = ['string', ['null', 'long'], NO_BYTES, 'null', { type: 'fixed', name: 'F', size: 0 }];
  const types: readonly Record<string, unknown>[] = [
    ...items.map((type) => ({ type: 'array', items: type })),
    { type: 'map', values: 'string' },
  ];
  for (const type of types) {
    const schema = parseAvroSchema(record({ name: 'A', type }, { name: 'B', type: 'int' }));
    const target = columns({ B: primitive('int32', OPTIONAL) });
    const passes = rowReader(schema, target, [[0]], false);
    const only = parseAvroSchema(record({ name: 'A', type }));
    // A list of nothing but nulls has no Connect schema.
    const whole = type['items'] === 'null' ? null : valueReader(only, connectSchemaOf(only), 'structs');
    for (const hex of ABSURD) {
      const bytes = Buffer.from(hex, 'hex');
      if (hex !== ABSURD[1]) assert.throws(() => passes(bytes, 0, bytes.length), { code: 'TRIB_AVRO_PAYLOAD' });
      if (whole !== null) assert.throws(() => whole(bytes, 0, bytes.length), { code: 'TRIB_AVRO_PAYLOAD' });
    }
  }
});

test('items without bytes are as many as their count says', () => {
  const schema = parseAvroSchema(record({ name: 'A', type: { type: 'array', items: NO_BYTES } }));
  const read = valueReader(schema, connectSchemaOf(schema), 'structs');

  const { cells } = read(Buffer.from([6, 4, 0]), 0, 3) as Struct;

  assert.equal((cells[0] as Struct[]).length, 5);
});

test('blocks of arrays may say their size, and are passed over by it', () => {
  const schema = parseAvroSchema(
    record({ name: 'A', type: { type: 'array', items: 'long' } }, { name: 'B', type: 'int' }),
  );
  const bytes = Buffer.from([3, 4, 2, 4, 2, 6, 0, 14]);
  const target = columns({ A: arrayOf(BIGINT, OPTIONAL), B: primitive('int32', OPTIONAL) });

  assert.deepEqual(rowReader(schema, target, [[0], [1]], false)(bytes, 0, bytes.length), [[1, 2, 3], 7]);
  assert.deepEqual(rowReader(schema, target, [[1]], false)(bytes, 0, bytes.length), [7]);
});

test('recursive records are passed over, and read into Connect data', () => {
  const text = record(
    {
      name: 'tree',
      type: {
        type: 'record',
        name: 'Node',
        fields: [
          { name: 'v', type: 'int' },
          { name: 'kids', type: { type: 'array', items: 'Node' } },
        ],
      },
    },
    { name: 'Z', type: 'int' },
  );
  const value = {
    tree: {
      v: 1,
      kids: [
        { v: 2, kids: [] },
        { v: 3, kids: [{ v: 4, kids: [] }] },
      ],
    },
    Z: 9,
  };
  const bytes = avsc.Type.forSchema(JSON.parse(text)).toBuffer(value);
  const schema = connectSchemaOf(parseAvroSchema(text));
  const whole = valueReader(parseAvroSchema(text), schema, 'structs')(bytes, 0, bytes.length) as Struct;
  const kids = (whole.get('tree') as Struct).get('kids') as Struct[];

  assert.deepEqual(readBack(text, value, columns({ Z: primitive('int32') })), [9]);
  assert.deepEqual(
    kids.map((kid) => kid.get('v')),
    [2, 3],
  );
});

test('every recorded event comes back byte by byte when it is written again', () => {
  const schemas = recordedSchemas();
  const out = new ByteWriter(16);
  const codecs = new Map(
    [...schemas].map(([id, { schema: text }]) => {
      const avro = parseAvroSchema(text);
      const schema = connectSchemaOf(avro);
      return [id, { read: valueReader(avro, schema, 'structs'), write: valueWriter(schema, avro, 'structs') }];
    }),
  );
  const payloads = RECORDED_TOPICS.flatMap((topic) => recordedEvents('avro', topic))
    .flatMap(({ key, value }) => [key, value])
    .filter((payload) => payload !== null);
  const changed = payloads.filter((payload) => {
    const codec = codecs.get(payload.readInt32BE(1))!;
    out.reset();
    codec.write(codec.read(payload, 5, payload.length), out);
    return !out.toBuffer().equals(payload.subarray(5));
  });

  assert.equal(payloads.length, 1157);
  assert.deepEqual(changed, []);
});
