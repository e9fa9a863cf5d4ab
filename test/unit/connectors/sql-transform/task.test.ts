import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sqlTransform } from '../../../../connectors/sql-transform/index.ts';
import { SqlTask } from '../../../../connectors/sql-transform/task.ts';
import type { ProcessorConnector, ProcessorContext } from '../../../../src/connect/index.ts';
import { TributaryError } from '../../../../src/core/errors.ts';
import { type SqlWorld, sqlWorld } from '../../../support/sql-world.ts';

const SOURCE = "CREATE STREAM S (ID BIGINT KEY, V BIGINT) WITH (KAFKA_TOPIC='s', FORMAT='JSON', PARTITIONS=1);";
const BIG = (least: number): string =>
  `CREATE STREAM BIG WITH (KAFKA_TOPIC='big') AS SELECT ID, V FROM S WHERE V > ${least} EMIT CHANGES;`;

interface Running {
  readonly logged: string[];
  readonly failure: Promise<unknown>;
  stop(): Promise<void>;
}

/** Runs one task of a connector over the world's engine, as the host would. */
async function start(
  world: SqlWorld,
  raw: Record<string, string>,
  services: Record<string, unknown> = {},
): Promise<Running> {
  const logged: string[] = [];
  const stop = new AbortController();
  const task = new SqlTask();
  const context = {
    connector: 'c',
    task: 0,
    clock: world.clock,
    signal: stop.signal,
    log: (_level: string, message: string) => logged.push(message),
    count: () => {},
    service: (name: string) => (name === 'sql' ? world.engine : services[name]),
  } as unknown as ProcessorContext;
  const config = { 'start.after.backfill': raw['start.after.backfill'] ?? null, 'sql.wait.for.sources.ms': 5000 };
  await task.start(config, raw, context);
  const failure = task.run().then(
    () => null,
    (error: unknown) => error,
  );
  return {
    logged,
    failure,
    async stop() {
      stop.abort();
      await task.stop();
      await failure;
    },
  };
}

async function until(world: SqlWorld, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 2000 && !(await holds()); turns++) await world.clock.sleep(10);
}

test('the statements are executed once and their queries run with the connector', async () => {
  const world = await sqlWorld();
  const first = await start(world, { sql: SOURCE + BIG(1) });
  await until(world, () => world.engine.catalog.queries.has('CSAS_BIG_0'));
  await world.run('INSERT INTO S VALUES (1, 5);');
  await until(world, async () => (await world.records('big')).length === 1);
  await first.stop();
  assert.equal((await world.engine.query('CSAS_BIG_0')).state, 'STOPPED');

  await world.run('INSERT INTO S VALUES (2, 6);');
  const second = await start(world, { sql: SOURCE + BIG(1) });
  await until(world, async () => (await world.records('big')).length === 2);
  await second.stop();

  assert.deepEqual(await world.records('big'), ['1={"V":5}', '2={"V":6}']);
  assert.deepEqual([...world.engine.catalog.queries.keys()], ['CSAS_BIG_0']);
  await world.close();
});

test('a changed statement takes the place of its old form and goes on from its offsets', async () => {
  const world = await sqlWorld();
  const first = await start(world, { sql: SOURCE + BIG(1) });
  await until(world, () => world.engine.catalog.queries.has('CSAS_BIG_0'));
  await world.run('INSERT INTO S VALUES (1, 5);');
  await until(world, async () => (await world.records('big')).length === 1);
  await first.stop();
  await world.run('INSERT INTO S VALUES (2, 50); INSERT INTO S VALUES (3, 500);');

  const second = await start(world, { sql: SOURCE + BIG(100) });
  await until(world, async () => (await world.records('big')).length === 2);
  await second.stop();

  assert.equal(await second.failure, null);
  assert.deepEqual(await world.records('big'), ['1={"V":5}', '3={"V":500}']);
  await world.close();
});

test('a changed INSERT keeps its query id, so nothing is inserted twice', async () => {
  const world = await sqlWorld();
  const text = (plus: number): string =>
    `${SOURCE} CREATE STREAM T (ID BIGINT KEY, V BIGINT) WITH (KAFKA_TOPIC='t', FORMAT='JSON', PARTITIONS=1);
     INSERT INTO T SELECT ID, V + ${plus} AS V FROM S;`;
  const first = await start(world, { sql: text(1) });
  await until(world, () => world.engine.catalog.queries.has('INSERTQUERY_0'));
  await world.run('INSERT INTO S VALUES (1, 5);');
  await until(world, async () => (await world.records('t')).length === 1);
  await first.stop();
  await world.run('INSERT INTO S VALUES (1, 5);');

  const second = await start(world, { sql: text(100) });
  await until(world, async () => (await world.records('t')).length === 2);
  await second.stop();

  assert.deepEqual(await world.records('t'), ['1={"V":6}', '1={"V":105}']);
  assert.deepEqual([...world.engine.catalog.queries.keys()], ['INSERTQUERY_0']);
  await world.close();
});

