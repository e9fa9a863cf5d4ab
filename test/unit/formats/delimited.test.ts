import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmbeddedRegistry } from '../../../src/adapters/registry/embedded.ts';
import { ByteWriter } from '../../../src/core/bytes.ts';
import { decimal } from '../../../src/core/data/decimal.ts';
import { dateSchema, decimalSchema } from '../../../src/core/data/logical.ts';
import { primitive, type Row, type Schema, structOf } from '../../../src/core/data/schema.ts';
import { delimited, delimiterOf, splitRecord } from '../../../src/formats/delimited.ts';
import type { SerdeSpec } from '../../../src/formats/format.ts';

const OPTIONAL = { optional: true };
const STRING = primitive('string', OPTIONAL);
const NO_REGISTRY = new EmbeddedRegistry(null);

function specOf(fields: Record<string, Schema>, properties: Record<string, string> = {}): SerdeSpec {
  const schema = structOf(Object.entries(fields).map(([name, type]) => ({ name, schema: type })));
  return { topic: 't', isKey: false, schema, unwrapped: false, properties };
}

function read(spec: SerdeSpec, text: string, wanted = spec.schema.fields!.map((_, index) => [index])): Row | null {
  const bytes = Buffer.from(text);
  return delimited.reader(spec, wanted, NO_REGISTRY).read(bytes, 0, bytes.length);
}

function written(spec: SerdeSpec, row: Row): string | null {
  const out = new ByteWriter(4);
  return delimited.writer(spec, NO_REGISTRY).write(row, out) ? out.toBuffer().toString() : null;
}

test('a record is cut at unquoted delimiters, and ends at a line end', () => {
  assert.deepEqual(
    ['a,b', 'a,', ',', '"a,b","c""d"', '"a\nb",c', 'a,b\nc,d', 'a\r\nb', ' a , b ', ''].map((text) =>
      splitRecord(text, ','),
    ),
    [['a', 'b'], ['a', ''], ['', ''], ['a,b', 'c"d'], ['a\nb', 'c'], ['a', 'b'], ['a'], [' a ', ' b '], []],
  );
});

test('quotes that do not close, and text behind them, are refused', () => {
  assert.throws(() => splitRecord('"a,b', ','), { code: 'TRIB_FORMAT_SHAPE', kind: 'data' });
  assert.throws(() => splitRecord('"a"b,c', ','), { message: /has text behind a closing quote/ });
});

test('fields are read as their columns, and empty ones are null', () => {
  const spec = specOf({
    I: primitive('int32', OPTIONAL),
    L: primitive('int64', OPTIONAL),
    D: primitive('float64', OPTIONAL),
    B: primitive('boolean', OPTIONAL),
    N: decimalSchema(4, 2, OPTIONAL),
    Y: primitive('bytes', OPTIONAL),
    T: dateSchema(OPTIONAL),
    S: STRING,
  });

  assert.deepEqual(read(spec, '+1,9007199254740993, 1e3 ,TRUE,1.5,AQI=,-7,""""'), [
    1,
    9007199254740993n,
    1000,
    true,
    decimal(150n, 2),
    Buffer.from([1, 2]),
    -7,
    '"',
  ]);
  assert.deepEqual(read(spec, ',,,,,,,""'), new Array(8).fill(null));
  assert.deepEqual(read(spec, '1,2,3,yes,,,,x', [[7], [3]]), ['x', false]);
});

test('another count of fields, and text that does not parse, fail the record', () => {
  const spec = specOf({ A: primitive('int32', OPTIONAL), B: STRING });

  assert.throws(() => read(spec, 'a'), {
    message: 'The payload has 1 fields where 2 columns are declared. Check the delimiter, which is ",".',
  });
  assert.throws(() => read(spec, ''), { code: 'TRIB_FORMAT_SHAPE' });
  assert.throws(() => read(spec, ' 1,x'), { message: 'The column "A" holds the text " 1", which is no INTEGER.' });
  assert.throws(() => read(spec, '1.0,x', [[1]]), { code: 'TRIB_FORMAT_TEXT_UNPARSED' });
});

test('fields are quoted where a reader could take them for something else', () => {
  const spec = specOf({ A: STRING, B: STRING });
  const rows: Row[] = [
    ['a', 'b'],
    ['', ''],
    [null, null],
    ['-12.5', '-12.5'],
    ['a,b', 'a"b'],
    ['a b', 'a '],
    ['#x', '#x'],
    ['é', '!'],
    ['x\ny', '(x)'],
  ];

  assert.deepEqual(
    rows.map((row) => written(spec, row)),
    ['a,b', '"",', ',', '"-12.5",-12.5', '"a,b","a""b"', 'a b,"a "', '"#x","#x"', '"é","!"', '"x\ny",(x)'],
  );
});

test('the delimiter is one character, SPACE or TAB', () => {
  const spec = specOf({ A: STRING, B: STRING }, { DELIMITER: 'TAB' });

  assert.deepEqual([written(spec, ['a', 'b\tc']), read(spec, 'a\t"b\tc"')], ['a\t"b\tc"', ['a', 'b\tc']]);
  assert.deepEqual(['|', 'space', 'ab', ''].map(delimiterOf), ['|', ' ', null, null]);
});

test('a single null column has no payload', () => {
  const spec = specOf({ A: STRING });

  assert.deepEqual([written(spec, [null]), written(spec, ['x'])], [null, 'x']);
});
