// The worker file: settings of the process, in JSON or properties, with `${env:…}` and `${file:…}` resolved.
import { readFileSync } from 'node:fs';
import { atLeast } from '../core/config/checks.ts';
import type { ConfigDef, ParsedConfig, RawConfig } from '../core/config/define.ts';
import { parseConfig } from '../core/config/parse.ts';
import { TributaryError } from '../core/errors.ts';
import type { Redactor } from '../core/redact.ts';
import {
  connectorSettings,
  type HostSettings,
  idleClientSettings,
  Providers,
  parseJson,
  parseProperties,
} from '../host/index.ts';
import { CLUSTER_CONFIG, clusterSettings } from './cluster-settings.ts';
import { type StrangeSetting, strangeSettings } from './strange-settings.ts';

const text = (name: string, fallback: string | null, doc: string): ConfigDef[number] => ({
  name,
  type: 'STRING',
  fallback,
  importance: 'MEDIUM',
  doc,
});
const number = (name: string, fallback: number, least: number, doc: string): ConfigDef[number] => ({
  name,
  type: 'INT',
  fallback,
  importance: 'LOW',
  doc,
  check: atLeast(least),
});
const onOff = (name: string, fallback: boolean, doc: string): ConfigDef[number] => ({
  name,
  type: 'BOOLEAN',
  fallback,
  importance: 'LOW',
  doc,
});

/** The settings of a worker. Kafka Connect's names keep their meaning; others of a Connect worker file are taken and not used. */
export const WORKER_CONFIG: ConfigDef = [
  text(
    'bootstrap.servers',
    'embedded',
    'Kafka brokers, host:port separated by commas, or "embedded": a durable log in data.dir.',
  ),
  text('schema.registry.url', 'embedded', 'URL of a Confluent-compatible registry, or "embedded".'),
  text('schema.registry.basic.auth.user.info', null, 'user:password for the registry.'),
  text('state.store.url', 'lmdb', 'Where state is cached: "lmdb" (in data.dir) or redis://…. The job queue follows.'),
  text('data.dir', '.trib', 'Folder of everything embedded.'),
  text('listeners', 'http://127.0.0.1:8083', 'Address of the Connect REST API, the page and the metrics.'),
  text('ksql.listeners', 'http://127.0.0.1:8088', 'Address of the ksqlDB API; empty switches it off.'),
  text('config.dir', null, 'Folder of connector and back-fill files loaded at start.'),
  text(
    'cluster.id',
    null,
    'Name of this installation: prefix of state keys, internal topics and, without a group, of transactional ids. Default: group.id, else tributary.',
  ),
  text(
    'key.converter',
    'org.apache.kafka.connect.json.JsonConverter',
    'Converter of keys where a connector names none.',
  ),
  text(
    'value.converter',
    'org.apache.kafka.connect.json.JsonConverter',
    'Converter of values where a connector names none.',
  ),
  text(
    'header.converter',
    'org.apache.kafka.connect.storage.SimpleHeaderConverter',
    'Converter of headers where a connector names none.',
  ),
  ...CLUSTER_CONFIG,
  number('offset.flush.interval.ms', 1000, 10, 'Time between two offset commits of sinks.'),
  number('task.shutdown.graceful.timeout.ms', 5000, 0, 'How long a task may take to stop before it is let go.'),
  {
    ...text(
      'exactly.once.source.support',
      null,
      'enabled: sources write records and offsets in one transaction. preparing: not yet, but whoever leads stores connectors in transactions; go from disabled to enabled by way of it, one worker after the other. disabled: the same, where the brokers allow it, else without. Default: disabled in a group, as in Kafka Connect, for transactions need rights of their own and their markers take offsets; enabled for a worker that stands alone.',
    ),
    choices: ['disabled', 'preparing', 'enabled'],
  },
  onOff('topic.creation.enable', true, 'Make topics that source connectors write to.'),
  onOff('topic.tracking.enable', true, 'Show the topics of each connector.'),
  onOff('topic.tracking.allow.reset', true, 'Allow the list of topics to be reset.'),
  {
    ...text('connector.client.config.override.policy', 'All', 'Which client overrides connectors may set.'),
    choices: ['All', 'None', 'Principal', 'Allowlist'],
  },
  {
    ...text(
      'connector.client.config.override.allowlist',
      '',
      'Client settings that connectors may override with the policy Allowlist.',
    ),
    type: 'LIST',
    fallback: [],
  },
  onOff('task.restart.enable', true, 'Start failed tasks again by themselves; connectors may set it too.'),
  {
    ...text('plugin.packages', '', 'npm packages with further plugins, separated by commas.'),
    type: 'LIST',
    fallback: [],
  },
  {
    ...text(
      'plugin.path',
      '',
      'Folders, separated by commas: each JavaScript file or sub-folder in them that exports plugins is loaded. What holds no JavaScript is passed over.',
    ),
    type: 'LIST',
    fallback: [],
  },
  number('plugin.load.timeout.ms', 20000, 100, 'How long the import of a package of plugins may take.'),
  number('validate.timeout.ms', 10000, 100, 'How long third-party plugins may take to validate a config.'),
  {
    ...text(
      'task.isolation',
      'plugins',
      'plugins: a connector that uses third-party code runs in a thread of its own. all: other tasks share a pool of threads, too. none: no threads. Connectors may set it for themselves, but only the worker may let third-party code onto the main thread.',
    ),
    choices: ['plugins', 'all', 'none'],
  },
  number('task.threads', 0, 0, 'Threads of the pool with task.isolation=all; 0: one less than there are processors.'),
  number('task.thread.heap.max.mb', 512, 32, 'Memory a thread may use; connectors may set it for theirs.'),
  number(
    'task.hang.timeout.ms',
    60000,
    0,
    'How long a call into a third-party plugin may take, or its thread be blocked, before the task is taken from it; 0: for ever. Connectors may set it for themselves.',
  ),
  {
    ...text(
      'metrics.compat',
      'confluent',
      'Which names of Kafka Connect’s metrics stand beside our own: those of most JMX exporters, Strimzi’s, both or none.',
    ),
    choices: ['confluent', 'strimzi', 'both', 'none'],
  },
  {
    ...text('log.level', 'INFO', 'Least level that is logged.'),
    choices: ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'OFF'],
  },
  text('log.file', null, 'File for the log; default: standard error.'),
  text('braze.stand.in', null, 'Address at which a stand-in for Braze listens, for trying things out.'),
];