test('a slip in the file is shown with file, line, column and what is meant', async () => {
  const world = await sqlWorld();
  const folder = mkdtempSync(join(tmpdir(), 'trib-sql-'));
  const file = join(folder, 'first.sql');
  writeFileSync(file, `-- orders\n${SOURCE}\n\ncreate stream x as\n  select idd, v from s;\n`);
  const connector = sqlTransform.create() as ProcessorConnector;

  const errors = await connector.validate!({ name: 'c', 'sql.file': file }, () => world.engine);

  assert.deepEqual(Object.keys(errors), ['sql.file']);
  assert.match(errors['sql.file']![0]!, /first\.sql:5:10: .*IDD.*Did you mean ID\?/);
  rmSync(folder, { recursive: true });
  await world.close();
});

test('a second place in a message is a place of the file, too', async () => {
  const world = await sqlWorld();
  const folder = mkdtempSync(join(tmpdir(), 'trib-sql-'));
  const file = join(folder, 'first.sql');
  writeFileSync(file, `-- orders\n${SOURCE}\n\ncreate stream x as\n  select id, v,\n  from s;\n`);
  const connector = sqlTransform.create() as ProcessorConnector;

  const errors = await connector.validate!({ name: 'c', 'sql.file': file }, () => world.engine);

  assert.match(errors['sql.file']![0]!, /first\.sql:5:15: .*between this comma and "from" \(line 6:3\)/);
  rmSync(folder, { recursive: true });
  await world.close();
});

test('INSERT VALUES is refused, and so are two texts or none', async () => {
  const world = await sqlWorld();
  const connector = sqlTransform.create() as ProcessorConnector;
  const validate = (raw: Record<string, string>) => connector.validate!({ name: 'c', ...raw }, () => world.engine);

  assert.match((await validate({ sql: `${SOURCE} INSERT INTO S VALUES (1, 1);` }))['sql']![0]!, /at every start/);
  assert.match((await validate({ sql: SOURCE, 'sql.file': 'x.sql' }))['sql']![0]!, /Both sql and sql\.file/);
  assert.match((await validate({}))['sql']![0]!, /no statements/);
  assert.deepEqual(await validate({ sql: SOURCE }), {});
  await world.close();
});

test('a source that is not there yet is waited for, and missed at last', async () => {
  const world = await sqlWorld();
  const waiting = await start(world, { sql: BIG(1) });
  await world.clock.sleep(2000);
  await world.run(SOURCE);
  await until(world, () => world.engine.catalog.queries.has('CSAS_BIG_0'));
  await waiting.stop();
  assert.match(waiting.logged.join('\n'), /waiting: line 1:\d+: .*There is no stream or table S\b|waiting: .*S/);

  const missing = await start(world, { sql: 'CREATE STREAM Y AS SELECT * FROM NOWHERE;' });
  const failure = (await missing.failure) as Error;

  assert.match(failure.message, /NOWHERE/);
  await world.close();
});

test('time in which the registry is down does not count as waiting for a source', async () => {
  const world = await sqlWorld();
  await world.topics('p');
  const ask = world.registry.latest.bind(world.registry);
  let isDown = true;
  world.registry.latest = async (subject) => {
    if (isDown) throw new TributaryError('TRIB_REGISTRY_UNREACHABLE', 'transient', { what: 'The registry is down.' });
    return ask(subject);
  };
  const waiting = await start(world, { sql: "CREATE STREAM P WITH (KAFKA_TOPIC='p', VALUE_FORMAT='AVRO');" });
  await world.clock.sleep(20_000);
  isDown = false;
  await world.clock.sleep(3000);
  const schema = '{"type":"record","name":"P","fields":[{"name":"A","type":"long"}]}';
  await world.registry.register('p-value', 'AVRO', schema);

  await until(world, () => world.engine.catalog.sources.has('P'));

  assert.ok(world.engine.catalog.sources.has('P'));
  await waiting.stop();
  await world.close();
});

test('nothing is executed before the back-fill is released', async () => {
  const world = await sqlWorld();
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const held = await start(
    world,
    { sql: SOURCE, 'start.after.backfill': 'history' },
    { backfills: { released: () => released } },
  );
  await world.clock.sleep(3000);
  assert.equal(world.engine.catalog.sources.size, 0);

  release();
  await until(world, () => world.engine.catalog.sources.has('S'));
  await held.stop();

  assert.equal(world.engine.catalog.sources.has('S'), true);
  await world.close();
});

test('one task a query, up to tasks.max', async () => {
  const connector = sqlTransform.create() as ProcessorConnector;
  await connector.start({}, { sql: `${SOURCE} ${BIG(1)} CREATE STREAM SMALL AS SELECT * FROM S;` }, {} as never);

  const counts = [1, 2, 8].map((max) => (connector.taskConfigs(max) as readonly unknown[]).length);

  assert.deepEqual(counts, [1, 2, 2]);
});
