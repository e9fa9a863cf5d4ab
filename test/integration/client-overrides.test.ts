// Client settings over real Kafka: what the connector and the worker say stands in the batches, also over connections of the task's own.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fetchCall } from '../../src/adapters/kafkajs/api/fetch.ts';
import { Cluster } from '../../src/adapters/kafkajs/cluster.ts';
import { connector } from '../../src/adapters/kafkajs/internals.ts';
import { parseSettings } from '../../src/adapters/kafkajs/settings.ts';
import { AT_ATTRIBUTES, AT_MAGIC, CODEC_MASK, codecId } from '../../src/adapters/record-batch/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { eventually, freePort, startHost } from '../support/host-process.ts';

const brokers = process.env['KAFKA_BROKERS'];
const skip = brokers === undefined ? 'KAFKA_BROKERS is not set' : false;
const prefix = `ov-${process.pid}-${Date.now().toString(36)}`;
const folder = mkdtempSync(join(tmpdir(), 'overrides-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Codec of the first batch of a topic's first partition; null: there is none. */
async function codecOf(topic: string): Promise<number | null> {
  const settings = parseSettings({ 'bootstrap.servers': brokers });
  const connections = connector({
    brokers: [brokers!],
    clientId: settings.clientId,
    connectionTimeoutMs: 5000,
    requestTimeoutMs: 5000,
    ssl: settings.ssl,
    sasl: settings.sasl,
    log: () => {},
  });
  const cluster = new Cluster(connections, settings.seeds, systemClock(), 5000);
  try {
    await cluster.learn([topic]);
    const leader = cluster.leaderOf(topic, 0);
    if (leader === null) return null;
    const request = new Map([[topic, [{ partition: 0, offset: 0, bytesMax: 1 << 20 }]]]);
    const { partitions } = await cluster
      .link(leader)
      .call(fetchCall(request, 'committed', { waitMs: 100, bytesMin: 1, bytesMax: 1 << 20 }));
    const [first] = partitions;
    if (first === undefined || first.end - first.start < AT_ATTRIBUTES + 2) return null;
    assert.equal(first.bytes[first.start + AT_MAGIC], 2);
    return first.bytes.readInt16BE(first.start + AT_ATTRIBUTES) & CODEC_MASK;
  } finally {
    cluster.close();
  }
}

test('a source compresses as its connector says, else as the worker says', { skip, timeout: 60_000 }, async () => {
  const file = join(folder, 'in.txt');
  writeFileSync(file, 'line\n'.repeat(50));
  const host = startHost('overrides', folder, {
    'bootstrap.servers': brokers!,
    'cluster.id': prefix,
    listeners: `http://127.0.0.1:${await freePort()}`,
    'ksql.listeners': '',
    'data.dir': join(folder, 'data'),
    'producer.compression.type': 'lz4',
  });
  const create = async (name: string, more: object): Promise<void> => {
    const config = { 'connector.class': 'FileStreamSource', file, topic: `${prefix}-${name}`, ...more };
    assert.equal((await host.call('POST', '/connectors', { name, config })).status, 201);
  };
  await eventually('the host serves', 30_000, async () => (await host.call('GET', '/health')).status === 200);

  await create('worker', {});
  await create('own', { 'producer.override.compression.type': 'gzip' });
  await create('apart', { 'producer.override.client.id': 'apart', 'producer.override.compression.type': 'zstd' });

  for (const [name, codec] of [
    ['worker', 'lz4'],
    ['own', 'gzip'],
    ['apart', 'zstd'],
  ] as const) {
    await eventually(name, 20_000, async () => (await codecOf(`${prefix}-${name}`)) === codecId(codec));
  }
  host.process.kill('SIGTERM');
  await host.ended;
});
