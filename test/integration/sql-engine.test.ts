// The SQL engine on real Kafka, Redis and schema registry: repartitioning, restart, a lost store, clean-up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { undiciClient } from '../../src/adapters/http/undici-client.ts';
import { kafkaBroker } from '../../src/adapters/kafkajs/index.ts';
import { RedisStateStore } from '../../src/adapters/redis/state-store.ts';
import { ConfluentRegistry } from '../../src/adapters/registry/confluent.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import type { Row } from '../../src/core/data/schema.ts';
import { Logs } from '../../src/core/log.ts';
import { QueryEngine } from '../../src/queries/index.ts';

const { KAFKA_BROKERS: brokers, REDIS_URL: redis, SCHEMA_REGISTRY_URL: registryUrl } = process.env;
const missing = brokers === undefined || redis === undefined || registryUrl === undefined;
const EARLIEST = { properties: { 'auto.offset.reset': 'earliest' } };

async function run(engine: QueryEngine, text: string): Promise<void> {
  const { failure } = await engine.execute(text, EARLIEST);
  if (failure !== null) throw failure.error;
}

async function rows(engine: QueryEngine, text: string): Promise<readonly Row[]> {
  const stream = await engine.select(text, EARLIEST);
  const found: Row[] = [];
  for await (const batch of stream.rows()) for (const { cells } of batch) found.push(cells);
  await stream.close();
  return found;
}

test('counts survive a restart and a lost store; DROP leaves nothing', {
  skip: missing ? 'KAFKA_BROKERS, REDIS_URL and SCHEMA_REGISTRY_URL are not all set' : false,
  timeout: 120_000,
}, async () => {
  const clusterId = `it${Date.now().toString(36)}`;
  const clock = systemClock();
  const http = undiciClient();
  const broker = await kafkaBroker({ config: { 'bootstrap.servers': brokers! }, clock });
  const store = new RedisStateStore({ url: redis!, clusterId });
  const registry = new ConfluentRegistry({ url: registryUrl!, http, clock });
  const logs = new Logs({ write: () => {}, now: () => clock.now() }, 'OFF');
  const open = async (): Promise<QueryEngine> => {
    const ports = { broker, registry, store, clock, log: logs.logger('sql'), random: Math.random };
    const engine = new QueryEngine(ports, { clusterId });
    await engine.start();
    return engine;
  };
  const settled = (engine: QueryEngine) => engine.caughtUp('PAGES', AbortSignal.timeout(60_000));
  const topic = `${clusterId}-clicks`;
  let engine = await open();
  await run(
    engine,
    `CREATE STREAM CLICKS (ID BIGINT KEY, PAGE STRING) WITH (KAFKA_TOPIC='${topic}', KEY_FORMAT='KAFKA', VALUE_FORMAT='AVRO', PARTITIONS=3);
     CREATE TABLE PAGES WITH (KAFKA_TOPIC='${clusterId}-pages', PARTITIONS=2) AS SELECT PAGE, COUNT(*) AS N FROM CLICKS GROUP BY PAGE;`,
  );
  for (let id = 0; id < 6; id++) await run(engine, `INSERT INTO CLICKS VALUES (${id}, 'p${id % 2}');`);
  await settled(engine);
  await engine.close();

  engine = await open();
  for (let partition = 0; partition < 3; partition++) await store.remove(`${clusterId}.CTAS_PAGES_0.1.${partition}`);
  for (let id = 0; id < 6; id++) await run(engine, `INSERT INTO CLICKS VALUES (${id}, 'p${id % 2}');`);
  await settled(engine);

  const counts = (await rows(engine, 'SELECT * FROM PAGES;')).map((row) => row.join('=')).sort();
  assert.deepEqual(counts, ['p0=6', 'p1=6']);
  assert.deepEqual(await rows(engine, "SELECT N FROM PAGES WHERE PAGE = 'p1';"), [[6]]);

  await run(engine, 'DROP TABLE PAGES DELETE TOPIC; DROP STREAM CLICKS DELETE TOPIC;');
  await engine.close();
  const left = (await broker.listTopics()).map(({ name }) => name).filter((name) => name.includes(clusterId));
  assert.deepEqual(left, [`_${clusterId}_command_topic`]);
  await broker.deleteTopics(left);
  await Promise.all([broker.close(), store.close(), http.close()]);
});
