import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/core/config/parse.ts';
import { debeziumTransforms } from '../../../src/plugins/debezium/index.ts';
import { transforms } from '../../../src/plugins/transforms/index.ts';

const defs = [...transforms, ...debeziumTransforms];

for (const def of defs) {
  test(`the examples of ${def.name} hold`, async () => {
    await def.prepare?.();
    const outcomes = (def.examples ?? []).map(({ config, given }) => {
      const { values } = parseConfig(def.config, config);
      return def.create(values, def.classes.at(-1)!, config)(given);
    });

    assert.ok(outcomes.length > 0, 'a transform needs an example');
    assert.deepEqual(
      outcomes,
      (def.examples ?? []).map(({ gives }) => gives),
    );
  });
}
