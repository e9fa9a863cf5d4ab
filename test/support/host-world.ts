// A worker over the in-memory broker, with plugins that tests can look into.
import { after } from 'node:test';
import { memoryBroker } from '../../src/adapters/embedded-log/index.ts';
import { MemoryStateStore } from '../../src/adapters/memory/state-store.ts';
import { EmbeddedRegistry } from '../../src/adapters/registry/embedded.ts';
import {
  type ConnectorDef,
  ConnectRecord,
  type ConverterDef,
  type HeaderConverterDef,
  type Offsets,
  type PluginDef,
  primitive,
  type RawConfig,
  type SinkTask,
  type SinkTaskContext,
  type SourceTask,
  type SourceTaskContext,
  type TransactionContext,
  TributaryError,
} from '../../src/connect/index.ts';
import { Logs } from '../../src/core/log.ts';
import { Metrics } from '../../src/core/metrics.ts';
import { Redactor } from '../../src/core/redact.ts';
import { type Environment, type HostSettings, Providers, Services, Worker } from '../../src/host/index.ts';
import { builtInPlugins, PluginRegistry } from '../../src/plugins/index.ts';
import { type Broker, partitionKey } from '../../src/ports/broker.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { HttpClient } from '../../src/ports/http-client.ts';
import { turningClock } from './turning-clock.ts';

const TEXT = primitive('string', { optional: true });

/** Text converter; a payload `bad` cannot be decoded. */
export const textConverter: ConverterDef = {
  kind: 'converter',
  name: 'TextConverter',
  classes: ['test.TextConverter'],
  doc: 'UTF-8 text.',
  version: '1.0',
  config: [],
  create: () => ({
    prepareDecode: () => null,
    decode: (_topic, bytes, start, end) => {
      if (start < 0) return { schema: TEXT, value: null };
      const value = bytes.toString('utf8', start, end);
      if (value === 'bad') throw new TributaryError('TRIB_TEST_BAD', 'data', { what: 'The payload is bad.' });
      return { schema: TEXT, value };
    },
    prepareEncode: () => null,
    encode: (_topic, _schema, value) => (value === null ? null : Buffer.from(String(value))),
  }),
};

const textHeaders: HeaderConverterDef = {
  kind: 'header-converter',
  name: 'TextHeaders',
  classes: ['test.TextHeaders'],
  doc: 'UTF-8 text.',
  version: '1.0',
  config: [],
  create: () => ({
    decode: (_topic, key, value) => ({ key, schema: TEXT, value: value === null ? null : value.toString() }),
    encode: (_topic, { value }) => (value === null ? null : Buffer.from(String(value))),
  }),
};

/** What a test may do inside a sink's calls. */
export interface SinkScript {
  onStart?(config: RawConfig): Promise<void> | void;
  onPut?(batch: readonly ConnectRecord[], context: SinkTaskContext): Promise<void> | void;
  onPreCommit?(handed: Offsets): Offsets;
}

/** A sink that keeps what it was given. */
export class SinkProbe {
  readonly values: unknown[] = [];
  readonly starts: RawConfig[] = [];
  readonly batches: number[] = [];
  stops = 0;
  script: SinkScript = {};

  definition(name = 'ProbeSink'): ConnectorDef {
    return {
      kind: 'sink',
      name,
      classes: [`test.${name}`],
      doc: 'Keeps what it is given.',
      version: '1.0',
      config: [{ name: 'secret.word', type: 'PASSWORD', fallback: null, importance: 'LOW', doc: 'A secret.' }],
      create: () => {
        let raw: RawConfig = {};
        return {
          start: async (_config, given) => {
            raw = given;
          },
          taskConfigs: (max) => Array.from({ length: max }, () => raw),
          task: () => this.#task(),
          stop: async () => {},
        };
      },
    };
  }

