// Settings that the converters with a schema registry share, under the names of Confluent's.
//
// How the registry is reached (credentials, TLS, retries) is read by its adapter; here those settings are declared, so that they
// are checked, documented and kept secret.
import { atLeast, oneOfIgnoringCase } from '../../core/config/checks.ts';
import type { ConfigDef, Importance, ParsedConfig, Setting } from '../../core/config/define.ts';
import { CONVERTER_TYPE } from './parts.ts';
import { type SubjectName, strategySetting, subjectNameOf } from './subject-names.ts';

/** A setting that is true or false. */
export function flag(name: string, fallback: boolean, doc: string, importance: Importance = 'MEDIUM'): Setting {
  return { name, type: 'BOOLEAN', fallback, importance, doc };
}

function text(name: string, fallback: string | null, doc: string, importance: Importance = 'MEDIUM'): Setting {
  return { name, type: 'STRING', fallback, importance, doc };
}

function secret(name: string, doc: string): Setting {
  return { name, type: 'PASSWORD', fallback: '', importance: 'MEDIUM', doc };
}

function count(name: string, fallback: number, doc: string, least = 0): Setting {
  return { name, type: 'INT', fallback, importance: 'LOW', doc, check: atLeast(least) };
}

const CHOICE: ConfigDef = [
  flag('auto.register.schemas', true, 'Whether a schema that is written for the first time is registered.'),
  flag(
    'use.latest.version',
    false,
    'Whether values are written with the latest schema of the subject instead of their own; only without auto.register.schemas.',
    'LOW',
  ),
  flag(
    'latest.compatibility.strict',
    true,
    'Whether, with use.latest.version, a record must have the name that the latest schema has.',
    'LOW',
  ),
  {
    name: 'use.schema.id',
    type: 'INT',
    fallback: -1,
    importance: 'LOW',
    doc: 'The id of the schema that all values are written with; -1 for none. Only without auto.register.schemas.',
  },
  flag(
    'id.compatibility.strict',
    true,
    'Whether, with use.schema.id, a record must have the name that the schema has.',
    'LOW',
  ),
  flag(
    'normalize.schemas',
    false,
    'Whether schemas that differ only in form count as one when they are registered or looked up.',
  ),
  strategySetting('key'),
  strategySetting('value'),
  count('max.schemas.per.subject', 1000, 'How many schemas are kept for writing; beyond that they are made again.', 1),
];

const ACCESS: ConfigDef = [
  {
    name: 'basic.auth.credentials.source',
    type: 'STRING',
    fallback: 'URL',
    importance: 'MEDIUM',
    doc: 'Where the user and password for the registry stand: URL (in schema.registry.url), USER_INFO (in basic.auth.user.info) or SASL_INHERIT (in sasl.jaas.config, of the converter or else of the worker).',
    check: oneOfIgnoringCase('URL', 'USER_INFO', 'SASL_INHERIT'),
  },
  secret('basic.auth.user.info', 'User and password for the registry as user:password.'),
  secret('schema.registry.basic.auth.user.info', 'Older name of basic.auth.user.info.'),
  text('bearer.auth.credentials.source', null, 'Where the bearer token comes from: STATIC_TOKEN (bearer.auth.token).'),
  secret('bearer.auth.token', 'A token that is sent to the registry instead of user and password.'),
  text(
    'schema.registry.ssl.truststore.location',
    null,
    "File of the certificates that the registry's is checked against, in PEM. All ssl settings may stand without the prefix schema.registry., too.",
  ),
  text(
    'schema.registry.ssl.truststore.type',
    'JKS',
    'Kind of the truststore. The file itself tells: PEM is read; JKS and PKCS12 are refused with the command that converts them.',
  ),
  secret('schema.registry.ssl.truststore.password', 'Password of the truststore. PEM needs none.'),
  text('schema.registry.ssl.truststore.certificates', null, 'The certificates themselves, in PEM.'),
  text(
    'schema.registry.ssl.keystore.location',
    null,
    'File of the key and certificate this host shows to the registry: PEM with both, or PKCS12.',
  ),
  text(
    'schema.registry.ssl.keystore.type',
    'JKS',
    'Kind of the keystore. The file itself tells: PEM and PKCS12 are read, JKS is refused with the command that converts it.',
  ),
  secret('schema.registry.ssl.keystore.password', 'Password of a PKCS12 keystore.'),
  secret('schema.registry.ssl.keystore.key', 'The private key itself, in PEM (PKCS#8).'),
  text('schema.registry.ssl.keystore.certificate.chain', null, 'The certificates that belong to the key, in PEM.'),
  secret('schema.registry.ssl.key.password', 'Password of the private key.'),
  text(
    'schema.registry.ssl.enabled.protocols',
    null,
    'TLS versions that may be used, separated by commas; by default those of Node.',
    'LOW',
  ),
  text(
    'schema.registry.ssl.endpoint.identification.algorithm',
    'https',
    "Empty: the registry's host name is not compared with its certificate.",
    'LOW',
  ),
  count('http.read.timeout.ms', 10_000, 'How long an answer of the registry may take, in milliseconds.', 1),
  count('max.retries', 3, 'How often the registry is asked again while it is down, before the task waits and retries.'),
  count('retries.wait.ms', 1_000, 'Wait before the first of these, in milliseconds; it doubles each time.'),
  count('retries.max.wait.ms', 20_000, 'The longest of these waits, in milliseconds.'),
];

/** The settings of a converter with a registry: the shared ones and its own. */
export function registryConfig(own: ConfigDef): ConfigDef {
  return [
    CONVERTER_TYPE,
    {
      name: 'schema.registry.url',
      type: 'LIST',
      fallback: null,
      importance: 'HIGH',
      doc: 'Addresses of the schema registry; the next one is asked when one is down. Without it the registry of the worker is used.',
    },
    ...CHOICE,
    count('schemas.cache.config', 1000, 'How many schemas are kept for reading; beyond that they are made again.', 1),
    ...own,
    ...ACCESS,
  ];
}

/** The shared settings, as the converters use them. */
export interface RegistryOptions {
  /** Null: the worker's. */
  readonly url: string | null;
  readonly registers: boolean;
  readonly normalizes: boolean;
  /** Null: none is set. */
  readonly schemaId: number | null;
  readonly usesLatest: boolean;
  /** The written schema must bear the name of the record. */
  readonly isStrict: boolean;
  readonly subject: SubjectName;
  readonly readersMax: number;
  readonly writersMax: number;
}

export function registryOptions(config: ParsedConfig, isKey: boolean): RegistryOptions {
  const urls = config['schema.registry.url'];
  const schemaId = Number(config['use.schema.id']);
  return {
    url: Array.isArray(urls) && urls.length > 0 ? urls.join(',') : null,
    registers: config['auto.register.schemas'] === true,
    normalizes: config['normalize.schemas'] === true,
    schemaId: schemaId >= 0 ? schemaId : null,
    usesLatest: config['use.latest.version'] === true,
    isStrict: config[schemaId >= 0 ? 'id.compatibility.strict' : 'latest.compatibility.strict'] === true,
    subject: subjectNameOf(config, isKey),
    readersMax: Number(config['schemas.cache.config']),
    writersMax: Number(config['max.schemas.per.subject']),
  };
}
