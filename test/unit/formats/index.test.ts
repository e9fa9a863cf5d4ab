import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FORMATS, findFormat, formatOf } from '../../../src/formats/index.ts';

test('formats are found by their name in any case', () => {
  assert.deepEqual(
    ['json', 'Avro', 'PROTOBUF_NOSR', 'xml'].map((name) => findFormat(name)?.name ?? null),
    ['JSON', 'AVRO', 'PROTOBUF_NOSR', null],
  );
});

test('an unknown format is answered with the nearest name', () => {
  assert.throws(() => formatOf('JSN'), { kind: 'sql', message: 'Unknown format "JSN". Did you mean JSON?' });
});

test('the traits are those of the capability table', () => {
  assert.deepEqual(
    FORMATS.map(({ name, usesRegistry, wrapsSingles, unwrapsSingles }) => [
      name,
      usesRegistry,
      wrapsSingles,
      unwrapsSingles,
    ]),
    [
      ['DELIMITED', false, false, true],
      ['JSON', false, true, true],
      ['JSON_SR', true, true, true],
      ['AVRO', true, true, true],
      ['PROTOBUF', true, true, false],
      ['PROTOBUF_NOSR', false, true, true],
      ['KAFKA', false, false, true],
      ['NONE', false, false, false],
    ],
  );
});

test('only registry formats infer and describe schemas', () => {
  assert.deepEqual(
    FORMATS.map((format) => format.usesRegistry === (format.inferred !== undefined && format.described !== undefined)),
    new Array(8).fill(true),
  );
});
