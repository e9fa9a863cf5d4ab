import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { memoryBroker } from '../../../src/adapters/embedded-log/index.ts';
import { MemoryStateStore } from '../../../src/adapters/memory/state-store.ts';
import { EmbeddedRegistry } from '../../../src/adapters/registry/embedded.ts';
import { Logs } from '../../../src/core/log.ts';
import { QueryEngine, TableElsewhere } from '../../../src/queries/index.ts';
import { seededBits } from '../../support/seeded.ts';
import { EARLIEST } from '../../support/sql-world.ts';
import { readAll } from '../../support/task-world.ts';
import { turningClock } from '../../support/turning-clock.ts';

const SETUP = `
  CREATE STREAM ORDERS (USER_ID STRING KEY, AMOUNT INT) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON', PARTITIONS=1);
  CREATE TABLE LEAST AS SELECT USER_ID, MIN(AMOUNT) AS AMOUNT FROM ORDERS GROUP BY USER_ID;
  CREATE STREAM JOINED AS SELECT O.USER_ID, O.AMOUNT AS AMOUNT, L.AMOUNT AS LEAST
    FROM ORDERS O LEFT JOIN LEAST L ON O.USER_ID = L.USER_ID;`;
const TABLE = 'CTAS_LEAST_0';
const JOIN = 'CSAS_JOINED_1';

/** Engines over one broker; who owns which query is said by the test. Each has a state store of its own, as with LMDB. */
function group() {
  const clock = turningClock();
  const broker = memoryBroker(clock);
  const registry = new EmbeddedRegistry(null);
  const owners = new Map<string, string>();
  const dead = new Set<string>();
  const engines = new Map<string, QueryEngine>();
  const bits = seededBits(7n);
  const random = (): number => Number(bits() >> 11n) / 2 ** 53;
  const logs = new Logs({ write: () => {}, now: () => clock.now() });
  const open = async (host: string): Promise<QueryEngine> => {
    const store = new MemoryStateStore(clock);
    const engine = new QueryEngine(
      {
        ...{ broker, registry, store, clock, log: logs.logger('sql'), random },
        group: {
          hostId: host,
          url: `http://${host}`,
          owns: (queryId) => owners.get(queryId) === host,
          mayWork: () => !dead.has(host),
          workChanged: () => {},
        },
      },
      { clusterId: 'trib', retryFirstMs: 50 },
    );
    await engine.start();
    engines.set(host, engine);
    after(() => engine.close());
    return engine;
  };
  const give = async (queryId: string, host: string): Promise<void> => {
    owners.set(queryId, host);
    for (const engine of engines.values()) await engine.settle([queryId]);
  };
  return { clock, broker, owners, dead, open, give };
}

async function run(engine: QueryEngine, text: string): Promise<readonly Record<string, unknown>[]> {
  const { entities, failure } = await engine.execute(text, EARLIEST);
  if (failure !== null) throw failure.error;
  return entities;
}

async function settled(engine: QueryEngine, ...sources: readonly string[]): Promise<void> {
  for (const source of sources) await engine.caughtUp(source, new AbortController().signal);
}

test('what one host creates is there on the other, and both may write', async () => {
  const world = group();
  const one = await world.open('one');
  const two = await world.open('two');

  await run(one, "CREATE STREAM A (V INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', PARTITIONS=1);");
  await run(two, 'CREATE STREAM B AS SELECT V FROM A;');
  const shown = await run(one, 'SHOW STREAMS;');

  assert.deepEqual(
    (shown[0]!['streams'] as { name: string }[]).map(({ name }) => name),
    ['A', 'B'],
  );
});

test('hosts that execute the text of a connector at once make each query once and agree on their order', async () => {
  const world = group();
  const engines = [await world.open('one'), await world.open('two'), await world.open('three')];

  const results = await Promise.all(engines.map((engine) => engine.executeOwned(SETUP, 'pipeline', EARLIEST)));

  for (const { failure, queryIds } of results) {
    assert.equal(failure, null);
    assert.equal(queryIds.length, 2);
    assert.deepEqual(queryIds, results[0]!.queryIds);
  }
  assert.deepEqual([...engines[2]!.catalog.queries.keys()], results[0]!.queryIds);
});

