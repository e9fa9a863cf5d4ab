import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Converter, SchemaAndValue } from '../../../../src/connect/plugins.ts';
import { parseConfigOrThrow } from '../../../../src/core/config/parse.ts';
import { decimal } from '../../../../src/core/data/decimal.ts';
import { decimalSchema, timestampSchema } from '../../../../src/core/data/logical.ts';
import {
  arrayOf,
  mapOf,
  primitive,
  type Schema,
  Struct,
  structOf,
  type Value,
} from '../../../../src/core/data/schema.ts';
import { typed } from '../../../../src/core/data/typed.ts';
import { jsonConverter } from '../../../../src/plugins/converters/json.ts';

function converterOf(config: Record<string, string> = {}): Converter {
  const raw = { 'converter.type': 'value', ...config };
  return jsonConverter.create(parseConfigOrThrow(jsonConverter.config, raw, ''), false, {
    raw,
    registry: () => {
      throw new Error('no registry');
    },
  });
}

const WITHOUT_SCHEMAS = { 'schemas.enable': 'false' };

function decode(text: string | null, config: Record<string, string> = {}): SchemaAndValue {
  const bytes = Buffer.from(`##${text ?? ''}##`);
  return converterOf(config).decode('t', bytes, text === null ? -1 : 2, bytes.length - 2);
}

function encode(schema: Schema | null, value: Value, config: Record<string, string> = {}): string | null {
  return converterOf(config).encode('t', schema, value)?.toString() ?? null;
}

function withSchema(schema: object, payload: unknown): string {
  return JSON.stringify({ schema, payload });
}

const POINT = structOf(
  [
    { name: 'x', schema: primitive('int8') },
    { name: 'label', schema: primitive('string', { optional: true, defaultValue: 'none' }) },
  ],
  { name: 'com.acme.Point', version: 2 },
);
const POINT_JSON =
  '{"type":"struct","fields":[{"type":"int8","optional":false,"field":"x"},{"type":"string","optional":true,"default":"none","field":"label"}],"optional":false,"name":"com.acme.Point","version":2}';

test('a struct is written with its schema, and comes back the same', () => {
  const text = encode(POINT, new Struct(POINT, [-1, 'é']));

  assert.equal(text, `{"schema":${POINT_JSON},"payload":{"x":-1,"label":"é"}}`);
  assert.deepEqual(decode(text), { schema: POINT, value: new Struct(POINT, [-1, 'é']) });
});

test('the same schema text is parsed once: the records share one schema', () => {
  const converter = converterOf();
  const other = withSchema({ type: 'string' }, 'x');
  const schemas = [1, 2, 3].map((x) => {
    const bytes = Buffer.from(x === 2 ? other : `{"schema":${POINT_JSON},"payload":{"x":${x},"label":"a"}}`);
    return converter.decode('t', bytes, 0, bytes.length).schema;
  });

  assert.equal(schemas[0], schemas[2]);
  assert.deepEqual(schemas[1], primitive('string'));
});

test('the payload may stand before its schema', () => {
  assert.deepEqual(
    decode('{"payload":{"x":5},"schema":{"type":"map","keys":{"type":"string"},"values":{"type":"int64"}}}'),
    {
      schema: mapOf(primitive('string'), primitive('int64')),
      value: new Map([['x', 5]]),
    },
  );
});

test('nulls become the default unless that is switched off', () => {
  const empty = new Struct(POINT, [1, null]);
  const keep = { 'replace.null.with.default': 'false', ...WITHOUT_SCHEMAS };

  assert.deepEqual(
    [encode(POINT, empty, WITHOUT_SCHEMAS), encode(POINT, empty, keep)],
    ['{"x":1,"label":"none"}', '{"x":1,"label":null}'],
  );
  assert.deepEqual((decode(`{"schema":${POINT_JSON},"payload":{"x":1}}`).value as Struct).cells, [1, 'none']);
  assert.throws(() => encode(POINT, new Struct(POINT, [null, 'a'])), { kind: 'data' });
});

test('a null value with a schema is written as an envelope, only without one is it a tombstone', () => {
  const optional = primitive('string', { optional: true });

  assert.deepEqual(
    [encode(optional, null), encode(null, null), encode(optional, null, WITHOUT_SCHEMAS), decode(null)],
    ['{"schema":{"type":"string","optional":true},"payload":null}', null, 'null', { schema: null, value: null }],
  );
});

test('decimals are base64 of their bytes or numbers, and both are read', () => {
  const schema = decimalSchema(null, 2);
  const json = { type: 'bytes', name: schema.name, version: 1, parameters: { scale: '2' } };

  assert.deepEqual(
    [
      encode(schema, decimal(1234n, 2), WITHOUT_SCHEMAS),
      encode(schema, decimal(1234n, 2), { ...WITHOUT_SCHEMAS, 'decimal.format': 'numeric' }),
    ],
    ['"BNI="', '12.34'],
  );
  assert.deepEqual(
    [decode(withSchema(json, 'BNI=')).value, decode(withSchema(json, 12.5)).value],
    [decimal(1234n, 2), decimal(125n, 1)],
  );
  assert.throws(() => encode(schema, decimal(1n, 3)), { kind: 'data', message: /scale 3, its schema 2/ });
});

test('values of another JSON type read as the reference reads them', () => {
  const cases: [object, unknown, Value][] = [
    [{ type: 'int8' }, 300, 44],
    [{ type: 'int32' }, 5000000000, 705032704],
    [{ type: 'int32' }, 5.7, 5],
    [{ type: 'int64' }, '12', 0],
    [{ type: 'boolean' }, 1, false],
    [{ type: 'string' }, 5, null],
    [{ type: 'double' }, 'x', 0],
    [{ type: 'array', items: { type: 'int32' } }, 5, []],
    [{ type: 'array', items: { type: 'int32' } }, { a: 1, b: 2 }, [1, 2]],
  ];

  assert.deepEqual(
    cases.map(([schema, payload]) => decode(withSchema(schema, payload)).value),
    cases.map(([, , value]) => value),
  );
});

