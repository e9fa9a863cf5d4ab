import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmbeddedRegistry } from '../../../src/adapters/registry/embedded.ts';
import { ByteWriter } from '../../../src/core/bytes.ts';
import { decimalSchema } from '../../../src/core/data/logical.ts';
import { arrayOf, mapOf, primitive, type Schema, structOf } from '../../../src/core/data/schema.ts';
import type { SerdeSpec } from '../../../src/formats/format.ts';
import { jsonSr } from '../../../src/formats/json-sr.ts';

const OPTIONAL = { optional: true };
const INTEGER = primitive('int32', OPTIONAL);
const BIGINT = primitive('int64', OPTIONAL);
const STRING = primitive('string', OPTIONAL);

function specOf(fields: Record<string, Schema>, more: Partial<SerdeSpec> = {}): SerdeSpec {
  const schema = structOf(Object.entries(fields).map(([name, type]) => ({ name, schema: type })));
  return { topic: 't', isKey: false, schema, unwrapped: false, properties: {}, ...more };
}

test('a payload is the frame and the JSON of the row', async () => {
  const registry = new EmbeddedRegistry(null);
  const spec = specOf({ A: INTEGER, S: STRING });
  const writer = jsonSr.writer(spec, registry);
  const out = new ByteWriter(4);
  await writer.prepare();
  writer.write([1, null], out);
  const payload = out.toBuffer();
  const reader = jsonSr.reader(spec, [[1], [0]], registry);
  await reader.prepare(payload, Int32Array.of(0), Int32Array.of(payload.length), 1);

  assert.equal(payload.toString('latin1'), '\u0000\u0000\u0000\u0000\u0001{"A":1,"S":null}');
  assert.deepEqual(reader.read(payload, 0, payload.length), [null, 1]);
  assert.equal(
    (await registry.latest('t-value'))!.schema,
    '{"type":"object","properties":{"A":{"connect.index":0,"oneOf":[{"type":"null"},{"type":"integer","connect.type":"int32"}]},"S":{"connect.index":1,"oneOf":[{"type":"null"},{"type":"string"}]}}}',
  );
});

test('a bare null leaves nothing in the output', async () => {
  const writer = jsonSr.writer(specOf({ K: INTEGER }, { unwrapped: true }), new EmbeddedRegistry(null));
  const out = new ByteWriter(4);
  await writer.prepare();

  assert.deepEqual([writer.write([null], out), out.position], [false, 0]);
});

test('columns are inferred from JSON Schema', () => {
  const text = JSON.stringify({
    type: 'object',
    properties: {
      b: { 'connect.index': 1, oneOf: [{ type: 'null' }, { type: 'integer', 'connect.type': 'int32' }] },
      a: { 'connect.index': 0, type: 'integer' },
      n: { 'connect.index': 2, type: ['null', 'number'] },
      d: {
        type: 'number',
        title: 'org.apache.kafka.connect.data.Decimal',
        'connect.type': 'bytes',
        'connect.parameters': { scale: '2', 'connect.decimal.precision': '4' },
      },
      l: { type: 'array', items: { type: 'string' } },
      m: { type: 'object', 'connect.type': 'map', additionalProperties: { type: 'boolean' } },
      r: { $ref: '#/definitions/inner' },
    },
    definitions: { inner: { type: 'object', properties: { x: { type: 'string', 'connect.type': 'bytes' } } } },
  });

  assert.deepEqual(
    jsonSr.inferred!(text, { isKey: false, unwrapped: false }),
    structOf([
      { name: 'a', schema: BIGINT },
      { name: 'b', schema: INTEGER },
      { name: 'n', schema: primitive('float64', OPTIONAL) },
      { name: 'd', schema: decimalSchema(4, 2, OPTIONAL) },
      { name: 'l', schema: arrayOf(STRING, OPTIONAL) },
      { name: 'm', schema: mapOf(STRING, primitive('boolean', OPTIONAL), OPTIONAL) },
      { name: 'r', schema: structOf([{ name: 'x', schema: primitive('bytes', OPTIONAL) }], OPTIONAL) },
    ]),
  );
});

test('a registered type that is wider than its column fails the records', async () => {
  const registry = new EmbeddedRegistry(null);
  await registry.register('t-value', 'JSON', '{"type":"object","properties":{"A":{"type":"integer"}}}');
  const payload = Buffer.from('\u0000\u0000\u0000\u0000\u0001{"A":1}', 'latin1');
  const read = async (schema: Schema) => {
    const reader = jsonSr.reader(specOf({ A: schema }), [[0]], registry);
    await reader.prepare(payload, Int32Array.of(0), Int32Array.of(payload.length), 1);
    return reader.read(payload, 0, payload.length);
  };

  assert.deepEqual([await read(BIGINT), await read(STRING)], [[1], ['1']]);
  await assert.rejects(read(INTEGER), {
    message: /^The field \$\.A is written as int64, which does not read as INTEGER\./,
  });
});
