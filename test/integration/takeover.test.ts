// A team's Kafka Connect is stopped, our host is started on the same topics, and Kafka Connect comes back: connectors, target
// states, offsets and consumer groups are the same for both, and every line of the source file passes just once.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, freePort, type HostProcess, startHost } from '../support/host-process.ts';
import { realServices } from '../support/services.ts';

const LIMIT_MS = 60_000;
/** Names of this run: offsets and groups of an earlier one on the same Kafka stay there, as they should. */
const RUN = `take${Date.now() % 1_000_000}`;
const TOPIC = `${RUN}.lines`;

test('our host takes a Kafka Connect cluster over as it stands, and Kafka Connect takes it back', {
  skip: realServices() ? false : 'TRIB_SERVICES, KAFKA_BROKERS, SCHEMA_REGISTRY_URL and REDIS_URL are not set',
  timeout: 390_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'trib-takeover-'));
  const [input, output] = [join(folder, 'in.txt'), join(folder, 'out.txt')];
  let ours: HostProcess | null = null;
  try {
    services('reset', 'connect');
    const connect = new Rest(connectUrl());
    script('kafka-cli', 'topics', '--create', '--if-not-exists', '--topic', TOPIC, '--partitions', '1');

    // On Kafka Connect: a source, a sink, a paused and a stopped connector.
    appendFileSync(input, 'one\ntwo\n');
    await connect.must(201, 'POST', '/connectors', { name: `${RUN}-source`, config: sourceConfig(input) });
    await connect.must(201, 'POST', '/connectors', { name: `${RUN}-sink`, config: sinkConfig(output) });
    await connect.must(201, 'POST', '/connectors', {
      name: `${RUN}-paused`,
      config: sinkConfig(join(folder, 'paused.txt')),
    });
    await connect.must(201, 'POST', '/connectors', {
      name: `${RUN}-stopped`,
      config: sinkConfig(join(folder, 'stopped.txt')),
    });
    await connect.must(202, 'PUT', `/connectors/${RUN}-paused/pause`);
    await eventually('the sink has the first lines', LIMIT_MS, async () => lines(output).length === 2);
    await connect.must(204, 'PUT', `/connectors/${RUN}-stopped/stop`);
    const before = await connect.configs();
    services('down', 'connect');

    // On ours, with the same topics and group.
    ours = startHost('ours', folder, await ourSettings(folder));
    const host = new Rest(ours.url);
    await eventually('our host answers', LIMIT_MS, async () => (await host.ask('GET', '/health')).status === 200);
    assert.deepEqual(await host.configs(), before);
    await eventually('what ran runs, what was paused or stopped is so', LIMIT_MS, async () => {
      const states = await Promise.all(
        ['source', 'sink', 'paused', 'stopped'].map((name) => host.state(`${RUN}-${name}`)),
      );
      return states.join() === 'RUNNING,RUNNING,PAUSED,STOPPED';
    });
    assert.deepEqual(await host.offsets(`${RUN}-source`), [
      { partition: { filename: input }, offset: { position: 8 } },
    ]);
    appendFileSync(input, 'three\nfour\n');
    await eventually('the sink has the next lines', LIMIT_MS, async () => lines(output).length >= 4);
    await host.must(202, 'PUT', `/connectors/${RUN}-paused/resume`);
    await host.must(204, 'DELETE', `/connectors/${RUN}-stopped`);
    await host.must(200, 'PUT', `/connectors/${RUN}-sink/config`, {
      ...sinkConfig(output),
      'errors.log.enable': 'true',
    });
    await host.must(201, 'POST', '/connectors', { name: `${RUN}-new`, config: sinkConfig(join(folder, 'new.txt')) });
    await eventually('the new sink has all lines', LIMIT_MS, async () => lines(join(folder, 'new.txt')).length === 4);
    await eventually('all run', LIMIT_MS, async () => {
      const states = await Promise.all(['source', 'sink', 'paused', 'new'].map((name) => host.state(`${RUN}-${name}`)));
      return states.every((state) => state === 'RUNNING');
    });
    const changed = await host.configs();
    ours.process.kill('SIGTERM');
    assert.equal(await ours.ended, 0, ours.output().slice(-3000));
    ours = null;

    // And back.
    const again = new Rest(connectUrl());
    await eventually('Kafka Connect has what we left', LIMIT_MS, async () => {
      assert.deepEqual(await again.configs(), changed);
      return true;
    });
    appendFileSync(input, 'five\n');
    await eventually('the sinks have the last line', LIMIT_MS, async () =>
      [output, join(folder, 'new.txt'), join(folder, 'paused.txt')].every((file) => lines(file).includes('five')),
    );
    for (const file of [output, join(folder, 'new.txt'), join(folder, 'paused.txt')]) {
      assert.deepEqual(lines(file), ['one', 'two', 'three', 'four', 'five'], file);
    }
    for (const name of Object.keys(changed)) await again.must(204, 'DELETE', `/connectors/${name}`);
  } catch (error) {
    if (ours !== null) t.diagnostic(ours.output().slice(-6000));
    throw error;
  } finally {
    ours?.process.kill('SIGKILL');
    services('down', 'connect');
    rmSync(folder, { recursive: true, force: true });
  }
});

