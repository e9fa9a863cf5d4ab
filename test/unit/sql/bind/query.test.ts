import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../../src/core/errors.ts';
import { PlanWorld } from '../../../support/plan-world.ts';

function orders(): PlanWorld {
  const world = new PlanWorld();
  world.execute(
    "CREATE STREAM orders (account_id BIGINT KEY, order_id BIGINT, note STRING) WITH (kafka_topic='orders', value_format='JSON');",
  );
  world.execute(
    "CREATE TABLE accounts (id BIGINT PRIMARY KEY, name STRING) WITH (kafka_topic='accounts', value_format='JSON');",
  );
  return world;
}

function rejection(world: PlanWorld, text: string): TributaryError {
  try {
    world.execute(text);
  } catch (error) {
    assert.ok(error instanceof TributaryError, String(error));
    return error;
  }
  return assert.fail(`accepted: ${text}`);
}

test('an unknown column is pointed at, with the nearest name and all that there are', () => {
  const error = rejection(orders(), 'CREATE TABLE t AS SELECT user_id, COUNT(*) FROM orders GROUP BY user_id;');

  assert.equal(error.code, 'TRIB_SQL_NAME_4');
  assert.deepEqual([error.parts.line, error.parts.column], [1, 26]);
  assert.equal(
    error.message,
    'line 1:26: Column USER_ID in SELECT does not exist. Did you mean ACCOUNT_ID? Columns: ACCOUNT_ID, ORDER_ID, NOTE.',
  );
});

test('a name that only differs in case comes with the advice about quotes', () => {
  const world = orders();
  world.execute("CREATE STREAM q (`userId` BIGINT) WITH (kafka_topic='q', value_format='JSON');");

  const error = rejection(world, 'CREATE STREAM o AS SELECT userId FROM q;');

  assert.match(error.message, /Did you mean `userId`\? Names without quotes are upper case\./);
});

const REJECTED: readonly (readonly [code: string, text: string])[] = [
  ['NAME_1', 'CREATE STREAM o AS SELECT * FROM nowhere;'],
  ['NAME_3', 'CREATE STREAM o AS SELECT x.note FROM orders o1;'],
  [
    'NAME_5',
    'CREATE STREAM o AS SELECT ROWTIME AS t, s.account_id FROM orders s JOIN accounts a ON s.account_id = a.id;',
  ],
  ['KEY_1', 'CREATE STREAM o AS SELECT note FROM orders;'],
  ['KEY_2', 'CREATE TABLE o AS SELECT COUNT(*) AS n FROM orders GROUP BY note;'],
  ['KEY_3', 'CREATE STREAM o AS SELECT order_id FROM orders PARTITION BY note;'],
  ['KEY_4', 'CREATE STREAM o AS SELECT s.note FROM orders s JOIN accounts a ON s.account_id = a.id;'],
  ['KEY_7', 'CREATE STREAM o AS SELECT account_id, account_id AS again, note FROM orders;'],
  ['PROJ_1', 'CREATE STREAM o AS SELECT account_id, note AS rowtime FROM orders;'],
  ['PROJ_2', 'CREATE STREAM o AS SELECT account_id, ROWTIME FROM orders;'],
  ['PROJ_3', 'CREATE STREAM o AS SELECT account_id, note, order_id AS note FROM orders;'],
  ['PROJ_6', 'CREATE STREAM o AS SELECT account_id FROM orders;'],
  ['QUERY_1', 'CREATE TABLE o AS SELECT * FROM orders;'],
  ['QUERY_3', 'CREATE STREAM o AS SELECT * FROM orders WINDOW TUMBLING (SIZE 1 HOUR);'],
  ['AGG_2', 'CREATE TABLE o AS SELECT note, order_id, COUNT(*) FROM orders GROUP BY note;'],
  ['AGG_9', 'CREATE TABLE o AS SELECT name, MIN(id) AS m FROM accounts GROUP BY name;'],
  ['PART_1', 'CREATE TABLE o AS SELECT * FROM accounts PARTITION BY name;'],
  ['JOIN_9', 'CREATE STREAM o AS SELECT * FROM orders s JOIN orders2 a ON s.account_id = a.account_id;'],
  ['JOIN_11', 'CREATE STREAM o AS SELECT * FROM accounts a JOIN orders s ON s.account_id = a.id;'],
  ['JOIN_14', 'CREATE STREAM o AS SELECT * FROM orders s JOIN accounts a ON s.note = a.name;'],
  ['JOIN_20', 'CREATE STREAM o AS SELECT * FROM orders s JOIN accounts a ON s.note = a.id;'],
  ['CMP_1', "CREATE STREAM o AS SELECT * FROM orders WHERE order_id = '7';"],
  ['CMP_2', 'CREATE STREAM o AS SELECT * FROM orders WHERE note = NULL;'],
  ['CASE_2', "CREATE STREAM o AS SELECT account_id, CASE WHEN true THEN 1 WHEN false THEN 'a' END AS c FROM orders;"],
  ['FMT_8', 'CREATE TABLE o AS SELECT note, order_id, COUNT(*) AS n FROM orders GROUP BY note, order_id;'],
  ['WITH_1', "CREATE STREAM o WITH (kafka_topics='x') AS SELECT * FROM orders;"],
];

for (const [code, text] of REJECTED) {
  test(`${code} is told for ${text}`, () => {
    const world = orders();
    world.execute(
      "CREATE STREAM orders2 (account_id BIGINT KEY, x BIGINT) WITH (kafka_topic='orders2', value_format='JSON');",
    );

    const error = rejection(world, text);

    assert.equal(error.code, `TRIB_SQL_${code}`, error.message);
  });
}

test('a rejected statement changes nothing', () => {
  const world = orders();
  const before = world.catalog;

  rejection(world, 'CREATE STREAM o AS SELECT note FROM orders;');

  assert.equal(world.catalog, before);
});
