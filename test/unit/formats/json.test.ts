import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmbeddedRegistry } from '../../../src/adapters/registry/embedded.ts';
import { ByteWriter } from '../../../src/core/bytes.ts';
import { decimal } from '../../../src/core/data/decimal.ts';
import { dateSchema, decimalSchema, timeSchema, timestampSchema } from '../../../src/core/data/logical.ts';
import { arrayOf, mapOf, primitive, type Row, type Schema, structOf } from '../../../src/core/data/schema.ts';
import type { SerdeSpec } from '../../../src/formats/format.ts';
import { json } from '../../../src/formats/json.ts';

const OPTIONAL = { optional: true };
const BIGINT = primitive('int64', OPTIONAL);
const STRING = primitive('string', OPTIONAL);
const NO_REGISTRY = new EmbeddedRegistry(null);

function specOf(fields: Record<string, Schema>, unwrapped = false): SerdeSpec {
  const schema = structOf(Object.entries(fields).map(([name, type]) => ({ name, schema: type })));
  return { topic: 't', isKey: false, schema, unwrapped, properties: {} };
}

function readerOf(spec: SerdeSpec, wanted = spec.schema.fields!.map((_, index) => [index])) {
  const reader = json.reader(spec, wanted, NO_REGISTRY);
  return (text: string): Row | null => {
    const bytes = Buffer.from(`#${text}#`);
    return reader.read(bytes, 1, bytes.length - 1);
  };
}

function written(spec: SerdeSpec, row: Row): string | null {
  const out = new ByteWriter(4);
  return json.writer(spec, NO_REGISTRY).write(row, out) ? out.toBuffer().toString() : null;
}

function faultOf(spec: SerdeSpec, text: string): string {
  try {
    return JSON.stringify(readerOf(spec)(text));
  } catch (error) {
    return (error as Error).message;
  }
}

test('a column takes the member of its exact name, else the last one that is it in upper case', () => {
  const read = readerOf(specOf({ ID: BIGINT, id: BIGINT, Other: BIGINT }));

  assert.deepEqual(
    [
      '{"id":1,"ID":2}',
      '{"ID":2,"id":1}',
      '{"Id":1,"iD":3}',
      '{"id":1}',
      '{"ID":5,"Id":6}',
      '{"OTHER":1,"other":2}',
      '{}',
    ].map(read),
    [
      [2, 1, null],
      [2, 1, null],
      [3, null, null],
      [1, 1, null],
      [5, null, null],
      [null, null, null],
      [null, null, null],
    ],
  );
});

test('members may come in any order from one payload to the next', () => {
  const read = readerOf(specOf({ A: BIGINT, B: STRING }));

  assert.deepEqual(['{"A":1,"B":"x"}', '{"B":"y","A":2}', '{"z":[{"A":9}],"A":3}', '{"B":null}'].map(read), [
    [1, 'x'],
    [2, 'y'],
    [3, null],
    [null, null],
  ]);
});

test('integers are cut and keep their low bits, and may be text', () => {
  const read = readerOf(specOf({ I: primitive('int32', OPTIONAL), L: BIGINT }));

  assert.deepEqual(
    [
      '{"I":3.9,"L":-3.9}',
      '{"I":3000000000,"L":9223372036854775808}',
      '{"I":"12","L":"9007199254740993"}',
      '{"I":1e3,"L":1E18}',
    ].map(read),
    [
      [3, -3],
      [-1294967296, -9223372036854775808n],
      [12, 9007199254740993n],
      [1000, 1000000000000000000n],
    ],
  );
});

test('a STRING shows other values as text', () => {
  const read = readerOf(specOf({ S: STRING }));

  assert.deepEqual(
    [
      '{"S":1.50}',
      '{"S":true}',
      '{"S":{"a": [1, null]}}',
      '{"S":[1, "x", null, {"b":2}]}',
      '{"S":123456789012345678901}',
      '{"S":"\\u00e9\\n"}',
    ].map(read),
    [['1.50'], ['true'], ['{"a":[1,null]}'], ['[1, x, null, {"b":2}]'], ['123456789012345678901'], ['é\n']],
  );
});

test('nested columns follow the same rules, and paths reach into them', () => {
  const inner = structOf(
    [
      { name: 'X', schema: BIGINT },
      { name: 'Y', schema: STRING },
    ],
    OPTIONAL,
  );
  const spec = specOf({ S: inner, A: arrayOf(inner, OPTIONAL), M: mapOf(STRING, BIGINT, OPTIONAL) });
  const text = '{"s":{"x":1,"Y":"why"},"a":[{"X":2},null],"m":{"k":5,"n":null}}';

  assert.deepEqual(readerOf(spec)(text), [
    [1, 'why'],
    [[2, null], null],
    new Map([
      ['k', 5],
      ['n', null],
    ]),
  ]);
  assert.deepEqual(
    readerOf(spec, [
      [0, 1],
      [0, 0],
    ])(text),
    ['why', 1],
  );
  assert.deepEqual(readerOf(spec, [[0, 1]])('{"s":null}'), [null]);
});

