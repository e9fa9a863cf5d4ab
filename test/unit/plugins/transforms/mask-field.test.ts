import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfigOrThrow } from '../../../../src/core/config/parse.ts';
import { primitive, Struct, structOf } from '../../../../src/core/data/schema.ts';
import { sample } from '../../../../src/plugins/sample.ts';
import { maskField } from '../../../../src/plugins/transforms/mask-field.ts';

const FIELDS = [{ name: 'at', schema: primitive('int64') }];
const SCHEMA = structOf(FIELDS, { optional: true, defaultValue: new Struct(structOf(FIELDS), [86_400_000]) });

test('masking leaves the schema as it is', () => {
  const config = { fields: 'at' };
  const transform = maskField.create(parseConfigOrThrow(maskField.config, config, ''), maskField.classes[1]!, config);

  const out = transform(sample({ valueSchema: SCHEMA, value: new Struct(SCHEMA, [5]) }));

  assert.equal(out?.valueSchema, SCHEMA);
});
