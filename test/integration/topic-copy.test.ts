// TopicCopy in a host of its own over real Kafka: killed while it copies, and with groups to move.
// The source is KAFKA_SOURCE_BROKERS, or the same cluster under another name when that is unset.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { kafkaBroker } from '../../src/adapters/kafkajs/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import type { Broker } from '../../src/ports/broker.ts';
import { contents, marksOf, recordsOf } from '../support/copy-world.ts';

const targetBrokers = process.env['KAFKA_BROKERS'];
const sourceBrokers = process.env['KAFKA_SOURCE_BROKERS'] ?? targetBrokers;
const ROOT = join(import.meta.dirname, '..', '..');
const PARTITIONS = 3;
const KILLS = 5;

if (targetBrokers === undefined) test('topics are copied between clusters', { skip: 'KAFKA_BROKERS is not set' });
else {
  const id = `tc${process.pid}${Date.now().toString(36)}`;
  const topic = `${id}-orders`;
  const alias = `from-${id}`;
  const copy = `${alias}.${topic}`;
  const folder = mkdtempSync(join(tmpdir(), 'trib-copy-'));

  describe('topics are copied between clusters', () => {
    let source: Broker;
    let target: Broker;

    before(async () => {
      const clock = systemClock();
      source = await kafkaBroker({ clock, config: { 'bootstrap.servers': sourceBrokers! } });
      target = await kafkaBroker({ clock, config: { 'bootstrap.servers': targetBrokers } });
      await source.createTopics([{ name: topic, partitions: PARTITIONS, config: { 'max.message.bytes': '500000' } }]);
    });
    after(async () => {
      await source.deleteTopics([topic]);
      await target.deleteTopics([copy, `mm2-offset-syncs.${alias}.internal`, `${alias}.checkpoints.internal`]);
      await target.deleteTopics(['configs', 'offsets', 'status'].map((name) => `_${id}_connect_${name}`));
      await target.deleteTopics([`_${id}_command_topic`, `_${id}_backfills`]);
      for (const group of [`connect-${id}`, `${id}-app`, `${id}-live`]) {
        await source.deleteGroup(group);
        await target.deleteGroup(group).catch(() => {}); // a member may be leaving
      }
      await source.close();
      await target.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const isCaughtUp = async (count: number): Promise<boolean> => {
      if ((await target.topic(copy)) === null) return false;
      const keys = Array.from({ length: PARTITIONS }, (_, partition) => `${copy}-${partition}`);
      const positions = await target.committed(`connect-${id}`, keys);
      const ends = await source.offsets(
        keys.map((key) => key.slice(alias.length + 1)),
        'stable',
      );
      return count <= [...ends.values()].reduce((sum, end) => sum + end, 0) && keys.every((key) => (positions.get(key) ?? 0) === ends.get(key.slice(alias.length + 1))); // biome-ignore format: short
    };

    test('kill −9 in the middle, again and again: the copy equals its topic, record for record', async () => {
      const writing = write(source, topic);
      for (let kill = 0; kill < KILLS; kill++) {
        const host = await startHost(folder, config(id, alias, topic));
        await pause(2_500 + ((kill * 977) % 1_500));
        host.kill('SIGKILL');
        await ended(host);
      }
      const written = await writing;
      const host = await startHost(folder, config(id, alias, topic));
      await until(() => isCaughtUp(written), host);
      host.kill('SIGTERM');
      await ended(host);

      for (let partition = 0; partition < PARTITIONS; partition++) {
        const original = await recordsOf(source, topic, partition);
        const copied = await recordsOf(target, copy, partition);
        assert.ok(original.length > 1_500, `${original.length} records`);
        assert.equal(copied.length, original.length);
        assert.deepEqual(contents(copied), contents(original));
        const place = new Map(copied.map(({ offset, value }) => [offset, value]));
        const origin = new Map(original.map(({ offset, value }) => [offset, value]));
        const marks = await marksOf(target, topic, partition, alias);
        assert.ok(marks.length > 10, `${marks.length} marks`);
        for (const [upstream, downstream] of marks) assert.equal(place.get(downstream), origin.get(upstream));
      }
      assert.equal((await target.clusterAdmin.topicConfig(copy)).get('max.message.bytes'), '500000');
    });

    test('groups are moved to where they were or a little before, unless they have members on the target', async () => {
      const original = await recordsOf(source, topic, 0);
      const at = original[Math.floor(original.length / 2)]!;
      const reached = new Map([[`${topic}-0`, at.offset]]);
      await source.commit(`${id}-app`, reached);
      await source.commit(`${id}-live`, reached);
      const client = new Kafka({ brokers: targetBrokers.split(','), logLevel: logLevel.NOTHING });
      const member = client.consumer({ groupId: `${id}-live` });
      await member.connect();
      await member.subscribe({ topic: `_${id}_connect_configs` });
      await member.run({ eachMessage: async () => {} });
      await pause(2_000);

      const host = await startHost(folder, config(id, alias, topic));
      await until(async () => (await target.committed(`${id}-app`, [`${copy}-0`])).size > 0, host);
      await pause(1_500);
      host.kill('SIGTERM');
      await ended(host);
      const live = await target.committed(`${id}-live`, [`${copy}-0`]);
      await member.disconnect();

      const moved = (await target.committed(`${id}-app`, [`${copy}-0`])).get(`${copy}-0`)!;
      const copied = await recordsOf(target, copy, 0);
      const rest = copied.filter(({ offset }) => offset >= moved).map(({ value }) => value);
      const wanted = original.filter(({ offset }) => offset >= at.offset).map(({ value }) => value);
      assert.deepEqual(rest.slice(-wanted.length), wanted);
      assert.ok(rest.length - wanted.length <= 100, `${rest.length - wanted.length} records are repeated`);
      assert.equal(live.size, 0);
    });

    test('a source that cannot be reached is told of and tried again, and leaves the host alone', async () => {
      const settings = { ...config(id, alias, topic), 'source.cluster.bootstrap.servers': '127.0.0.1:1' };
      const host = await startHost(folder, { ...settings, 'retry.timeout.ms': '1500' });
      const url = `http://127.0.0.1:${host.port}`;
      await until(async () => {
        const answer = await fetch(`${url}/connectors/${id}/status`).catch(() => null);
        const status = answer?.ok ? ((await answer.json()) as { tasks: { state: string; trace?: string }[] }) : null;
        return status?.tasks[0]?.state === 'FAILED' && /127\.0\.0\.1:1 cannot be reached/.test(status.tasks[0].trace ?? ''); // biome-ignore format: short
      }, host);
      const answer = await fetch(`${url}/connectors`);

      assert.equal(answer.status, 200);
      assert.match(host.output(), /copying of topics is interrupted/);
      host.kill('SIGTERM');
      await ended(host);
    });
  });
}

function config(id: string, alias: string, topic: string): Readonly<Record<string, string>> {
  return {
    name: id,
    'connector.class': 'TopicCopy',
    'source.cluster.alias': alias,
    'source.cluster.bootstrap.servers': sourceBrokers!,
    topics: topic,
    'tasks.max': '2',
    'commit.records': '500',
    'emit.checkpoints.interval.seconds': '1',
    'sync.group.offsets.enabled': 'true',
    'sync.group.offsets.interval.seconds': '1',
    groups: `${id}-.*`,
  };
}

/** Records for some seconds, some of them in transactions, of which every third is aborted; answers the ends at the last. */
async function write(broker: Broker, topic: string): Promise<number> {
  const producer = await broker.transact(`writer-${topic}`);
  for (let round = 0; round < 60; round++) {
    producer.begin();
    for (let i = 0; i < 150; i++) {
      const value = Buffer.from(`value ${round}-${i} ${'x'.repeat(i)}`);
      const key = i % 7 === 0 ? null : Buffer.from(`${i}`);
      const headers = i % 5 === 0 ? ([['n', Buffer.from(`${i}`)]] as const) : null;
      producer
        .lane(topic, (round + i) % PARTITIONS)
        .append(Date.now() - i, key, 0, key?.length ?? 0, i % 11 === 0 ? null : value, 0, value.length, headers);
    }
    if (round % 3 === 2) await producer.abort();
    else await producer.commit(null, new Map());
    await pause(200);
  }
  await producer.close();
  const keys = Array.from({ length: PARTITIONS }, (_, partition) => `${topic}-${partition}`);
  return [...(await broker.offsets(keys, 'stable')).values()].reduce((sum, end) => sum + end, 0);
}

interface Host extends ChildProcess {
  port: number;
  output(): string;
}

async function startHost(folder: string, connector: Readonly<Record<string, string>>): Promise<Host> {
  const files = join(folder, 'connectors');
  mkdirSync(files, { recursive: true });
  writeFileSync(join(files, 'copy.json'), JSON.stringify(connector));
  const port = await freePort();
  const worker = join(folder, 'worker.json');
  writeFileSync(
    worker,
    JSON.stringify({
      'bootstrap.servers': targetBrokers,
      'cluster.id': connector['name'],
      'data.dir': join(folder, 'data'),
      'config.dir': files,
      listeners: `http://127.0.0.1:${port}`,
      'ksql.listeners': '',
    }),
  );
  const child = spawn(process.execPath, ['--conditions=source', join(ROOT, 'src', 'main.ts'), 'run', worker], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-100_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return Object.assign(child, { port, output: () => text });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => child.once('exit', resolve));
}

async function until(holds: () => Promise<boolean>, host: Host): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline && host.exitCode === null, `it never came; the host says:\n${host.output().slice(-3000)}`); // biome-ignore format: short
    await pause(200);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