test('times are integers in their range and decimals fit without rounding', () => {
  const spec = specOf({
    D: dateSchema(OPTIONAL),
    T: timeSchema(OPTIONAL),
    S: timestampSchema(OPTIONAL),
    N: decimalSchema(4, 2, OPTIONAL),
    B: primitive('bytes', OPTIONAL),
  });

  assert.deepEqual(readerOf(spec)('{"D":-1,"T":86400000,"S":1700000000123,"N":"1.5","B":"AQI="}'), [
    -1,
    86400000,
    1700000000123,
    decimal(150n, 2),
    Buffer.from([1, 2]),
  ]);
  assert.deepEqual(
    ['{"T":86400001}', '{"D":1.5}', '{"S":"1"}', '{"N":1.234}', '{"N":100}', '{"B":"*"}'].map((text) =>
      faultOf(spec, text),
    ),
    [
      'The member $.T holds a number out of range where the column is TIME.',
      'The member $.D holds a number where the column is DATE.',
      'The member $.S holds text where the column is TIMESTAMP.',
      'The member $.N holds the number 1.234 where the column is DECIMAL(4, 2).',
      'The member $.N holds the number 100 where the column is DECIMAL(4, 2).',
      'The member $.B holds the text "*", which is no BYTES.',
    ],
  );
  assert.match(faultOf(spec, `{"N":${'9'.repeat(100_000)}}`), /holds the number 9{77}\.\.\. where/);
});

test('one bad member fails the record, also when its column is not read', () => {
  const spec = specOf({ A: BIGINT, B: primitive('boolean', OPTIONAL) });

  assert.throws(() => readerOf(spec, [[0]])('{"A":1,"B":"true"}'), { kind: 'data', code: 'TRIB_FORMAT_TYPE_MISMATCH' });
  assert.throws(() => readerOf(spec)('{"A":true}'), {
    message: 'The member $.A holds a boolean where the column is BIGINT.',
  });
});

test('text that is no JSON object is refused, and null is no row', () => {
  const spec = specOf({ A: BIGINT });

  assert.deepEqual(
    ['', '[1]', '5', '{"A":1', '{"A":}', '{"A":01}', '{A:1}', 'null'].map((text) => faultOf(spec, text)),
    [
      'No valid JSON: the text ends where an object with the columns as members is expected.',
      'No valid JSON: found "[1]" where an object with the columns as members is expected.',
      'No valid JSON: found "5" where an object with the columns as members is expected.',
      'No valid JSON: the text ends where "," or "}" is expected.',
      'The member $.A holds a number where the column is BIGINT.',
      'No valid JSON: found "01}" where a value is expected.',
      'No valid JSON: found "A:1}" where a member name in quotes is expected.',
      'null',
    ],
  );
});

test('a bare column is the JSON value itself', () => {
  const spec = specOf({ K: STRING }, true);

  assert.deepEqual(['"abc"', '5', 'null'].map(readerOf(spec)), [['abc'], ['5'], null]);
  assert.deepEqual([written(spec, ['a"b']), written(spec, [null])], ['"a\\"b"', null]);
});

test('a row is written with all its columns in order, numbers as Java prints them', () => {
  const spec = specOf({
    I: primitive('int32', OPTIONAL),
    L: BIGINT,
    D: primitive('float64', OPTIONAL),
    N: decimalSchema(6, 2, OPTIONAL),
    S: STRING,
    B: primitive('boolean', OPTIONAL),
    Y: primitive('bytes', OPTIONAL),
    A: arrayOf(STRING, OPTIONAL),
    M: mapOf(STRING, BIGINT, OPTIONAL),
    R: structOf([{ name: 'x', schema: BIGINT }], OPTIONAL),
  });
  const row = [
    -7,
    9223372036854775807n,
    1e7,
    decimal(1010n, 2),
    'é"\n',
    false,
    Buffer.from('hi'),
    ['a', null],
    new Map([['k', -1]]),
    [5],
  ];

  assert.equal(
    written(spec, row),
    '{"I":-7,"L":9223372036854775807,"D":1.0E7,"N":10.10,"S":"é\\"\\n","B":false,"Y":"aGk=","A":["a",null],"M":{"k":-1},"R":{"x":5}}',
  );
  assert.equal(
    written(spec, new Array(10).fill(null)),
    '{"I":null,"L":null,"D":null,"N":null,"S":null,"B":null,"Y":null,"A":null,"M":null,"R":null}',
  );
  assert.deepEqual(readerOf(spec)(written(spec, row)!), row);
});

test('integers of every size are written digit by digit', () => {
  const spec = specOf({ L: BIGINT });
  const values = [
    0,
    9,
    10,
    2147483647,
    2147483648,
    1000000000000,
    9007199254740991,
    -9007199254740991,
    -2147483648,
    9007199254740993n,
  ];

  assert.deepEqual(
    values.map((value) => written(spec, [value])),
    values.map((value) => `{"L":${value}}`),
  );
});

test('long texts and many rows outgrow the buffer without harm', () => {
  const spec = specOf({ S: STRING, A: arrayOf(STRING, OPTIONAL) });
  const row = ['\u0001'.repeat(500), Array.from({ length: 300 }, (_, index) => `item ${index} é`)];

  assert.deepEqual(readerOf(spec)(written(spec, row)!), row);
});
