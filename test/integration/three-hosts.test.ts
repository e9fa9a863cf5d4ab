// Three hosts share thirty connectors on one Kafka: ten sources (exactly once), ten processors, ten sinks, in ten chains. One host is
// killed, one is stopped for a while and comes back, one is cut off the network, then all are restarted one after the other.
// In the end every record stands once in the topics, reached the sinks, and no two runs of a task were ever at work at once.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { kafkaBroker } from '../../src/adapters/kafkajs/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { type Broker, partitionKey } from '../../src/ports/broker.ts';
import { type CutProxy, cutProxy } from '../support/cut-proxy.ts';
import { eventually, freePort, type HostProcess, startHost } from '../support/host-process.ts';

const CHAINS = 10;
const TASKS = 2;
const SESSION_MS = 6_000;
const STOPPED_MS = Number(process.env['TRIB_STOPPED_MS'] ?? 60_000);
const CUT_MS = 15_000;
/** How long the work of a host that went away waits for it. */
const DELAY_MS = Number(process.env['TRIB_REBALANCE_DELAY_MS'] ?? 0);
const RECOVERY_LIMIT_MS = 60_000;
const ROOT = join(import.meta.dirname, '..', '..');

interface Place {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly door: CutProxy;
  host: HostProcess;
}

const brokers = process.env['KAFKA_BROKERS'];

