// Settings of a worker's place: the group that it joins, where others reach it, and the topics that they share.
import { hostname } from 'node:os';
import { atLeast } from '../core/config/checks.ts';
import type { ConfigDef, ParsedConfig } from '../core/config/define.ts';
import type { HostSettings } from '../host/index.ts';
import { addressOf } from '../http/address.ts';

const text = (name: string, fallback: string | null, doc: string): ConfigDef[number] => ({
  name,
  type: 'STRING',
  fallback,
  importance: 'MEDIUM',
  doc,
});
const number = (name: string, fallback: number | null, least: number, doc: string): ConfigDef[number] => ({
  name,
  type: 'INT',
  fallback,
  importance: 'LOW',
  doc,
  // Without a default of its own it may be absent.
  check: (value, own) => (value === null && fallback === null ? null : atLeast(least)(value, own)),
});
const oneOf = (name: string, fallback: string, choices: readonly string[], doc: string): ConfigDef[number] => ({
  ...text(name, fallback, doc),
  importance: 'LOW',
  choices,
});

/** Names and meanings are Kafka Connect's. */
export const CLUSTER_CONFIG: ConfigDef = [
  text('group.id', null, 'Name of the group of workers that share the work. Not given: this worker stands alone.'),
  text('config.storage.topic', null, 'Topic of connector configs. Default: _<cluster.id>_connect_configs.'),
  number(
    'config.storage.replication.factor',
    null,
    -1,
    'Replication it is made with. Default: internal.replication.factor.',
  ),
  text('offset.storage.topic', null, 'Topic of source offsets. Default: _<cluster.id>_connect_offsets.'),
  number('offset.storage.partitions', null, 1, 'Partitions it is made with. Default: 25 in a group, else 5.'),
  number(
    'offset.storage.replication.factor',
    null,
    -1,
    'Replication it is made with. Default: internal.replication.factor.',
  ),
  text('status.storage.topic', null, 'Topic of states. Default: _<cluster.id>_connect_status.'),
  number('status.storage.partitions', 5, 1, 'Partitions it is made with.'),
  number(
    'status.storage.replication.factor',
    null,
    -1,
    'Replication it is made with. Default: internal.replication.factor.',
  ),
  number('internal.replication.factor', -1, -1, 'Replication of internal topics; -1 is the broker’s default.'),
  number('session.timeout.ms', 10_000, 1, 'A worker that is not heard of for so long is out of the group.'),
  number('heartbeat.interval.ms', 3000, 1, 'Time between two signs of life.'),
  number('rebalance.timeout.ms', 60_000, 1, 'How long a worker may take to stop what it gives up.'),
  number(
    'scheduled.rebalance.max.delay.ms',
    300_000,
    0,
    'How long the work of a worker that went away is kept for its return before others take it.',
  ),
  {
    name: 'shutdown.hand.over.enable',
    type: 'BOOLEAN',
    fallback: false,
    importance: 'MEDIUM',
    doc: 'A worker that is shut down hands its work on at once, instead of having it kept for its return.',
  },
  number(
    'worker.sync.timeout.ms',
    3000,
    0,
    'How long a worker may take to read the config topic as far as the leader has.',
  ),
  number('worker.unsync.backoff.ms', 300_000, 0, 'How long a worker that could not stays out of the group.'),
  number('inter.worker.key.ttl.ms', 3_600_000, 1000, 'How long a key that signs calls between workers is used.'),
  oneOf('inter.worker.key.generation.algorithm', 'HmacSHA256', ['HmacSHA256'], 'How the key is made.'),
  oneOf('inter.worker.signature.algorithm', 'HmacSHA256', ['HmacSHA256'], 'How calls between workers are signed.'),
  text(
    'rest.advertised.host.name',
    null,
    'Host under which other workers and clients reach this one; shown as worker_id.',
  ),
  number('rest.advertised.port', null, 1, 'Port of the same. Default: that of the listener.'),
  oneOf(
    'rest.advertised.listener',
    'http',
    ['http', 'https'],
    'Scheme of the same; https where something in front of it ends TLS.',
  ),
];

/** The settings that {@link CLUSTER_CONFIG} gives to the host. */
export function clusterSettings(
  values: ParsedConfig,
): Pick<
  HostSettings,
  | 'clusterId'
  | 'workerId'
  | 'stores'
  | 'replication'
  | 'group'
  | 'advertisedUrl'
  | 'advertisedKsqlUrl'
  | 'transactionalPrefix'
> {
  const groupId = words(values['group.id']);
  const clusterId = words(values['cluster.id']) ?? groupId ?? 'tributary';
  const { host, port: listenerPort } = addressOf(values['listeners'] as string, 'listeners');
  const isAny = host === '0.0.0.0' || host === '::';
  const here = isAny ? (groupId === null ? 'localhost' : hostname()) : host;
  const name = words(values['rest.advertised.host.name']) ?? here;
  const port = (values['rest.advertised.port'] as number | null) ?? listenerPort;
  const workerId = `${name.includes(':') ? `[${name}]` : name}:${port}`;
  const ksql = words(values['ksql.listeners']);
  const replication = values['internal.replication.factor'] as number;
  const store = (setting: 'config' | 'offset' | 'status', suffix: string, partitions: number) => ({
    name: words(values[`${setting}.storage.topic`]) ?? `_${clusterId}_connect_${suffix}`,
    partitions,
    replication: (values[`${setting}.storage.replication.factor`] as number | null) ?? replication,
    setting: `${setting}.storage.topic`,
  });
  const offsetPartitions = (values['offset.storage.partitions'] as number | null) ?? (groupId === null ? 5 : 25);
  return {
    clusterId,
    workerId,
    stores: {
      config: store('config', 'configs', 1),
      offsets: store('offset', 'offsets', offsetPartitions),
      status: store('status', 'status', values['status.storage.partitions'] as number),
    },
    replication,
    group: groupId === null ? null : groupSettings(groupId, values),
    advertisedUrl: `${values['rest.advertised.listener']}://${workerId}`,
    advertisedKsqlUrl: ksql === null ? null : `http://${name}:${addressOf(ksql, 'ksql.listeners').port}`,
    transactionalPrefix: groupId ?? clusterId,
  };
}

function groupSettings(id: string, values: ParsedConfig): NonNullable<HostSettings['group']> {
  return {
    id,
    sessionTimeoutMs: values['session.timeout.ms'] as number,
    heartbeatIntervalMs: values['heartbeat.interval.ms'] as number,
    rebalanceTimeoutMs: values['rebalance.timeout.ms'] as number,
    maxDelayMs: values['scheduled.rebalance.max.delay.ms'] as number,
    handsOver: values['shutdown.hand.over.enable'] as boolean,
    syncTimeoutMs: values['worker.sync.timeout.ms'] as number,
    unsyncBackoffMs: values['worker.unsync.backoff.ms'] as number,
    keyTtlMs: values['inter.worker.key.ttl.ms'] as number,
  };
}

function words(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}
