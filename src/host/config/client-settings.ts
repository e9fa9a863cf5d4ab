// Kafka's own definitions of the client settings that connectors override most, as validation shows them.
import type { Importance, Setting, SettingType, SettingValue } from '../../core/config/define.ts';
import { nearest } from '../../core/errors.ts';

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
  ['transaction.timeout.ms', 'INT', 60000, 'LOW'],
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

/** How a client reaches the brokers and who it is: the same for all. */
const SECURITY: readonly Row[] = [
  ['security.protocol', 'STRING', 'PLAINTEXT', 'MEDIUM'],
  ['sasl.jaas.config', 'PASSWORD', null, 'MEDIUM'],
  ['sasl.mechanism', 'STRING', 'GSSAPI', 'MEDIUM'],
  ['ssl.endpoint.identification.algorithm', 'STRING', 'https', 'LOW'],
  ['ssl.key.password', 'PASSWORD', null, 'HIGH'],
  ['ssl.keystore.certificate.chain', 'PASSWORD', null, 'HIGH'],
  ['ssl.keystore.key', 'PASSWORD', null, 'HIGH'],
  ['ssl.keystore.location', 'STRING', null, 'HIGH'],
  ['ssl.keystore.password', 'PASSWORD', null, 'HIGH'],
  ['ssl.keystore.type', 'STRING', 'JKS', 'MEDIUM'],
  ['ssl.truststore.certificates', 'PASSWORD', null, 'HIGH'],
  ['ssl.truststore.location', 'STRING', null, 'HIGH'],
  ['ssl.truststore.password', 'PASSWORD', null, 'HIGH'],
  ['ssl.truststore.type', 'STRING', 'JKS', 'MEDIUM'],
];

const CLIENTS = { producer: PRODUCER, consumer: CONSUMER, admin: ADMIN } as const;
const CLIENT_NAMES = ['producer', 'consumer', 'admin'] as const;

/** The definition of a client's setting; null when it is not among the known ones. */
export function clientSetting(client: keyof typeof CLIENTS, name: string): Setting | null {
  const row = [...CLIENTS[client], ...SECURITY].find(([known]) => known === name);
  if (row === undefined) return null;
  const [, type, fallback, importance, choices] = row;
  const doc = `Kafka ${client} setting ${name}: ${effectOf(client, name)}`;
  return { name, type, fallback, importance, doc, ...(choices === undefined ? {} : { choices }) };
}

const CONNECTION_KEYS: readonly (readonly [string, string])[] = [
  ['client.id', 'the name under which brokers know the client'],
  ['request.timeout.ms', 'how long a broker may take to answer a request'],
];
const OWN = 'Another value than the worker’s opens connections of the task’s own.';

/** Why settings that Kafka's clients know have no meaning here; `client.name` → reason. */
const WITHOUT: ReadonlyMap<string, string> = new Map([
  ['producer.acks', 'all in-sync replicas acknowledge, always.'],
  ['producer.batch.size', 'a batch leaves when it is full (1 MB) or the polled records are done.'],
  ['producer.buffer.memory', 'a task waits when 16 MB are on their way.'],
  ['producer.enable.idempotence', 'producers are idempotent, always.'],
  ['producer.linger.ms', 'a batch leaves when it is full (1 MB) or the polled records are done.'],
  ['producer.max.block.ms', 'a task waits until the brokers are there, and is stopped at once meanwhile.'],
  ['producer.max.in.flight.requests.per.connection', 'five, in order, always.'],
  ['producer.retries', 'delivery.timeout.ms alone says how long it is tried.'],
  ['producer.retry.backoff.ms', 'pauses grow from 100 ms.'],
  ['consumer.heartbeat.interval.ms', 'sinks are no members of their group: the workers share partitions out.'],
  ['consumer.max.poll.interval.ms', 'sinks are no members of their group: task.hang.timeout.ms watches calls.'],
  ['consumer.session.timeout.ms', 'sinks are no members of their group: the workers share partitions out.'],
  ['admin.retries', 'default.api.timeout.ms alone says how long it is tried.'],
]);

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
  ['consumer.fetch.max.bytes', 'about how many bytes a broker answers at once; 8 MiB here.'],
  ['consumer.fetch.max.wait.ms', 'how long a broker waits for fetch.min.bytes.'],
  ['consumer.fetch.min.bytes', 'how many bytes a broker waits for.'],
  ['consumer.max.partition.fetch.bytes', 'about how many bytes a broker answers of one partition; 4 MiB here.'],
  ['producer.compression.type', 'how batches are compressed.'],
  ['producer.delivery.timeout.ms', 'how long a batch is tried to be delivered before the task begins anew.'],
  [
    'producer.max.request.size',
    'the largest record that is written. Batches stay below 1 MB, but for a record that is larger.',
  ],
  [
    'producer.transaction.timeout.ms',
    'how long the broker leaves an unfinished transaction of the task open; 60000 here.',
  ],
  ...['producer', 'consumer', 'admin'].flatMap((client) => [
    ...CONNECTION_KEYS.map(([name, what]) => [`${client}.${name}`, `${what}. ${OWN}`] as const),
    [`${client}.default.api.timeout.ms`, `how long one call is tried. ${OWN}`] as const,
    [`${client}.bootstrap.servers`, `the brokers. ${OWN}`] as const,
    [`${client}.security.protocol`, `how they are reached. ${OWN}`] as const,
    [`${client}.sasl.*`, `who the task is (PLAIN and SCRAM). ${OWN}`] as const,
    [`${client}.ssl.*`, `keys and certificates (PEM, PKCS12). ${OWN}`] as const,
  ]),
]);

/** Clients and the names of their settings that validation knows. */
export function clientSettingNames(): readonly (readonly [client: string, name: string])[] {
  return Object.entries(CLIENTS).flatMap(([client, rows]) => rows.map(([name]) => [client, name] as const));
}

/** What an override does here. */
export function effectOf(client: string, name: string): string {
  const key = `${client}.${name}`;
  const family = `${client}.${name.split('.', 1)[0]}.*`;
  return HONOURED.get(key) ?? HONOURED.get(family) ?? WITHOUT.get(key) ?? 'not known here.';
}

/** `admin.listeners` is of the REST server. */
const OF_THE_WORKER = /^admin\.listeners/;

/** A sentence for each of the settings that begin as `producer.` and so on and do nothing here; `between` stands behind that. */
export function idleClientSettings(names: readonly string[], between: '' | 'override.'): readonly string[] {
  return names.flatMap((name) => {
    const client = CLIENT_NAMES.find((kind) => name.startsWith(`${kind}.${between}`));
    if (client === undefined) return [];
    const key = name.slice(client.length + 1 + between.length);
    if (between === '' && OF_THE_WORKER.test(name)) return [];
    if (hasEffect(client, key)) return [];
    const reason = WITHOUT.get(`${client}.${key}`);
    if (reason !== undefined) return [`"${name}" has no effect here: ${reason}`];
    const near = nearest(
      key,
      CLIENTS[client].map(([known]) => known),
    );
    return [
      `"${name}" is not known and has no effect.${near === null ? '' : ` Did you mean "${client}.${between}${near}"?`}`,
    ];
  });
}

function hasEffect(client: string, name: string): boolean {
  const family = /^(?:sasl|ssl)\./.exec(name)?.[0];
  return HONOURED.has(`${client}.${name}`) || (family !== undefined && HONOURED.has(`${client}.${family}*`));
}