test('a join waits for its table though that is made on another host', async () => {
  const world = group();
  const one = await world.open('one');
  const two = await world.open('two');
  await run(one, SETUP);
  await world.give(TABLE, 'one');
  await world.give(JOIN, 'two');

  for (let i = 0; i < 20; i++) await run(two, `INSERT INTO ORDERS (USER_ID, AMOUNT) VALUES ('u', ${20 - i});`);
  await settled(one, 'JOINED');

  const rows = (await readAll(world.broker, 'JOINED')).map((line) => JSON.parse(line.slice(line.indexOf('=') + 1)));
  assert.equal(rows.length, 20);
  for (const { AMOUNT, LEAST } of rows) assert.ok(LEAST <= AMOUNT, `${LEAST} was joined to ${AMOUNT}`);
});

test('a query goes on exactly where it stood when it moves, also to a host without its state and away from a frozen one', async () => {
  const world = group();
  const one = await world.open('one');
  const two = await world.open('two');
  await run(one, SETUP);
  await world.give(TABLE, 'one');
  await world.give(JOIN, 'one');
  await run(one, "INSERT INTO ORDERS (USER_ID, AMOUNT) VALUES ('u', 7);");
  await settled(one, 'JOINED');

  // Host one is frozen: it is told nothing, and still runs its tasks.
  world.owners.set(TABLE, 'two');
  world.owners.set(JOIN, 'two');
  await two.settle([TABLE, JOIN]);
  await run(two, "INSERT INTO ORDERS (USER_ID, AMOUNT) VALUES ('u', 9);");
  await settled(two, 'JOINED');
  await one.settle([TABLE, JOIN]);
  await world.give(TABLE, 'one');
  await run(two, "INSERT INTO ORDERS (USER_ID, AMOUNT) VALUES ('u', 5);");
  await settled(two, 'LEAST', 'JOINED');

  assert.deepEqual(await readAll(world.broker, 'JOINED'), [
    'u={"AMOUNT":7,"LEAST":7}',
    'u={"AMOUNT":9,"LEAST":7}',
    'u={"AMOUNT":5,"LEAST":5}',
  ]);
});

test('a pull query says which host keeps the rows, and queries are shown with the state they have there', async () => {
  const world = group();
  const one = await world.open('one');
  const two = await world.open('two');
  await run(one, SETUP);
  await assert.rejects(
    two.select("SELECT * FROM LEAST WHERE USER_ID='u';"),
    (error) => error instanceof TableElsewhere && error.url === null,
  );
  assert.equal((await two.query(TABLE)).state, 'UNKNOWN');

  await world.give(TABLE, 'one');
  await settled(two, 'LEAST');
  await world.clock.sleep(3000);

  await assert.rejects(
    two.select("SELECT * FROM LEAST WHERE USER_ID='u';"),
    (error) => error instanceof TableElsewhere && error.url === 'http://one',
  );
  assert.equal((await two.query(TABLE)).state, 'RUNNING');
});

test('a query is dropped by a host that does not run it: its owner stops, nothing is left', async () => {
  const world = group();
  const one = await world.open('one');
  const two = await world.open('two');
  await run(one, SETUP);
  await world.give(TABLE, 'one');
  await run(one, "INSERT INTO ORDERS (USER_ID, AMOUNT) VALUES ('u', 7);");
  await settled(one, 'LEAST');

  await run(two, `TERMINATE ${JOIN}; TERMINATE ${TABLE};`);
  await world.clock.sleep(1000);

  assert.deepEqual(one.runs.all(), []);
  const topics = (await world.broker.listTopics()).map(({ name }) => name);
  assert.deepEqual(
    topics.filter((name) => name.includes('_query_C')),
    [],
  );
  assert.deepEqual(await world.broker.committed(`trib_query_${TABLE}`, ['orders-0']), new Map());
});

test('a host whose lease is over commits nothing', async () => {
  const world = group();
  const one = await world.open('one');
  await run(one, SETUP);
  await world.give(TABLE, 'one');
  await run(one, "INSERT INTO ORDERS (USER_ID, AMOUNT) VALUES ('u', 7);");
  await settled(one, 'LEAST');

  world.dead.add('one');
  await run(one, "INSERT INTO ORDERS (USER_ID, AMOUNT) VALUES ('u', 3);");
  await world.clock.sleep(2000);
  assert.deepEqual(await readAll(world.broker, 'LEAST'), ['u={"AMOUNT":7}']);

  world.dead.delete('one');
  await settled(one, 'LEAST');
  assert.deepEqual(await readAll(world.broker, 'LEAST'), ['u={"AMOUNT":7}', 'u={"AMOUNT":3}']);
});
