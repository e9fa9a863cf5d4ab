import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransformDef } from '../../../../src/connect/plugins.ts';
import { parseConfigOrThrow } from '../../../../src/core/config/parse.ts';
import { primitive, Struct, structOf } from '../../../../src/core/data/schema.ts';
import { sample } from '../../../../src/plugins/sample.ts';
import { maskField } from '../../../../src/plugins/transforms/mask-field.ts';
import { setSchemaMetadata } from '../../../../src/plugins/transforms/set-schema-metadata.ts';
import { timestampConverter } from '../../../../src/plugins/transforms/timestamp-converter.ts';

const FIELDS = [{ name: 'at', schema: primitive('int64') }];
const SCHEMA = structOf(FIELDS, { optional: true, defaultValue: new Struct(structOf(FIELDS), [86_400_000]) });

function schemaAfter(def: TransformDef, config: Readonly<Record<string, string>>) {
  const transform = def.create(parseConfigOrThrow(def.config, config, ''), def.classes[1]!, config);
  return transform(sample({ valueSchema: SCHEMA, value: new Struct(SCHEMA, [5]) }))?.valueSchema;
}

test('masking leaves the schema as it is', () => {
  assert.equal(schemaAfter(maskField, { fields: 'at' }), SCHEMA);
});

test('a renamed struct keeps its optionality and default', () => {
  assert.deepEqual(schemaAfter(setSchemaMetadata, { 'schema.name': 'n' }), { ...SCHEMA, name: 'n' });
});

test('converting a timestamp converts the default of the struct too', () => {
  const schema = schemaAfter(timestampConverter, { field: 'at', 'target.type': 'Date' });

  assert.equal(schema?.optional, true);
  assert.ok(schema?.defaultValue instanceof Struct);
  assert.deepEqual(schema.defaultValue.cells, [1]);
});
