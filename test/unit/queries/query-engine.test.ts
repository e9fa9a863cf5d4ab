import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../src/core/errors.ts';
import { sqlWorld } from '../../support/sql-world.ts';

const ORDERS = `CREATE STREAM ORDERS (USER_ID BIGINT KEY, ORDER_ID BIGINT, AMOUNT DOUBLE)
  WITH (KAFKA_TOPIC='orders', PARTITIONS=1, FORMAT='JSON');`;

test('a stream query filters and projects what is inserted', async () => {
  const world = await sqlWorld();
  await world.run(ORDERS);
  await world.run(
    "CREATE STREAM BIG WITH (KAFKA_TOPIC='big') AS SELECT USER_ID, ORDER_ID FROM ORDERS WHERE AMOUNT > 10 EMIT CHANGES;",
  );
  await world.run(
    'INSERT INTO ORDERS (USER_ID, ORDER_ID, AMOUNT) VALUES (1, 100, 5); INSERT INTO ORDERS VALUES (1, 101, 50);',
  );
  await world.settle('BIG');

  assert.deepEqual(await world.records('big'), ['1={"ORDER_ID":101}']);
  await world.close();
});

test('a table query aggregates, answers pull queries by key and by scan', async () => {
  const world = await sqlWorld();
  await world.run(ORDERS);
  await world.run('CREATE TABLE FIRSTS AS SELECT USER_ID, MIN(ORDER_ID) AS FIRST_ID FROM ORDERS GROUP BY USER_ID;');
  await world.run(
    'INSERT INTO ORDERS VALUES (1, 101, 1); INSERT INTO ORDERS VALUES (2, 50, 1); INSERT INTO ORDERS VALUES (1, 99, 1);',
  );
  await world.settle('FIRSTS');

  assert.deepEqual(await world.rows('SELECT * FROM FIRSTS WHERE USER_ID = 1;'), [[1, 99]]);
  assert.deepEqual(await world.rows('SELECT FIRST_ID FROM FIRSTS;'), [[99], [50]]);
  assert.deepEqual(await world.rows('SELECT * FROM FIRSTS WHERE USER_ID = 7;'), []);
  await world.close();
});

test('a push query gives rows until its limit', async () => {
  const world = await sqlWorld();
  await world.run(ORDERS);
  await world.run('INSERT INTO ORDERS VALUES (1, 101, 1); INSERT INTO ORDERS VALUES (2, 50, 1);');

  assert.deepEqual(await world.rows('SELECT USER_ID, ORDER_ID FROM ORDERS EMIT CHANGES LIMIT 2;'), [
    [1, 101],
    [2, 50],
  ]);
  assert.equal(world.engine.pushQueries, 0);
  await world.close();
});

test('a pull query on a stream reads it to its end', async () => {
  const world = await sqlWorld();
  await world.run(ORDERS);
  await world.run('INSERT INTO ORDERS VALUES (1, 101, 1); INSERT INTO ORDERS VALUES (2, 50, 1);');

  assert.deepEqual(await world.rows('SELECT ORDER_ID FROM ORDERS WHERE USER_ID = 2;'), [[50]]);
  await world.close();
});

test('everything goes on after a restart', async () => {
  const world = await sqlWorld();
  await world.run(ORDERS);
  await world.run('CREATE TABLE FIRSTS AS SELECT USER_ID, COUNT(*) AS N FROM ORDERS GROUP BY USER_ID;');
  await world.run('INSERT INTO ORDERS VALUES (1, 101, 1);');
  await world.settle('FIRSTS');
  await world.restart();
  await world.run('INSERT INTO ORDERS VALUES (1, 102, 1);');
  await world.settle('FIRSTS');

  assert.deepEqual(await world.rows('SELECT * FROM FIRSTS;'), [[1, 2]]);
  await world.close();
});

test('a faulty statement in a list leaves no trace of those before it', async () => {
  const world = await sqlWorld();
  const result = await world.engine.execute(`${ORDERS} CREATE STREAM X AS SELECT NOPE FROM ORDERS;`);

  assert.equal(result.failure?.statementIndex, 1);
  assert.deepEqual(result.entities, []);
  assert.equal(world.engine.catalog.sources.size, 0);
  assert.equal(await world.broker.topic('orders'), null);
  await world.close();
});

test('DROP removes the query with its topics, group and state', async () => {
  const world = await sqlWorld();
  await world.run(ORDERS);
  await world.run('CREATE TABLE FIRSTS AS SELECT ORDER_ID, COUNT(*) AS N FROM ORDERS GROUP BY ORDER_ID;');
  await world.run('INSERT INTO ORDERS VALUES (1, 101, 1);');
  await world.settle('FIRSTS');
  const before = (await world.broker.listTopics()).map(({ name }) => name);
  await world.run('DROP TABLE FIRSTS DELETE TOPIC;');
  const after = (await world.broker.listTopics()).map(({ name }) => name);

  assert.deepEqual(
    before.filter((name) => name.startsWith('_trib_query')),
    ['_trib_query_CTAS_FIRSTS_0-aggregate-changelog'],
  );
  assert.deepEqual(after, ['_trib_command_topic', 'orders']);
  assert.equal(world.engine.catalog.queries.size, 0);
  await world.close();
});

test('a paused query stays paused over a restart and goes on when resumed', async () => {
  const world = await sqlWorld();
  await world.run(ORDERS);
  await world.run("CREATE STREAM COPY WITH (KAFKA_TOPIC='copy') AS SELECT USER_ID, ORDER_ID FROM ORDERS;");
  await world.run('PAUSE CSAS_COPY_0;');
  await world.restart();
  await world.run('INSERT INTO ORDERS VALUES (1, 101, 1);');
  await world.clock.sleep(2000);
  assert.equal((await world.engine.query('CSAS_COPY_0')).state, 'PAUSED');
  assert.deepEqual(await world.records('copy'), []);

  await world.run('RESUME CSAS_COPY_0;');
  await world.settle('COPY');

  assert.deepEqual(await world.records('copy'), ['1={"ORDER_ID":101}']);
  await world.close();
});

test('while Kafka cannot be asked, queries are still told, with a lag that is not known', async () => {
  const world = await sqlWorld();
  await world.run("CREATE STREAM S (ID BIGINT KEY, V BIGINT) WITH (KAFKA_TOPIC='s', FORMAT='JSON', PARTITIONS=1);");
  await world.run('CREATE STREAM T AS SELECT ID, V FROM S;');
  await world.settle('T');
  world.broker.offsets = async () => {
    throw new TributaryError('TRIB_KAFKA_UNREACHABLE', 'transient', { what: 'Kafka is down.' });
  };

  const [status] = await world.engine.queries();

  assert.equal(status?.queryId, 'CSAS_T_0');
  assert.equal(status?.lag, null);
  assert.equal(status?.secondsLeft, null);
  await world.close();
});
