// Three hosts share a stream–table join over a minimum on one Kafka, each with a state store of its own. The host that runs the
// table's query is killed in mid-flow, twice. In the end every row was joined once, to the minimum that held when it was written.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { kafkaBroker } from '../../src/adapters/kafkajs/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { partitionOf } from '../../src/core/murmur2.ts';
import { type Broker, partitionKey } from '../../src/ports/broker.ts';
import { eventually, freePort, type HostProcess, startHost } from '../support/host-process.ts';

const ROWS = 3000;
const USERS = 50;
const PARTITIONS = 2;
const brokers = process.env['KAFKA_BROKERS'];

interface Place {
  readonly name: string;
  readonly ksql: string;
  readonly settings: Readonly<Record<string, string>>;
  host: HostProcess;
}

test('a join and its table survive two kills of their host: every row once, and right', {
  skip: brokers === undefined || brokers === '' ? 'KAFKA_BROKERS is not set' : false,
  timeout: 240_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'trib-sql-group-'));
  const prefix = `sqlg${Date.now() % 1_000_000}`;
  const broker = await kafkaBroker({ config: { 'bootstrap.servers': brokers! }, clock: systemClock() });
  const places: Place[] = [];
  try {
    await broker.createTopics([{ name: `${prefix}.orders`, partitions: PARTITIONS }]);
    for (const name of ['a', 'b', 'c']) places.push(await openPlace(name, folder, prefix));
    await eventually('the hosts answer', 60_000, async () => {
      for (const { ksql } of places) await statements(ksql, 'SHOW QUERIES;');
      return true;
    });
    await statements(
      places[0]!.ksql,
      `CREATE STREAM ORDERS (USER_ID STRING KEY, N INT, AMOUNT INT) WITH (KAFKA_TOPIC='${prefix}.orders', VALUE_FORMAT='JSON');
       CREATE TABLE LEAST WITH (KAFKA_TOPIC='${prefix}.least') AS SELECT USER_ID, MIN(AMOUNT) AS AMOUNT FROM ORDERS GROUP BY USER_ID;
       CREATE STREAM JOINED WITH (KAFKA_TOPIC='${prefix}.joined') AS SELECT O.USER_ID AS USER_ID, O.N AS N, O.AMOUNT AS AMOUNT, L.AMOUNT AS LEAST
         FROM ORDERS O LEFT JOIN LEAST L ON O.USER_ID = L.USER_ID;`,
    );
    const writing = writeOrders(broker, `${prefix}.orders`);
    const moved: number[] = [];
    for (let kill = 0; kill < 2; kill++) {
      await pause(3_000);
      const query = await queryOf(places, 'LEAST');
      const owner = places.find(({ name }) => query.host.endsWith(`:${portOf(places, name)}`))!;
      const startMs = Date.now();
      owner.host.process.kill('SIGKILL');
      await owner.host.ended;
      const others = places.filter((place) => place !== owner);
      await eventually('another host runs the table', 60_000, async () => {
        const now = await queryOf(others, 'LEAST');
        return now.host !== query.host && now.state === 'RUNNING';
      });
      moved.push(Date.now() - startMs);
      owner.host = startHost(owner.name, folder, owner.settings);
    }
    await writing;
    await eventually(
      'every row was joined',
      90_000,
      async () => (await rowsOf(broker, `${prefix}.joined`)).length >= ROWS,
    );
    await pause(1_000);

    const joined = await rowsOf(broker, `${prefix}.joined`);
    assert.equal(joined.length, ROWS, 'rows that were joined');
    assert.equal(new Set(joined.map(({ N }) => N)).size, ROWS, 'rows that were joined once');
    for (const row of joined) {
      assert.ok(row.LEAST !== null && row.LEAST <= row.AMOUNT, `the table lagged behind: ${JSON.stringify(row)}`);
    }
    await eventually('all hosts are back', 60_000, async () => {
      for (const { ksql } of places) assert.deepEqual(await pulled(ksql, 'u7'), [['u7', 7]]);
      return true;
    });
    t.diagnostic(`from kill to running elsewhere (ms): ${moved.join(', ')}`);

    // On whatever host it is sent to.
    for (const { ksql } of places) await statements(ksql, 'SHOW QUERIES;');
    await statements(places[1]!.ksql, `DROP STREAM JOINED DELETE TOPIC; DROP TABLE LEAST DELETE TOPIC;`);
    await eventually('nothing is left', 20_000, async () => {
      const names = (await broker.listTopics()).map(({ name }) => name);
      return !names.some((name) => name.includes(`${prefix}_query_C`) || name === `${prefix}.joined`);
    });
  } catch (error) {
    for (const { name, host } of places) t.diagnostic(`host ${name}:\n${host.output().slice(-5000)}`);
    throw error;
  } finally {
    for (const { host } of places) host.process.kill('SIGKILL');
    const topics = (await broker.listTopics()).map(({ name }) => name);
    await broker.deleteTopics(topics.filter((name) => name.includes(prefix)));
    await broker.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

async function openPlace(name: string, folder: string, prefix: string): Promise<Place> {
  const ksql = `http://127.0.0.1:${await freePort()}`;
  const settings = {
    'bootstrap.servers': brokers!,
    'group.id': prefix,
    'data.dir': join(folder, name),
    'state.store.url': 'lmdb',
    listeners: `http://127.0.0.1:${await freePort()}`,
    'ksql.listeners': ksql,
    'session.timeout.ms': '6000',
    'heartbeat.interval.ms': '1000',
    'scheduled.rebalance.max.delay.ms': '0',
    'log.level': 'INFO',
  };
  return { name, ksql, settings, host: startHost(name, folder, settings) };
}

function portOf(places: readonly Place[], name: string): string {
  return new URL(places.find((place) => place.name === name)!.settings['listeners']!).port;
}

async function statements(ksql: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const response = await fetch(`${ksql}/ksql`, {
    method: 'POST',
    body: JSON.stringify({ ksql: text, streamsProperties: { 'auto.offset.reset': 'earliest' } }),
    signal: AbortSignal.timeout(60_000),
  });
  const body = (await response.json()) as Record<string, unknown>[];
  if (response.status !== 200) throw new Error(JSON.stringify(body));
  return body;
}

async function queryOf(
  places: readonly Place[],
  sink: string,
): Promise<{ readonly host: string; readonly state: string }> {
  const [shown] = await statements(places[0]!.ksql, 'SHOW QUERIES;');
  const found = (shown!['queries'] as { sinks: string[]; id: string }[]).find(({ sinks }) => sinks[0] === sink)!;
  const [explained] = await statements(places[0]!.ksql, `EXPLAIN ${found.id};`);
  const status = (explained!['queryDescription'] as { ksqlHostQueryStatus: Record<string, string> })
    .ksqlHostQueryStatus;
  const [host, state] = Object.entries(status)[0]!;
  return { host, state };
}

async function pulled(ksql: string, user: string): Promise<readonly unknown[]> {
  const response = await fetch(`${ksql}/query-stream`, {
    method: 'POST',
    body: JSON.stringify({ sql: `SELECT * FROM LEAST WHERE USER_ID = '${user}';` }),
    signal: AbortSignal.timeout(20_000),
  });
  const [, ...rows] = (await response.text()).trim().split('\n');
  return rows.map((row) => JSON.parse(row));
}

/** Falling amounts for each user: the least of a user is the row's own, or a later one's. */
async function writeOrders(broker: Broker, topic: string): Promise<void> {
  const producer = await broker.produce();
  for (let n = 0; n < ROWS; n++) {
    const user = n % USERS;
    const key = Buffer.from(`u${user}`);
    const value = Buffer.from(JSON.stringify({ N: n, AMOUNT: ROWS - USERS - n + 2 * user }));
    producer
      .lane(topic, partitionOf(key, 0, key.length, PARTITIONS))
      .append(-1, key, 0, key.length, value, 0, value.length, null);
    if (n % 20 === 19) {
      await producer.flush();
      await pause(120);
    }
  }
  await producer.close();
}

interface Joined {
  readonly N: number;
  readonly AMOUNT: number;
  readonly LEAST: number | null;
}

async function rowsOf(broker: Broker, topic: string): Promise<readonly Joined[]> {
  const keys = Array.from({ length: PARTITIONS }, (_, partition) => partitionKey(topic, partition));
  const ends = await broker.offsets(keys, 'stable');
  const left = new Set(keys.filter((key) => (ends.get(key) ?? 0) > 0));
  const reader = await broker.read(new Map([...left].map((key) => [key, 0])), { isolation: 'committed' });
  const rows: Joined[] = [];
  try {
    while (left.size > 0) {
      for (const records of await reader.poll(500)) {
        for (let i = 0; i < records.count; i++) {
          rows.push(JSON.parse(records.bytes.toString('utf8', records.valueStarts[i], records.valueEnds[i])));
        }
        const key = partitionKey(records.topic, records.partition);
        if (records.nextOffset >= ends.get(key)!) left.delete(key);
      }
    }
  } finally {
    await reader.close();
  }
  return rows;
}
