// Three host processes of one group on real Kafka: calls reach who must answer them, work is shared, and outlives a killed leader.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { kafkaBroker } from '../../src/adapters/kafkajs/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { partitionKey } from '../../src/ports/broker.ts';
import { eventually, freePort, type HostProcess, startHost } from '../support/host-process.ts';

const brokers = process.env['KAFKA_BROKERS'];
const skip = brokers === undefined || brokers === '' ? 'KAFKA_BROKERS is not set' : false;

interface Shown {
  readonly connector: { readonly state: string; readonly worker_id: string };
  readonly tasks: readonly { readonly state: string; readonly worker_id: string }[];
}

const folder = mkdtempSync(join(tmpdir(), 'trib-distributed-'));
const group = `dist${Date.now() % 1_000_000}`;
const hosts: HostProcess[] = [];
const names = ['s0', 's1', 's2'];

after(() => {
  for (const { process: child } of hosts) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function start(index: number): Promise<HostProcess> {
  const listeners = `http://127.0.0.1:${await freePort()}`;
  return startHost(`w${index}`, folder, {
    'bootstrap.servers': brokers!,
    'group.id': group,
    'exactly.once.source.support': 'enabled',
    listeners,
    'ksql.listeners': '',
    'data.dir': join(folder, `w${index}`),
    'session.timeout.ms': '6000',
    'heartbeat.interval.ms': '1000',
    'scheduled.rebalance.max.delay.ms': '0',
    'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
  });
}

const statusOf = async (host: HostProcess, name: string) =>
  (await host.call('GET', `/connectors/${name}/status`)).body as Shown;

async function allRun(host: HostProcess): Promise<readonly string[]> {
  const all = await Promise.all(names.map((name) => statusOf(host, name)));
  const parts = all.flatMap(({ connector, tasks }) => [connector, ...tasks]);
  const isWhole = parts.length === names.length * 2 && parts.every(({ state }) => state === 'RUNNING');
  return isWhole ? parts.map(({ worker_id: id }) => id) : [];
}

test('three hosts share sources, answer for each other, and survive the leader', {
  skip,
  timeout: 120_000,
}, async () => {
  const file = join(folder, 'lines.txt');
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join('');
  writeFileSync(file, lines(0, 50));
  hosts.push(...(await Promise.all([0, 1, 2].map(start))));
  for (const host of hosts) {
    await eventually('the host serves', 60_000, async () => (await host.call('GET', '/health')).status === 200);
  }

  // Every host takes the calls, whoever leads.
  for (const [index, name] of names.entries()) {
    const config = { 'connector.class': 'FileStreamSource', file, topic: `${group}-${name}` };
    const { status } = await hosts[index]!.call('POST', '/connectors', { name, config });
    assert.equal(status, 201);
    assert.equal((await hosts[index]!.call('GET', `/connectors/${name}`)).status, 200);
  }
  await eventually('all run', 30_000, async () => (await allRun(hosts[0]!)).length > 0);
  assert.equal(new Set(await allRun(hosts[1]!)).size, 3);

  const { status: restarted } = await hosts[2]!.call('POST', '/connectors/s0/restart?includeTasks=true');
  const { status: oneTask } = await hosts[0]!.call('POST', '/connectors/s1/tasks/0/restart');
  const { status: unsigned } = await hosts[1]!.call('POST', '/connectors/s1/tasks', [{}]);
  assert.deepEqual([restarted, oneTask, unsigned], [202, 204, 400]);

  const leader = hosts.find((host) => host.output().includes('leads the group'))!;
  leader.process.kill('SIGKILL');
  await leader.ended;
  writeFileSync(file, lines(50, 100), { flag: 'a' });
  const rest = hosts.filter((host) => host !== leader);
  const deadId = new URL(leader.url).host;
  await eventually('the others run all', 60_000, async () => {
    const owners = await allRun(rest[0]!);
    return owners.length > 0 && !owners.includes(deadId);
  });

  for (const name of names) assert.deepEqual(await valuesOf(`${group}-${name}`, 100), lines(0, 100).trim().split('\n'));
  for (const { process: child } of rest) child.kill('SIGTERM');
  await Promise.all(rest.map(({ ended }) => ended));
});

/** Committed values of a topic, once there are so many. */
async function valuesOf(topic: string, count: number): Promise<readonly string[]> {
  const broker = await kafkaBroker({ config: { 'bootstrap.servers': brokers! }, clock: systemClock() });
  const values: string[] = [];
  try {
    const reader = await broker.read(new Map([[partitionKey(topic, 0), 0]]), { isolation: 'committed' });
    const untilMs = Date.now() + 20_000;
    while (values.length < count && Date.now() < untilMs) {
      for (const records of await reader.poll(500)) {
        for (let i = 0; i < records.count; i++) {
          values.push(records.bytes.toString('utf8', records.valueStarts[i], records.valueEnds[i]));
        }
      }
    }
    await reader.close();
    return values;
  } finally {
    await broker.close();
  }
}