test('three hosts, thirty connectors: nothing is lost, doubled or run twice at once under faults', {
  skip: brokers === undefined || brokers === '' ? 'KAFKA_BROKERS is not set' : false,
  timeout: 390_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'trib-three-hosts-'));
  const prefix = `chaos${Date.now() % 1_000_000}`;
  const broker = await kafkaBroker({ config: { 'bootstrap.servers': brokers! }, clock: systemClock() });
  const places: Place[] = [];
  const watch = new Progress(broker, prefix);
  try {
    await broker.createTopics(
      Array.from({ length: CHAINS }, (_, i) => [
        { name: `${prefix}.src.${i}`, partitions: TASKS },
        { name: `${prefix}.out.${i}`, partitions: TASKS },
      ]).flat(),
    );
    for (const name of ['a', 'b', 'c']) places.push(await openPlace(name, folder, prefix));
    await createAll(places[1]!.host, prefix, folder);
    await eventually('all connectors and tasks run', 90_000, () => allRun(places[0]!.host));
    await watch.start();
    await pause(3_000);

    const times: Record<string, number> = {};
    times['kill -9'] = await recovery(watch, async () => {
      places[0]!.host.process.kill('SIGKILL');
      await places[0]!.host.ended;
    });
    places[0]!.host = startHost('a', folder, places[0]!.settings);
    await eventually('the killed host is back', 60_000, () => allRun(places[0]!.host));

    times[`SIGSTOP for ${STOPPED_MS / 1000} s`] = await recovery(watch, async () => {
      places[1]!.host.process.kill('SIGSTOP');
    });
    await pause(Math.max(0, STOPPED_MS - times[`SIGSTOP for ${STOPPED_MS / 1000} s`]!));
    places[1]!.host.process.kill('SIGCONT');
    await eventually('the stopped host is back', 60_000, () => allRun(places[1]!.host));

    times[`network cut for ${CUT_MS / 1000} s`] = await recovery(watch, async () => places[2]!.door.cut());
    await pause(Math.max(0, CUT_MS - times[`network cut for ${CUT_MS / 1000} s`]!));
    places[2]!.door.mend();
    await eventually('the host that was cut off is back', 60_000, () => allRun(places[2]!.host));

    for (const place of places) {
      times[`restart of ${place.name}`] = await recovery(watch, async () => {
        place.host.process.kill('SIGTERM');
        assert.equal(await place.host.ended, 0, `host ${place.name} ends well\n${place.host.output().slice(-3000)}`);
        place.host = startHost(place.name, folder, place.settings);
      });
      await eventually(`host ${place.name} is back`, 60_000, () => allRun(place.host));
    }
    t.diagnostic(`until every chain moved again (ms): ${JSON.stringify(times)}`);

    const ends = await stopSources(places[0]!.host, broker, prefix);
    await eventually('all outputs are there', 60_000, async () => (await watch.counted()) >= ends);
    const { sources, outputs } = await watch.contents();
    assertOnce(sources, 'source topic');
    assertOnce(outputs, 'output topic');
    assertNoOverlap(sources);
    assert.equal(outputs.length, sources.length, 'every record of the sources came out');
    await eventually('the sinks have all', 30_000, async () => distinct(audit(folder)) >= outputs.length);
    assertSinks(audit(folder), outputs.length);
    t.diagnostic(`${sources.length} records; sinks wrote ${audit(folder).length} lines`);
  } catch (error) {
    for (const { name, host } of places) t.diagnostic(`host ${name}:\n${host.output().slice(-6000)}`);
    throw error;
  } finally {
    for (const { host, door } of places) {
      host.process.kill('SIGKILL');
      await door.close();
    }
    const topics = (await broker.listTopics()).map(({ name }) => name);
    await broker.deleteTopics(topics.filter((name) => name.includes(prefix)));
    await broker.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

async function openPlace(name: string, folder: string, prefix: string): Promise<Place> {
  const [host, port] = brokers!.split(',')[0]!.split(':') as [string, string];
  const door = await cutProxy(host, Number(port));
  const settings = {
    'bootstrap.servers': `127.0.0.1:${door.port}`,
    'group.id': prefix,
    'config.storage.topic': `${prefix}-configs`,
    'offset.storage.topic': `${prefix}-offsets`,
    'status.storage.topic': `${prefix}-status`,
    'data.dir': join(folder, name),
    listeners: `http://127.0.0.1:${await freePort()}`,
    'ksql.listeners': '',
    'plugin.packages': join(ROOT, 'test', 'chaos-plugin'),
    'task.isolation': 'none',
    'exactly.once.source.support': 'enabled',
    'session.timeout.ms': String(SESSION_MS),
    'heartbeat.interval.ms': '1000',
    'scheduled.rebalance.max.delay.ms': String(DELAY_MS),
    'task.restart.enable': 'true',
    'log.level': 'INFO',
  };
  return { name, settings, door, host: startHost(name, folder, settings) };
}

async function createAll(host: HostProcess, prefix: string, folder: string): Promise<void> {
  await eventually('the hosts answer', 60_000, async () => (await host.call('GET', '/health')).status === 200);
  const text = 'org.apache.kafka.connect.storage.StringConverter';
  const common = { 'tasks.max': String(TASKS), 'key.converter': text };
  const json = 'org.apache.kafka.connect.json.JsonConverter';
  for (let i = 0; i < CHAINS; i++) {
    const configs: Record<string, Record<string, string>> = {
      [`${prefix}-count-${i}`]: {
        'connector.class': 'CountingSource',
        'value.converter': text,
        'count.topic': `${prefix}.src.${i}`,
        'count.pause.ms': '100',
        'count.batch': '5',
      },
      [`${prefix}-unwrap-${i}`]: {
        'connector.class': 'DebeziumUnwrap',
        topics: `${prefix}.src.${i}`,
        'target.topic': `${prefix}.out.${i}`,
        'target.partition.by': 'input',
        'value.converter': json,
        'value.converter.schemas.enable': 'false',
      },
      [`${prefix}-audit-${i}`]: {
        'connector.class': 'AuditSink',
        topics: `${prefix}.out.${i}`,
        'value.converter': text,
        'audit.folder': folder,
      },
    };
    for (const [name, config] of Object.entries(configs)) {
      const answer = await host.call('POST', '/connectors', { name, config: { ...common, ...config } });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
    }
  }
}

interface Status {
  readonly status: {
    readonly connector: { readonly state: string };
    readonly tasks: readonly { readonly state: string }[];
  };
}

async function allRun(host: HostProcess): Promise<boolean> {
  const { status, body } = await host.call('GET', '/connectors?expand=status');
  const all = Object.values(body as Record<string, Status>);
  return (
    status === 200 &&
    all.length === 3 * CHAINS &&
    all.every(
      (one) =>
        one.status.connector.state === 'RUNNING' &&
        one.status.tasks.length === TASKS &&
        one.status.tasks.every(({ state }) => state === 'RUNNING'),
    )
  );
}

/** Time from a fault until every partition of every output has moved on beyond where it was when the fault came. */
async function recovery(watch: Progress, fault: () => Promise<void>): Promise<number> {
  const startMs = Date.now();
  await fault();
  const before = await watch.ends();
  await eventually('every chain moves again', RECOVERY_LIMIT_MS, async () => {
    const now = await watch.ends();
    return [...before].every(([key, end]) => now.get(key)! > end);
  });
  return Date.now() - startMs;
}

/** Stops the sources; answers how many records they have written in all. */
async function stopSources(host: HostProcess, broker: Broker, prefix: string): Promise<number> {
  for (let i = 0; i < CHAINS; i++) {
    assert.equal((await host.call('PUT', `/connectors/${prefix}-count-${i}/stop`)).status, 204);
  }
  const written = new Progress(broker, prefix);
  let count = -1;
  await eventually('the sources are still', 60_000, async () => {
    const { sources } = await written.contents();
    const isStill = sources.length === count;
    count = sources.length;
    if (!isStill) await pause(2_000);
    return isStill;
  });
  return count;
}

interface Line {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly n: number;
  readonly run: string;
}

/** Reads what the chains have written. */
class Progress {
  readonly #broker: Broker;
  readonly #prefix: string;

  constructor(broker: Broker, prefix: string) {
    this.#broker = broker;
    this.#prefix = prefix;
  }

  async start(): Promise<void> {
    await eventually('every chain moves', RECOVERY_LIMIT_MS, async () =>
      [...(await this.ends()).values()].every((end) => end > 0),
    );
  }

  async ends(): Promise<ReadonlyMap<string, number>> {
    return this.#broker.offsets(this.#keys('out'), 'stable');
  }

  async counted(): Promise<number> {
    return (await this.contents()).outputs.length;
  }

  async contents(): Promise<{ readonly sources: readonly Line[]; readonly outputs: readonly Line[] }> {
    return { sources: await this.#read('src'), outputs: await this.#read('out') };
  }

  #keys(kind: 'src' | 'out'): string[] {
    return Array.from({ length: CHAINS }, (_, i) =>
      Array.from({ length: TASKS }, (_partition, partition) => partitionKey(`${this.#prefix}.${kind}.${i}`, partition)),
    ).flat();
  }

  async #read(kind: 'src' | 'out'): Promise<readonly Line[]> {
    const keys = this.#keys(kind);
    const ends = await this.#broker.offsets(keys, 'stable');
    const left = new Set(keys.filter((key) => (ends.get(key) ?? 0) > 0));
    const reader = await this.#broker.read(new Map([...left].map((key) => [key, 0])), { isolation: 'committed' });
    const lines: Line[] = [];
    try {
      while (left.size > 0) {
        for (const records of await reader.poll(500)) {
          const { topic, partition } = records;
          for (let i = 0; i < records.count; i++) {
            const value = JSON.parse(records.bytes.toString('utf8', records.valueStarts[i], records.valueEnds[i]));
            const { n, run } = kind === 'src' ? value.after : value;
            lines.push({ topic, partition, offset: records.offsets[i]!, n, run });
          }
          const key = partitionKey(topic, partition);
          if (records.nextOffset >= ends.get(key)!) left.delete(key);
        }
      }
    } finally {
      await reader.close();
    }
    return lines;
  }
}

