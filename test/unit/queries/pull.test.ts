// What a pull query says of a table that cannot be asked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../src/core/errors.ts';
import { type SqlWorld, sqlWorld } from '../../support/sql-world.ts';

const COUNTS = `create table counts with (kafka_topic='counts', key_format='JSON', partitions=1) as
  select account, count(*) as n from orders group by account;`;

async function counting(): Promise<SqlWorld> {
  const world = await sqlWorld();
  await world.run(`create stream orders (account int key, id int) with (kafka_topic='orders', key_format='JSON', value_format='JSON', partitions=1);
    ${COUNTS} insert into orders (account, id) values (1, 10);`);
  await world.settle('COUNTS');
  assert.deepEqual(await world.rows('select * from counts;'), [[1, 1]]);
  return world;
}

async function refusalOf(world: SqlWorld): Promise<string> {
  return await world.rows('select * from counts;').then(
    () => 'answered',
    (error: unknown) => {
      assert.ok(error instanceof TributaryError && error.code === 'TRIB_TABLE_NOT_UP', String(error));
      return error.message;
    },
  );
}

test('a changelog that was deleted for good is named, and a table that is made again is built anew', async () => {
  const world = await counting();
  const [changelog] = (await world.broker.listTopics())
    .map(({ name }) => name)
    .filter((name) => /changelog/.test(name));
  await world.run('pause CTAS_COUNTS_0;');
  await world.broker.deleteTopics([changelog!]);
  await world.run('resume CTAS_COUNTS_0;');

  const told = await refusalOf(world);

  assert.ok(
    told.startsWith('Table COUNTS cannot be asked now: its query CTAS_COUNTS_0 failed: ') && told.includes(changelog!),
    told,
  );
  assert.match(told, /If that topic was deleted for good, .* DROP TABLE COUNTS; and create it again/);
  await world.run(`drop table counts; ${COUNTS}`);
  await world.settle('COUNTS');
  assert.deepEqual(await world.rows('select * from counts;'), [[1, 1]]);
  await world.close();
});

test('what a query waits for at its start is told, until it is there', async () => {
  const world = await counting();
  await world.run('pause CTAS_COUNTS_0;');
  assert.equal(
    await refusalOf(world),
    'Table COUNTS cannot be asked now: its query CTAS_COUNTS_0 is STOPPED. RESUME CTAS_COUNTS_0;',
  );
  const open = world.store.open.bind(world.store);
  world.store.open = async () => {
    throw new TributaryError('TRIB_TEST', 'transient', { what: 'Redis at r:6379 cannot be reached.' });
  };
  await world.run('resume CTAS_COUNTS_0;');

  assert.equal(
    await refusalOf(world),
    'Table COUNTS cannot be asked now: its query CTAS_COUNTS_0 is STARTING: Redis at r:6379 cannot be reached. It starts by itself when that is over: try again soon.',
  );
  world.store.open = open;
  await world.settle('COUNTS');
  assert.deepEqual(await world.rows('select * from counts;'), [[1, 1]]);
  await world.close();
});
