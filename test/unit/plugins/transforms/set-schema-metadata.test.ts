import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfigOrThrow } from '../../../../src/core/config/parse.ts';
import { primitive, Struct, structOf } from '../../../../src/core/data/schema.ts';
import { sample } from '../../../../src/plugins/sample.ts';
import { setSchemaMetadata } from '../../../../src/plugins/transforms/set-schema-metadata.ts';

const FIELDS = [{ name: 'at', schema: primitive('int64') }];
const SCHEMA = structOf(FIELDS, { optional: true, defaultValue: new Struct(structOf(FIELDS), [86_400_000]) });

test('a renamed struct keeps its optionality and default', () => {
  const config = { 'schema.name': 'n' };
  const transform = setSchemaMetadata.create(
    parseConfigOrThrow(setSchemaMetadata.config, config, ''),
    setSchemaMetadata.classes[1]!,
    config,
  );

  const out = transform(sample({ valueSchema: SCHEMA, value: new Struct(SCHEMA, [5]) }));

  assert.deepEqual(out?.valueSchema, { ...SCHEMA, name: 'n' });
});
