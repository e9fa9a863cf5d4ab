import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ksqlApp } from '../../../../src/http/ksql-app.ts';
import { type SqlWorld, sqlWorld } from '../../../support/sql-world.ts';

interface Api {
  readonly world: SqlWorld;
  readonly server: Server;
  call(
    method: string,
    path: string,
    body?: unknown,
    accept?: string,
  ): Promise<{ status: number; type: string; text: string }>;
  close(): Promise<void>;
}

async function api(): Promise<Api> {
  const world = await sqlWorld();
  const app = ksqlApp(world.engine, { version: '0.1.0', address: 'local', kafkaClusterId: 'k', serviceId: 'trib_' });
  const server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    world,
    server,
    async call(method, path, body, accept) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        redirect: 'manual',
        headers: accept === undefined ? {} : { accept },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await world.close();
    },
  };
}

const EARLIEST = { 'ksql.streams.auto.offset.reset': 'earliest' };
const STREAM = "CREATE STREAM S (ID BIGINT KEY, NAME STRING) WITH (KAFKA_TOPIC='s', FORMAT='JSON', PARTITIONS=1);";

test('statements answer with entities, in order', async () => {
  const { call, close } = await api();

  const { status, text } = await call('POST', '/ksql', { ksql: `${STREAM} SHOW STREAMS;` });

  assert.equal(status, 200);
  assert.deepEqual(JSON.parse(text), [
    {
      '@type': 'currentStatus',
      statementText: STREAM,
      commandId: 'stream/`S`/create',
      commandStatus: { status: 'SUCCESS', message: 'Stream created', queryId: null },
      commandSequenceNumber: 0,
      warnings: [],
    },
    {
      '@type': 'streams',
      statementText: 'SHOW STREAMS;',
      streams: [{ type: 'STREAM', name: 'S', topic: 's', keyFormat: 'JSON', valueFormat: 'JSON', isWindowed: false }],
      warnings: [],
    },
  ]);
  await close();
});

test('a refused statement answers 40001 with its text; nothing before it was done', async () => {
  const { call, close, world } = await api();

  const { status, text } = await call('POST', '/ksql', { ksql: `${STREAM} CREATE STREAM T AS SELECT NOPE FROM S;` });
  const body = JSON.parse(text);

  assert.equal(status, 400);
  assert.deepEqual(
    [body['@type'], body.error_code, body.statementText, body.entities, body.stackTrace],
    ['statement_error', 40001, 'CREATE STREAM T AS SELECT NOPE FROM S;', [], []],
  );
  assert.equal(world.engine.catalog.sources.size, 0);
  await close();
});

test('a SELECT on /ksql is sent to the query endpoint, broken JSON is named', async () => {
  const { call, close } = await api();

  const select = JSON.parse((await call('POST', '/ksql', { ksql: 'SELECT 1 FROM S;' })).text);
  const broken = JSON.parse((await call('POST', '/ksql', '{"ksql":')).text);

  assert.equal(select.error_code, 40002);
  assert.equal(broken.error_code, 40000);
  assert.match(broken.message, /^Invalid JSON in request: /);
  await close();
});

test('rows of a push query come one a line, in three forms', async () => {
  const { call, close } = await api();
  await call('POST', '/ksql', {
    ksql: `${STREAM} INSERT INTO S VALUES (9007199254740993, 'a'); INSERT INTO S VALUES (2, 'b');`,
  });
  const sql = 'SELECT * FROM S EMIT CHANGES LIMIT 2;';

  const old = await call('POST', '/query', { ksql: sql, streamsProperties: EARLIEST });
  const delimited = await call('POST', '/query-stream', { sql, properties: EARLIEST });
  const json = await call('POST', '/query-stream', { sql, properties: EARLIEST }, 'application/json');

  assert.match(old.type, /^application\/vnd\.ksql\.v1\+json/);
  assert.deepEqual(old.text.split('\n').slice(1), [
    '{"row":{"columns":[9007199254740993,"a"]}},',
    '{"row":{"columns":[2,"b"]}},',
    '{"finalMessage":"Limit Reached"}]',
    '',
  ]);
  assert.match(old.text, /^\[\{"header":\{"queryId":"transient_S_\d{19}","schema":"`ID` BIGINT, `NAME` STRING"\}\},\n/);
  assert.deepEqual(delimited.text.split('\n').slice(1), ['[9007199254740993,"a"]', '[2,"b"]', '']);
  assert.deepEqual(JSON.parse(json.text).slice(2), [[2, 'b']]);
  await close();
});

test('a pull query marks its keys and ends without a message', async () => {
  const { call, close, world } = await api();
  await call('POST', '/ksql', {
    ksql: `${STREAM} CREATE TABLE T AS SELECT ID, COUNT(*) AS N FROM S GROUP BY ID; INSERT INTO S VALUES (1, 'a');`,
    streamsProperties: EARLIEST,
  });
  await world.settle('T');

  const { text } = await call('POST', '/query', { ksql: 'SELECT * FROM T WHERE ID = 1;' });
  const lines = text.split('\n');

  assert.match(lines[0]!, /"schema":"`ID` BIGINT KEY, `N` BIGINT"\}\},$/);
  assert.deepEqual(lines.slice(1), ['{"row":{"columns":[1,1]}}]', '']);
  await close();
});

test('a client that goes away ends its push query', async () => {
  const { call, close, world, server } = await api();
  await call('POST', '/ksql', { ksql: STREAM });
  const { port } = server.address() as AddressInfo;
  const gone = new AbortController();
  const response = await fetch(`http://127.0.0.1:${port}/query`, {
    method: 'POST',
    body: JSON.stringify({ ksql: 'SELECT * FROM S EMIT CHANGES;' }),
    signal: gone.signal,
  });
  await response.body!.getReader().read();
  assert.equal(world.engine.pushQueries, 1);

  gone.abort();
  while (world.engine.pushQueries > 0) await new Promise((resolve) => setImmediate(resolve));

  assert.equal(world.engine.pushQueries, 0);
  await close();
});

test('small endpoints tell of the server', async () => {
  const { call, close } = await api();

  const root = await call('GET', '/');
  const info = JSON.parse((await call('GET', '/info')).text);
  const health = JSON.parse((await call('GET', '/healthcheck')).text);
  const status = JSON.parse((await call('GET', '/status/stream/%60S%60/create')).text);

  assert.equal(root.status, 307);
  assert.deepEqual(info.KsqlServerInfo, {
    version: '0.1.0',
    kafkaClusterId: 'k',
    ksqlServiceId: 'trib_',
    serverStatus: 'RUNNING',
  });
  assert.equal(health.isHealthy, true);
  assert.deepEqual([status.error_code, status.message], [40400, 'Command not found']);
  await close();
});
