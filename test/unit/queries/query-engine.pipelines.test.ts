// The user's pipelines (docs/guide): races, late names, back-filled rows, repeated toggles.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partitionKey } from '../../../src/ports/broker.ts';
import { type SqlWorld, sqlWorld } from '../../support/sql-world.ts';

const FIRST_PURCHASE = `
create stream stream_order_insert (account_id bigint key, order_id bigint)
  with (kafka_topic='STREAM.ORDER.INSERT', key_format='JSON', value_format='JSON', partitions=1);
create table table_min_order with (kafka_topic='TABLE.MIN_ORDER', key_format='JSON', value_format='JSON', partitions=1) as
  select account_id, min(order_id) as min_order_id from stream_order_insert group by account_id;
create stream stream_min_order with (kafka_topic='STREAM.MIN_ORDER', key_format='JSON', value_format='JSON', partitions=1) as
  select s.account_id as account_id, true as first_order
  from stream_order_insert s left join table_min_order t on s.account_id = t.account_id
  where (t.account_id is null or t.min_order_id = s.order_id) emit changes;`;

async function order(world: SqlWorld, account: number, id: number): Promise<void> {
  await world.run(`insert into stream_order_insert (account_id, order_id) values (${account}, ${id});`);
}

/** Appends a row as a back-fill writes it. */
async function backfilled(world: SqlWorld, topic: string, key: string, value: string): Promise<void> {
  const producer = await world.broker.produce();
  const [keyBytes, valueBytes] = [Buffer.from(key), Buffer.from(value)];
  const headers = [['__trib.backfill', Buffer.from('job-1')]] as const;
  producer.lane(topic, 0).append(1, keyBytes, 0, keyBytes.length, valueBytes, 0, valueBytes.length, headers);
  await producer.flush();
  await producer.close();
}

test('a first order is announced once, however far apart table and join are', async () => {
  const world = await sqlWorld();
  await world.run(FIRST_PURCHASE);
  for (const [account, id] of [
    [1, 10],
    [1, 11],
    [2, 12],
    [1, 13],
    [2, 14],
  ] as const) {
    await order(world, account, id);
  }
  await world.settle('STREAM_MIN_ORDER');

  assert.deepEqual(await world.records('STREAM.MIN_ORDER'), ['1={"FIRST_ORDER":true}', '2={"FIRST_ORDER":true}']);
  await world.close();
});

test('a join that is made later than its orders announces the first of each user only', async () => {
  const world = await sqlWorld();
  const [stream, table, join] = FIRST_PURCHASE.split(';\n');
  await world.run(`${stream};`);
  for (const id of [10, 11, 12]) await order(world, 1, id);
  await world.run(`${table};${join}`);
  await world.settle('STREAM_MIN_ORDER');

  assert.deepEqual(await world.records('STREAM.MIN_ORDER'), ['1={"FIRST_ORDER":true}']);
  await world.close();
});

test('back-filled orders set the table and are not announced; their users are no new customers', async () => {
  const world = await sqlWorld();
  await world.run(FIRST_PURCHASE);
  await backfilled(world, 'STREAM.ORDER.INSERT', '1', '{"ORDER_ID":5}');
  await order(world, 1, 10);
  await order(world, 2, 11);
  await world.settle('STREAM_MIN_ORDER');

  assert.deepEqual(await world.rows('select * from table_min_order;'), [
    [1, 5],
    [2, 11],
  ]);
  assert.deepEqual(await world.records('STREAM.MIN_ORDER'), ['2={"FIRST_ORDER":true}']);
  await world.close();
});

const SIGN_UPS = `
create stream submit (user_id bigint, event_id bigint) with (kafka_topic='submit', value_format='JSON', partitions=1);
create stream name (id bigint, name string) with (kafka_topic='name', value_format='JSON', partitions=1);
create table event_name with (kafka_topic='event_name', key_format='JSON', partitions=1) as
  select id, latest_by_offset(name) as name from name where id is not null group by id emit changes;`;