const TEXT = 'org.apache.kafka.connect.storage.StringConverter';

function sourceConfig(file: string): Record<string, string> {
  const name = 'org.apache.kafka.connect.file.FileStreamSourceConnector';
  return { 'connector.class': name, 'tasks.max': '1', file, topic: TOPIC, 'value.converter': TEXT };
}

function sinkConfig(file: string): Record<string, string> {
  const name = 'org.apache.kafka.connect.file.FileStreamSinkConnector';
  return { 'connector.class': name, 'tasks.max': '1', file, topics: TOPIC, 'value.converter': TEXT };
}

/** The storage and group of the services' Kafka Connect worker. */
async function ourSettings(folder: string): Promise<Record<string, string>> {
  return {
    'bootstrap.servers': process.env['KAFKA_BROKERS']!,
    'group.id': 'tributary-connect',
    'config.storage.topic': '_connect-configs',
    'offset.storage.topic': '_connect-offsets',
    'status.storage.topic': '_connect-status',
    'exactly.once.source.support': 'disabled',
    'data.dir': join(folder, 'data'),
    listeners: `http://127.0.0.1:${await freePort()}`,
    'ksql.listeners': '',
  };
}

function script(name: string, ...args: readonly string[]): string {
  return execFileSync(join(process.env['TRIB_SERVICES']!, name), args, { encoding: 'utf8', timeout: 180_000 });
}

function services(verb: 'reset' | 'down', name: string): void {
  script(verb, name);
}

/** Starts Kafka Connect beside the Kafka that runs; answers its address. */
function connectUrl(): string {
  const found = /CONNECT_URL=(\S+)/.exec(script('up', 'connect'));
  assert.ok(found !== null, 'the services tell where Kafka Connect is');
  return found[1]!;
}

function lines(file: string): readonly string[] {
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];
}

class Rest {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async ask(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
  }

  /** As clients do, a conflict that passes (a rebalance) is tried again. */
  async must(status: number, method: string, path: string, body?: unknown): Promise<void> {
    await eventually(`${method} ${path} answers ${status}`, LIMIT_MS, async () => {
      const answer = await this.ask(method, path, body);
      if (answer.status === 409) return false;
      assert.equal(answer.status, status, JSON.stringify(answer.body));
      return true;
    });
  }

  async configs(): Promise<Record<string, unknown>> {
    const { body } = await this.ask('GET', '/connectors?expand=info');
    const all = Object.entries(body as Record<string, { info: { config: unknown } }>);
    return Object.fromEntries(all.map(([name, { info }]) => [name, info.config]).sort());
  }

  async state(name: string): Promise<string> {
    const { body } = await this.ask('GET', `/connectors/${name}/status`);
    return (body as { connector: { state: string } }).connector.state;
  }

  async offsets(name: string): Promise<unknown> {
    const { body } = await this.ask('GET', `/connectors/${name}/offsets`);
    return (body as { offsets: unknown }).offsets;
  }
}