/** What a worker file says. */
export interface WorkerSettings {
  readonly parsed: ParsedConfig;
  /** References resolved. */
  readonly raw: RawConfig;
  readonly host: HostSettings;
  readonly providers: Providers;
  /** Settings that nobody knows, with the nearest known name. */
  readonly unknown: readonly StrangeSetting[];
  /** Sentences on settings of Kafka's clients that do nothing here. */
  readonly idle: readonly string[];
}

/** Reads a worker file; null takes every default. Throws `config` with every fault. */
export function readWorkerSettings(
  file: string | null,
  environment: Readonly<Record<string, string | undefined>>,
  redactor: Redactor,
): WorkerSettings {
  const given = file === null ? {} : readFile(file);
  const providers = new Providers({ environment, worker: given }, redactor);
  const raw = providers.resolve(given);
  const { values, reports } = parseConfig(WORKER_CONFIG, raw);
  const errors = reports.flatMap((report) => report.errors);
  if (errors.length > 0) {
    throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
      what: errors.join('\n'),
      where: file ?? 'defaults',
    });
  }
  return {
    parsed: values,
    raw,
    host: hostSettings(values, raw),
    providers,
    idle: idleClientSettings(Object.keys(raw), ''),
    unknown: strangeSettings(
      Object.keys(raw),
      WORKER_CONFIG.map(({ name }) => name),
    ),
  };
}

function readFile(file: string): RawConfig {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new TributaryError('TRIB_CONFIG_FILE', 'config', {
      what: `The worker file cannot be read: ${(cause as NodeJS.ErrnoException).code ?? cause}.`,
      where: file,
      fix: 'Name an existing file: trib run <worker.json>.',
      cause,
    });
  }
  return /^\s*\{/.test(content) || file.endsWith('.json')
    ? connectorSettings(parseJson(content, file))
    : parseProperties(content);
}

/** A file that was taken over from Kafka Connect means the same as there. */
function exactlyOnce(values: ParsedConfig): Pick<HostSettings, 'exactlyOnceSources' | 'leaderTransactions'> {
  const given = values['exactly.once.source.support'] ?? null;
  const isAlone = clusterSettings(values).group === null;
  return {
    exactlyOnceSources: given === null ? isAlone : given === 'enabled',
    // `preparing` is for the time in which some workers are `enabled` already: whoever leads must be fenced by the next.
    leaderTransactions: given === 'preparing' || given === 'enabled' ? 'required' : 'preferred',
  };
}

function hostSettings(values: ParsedConfig, raw: RawConfig): HostSettings {
  return {
    ...clusterSettings(values),
    keyConverter: values['key.converter'] as string,
    valueConverter: values['value.converter'] as string,
    headerConverter: values['header.converter'] as string,
    raw,
    offsetFlushIntervalMs: values['offset.flush.interval.ms'] as number,
    shutdownTimeoutMs: values['task.shutdown.graceful.timeout.ms'] as number,
    ...exactlyOnce(values),
    topicCreation: values['topic.creation.enable'] as boolean,
    topicTracking: values['topic.tracking.enable'] as boolean,
    topicTrackingReset: values['topic.tracking.allow.reset'] as boolean,
    overridePolicy: values['connector.client.config.override.policy'] as HostSettings['overridePolicy'],
    taskRestart: values['task.restart.enable'] as boolean,
  };
}