test('a sign-up before its name is lost by default and waits when told to', async () => {
  const world = await sqlWorld();
  const join = (sink: string, wait: string): string => `
    create stream ${sink} with (kafka_topic='${sink}', key_format='JSON', partitions=1${wait}) as
    select s.user_id as user_id, e.name as event_name from submit s left join event_name e on s.event_id = e.id
    where e.id is not null partition by s.user_id emit changes;`;
  await world.run(SIGN_UPS + join('plain', '') + join('patient', ", join_wait_ms='30000'"));
  await world.run('insert into submit (user_id, event_id) values (1, 7);');
  await world.settle('PLAIN', 'PATIENT');
  await world.run("insert into name (id, name) values (7, 'Marathon');");
  await world.settle('EVENT_NAME');
  await world.run('insert into submit (user_id, event_id) values (2, 7);');
  await world.settle('PLAIN', 'PATIENT');
  await world.clock.sleep(1000);

  assert.deepEqual(await world.records('plain'), ['2={"EVENT_NAME":"Marathon"}']);
  assert.deepEqual(await world.records('patient'), ['1={"EVENT_NAME":"Marathon"}', '2={"EVENT_NAME":"Marathon"}']);
  await world.close();
});

test('only real changes of a toggle are announced, over a restart too', async () => {
  const world = await sqlWorld();
  await world.run(`
    create stream option (user_id bigint key, option_key string, enabled boolean) with (kafka_topic='option', format='JSON', partitions=1);
    create stream toggled with (kafka_topic='toggled', partitions=1, changes_key='USER_ID, OPTION_KEY') as
      select user_id, option_key, enabled from option emit changes;`);
  const set = (enabled: boolean): Promise<unknown> =>
    world.run(`insert into option (user_id, option_key, enabled) values (1, 'mail', ${enabled});`);
  await set(true);
  await set(true);
  await world.settle('TOGGLED');
  await world.restart();
  await set(true);
  await set(false);
  await world.settle('TOGGLED');

  assert.deepEqual(await world.records('toggled'), [
    '1={"OPTION_KEY":"mail","ENABLED":true}',
    '1={"OPTION_KEY":"mail","ENABLED":false}',
  ]);
  await world.close();
});

test('with a quiet time only the value that stands is announced', async () => {
  const world = await sqlWorld();
  await world.run(`
    create stream option (user_id bigint key, option_key string, enabled boolean) with (kafka_topic='option', format='JSON', partitions=1);
    create stream toggled with (kafka_topic='toggled', partitions=1, changes_key='USER_ID, OPTION_KEY', changes_quiet_ms='5000') as
      select user_id, option_key, enabled from option emit changes;`);
  for (const enabled of [true, false, true]) {
    await world.run(`insert into option (user_id, option_key, enabled) values (1, 'mail', ${enabled});`);
  }
  await world.settle('TOGGLED');
  assert.deepEqual(await world.records('toggled'), []);
  await world.clock.sleep(6000);

  assert.deepEqual(await world.records('toggled'), ['1={"OPTION_KEY":"mail","ENABLED":true}']);
  await world.close();
});

test('the two slips of the user are pointed at and mended', async () => {
  const world = await sqlWorld();
  await world.run(FIRST_PURCHASE);

  const comma = await world.engine.check('create stream x as\n select s.order_id as a,\n from stream_order_insert s;');
  const column = await world.engine.check(
    'insert into stream_order_insert\n  select user_id, order_id from stream_order_insert;',
  );

  assert.deepEqual([comma?.error.parts.line, comma?.error.parts.column], [2, 24]);
  assert.match(comma!.error.message, /comma/i);
  assert.deepEqual([column?.error.parts.line, column?.error.parts.column], [2, 10]);
  assert.match(column!.error.message, /ACCOUNT_ID/);
  await world.close();
});

test('rows of a key meet in one partition after GROUP BY, whatever partition they came from', async () => {
  const world = await sqlWorld();
  await world.run(`
    create stream clicks (id bigint key, page string) with (kafka_topic='clicks', format='JSON', partitions=3);
    create table pages with (partitions=2) as select page, count(*) as n from clicks group by page;`);
  for (let id = 0; id < 12; id++) await world.run(`insert into clicks values (${id}, 'p${id % 3}');`);
  await world.settle('PAGES');

  const rows = await world.rows('select page, n from pages;');

  assert.deepEqual(rows.map(([page, n]) => `${String(page)}=${String(n)}`).sort(), ['p0=4', 'p1=4', 'p2=4']);
  const ends = await world.broker.offsets(
    [0, 1, 2].map((partition) => partitionKey('clicks', partition)),
    'stable',
  );
  assert.ok([...ends.values()].filter((end) => end > 0).length > 1);
  await world.close();
});