  #task(): SinkTask {
    let context: SinkTaskContext;
    return {
      start: async (_config, raw, given) => {
        context = given;
        this.starts.push(raw);
        await this.script.onStart?.(raw);
      },
      put: async (batch) => {
        await this.script.onPut?.(batch, context);
        if (batch.length > 0) this.batches.push(batch.length);
        for (const record of batch) this.values.push(record.value);
      },
      preCommit: async (handed) => this.script.onPreCommit?.(handed) ?? handed,
      stop: async () => {
        this.stops++;
      },
    };
  }
}

/** A source of numbered lines: `lines` may grow while it runs. */
export class SourceProbe {
  readonly lines: string[] = [];
  readonly starts: (number | null)[] = [];
  batchRows = 2;
  onPoll: (() => Promise<void> | void) | null = null;
  /** Ends transactions: called with each batch before it is answered. */
  ends: ((transaction: TransactionContext, batch: readonly ConnectRecord[]) => void) | null = null;

  definition(): ConnectorDef {
    return {
      kind: 'source',
      name: 'ProbeSource',
      classes: ['test.ProbeSource'],
      doc: 'Numbered lines.',
      version: '1.0',
      config: [{ name: 'topic', type: 'STRING', importance: 'HIGH', doc: 'Where to.' }],
      create: () => {
        let raw: RawConfig = {};
        return {
          start: async (_config, given) => {
            raw = given;
          },
          taskConfigs: () => [raw],
          task: () => this.#task(),
          stop: async () => {},
          exactlyOnceSupport: () => 'supported',
          canDefineTransactionBoundaries: () => this.ends !== null,
        };
      },
    };
  }

  #task(): SourceTask {
    let at = 0;
    let topic = '';
    let context: SourceTaskContext;
    return {
      start: async (config, _raw, given) => {
        context = given;
        topic = config['topic'] as string;
        const stored = await given.offset({ source: 'lines' });
        at = (stored?.['line'] as number | undefined) ?? 0;
        this.starts.push(stored === null ? null : at);
      },
      poll: async () => {
        await this.onPoll?.();
        const lines = this.lines.slice(at, at + this.batchRows);
        if (lines.length === 0) {
          await context.clock.sleep(100, context.signal);
          return null;
        }
        const batch = lines.map((value) => {
          at++;
          return new ConnectRecord({
            topic,
            valueSchema: TEXT,
            value,
            sourcePartition: { source: 'lines' },
            sourceOffset: { line: at },
          });
        });
        if (context.transaction !== null) this.ends?.(context.transaction, batch);
        return batch;
      },
      stop: async () => {},
    };
  }
}

