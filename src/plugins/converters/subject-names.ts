// The subject that a schema is registered under, by Confluent's strategies.
import type { ParsedConfig, Setting } from '../../core/config/define.ts';
import type { Schema } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { dataError } from './parts.ts';

/** Names the subject. `recordName` null: the schema has no name of its own. */
export type SubjectName = (topic: string, schema: Schema, recordName: string | null) => string;

const PACKAGE = 'io.confluent.kafka.serializers.subject.';
const STRATEGIES: Readonly<Record<string, (side: 'key' | 'value') => SubjectName>> = {
  TopicNameStrategy: (side) => (topic) => `${topic}-${side}`,
  RecordNameStrategy: (side) => (_topic, schema, name) => recordNameOf('RecordNameStrategy', side, schema, name),
  TopicRecordNameStrategy: (side) => (topic, schema, name) =>
    `${topic}-${recordNameOf('TopicRecordNameStrategy', side, schema, name)}`,
};

/** The setting of one side's strategy. */
export function strategySetting(side: 'key' | 'value'): Setting {
  return {
    name: `${side}.subject.name.strategy`,
    type: 'CLASS',
    fallback: `${PACKAGE}TopicNameStrategy`,
    importance: 'MEDIUM',
    doc: `How the subject of a ${side} schema is named: TopicNameStrategy (topic-${side}), RecordNameStrategy (the record's full name) or TopicRecordNameStrategy (topic-record).`,
  };
}

/** The strategy of one side. Throws `config` for one that is not known here. */
export function subjectNameOf(config: ParsedConfig, isKey: boolean): SubjectName {
  const side = isKey ? 'key' : 'value';
  const className = String(config[`${side}.subject.name.strategy`]);
  const strategy = STRATEGIES[className.slice(className.lastIndexOf('.') + 1)];
  if (strategy !== undefined) return strategy(side);
  throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
    what: `${side}.subject.name.strategy is ${quoted(className)}.`,
    fix: `Use one of: ${Object.keys(STRATEGIES).join(', ')}.`,
  });
}

function recordNameOf(strategy: string, side: string, schema: Schema, name: string | null): string {
  if (schema.kind === 'struct' && name !== null) return name;
  throw dataError(
    'TRIB_CONVERTER_SUBJECT',
    `${strategy} names subjects by the record, and the ${side} is ${schema.kind === 'struct' ? 'a struct without a name' : `no record but ${schema.kind}`}.`,
    `Set ${side}.subject.name.strategy=TopicNameStrategy, or name the schema with SetSchemaMetadata.`,
  );
}