test('without schemas numbers keep their kind', () => {
  assert.deepEqual(decode('{"a":[1,1.0,2.5,9007199254740993,-0],"b":{"2":true,"1":null}}', WITHOUT_SCHEMAS), {
    schema: null,
    value: new Map<Value, Value>([
      ['a', [1, typed('float64', 1), 2.5, 9007199254740993n, 0]],
      [
        'b',
        new Map([
          ['2', true],
          ['1', null],
        ]),
      ],
    ]),
  });
  assert.equal(
    encode(
      null,
      new Map<Value, Value>([
        ['a', typed('float64', 1)],
        ['b', 1],
      ]),
      WITHOUT_SCHEMAS,
    ),
    '{"a":1.0,"b":1}',
  );
});

test('maps with other keys than text are lists of pairs', () => {
  const schema = mapOf(primitive('int32'), primitive('string'));

  assert.equal(encode(schema, new Map([[1, 'x']]), WITHOUT_SCHEMAS), '[[1,"x"]]');
  assert.deepEqual(
    decode(
      encode(
        schema,
        new Map([
          [1, 'x'],
          [2, 'y'],
        ]),
      ),
    ).value,
    new Map([
      [1, 'x'],
      [2, 'y'],
    ]),
  );
});

test('what is no envelope, and schemas that are none, are data errors', () => {
  const bad = [
    '{}',
    '[]',
    '"x"',
    '{"schema":null}',
    '{"schema":null,"payload":1,"more":2}',
    '{"schema":{"type":"float64"},"payload":1}',
    '{"schema":{"type":"array"},"payload":[]}',
    '{"schema":{"type":"int32"},"payload":null}',
    '{"schema":{"type":"struct","fields":[{"field":"a","type":"int32"},{"field":"a","type":"int32"}]},"payload":{"a":1}}',
    '{"schema":null,"payload":',
  ];

  assert.deepEqual(
    bad.map((text) => {
      try {
        return decode(text);
      } catch (error) {
        return (error as { kind: string }).kind;
      }
    }),
    new Array(10).fill('data'),
  );
});

test('values that are not of their schema are data errors', () => {
  const wrong: [Schema, Value][] = [
    [primitive('int32'), 'x'],
    [primitive('string'), 5],
    [primitive('bytes'), 'x'],
    [arrayOf(primitive('string')), 'x'],
    [POINT, 'x'],
    [timestampSchema(), true],
  ];

  assert.deepEqual(
    wrong.map(([schema, value]) => {
      try {
        return encode(schema, value);
      } catch (error) {
        return (error as { kind: string }).kind;
      }
    }),
    new Array(6).fill('data'),
  );
});

test('text in UTF-16 or UTF-32 is read, with a mark or without', () => {
  const utf16 = (text: string) => Buffer.from(text, 'utf16le');
  const texts = [
    utf16('{"a":1}'),
    utf16('\ufeff{"a":1}'),
    utf16('{"a":1}').swap16(),
    utf16('\ufeff{"a":1}').swap16(),
    Buffer.concat([...'{"a":1}'].map((char) => Buffer.from([0, 0, 0, char.charCodeAt(0)]))),
    Buffer.concat([...'{"a":1}'].map((char) => Buffer.from([char.charCodeAt(0), 0, 0, 0]))),
    Buffer.from('\ufeff{"a":1}'),
  ];

  for (const bytes of texts) {
    assert.deepEqual(converterOf(WITHOUT_SCHEMAS).decode('t', bytes, 0, bytes.length).value, new Map([['a', 1]]));
  }
});

test('bytes that are no UTF-8 are refused, the replacement character itself is not', () => {
  const bytes = Buffer.from([34, 255, 34]);

  assert.throws(() => converterOf(WITHOUT_SCHEMAS).decode('t', bytes, 0, 3), { kind: 'data' });
  assert.equal(decode('"\ufffd"', WITHOUT_SCHEMAS).value, '\ufffd');
});

test('a time beyond a day and a struct without schema have no JSON', () => {
  const time = primitive('int32', { name: 'org.apache.kafka.connect.data.Time', version: 1 });
  const schema = structOf([{ name: 'a', schema: time }]);

  assert.throws(() => encode(time, 86_400_001), { kind: 'data' });
  assert.throws(() => encode(time, -1), { kind: 'data' });
  assert.throws(() => encode(null, new Map([['s', new Struct(schema, [1])]])), { kind: 'data' });
});

test('a number with a huge exponent costs nothing', () => {
  assert.equal(decode(withSchema({ type: 'int64' }, 0).replace(/0}$/, '1e999999999}')).value, 0);
});

test('a value may be nested 1,000 levels deep, and one that is deeper fails with the place and not for want of stack', () => {
  const nested = (depth: number) => `${'{"a":['.repeat(depth / 2)}1${']}'.repeat(depth / 2)}`;

  assert.equal(encode(null, decode(nested(1000), WITHOUT_SCHEMAS).value, WITHOUT_SCHEMAS), nested(1000));
  for (const depth of [1002, 10_000, 1_000_000]) {
    assert.throws(() => decode(nested(depth), WITHOUT_SCHEMAS), { kind: 'data', message: /at most 1000 levels/ });
    const text = `{"schema":{"type":"struct","fields":[]},"payload":{"unknown":${nested(depth)}}}`;
    assert.throws(() => decode(text), { kind: 'data', message: /at most 1000 levels/ });
  }
});