/** A worker's world: broker, clock and worker, and ways to look and wait. */
export interface HostWorld {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly environment: Environment;
  readonly worker: Worker;
  readonly log: string[];
  /** Appends text records to a partition; null makes a tombstone. */
  produce(topic: string, values: readonly (string | null)[], partition?: number): Promise<void>;
  /** Values of a partition that read-committed readers see, with headers as text. */
  read(
    topic: string,
    partition?: number,
  ): Promise<readonly { value: string | null; headers: Record<string, string> }[]>;
  /** Waits, in virtual time, until the condition holds. */
  until(what: string, holds: () => boolean | Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

/** Opens a world, which is closed with the test that asked for it, however that ends. Give `broker` to start a second worker on the first one's log. */
export async function hostWorld(
  plugins: readonly PluginDef[],
  options: {
    readonly broker?: Broker;
    readonly clock?: Clock;
    readonly http?: HttpClient;
    /** Another cluster by client settings; none by default. */
    readonly openBroker?: Environment['openBroker'];
    readonly settings?: Partial<HostSettings>;
  } = {},
): Promise<HostWorld> {
  const clock = options.clock ?? turningClock();
  const broker = options.broker ?? memoryBroker(clock);
  const redactor = new Redactor();
  const log: string[] = [];
  const logs = new Logs({ write: (line) => log.push(line), now: () => clock.now(), redact: (t) => redactor.redact(t) });
  const registry = new EmbeddedRegistry(null);
  const environment: Environment = {
    broker,
    openBroker: options.openBroker ?? (async () => null),
    registry,
    registryOf: () => registry,
    store: new MemoryStateStore(clock),
    http: options.http ?? { send: () => Promise.reject(new Error('no network in tests')), close: async () => {} },
    clock,
    plugins: new PluginRegistry([...builtInPlugins, textConverter, textHeaders, ...plugins]),
    providers: new Providers({ environment: { WORD: 'swordfish' } }, redactor),
    redactor,
    logs,
    metrics: new Metrics(),
    services: new Services(),
    settings: { ...SETTINGS, ...options.settings },
  };
  const worker = new Worker(environment);
  await worker.open();
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= worker.close();
    return closing;
  };
  after(close);
  return {
    broker,
    clock,
    environment,
    worker,
    log,
    produce: (topic, values, partition = 0) => produce(broker, topic, values, partition),
    read: (topic, partition = 0) => read(broker, topic, partition),
    until: (what, holds) => until(clock, what, holds),
    close,
  };
}

const SETTINGS: HostSettings = {
  clusterId: 'test',
  workerId: 'localhost:8083',
  keyConverter: 'test.TextConverter',
  valueConverter: 'test.TextConverter',
  headerConverter: 'test.TextHeaders',
  raw: {},
  stores: {
    config: { name: '_test_connect_configs', partitions: 1, replication: -1, setting: 'config.storage.topic' },
    offsets: { name: '_test_connect_offsets', partitions: 1, replication: -1, setting: 'offset.storage.topic' },
    status: { name: '_test_connect_status', partitions: 1, replication: -1, setting: 'status.storage.topic' },
  },
  group: null,
  advertisedUrl: 'http://localhost:8083',
  advertisedKsqlUrl: null,
  transactionalPrefix: 'test',
  replication: -1,
  offsetFlushIntervalMs: 1000,
  shutdownTimeoutMs: 5000,
  exactlyOnceSources: true,
  leaderTransactions: 'required',
  topicCreation: true,
  topicTracking: true,
  topicTrackingReset: true,
  overridePolicy: 'All',
  taskRestart: false,
};

async function produce(
  broker: Broker,
  topic: string,
  values: readonly (string | null)[],
  partition: number,
): Promise<void> {
  const producer = await broker.produce();
  const lane = producer.lane(topic, partition);
  for (const value of values) {
    const bytes = value === null ? null : Buffer.from(value);
    lane.append(-1, null, 0, 0, bytes, 0, bytes?.length ?? 0, null);
  }
  await producer.flush();
  await producer.close();
}

async function read(
  broker: Broker,
  topic: string,
  partition: number,
): Promise<readonly { value: string | null; headers: Record<string, string> }[]> {
  const { headersAt } = await import('../../src/ports/headers.ts');
  const key = partitionKey(topic, partition);
  if ((await broker.topic(topic)) === null) return [];
  const end = (await broker.offsets([key], 'stable')).get(key) ?? 0;
  const from = (await broker.offsets([key], 'earliest')).get(key) ?? 0;
  const found: { value: string | null; headers: Record<string, string> }[] = [];
  if (end <= from) return found;
  const reader = await broker.read(new Map([[key, from]]), { isolation: 'committed' });
  for (let at = from; at < end; ) {
    for (const records of await reader.poll(100)) {
      for (let i = 0; i < records.count; i++) {
        const start = records.valueStarts[i]!;
        const value = start < 0 ? null : records.bytes.toString('utf8', start, records.valueEnds[i]!);
        const headers = headersAt(records, i).map(([name, bytes]) => [name, String(bytes)] as const);
        found.push({ value, headers: Object.fromEntries(headers) });
      }
      at = records.nextOffset;
    }
  }
  await reader.close();
  return found;
}

async function until(clock: Clock, what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 2000; turn++) {
    if (await holds()) return;
    await clock.sleep(20);
  }
  throw new Error(`It never came to this: ${what}.`);
}
