// Settings of TopicCopy: MirrorMaker's names where people know them, with MirrorMaker's meaning.
import { atLeast, type ConfigDef, compileJavaRegex, type Setting, type SettingValue } from 'tributary/connect';

/** Client settings of the source cluster stand under this prefix. */
export const SOURCE_PREFIX = 'source.cluster.';

/** Members of a list are regular expressions, each for a whole name. */
function regexList(value: SettingValue): string | null {
  for (const pattern of Array.isArray(value) ? value : []) {
    try {
      compileJavaRegex(pattern);
    } catch (error) {
      return `Invalid regex "${pattern}": ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return null;
}

const replication = (name: string, order: number, of: string): Setting => ({
  name,
  type: 'SHORT',
  fallback: -1,
  importance: 'LOW',
  group: 'Target',
  order,
  doc: `Copies of ${of}; -1: what the target's brokers say.`,
  check: (value) => (Number(value) === -1 || Number(value) >= 1 ? null : 'Value must be -1 or at least 1'),
});

const seconds = (name: string, group: string, order: number, fallback: number, doc: string): Setting => ({
  name,
  type: 'INT',
  fallback,
  importance: 'LOW',
  group,
  order,
  doc,
  check: atLeast(1),
});

const client = (name: string, type: Setting['type'], doc: string): Setting => ({
  name: SOURCE_PREFIX + name,
  type,
  fallback: null,
  importance: 'MEDIUM',
  group: 'Source',
  doc,
});

const SOURCE: ConfigDef = [
  {
    name: 'source.cluster.alias',
    type: 'STRING',
    fallback: 'source',
    importance: 'HIGH',
    group: 'Source',
    order: 1,
    doc: 'Short name of the cluster that is read. The default policy puts it before the names of copies.',
    check: aliasCheck,
  },
  {
    name: 'source.cluster.bootstrap.servers',
    type: 'LIST',
    fallback: [],
    importance: 'HIGH',
    group: 'Source',
    order: 2,
    width: 'LONG',
    check: (value) => {
      const odd = (value as readonly string[]).find((one) => !/^\S+:\d{1,5}$/.test(one));
      return odd === undefined || odd === 'embedded' ? null : `"${odd}" is no host:port`;
    },
    doc: 'Brokers of the cluster that is read, host:port. Left out: the cluster of this host, so that topics are copied within it.',
  },
  client('security.protocol', 'STRING', 'PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. Default: PLAINTEXT.'),
  client('sasl.mechanism', 'STRING', 'PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. Default: PLAIN.'),
  client('sasl.jaas.config', 'PASSWORD', 'Login module with username="…" and password="…", as Kafka clients take it.'),
  client('sasl.username', 'STRING', 'User name, in place of sasl.jaas.config.'),
  client('sasl.password', 'PASSWORD', 'Password, in place of sasl.jaas.config.'),
  client('ssl.truststore.location', 'STRING', 'PEM file of the authorities that are trusted.'),
  client('ssl.truststore.type', 'STRING', 'PEM.'),
  client('ssl.truststore.certificates', 'STRING', 'The same as text.'),
  client(
    'ssl.keystore.location',
    'STRING',
    'File with key and certificates of this client: PEM, or PKCS12 by its type.',
  ),
  client('ssl.keystore.type', 'STRING', 'PEM or PKCS12. Default: PEM.'),
  client('ssl.keystore.password', 'PASSWORD', 'Password of the PKCS12 file.'),
  client('ssl.keystore.key', 'PASSWORD', 'The key as PEM text.'),
  client('ssl.keystore.certificate.chain', 'STRING', 'The certificates as PEM text.'),
  client('ssl.key.password', 'PASSWORD', 'Password of the key.'),
  client('ssl.endpoint.identification.algorithm', 'STRING', 'Empty: do not check the names in certificates.'),
  client('client.id', 'STRING', 'Name shown in the logs of the source’s brokers.'),
  {
    name: 'consumer.auto.offset.reset',
    type: 'STRING',
    fallback: 'earliest',
    importance: 'MEDIUM',
    group: 'Source',
    order: 20,
    doc: 'Where to begin in a partition never read, and where to go on when the next record is gone (retention): earliest, latest, or none to fail then.',
    choices: ['earliest', 'latest', 'none'],
  },
  {
    name: 'source.commit.enabled',
    type: 'BOOLEAN',
    fallback: false,
    importance: 'LOW',
    group: 'Source',
    order: 21,
    doc: 'Commit the positions at the source, too, for the group connect-<name>, every few seconds: its tools then show how far the copy is behind. Never read.',
  },
];

const TOPICS: ConfigDef = [
  {
    name: 'topics',
    type: 'LIST',
    fallback: ['.*'],
    importance: 'HIGH',
    group: 'Topics',
    order: 1,
    width: 'LONG',
    doc: 'Topics to copy: names and regular expressions (Java syntax, for whole names), separated by commas.',
    check: regexList,
  },
  {
    name: 'topics.exclude',
    type: 'LIST',
    fallback: ['.*[\\-\\.]internal', '.*\\.replica', '__.*'],
    importance: 'HIGH',
    group: 'Topics',
    order: 2,
    width: 'LONG',
    doc: 'Topics not to copy, as in topics. Copies of copies that would run in a circle, storage topics of hosts, and topics whose name begins with __ are never copied.',
    check: regexList,
  },
  {
    name: 'refresh.topics.enabled',
    type: 'BOOLEAN',
    fallback: true,
    importance: 'LOW',
    group: 'Topics',
    order: 3,
    doc: 'Look for new topics and partitions while running.',
  },
  seconds('refresh.topics.interval.seconds', 'Topics', 4, 30, 'How often to look for new topics and partitions.'),
  {
    name: 'replication.policy.class',
    type: 'STRING',
    fallback: 'org.apache.kafka.connect.mirror.DefaultReplicationPolicy',
    importance: 'LOW',
    group: 'Topics',
    order: 5,
    doc: 'Names of the copies: DefaultReplicationPolicy writes alias.topic, IdentityReplicationPolicy keeps the name. Full class names are taken, too.',
    check: (value) =>
      policyName(String(value)) === null
        ? `"${value}" is not known. Use DefaultReplicationPolicy or IdentityReplicationPolicy.`
        : null,
  },
  {
    name: 'replication.policy.separator',
    type: 'STRING',
    fallback: '.',
    importance: 'LOW',
    group: 'Topics',
    order: 6,
    doc: 'Stands between alias and topic.',
    check: (value) =>
      /^[a-zA-Z0-9._-]+$/.test(String(value)) ? null : 'Use letters, digits, dots, underscores, hyphens',
  },
  {
    name: 'target.topic',
    type: 'STRING',
    fallback: null,
    importance: 'LOW',
    group: 'Topics',
    order: 7,
    doc: 'Names the copies in place of the policy; ${topic} and ${alias} stand for the topic and the alias of the source. Two topics never share a copy.',
    check: (value) =>
      value === null || /^([a-zA-Z0-9._-]|\$\{topic\}|\$\{alias\})*$/.test(String(value))
        ? null
        : 'Use letters, digits, dots, underscores, hyphens, ${topic} and ${alias}',
  },
];

const TARGET: ConfigDef = [
  {
    name: 'target.cluster.alias',
    type: 'STRING',
    fallback: 'target',
    importance: 'HIGH',
    group: 'Target',
    order: 1,
    doc: 'Short name of the cluster of this host, which is written to. Topics of the source that were copied from here are not copied back.',
    check: aliasCheck,
  },
  {
    name: 'target.cluster.bootstrap.servers',
    type: 'LIST',
    fallback: [],
    importance: 'LOW',
    group: 'Target',
    order: 2,
    doc: 'Taken for MirrorMaker’s sake and not used: the target is the cluster of this host.',
  },
  replication('replication.factor', 3, 'topics that are made'),
  {
    name: 'sync.topic.configs.enabled',
    type: 'BOOLEAN',
    fallback: true,
    importance: 'LOW',
    group: 'Target',
    order: 4,
    doc: 'Give copies the settings of their topics, at first and when these change.',
  },
  seconds('sync.topic.configs.interval.seconds', 'Target', 5, 600, 'How often settings of topics are compared.'),
  {
    name: 'config.properties.exclude',
    type: 'LIST',
    fallback: [
      'follower\\.replication\\.throttled\\.replicas',
      'leader\\.replication\\.throttled\\.replicas',
      'message\\.timestamp\\.difference\\.max\\.ms',
      'message\\.timestamp\\.type',
      'unclean\\.leader\\.election\\.enable',
      'min\\.insync\\.replicas',
    ],
    importance: 'LOW',
    group: 'Target',
    order: 6,
    doc: 'Settings of topics that stay the target’s own, as regular expressions.',
    check: regexList,
  },
];

const OFFSETS: ConfigDef = [
  {
    name: 'emit.offset-syncs.enabled',
    type: 'BOOLEAN',
    fallback: true,
    importance: 'LOW',
    group: 'Offsets',
    order: 1,
    doc: 'Write which offset became which to mm2-offset-syncs.<source alias>.internal on the target, in the transaction of the records.',
  },
  {
    name: 'offset.lag.max',
    type: 'LONG',
    fallback: 100,
    importance: 'LOW',
    group: 'Offsets',
    order: 2,
    doc: 'Records of a partition between two such marks: a consumer that is moved repeats at most so many, or one transaction.',
    check: atLeast(1),
  },
  replication('offset-syncs.topic.replication.factor', 3, 'the topic of offset marks'),
  {
    name: 'emit.checkpoints.enabled',
    type: 'BOOLEAN',
    fallback: true,
    importance: 'LOW',
    group: 'Offsets',
    order: 4,
    doc: 'Write the offsets of consumer groups, translated, to <source alias>.checkpoints.internal on the target.',
  },
  seconds('emit.checkpoints.interval.seconds', 'Offsets', 5, 60, 'How often.'),
  replication('checkpoints.topic.replication.factor', 6, 'the topic of checkpoints'),
  {
    name: 'sync.group.offsets.enabled',
    type: 'BOOLEAN',
    fallback: false,
    importance: 'LOW',
    group: 'Offsets',
    order: 7,
    doc: 'Commit the translated offsets for the same groups on the target, as long as they have no members there; never backwards.',
  },
  seconds('sync.group.offsets.interval.seconds', 'Offsets', 8, 60, 'How often.'),
  {
    name: 'groups',
    type: 'LIST',
    fallback: ['.*'],
    importance: 'HIGH',
    group: 'Offsets',
    order: 9,
    doc: 'Consumer groups to translate: names and regular expressions.',
    check: regexList,
  },
  {
    name: 'groups.exclude',
    type: 'LIST',
    fallback: ['console-consumer-.*', 'connect-.*', '__.*'],
    importance: 'HIGH',
    group: 'Offsets',
    order: 10,
    doc: 'Consumer groups not to translate.',
    check: regexList,
  },
];

const COPYING: ConfigDef = [
  {
    name: 'commit.interval.ms',
    type: 'LONG',
    fallback: 100,
    importance: 'LOW',
    group: 'Copying',
    doc: 'A transaction is committed after so many milliseconds.',
    check: atLeast(1),
  },
  {
    name: 'commit.records',
    type: 'INT',
    fallback: 50_000,
    importance: 'LOW',
    group: 'Copying',
    doc: 'A transaction is committed after so many records.',
    check: atLeast(1),
  },
  {
    name: 'compression.type',
    type: 'STRING',
    fallback: 'none',
    importance: 'LOW',
    group: 'Copying',
    doc: 'Compression of what is written.',
    choices: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  },
  {
    name: 'retry.timeout.ms',
    type: 'LONG',
    fallback: 600_000,
    importance: 'LOW',
    group: 'Copying',
    doc: 'How long a cluster may be out of reach before the task fails; -1: for ever. The log tells of each try.',
    check: atLeast(-1),
  },
];

export const CONFIG: ConfigDef = [...SOURCE, ...TOPICS, ...TARGET, ...OFFSETS, ...COPYING];

/** The policy's short name; null when it is none of ours. */
export function policyName(className: string): 'default' | 'identity' | null {
  const name = className.slice(className.lastIndexOf('.') + 1);
  if (name === 'DefaultReplicationPolicy') return 'default';
  return name === 'IdentityReplicationPolicy' ? 'identity' : null;
}

function aliasCheck(value: SettingValue): string | null {
  return /^[a-zA-Z0-9._-]+$/.test(String(value)) ? null : 'Use letters, digits, dots, underscores and hyphens';
}