function byPartition(lines: readonly Line[]): ReadonlyMap<string, readonly Line[]> {
  const groups = new Map<string, Line[]>();
  for (const line of lines) {
    const key = partitionKey(line.topic, line.partition);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(line);
  }
  for (const group of groups.values()) group.sort((left, right) => left.offset - right.offset);
  return groups;
}

/** 0, 1, 2, … in each partition, in order: nothing lost, nothing twice, nothing overtaken. */
function assertOnce(lines: readonly Line[], what: string): void {
  for (const [key, group] of byPartition(lines)) {
    group.forEach(({ n }, index) => {
      assert.equal(n, index, `${what} ${key}: number ${n} stands in place ${index}`);
    });
  }
}

/** In the log's order the runs of a task follow each other: none comes back after another has begun. */
function assertNoOverlap(lines: readonly Line[]): void {
  for (const [key, group] of byPartition(lines)) {
    const done = new Set<string>();
    let current = '';
    for (const { run, n } of group) {
      if (run === current) continue;
      assert.ok(!done.has(run), `${key}: run ${run} was at work again at ${n} after another had taken over`);
      done.add(current);
      current = run;
    }
  }
}

interface AuditLine extends Line {
  readonly connector: string;
  readonly atMs: number;
}

function audit(folder: string): readonly AuditLine[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ndjson'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditLine);
}

function distinct(lines: readonly AuditLine[]): number {
  return new Set(lines.map(({ topic, partition, n }) => `${topic} ${partition} ${n}`)).size;
}

/** Every record reached its sink, and the spans of time in which runs wrote for a partition do not overlap. */
function assertSinks(lines: readonly AuditLine[], expected: number): void {
  assert.equal(distinct(lines), expected, 'records that reached the sinks');
  const spans = new Map<string, Map<string, { from: number; to: number }>>();
  for (const { topic, partition, run, atMs } of lines) {
    const key = partitionKey(topic, partition);
    const runs = spans.get(key) ?? new Map<string, { from: number; to: number }>();
    spans.set(key, runs);
    const span = runs.get(run) ?? { from: atMs, to: atMs };
    runs.set(run, { from: Math.min(span.from, atMs), to: Math.max(span.to, atMs) });
  }
  for (const [key, runs] of spans) {
    const ordered = [...runs].sort(([, left], [, right]) => left.from - right.from);
    ordered.forEach(([run, { from }], index) => {
      const before = ordered[index - 1];
      if (before === undefined) return;
      assert.ok(
        from >= before[1].to,
        `${key}: run ${run} began at ${from}, but run ${before[0]} wrote until ${before[1].to}`,
      );
    });
  }
}
