// Settings of AvroConverter, under the names of Confluent's.
import { oneOfIgnoringCase } from '../../core/config/checks.ts';
import type { ConfigDef, ParsedConfig, Setting } from '../../core/config/define.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { CONVERTER_TYPE } from './parts.ts';

/** Names the subject that a schema is registered under. */
export type SubjectName = (topic: string, isKey: boolean, recordName: string) => string;

const STRATEGIES: Readonly<Record<string, SubjectName>> = {
  TopicNameStrategy: (topic, isKey) => `${topic}-${isKey ? 'key' : 'value'}`,
  RecordNameStrategy: (_topic, _isKey, recordName) => recordName,
  TopicRecordNameStrategy: (topic, _isKey, recordName) => `${topic}-${recordName}`,
};
const STRATEGY_PACKAGE = 'io.confluent.kafka.serializers.subject.';

function strategySetting(side: 'key' | 'value'): Setting {
  return {
    name: `${side}.subject.name.strategy`,
    type: 'CLASS',
    fallback: `${STRATEGY_PACKAGE}TopicNameStrategy`,
    importance: 'MEDIUM',
    doc: `How the subject of a ${side} schema is named: TopicNameStrategy (topic-${side}), RecordNameStrategy (the record's full name) or TopicRecordNameStrategy (topic-record).`,
  };
}

function flag(name: string, fallback: boolean, doc: string): Setting {
  return { name, type: 'BOOLEAN', fallback, importance: 'MEDIUM', doc };
}

export const AVRO_CONFIG: ConfigDef = [
  CONVERTER_TYPE,
  {
    name: 'schema.registry.url',
    type: 'LIST',
    fallback: null,
    importance: 'HIGH',
    doc: 'Address of the schema registry. Without it the registry of the worker is used.',
  },
  flag('auto.register.schemas', true, 'Whether a schema that is written for the first time is registered.'),
  flag(
    'use.latest.version',
    false,
    'Whether values are written with the latest schema of the subject instead of their own; only without auto.register.schemas.',
  ),
  strategySetting('key'),
  strategySetting('value'),
  {
    name: 'basic.auth.credentials.source',
    type: 'STRING',
    fallback: 'URL',
    importance: 'MEDIUM',
    doc: 'Where the user and password for the registry stand: URL (in schema.registry.url) or USER_INFO (in basic.auth.user.info).',
    check: oneOfIgnoringCase('URL', 'USER_INFO', 'SASL_INHERIT'),
  },
  {
    name: 'basic.auth.user.info',
    type: 'PASSWORD',
    fallback: null,
    importance: 'MEDIUM',
    doc: 'User and password for the registry as user:password, with basic.auth.credentials.source=USER_INFO.',
  },
  {
    name: 'schema.registry.basic.auth.user.info',
    type: 'PASSWORD',
    fallback: null,
    importance: 'MEDIUM',
    doc: 'Older name of basic.auth.user.info.',
  },
  {
    name: 'schemas.cache.config',
    type: 'INT',
    fallback: 1000,
    importance: 'LOW',
    doc: 'How many schemas are kept so that they need not be made again for each record.',
  },
  flag(
    'enhanced.avro.schema.support',
    false,
    'Whether enums and the full names of union branches survive a round trip.',
  ),
  flag(
    'connect.meta.data',
    true,
    'Whether names, versions, parameters and defaults of Connect stand in the Avro schema as connect.*.',
  ),
];

/** The subject naming of one side. Throws `config` for a strategy that is not known here. */
export function subjectNameOf(config: ParsedConfig, isKey: boolean): SubjectName {
  const className = String(config[`${isKey ? 'key' : 'value'}.subject.name.strategy`]);
  const strategy = STRATEGIES[className.slice(className.lastIndexOf('.') + 1)];
  if (strategy !== undefined) return strategy;
  throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
    what: `${isKey ? 'key' : 'value'}.subject.name.strategy is ${quoted(className)}.`,
    fix: `Use one of: ${Object.keys(STRATEGIES).join(', ')}.`,
  });
}
