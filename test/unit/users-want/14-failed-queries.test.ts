import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sqlWorld } from '../../support/sql-world.ts';

test('14: a query that fails is started again by itself with growing pauses, and its errors have a class', async () => {
  const world = await sqlWorld();
  await world.topics('in');
  await world.run("CREATE STREAM s (n INT) WITH (kafka_topic='in', value_format='JSON');");
  await world.run('CREATE STREAM copy AS SELECT n FROM s EMIT CHANGES;');
  const transact = world.broker.transact.bind(world.broker);
  let refusals = 3;
  world.broker.transact = async (id, options) => {
    if (id.includes('CSAS') && refusals-- > 0) throw new Error('refused');
    return transact(id, options);
  };

  await world.restart();
  await world.run('INSERT INTO s (n) VALUES (7);');
  await world.settle('COPY');

  const [query] = await world.engine.queries();
  assert.equal(query?.state, 'RUNNING');
  assert.deepEqual((await world.records('COPY')).length, 1);
  assert.ok((query?.errors.length ?? 0) >= 1);
  assert.deepEqual([...new Set(query?.errors.map(({ type }) => type))], ['UNKNOWN']);
  await world.close();
});
