// Kafka's own definitions of the client settings that connectors override most, as validation shows them.
import type { Importance, Setting, SettingType, SettingValue } from '../core/config/define.ts';

type Row = readonly [
  name: string,
  type: SettingType,
  fallback: SettingValue,
  importance: Importance,
  choices?: readonly string[],
];

const PRODUCER: readonly Row[] = [
  ['acks', 'STRING', 'all', 'LOW', ['all', '-1', '0', '1']],
  ['batch.size', 'INT', 16384, 'MEDIUM'],
  ['buffer.memory', 'LONG', 33554432, 'HIGH'],
  ['client.id', 'STRING', '', 'MEDIUM'],
  ['compression.type', 'STRING', 'none', 'HIGH', ['none', 'gzip', 'snappy', 'lz4', 'zstd']],
  ['delivery.timeout.ms', 'INT', 120000, 'MEDIUM'],
  ['enable.idempotence', 'BOOLEAN', true, 'LOW'],
  ['linger.ms', 'LONG', 5, 'MEDIUM'],
  ['max.block.ms', 'LONG', 60000, 'MEDIUM'],
  ['max.in.flight.requests.per.connection', 'INT', 5, 'LOW'],
  ['max.request.size', 'INT', 1048576, 'MEDIUM'],
  ['request.timeout.ms', 'INT', 30000, 'MEDIUM'],
  ['retries', 'INT', 2147483647, 'HIGH'],
  ['retry.backoff.ms', 'LONG', 100, 'LOW'],
];

const CONSUMER: readonly Row[] = [
  ['auto.offset.reset', 'STRING', 'latest', 'MEDIUM'],
  ['client.id', 'STRING', '', 'LOW'],
  ['fetch.max.bytes', 'INT', 52428800, 'MEDIUM'],
  ['fetch.max.wait.ms', 'INT', 500, 'LOW'],
  ['fetch.min.bytes', 'INT', 1, 'HIGH'],
  ['group.id', 'STRING', null, 'HIGH'],
  ['heartbeat.interval.ms', 'INT', 3000, 'HIGH'],
  ['isolation.level', 'STRING', 'read_uncommitted', 'MEDIUM', ['read_committed', 'read_uncommitted']],
  ['max.partition.fetch.bytes', 'INT', 1048576, 'HIGH'],
  ['max.poll.interval.ms', 'INT', 300000, 'MEDIUM'],
  ['max.poll.records', 'INT', 500, 'MEDIUM'],
  ['metadata.max.age.ms', 'LONG', 300000, 'LOW'],
  ['request.timeout.ms', 'INT', 30000, 'MEDIUM'],
  ['session.timeout.ms', 'INT', 45000, 'HIGH'],
];

const ADMIN: readonly Row[] = [
  ['client.id', 'STRING', '', 'MEDIUM'],
  ['default.api.timeout.ms', 'INT', 60000, 'MEDIUM'],
  ['request.timeout.ms', 'INT', 30000, 'MEDIUM'],
  ['retries', 'INT', 2147483647, 'LOW'],
];

const CLIENTS = { producer: PRODUCER, consumer: CONSUMER, admin: ADMIN } as const;

/** The definition of a client's setting; null when it is not among the known ones. */
export function clientSetting(client: keyof typeof CLIENTS, name: string): Setting | null {
  const row = CLIENTS[client].find(([known]) => known === name);
  if (row === undefined) return null;
  const [, type, fallback, importance, choices] = row;
  const doc = `Kafka ${client} setting ${name}: ${effectOf(client, name)}`;
  return { name, type, fallback, importance, doc, ...(choices === undefined ? {} : { choices }) };
}

/** What the overrides that have an effect here do; `client.name` → effect. */
export const HONOURED: ReadonlyMap<string, string> = new Map([
  [
    'consumer.auto.offset.reset',
    'where a sink begins in partitions without a committed offset: earliest, latest or none.',
  ],
  ['consumer.group.id', 'the group whose committed offsets say how far a sink has read.'],
  ['consumer.isolation.level', 'whether a sink waits for open transactions (read_committed, the default here) or not.'],
  ['consumer.max.poll.records', 'the most records one put of a sink is handed.'],
  ['consumer.metadata.max.age.ms', 'how often a sink looks for new topics and partitions.'],
]);

/** Clients and the names of their settings that validation knows. */
export function clientSettingNames(): readonly (readonly [client: string, name: string])[] {
  return Object.entries(CLIENTS).flatMap(([client, rows]) => rows.map(([name]) => [client, name] as const));
}

/** What an override does here. */
export function effectOf(client: string, name: string): string {
  return HONOURED.get(`${client}.${name}`) ?? 'accepted, without effect here: the host shares its connections.';
}
