import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryBroker } from '../../../../src/adapters/embedded-log/index.ts';
import type { RawConfig } from '../../../../src/core/config/define.ts';
import type { ConnectorKind } from '../../../../src/host/config/framework-config.ts';
import type { Environment, HostSettings } from '../../../../src/host/environment.ts';
import { openTaskClients } from '../../../../src/host/tasks/task-clients.ts';
import type { Broker } from '../../../../src/ports/broker.ts';
import { hostWorld, SinkProbe, SourceProbe } from '../../../support/host-world.ts';
import { turningClock } from '../../../support/turning-clock.ts';

/** A broker that notes how it is used. */
function recording(broker: Broker): { readonly broker: Broker; readonly calls: (readonly [string, unknown])[] } {
  const calls: (readonly [string, unknown])[] = [];
  const noted = new Proxy(broker, {
    get: (target, name, self) => {
      const member = Reflect.get(target, name, self) as unknown;
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (name === 'read' || name === 'transact') calls.push([name, args[1] ?? null]);
        if (name === 'produce') calls.push([name, args[0] ?? null]);
        return (member as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  return { broker: noted, calls };
}

interface Opened {
  readonly connections: RawConfig[];
  readonly clients: Awaited<ReturnType<typeof openTaskClients>>;
  readonly shared: Broker;
}

async function opened(
  kind: ConnectorKind,
  raw: Record<string, string>,
  worker: Record<string, string> = {},
  overridePolicy: HostSettings['overridePolicy'] = 'All',
): Promise<Opened> {
  const connections: RawConfig[] = [];
  const shared = memoryBroker(turningClock());
  const environment = {
    broker: shared,
    openBroker: async (connection: RawConfig) => {
      connections.push(connection);
      return memoryBroker(turningClock());
    },
    settings: { raw: worker, overridePolicy, stores: { offsets: { name: 'worker-offsets' } } },
  } as unknown as Environment;
  return { connections, clients: await openTaskClients(environment, raw, kind), shared };
}

test('without settings of their own all clients are the host’s broker', async () => {
  const { clients, connections, shared } = await opened('source', {}, { 'bootstrap.servers': 'a:1' });

  assert.deepEqual([clients.producer, clients.consumer, clients.admin], [shared, shared, shared]);
  assert.deepEqual([connections, clients.producesElsewhere], [[], false]);
});

test('a connector stands above the worker, and the worker’s client settings above its connection', async () => {
  const worker = {
    'bootstrap.servers': 'a:1',
    'security.protocol': 'SASL_SSL',
    'producer.client.id': 'of-worker',
    'producer.sasl.mechanism': 'PLAIN',
    'group.id': 'g',
  };

  const { connections } = await opened('source', { 'producer.override.client.id': 'of-connector' }, worker);

  assert.deepEqual(connections, [
    {
      'bootstrap.servers': 'a:1',
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'PLAIN',
      'client.id': 'of-connector',
    },
  ]);
});

test('what equals the worker’s connection, and what the policy forbids, opens nothing', async () => {
  const same = { 'bootstrap.servers': 'a:1', 'producer.bootstrap.servers': 'a:1', 'producer.compression.type': 'gzip' };

  const { connections } = await opened('source', { 'producer.override.client.id': 'x' }, same, 'None');

  assert.deepEqual(connections, []);
});

test('each client of a sink has its own connection, and dead letters make topics where they are written', async () => {
  const { connections, clients, shared } = await opened('sink', {
    'consumer.override.client.id': 'c',
    'producer.override.bootstrap.servers': 'b:2',
  });

  assert.deepEqual(connections, [{ 'bootstrap.servers': 'b:2' }, { 'client.id': 'c' }]);
  assert.notEqual(clients.consumer, shared);
  assert.equal(clients.admin, clients.producer);
  assert.equal(clients.producesElsewhere, true);
});

test('a processor reads and writes over one connection', async () => {
  const { connections, clients } = await opened('processor', {
    'consumer.override.client.id': 'c',
    'producer.override.client.id': 'p',
  });

  assert.deepEqual(connections, [{ 'client.id': 'p' }]);
  assert.equal(clients.consumer, clients.producer);
});

test('a value that cannot be meant is refused by name', async () => {
  await assert.rejects(opened('source', { 'producer.override.compression.type': 'rar' }), {
    kind: 'config',
    message: /compression\.type of the producer is "rar".*none, gzip, snappy, lz4, zstd/s,
  });
  await assert.rejects(opened('sink', { 'consumer.override.fetch.max.bytes': '0' }), { kind: 'config' });
});

test('a source writes with its producer’s settings, its offsets too', async () => {
  const { broker, calls } = recording(memoryBroker(turningClock()));
  const probe = new SourceProbe();
  const world = await hostWorld([probe.definition()], {
    broker,
    settings: { raw: { 'producer.compression.type': 'lz4', 'producer.transaction.timeout.ms': '9000' } },
  });
  calls.length = 0;
  await world.worker.create(
    'a',
    {
      'connector.class': 'ProbeSource',
      topic: 'out',
      'producer.override.compression.type': 'gzip',
      'producer.override.max.request.size': '5000000',
    },
    null,
  );
  await world.until('running', () => world.worker.status('a').tasks[0]?.state === 'RUNNING');

  const options = { compression: 'gzip', recordBytesMax: 5_000_000, transactionTimeoutMs: 9000 };
  assert.deepEqual(
    calls.filter(([name, given]) => name === 'transact' && given !== null),
    [['transact', options]],
  );
  await world.close();
});

test('a sink reads as its consumer’s settings say, the worker’s below the connector’s', async () => {
  const { broker, calls } = recording(memoryBroker(turningClock()));
  const probe = new SinkProbe();
  const world = await hostWorld([probe.definition()], {
    broker,
    settings: { raw: { 'consumer.max.poll.records': '7', 'consumer.auto.offset.reset': 'latest' } },
  });
  await broker.createTopics([{ name: 'in', partitions: 1 }]);
  await world.produce('in', ['a', 'b', 'c']);
  calls.length = 0;
  await world.worker.create(
    'a',
    {
      'connector.class': 'ProbeSink',
      topics: 'in',
      'consumer.override.auto.offset.reset': 'earliest',
      'consumer.override.max.poll.records': '2',
      'consumer.override.max.partition.fetch.bytes': '2000',
      'consumer.override.fetch.min.bytes': '10',
      'consumer.override.isolation.level': 'read_uncommitted',
      'consumer.override.group.id': 'g',
    },
    null,
  );
  await world.until('committed', async () => (await broker.committed('g', ['in-0'])).get('in-0') === 3);

  assert.deepEqual(
    calls.filter(([, given]) => (given as { isolation?: string } | null)?.isolation === 'uncommitted').slice(0, 1),
    [['read', { partitionBytesMax: 2000, bytesMin: 10, isolation: 'uncommitted' }]],
  );
  assert.deepEqual(probe.batches, [2, 1]);
  await world.close();
});

test('a source with a topic of its own for offsets reads it where it writes, as the consumer’s settings say', async () => {
  const worker = { 'bootstrap.servers': 'a:1' };
  const own = { 'offsets.storage.topic': 'mine', 'producer.override.bootstrap.servers': 'b:2' };

  const same = await opened('source', own, worker);
  const other = await opened('source', { ...own, 'consumer.override.client.id': 'reader' }, worker);

  assert.equal(same.clients.consumer, same.clients.producer);
  assert.deepEqual(same.connections, [{ 'bootstrap.servers': 'b:2' }]);
  assert.deepEqual(other.connections, [
    { 'bootstrap.servers': 'b:2' },
    { 'bootstrap.servers': 'b:2', 'client.id': 'reader' },
  ]);
});

test('a source whose own topic is the worker’s has none of its own', async () => {
  const named = { 'offsets.storage.topic': 'worker-offsets', 'consumer.override.client.id': 'reader' };

  const { connections } = await opened('source', named, { 'bootstrap.servers': 'a:1' });

  assert.deepEqual(connections, []);
});
