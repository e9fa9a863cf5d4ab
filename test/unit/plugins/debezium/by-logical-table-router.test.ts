import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfigOrThrow } from '../../../../src/core/config/parse.ts';
import { byLogicalTableRouter } from '../../../../src/plugins/debezium/by-logical-table-router.ts';
import { sample } from '../../../../src/plugins/sample.ts';

test('a key that is no struct is refused, with a schema or without', () => {
  const config = { 'topic.regex': '(.*)_shard1', 'topic.replacement': '$1' };
  const transform = byLogicalTableRouter.create(
    parseConfigOrThrow(byLogicalTableRouter.config, config, ''),
    byLogicalTableRouter.classes[0]!,
    config,
  );

  assert.throws(() => transform(sample({ topic: 'orders_shard1', key: new Map([['id', 7]]) })), { kind: 'data' });
  assert.equal(transform(sample({ topic: 'orders_shard1' }))?.topic, 'orders');
});
