// Kafka's own definitions of the client settings that connectors override most, as validation shows them.
import type { Importance, Setting, SettingType, SettingValue } from '../core/config/define.ts';

type Row = readonly [name: string, type: SettingType, fallback: SettingValue, importance: Importance];

const PRODUCER: readonly Row[] = [
  ['acks', 'STRING', 'all', 'LOW'],
  ['batch.size', 'INT', 16384, 'MEDIUM'],
  ['buffer.memory', 'LONG', 33554432, 'HIGH'],
  ['client.id', 'STRING', '', 'MEDIUM'],
  ['compression.type', 'STRING', 'none', 'HIGH'],
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
  ['isolation.level', 'STRING', 'read_uncommitted', 'MEDIUM'],
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
  const [, type, fallback, importance] = row;
  return { name, type, fallback, importance, doc: `Kafka ${client} setting ${name}: see Kafka's documentation.` };
}
