// Adds facts about the record, or a fixed text, as fields.

import type { TransformDef } from '../../connect/plugins.ts';
import type { ConnectRecord } from '../../connect/records.ts';
import type { ParsedConfig, Setting } from '../../core/config/define.ts';
import { timestampSchema } from '../../core/data/logical.ts';
import { primitive, type Schema, Struct, type Value, withOptional } from '../../core/data/schema.ts';
import { typed } from '../../core/data/typed.ts';
import {
  buildStruct,
  nullCell,
  nullOf,
  REPLACE_NULL_WITH_DEFAULT,
  requireMap,
  requireStruct,
  schemaBasics,
} from '../cells.ts';
import { configFault, dataFault } from '../faults.ts';
import { perSchema } from '../per-schema.ts';
import { entries, sample } from '../sample.ts';
import { actsOnKey, KAFKA_VERSION, replacedOn, schemaOn, sidedClasses, valueOn } from './side.ts';

const SUFFIX_DOC = 'Suffix the name with ! to make the field required, with ? (or nothing) to make it optional.';

function fieldSetting(name: string, doc: string): Setting {
  return { name, type: 'STRING', fallback: null, importance: 'MEDIUM', doc: `${doc} ${SUFFIX_DOC}` };
}

/** Kafka's `InsertField`. */
export const insertField: TransformDef = {
  kind: 'transform',
  name: 'InsertField',
  classes: sidedClasses('InsertField'),
  version: KAFKA_VERSION,
  doc: 'Adds topic, partition, offset (sinks only) or timestamp of the record, or a fixed text, as fields.',
  config: [
    fieldSetting('topic.field', 'Field for the topic.'),
    fieldSetting('partition.field', 'Field for the partition.'),
    fieldSetting('offset.field', 'Field for the offset; sinks only.'),
    fieldSetting('timestamp.field', 'Field for the record timestamp.'),
    fieldSetting('static.field', 'Field for the fixed text of static.value.'),
    { name: 'static.value', type: 'STRING', fallback: null, importance: 'MEDIUM', doc: 'The fixed text.' },
    REPLACE_NULL_WITH_DEFAULT,
  ],
  examples: [
    {
      config: { 'topic.field': 'from', 'static.field': 'source', 'static.value': 'shop' },
      given: sample({ value: entries({ id: 7 }) }),
      gives: sample({ value: entries({ id: 7, from: 'orders', source: 'shop' }) }),
    },
  ],
  create: (config, className) => {
    const onKey = actsOnKey(className);
    const replaceNull = config['replace.null.with.default'] as boolean;
    const insertions = insertionsOf(config);
    const planOf = perSchema((schema) => buildStruct([...(schema.fields ?? []), ...insertions], schemaBasics(schema)));
    return (record) => {
      const value = valueOn(record, onKey);
      if (value === null) return record;
      const schema = schemaOn(record, onKey);
      if (schema === null) {
        const copy = new Map(requireMap(value, 'field insertion'));
        for (const insertion of insertions) {
          const inserted = insertion.read(record);
          if (inserted === null && !insertion.always) continue;
          // The partition is an int32: without a schema the value itself must say so.
          copy.set(insertion.name, insertion.schema.kind === 'int32' ? typed('int32', inserted as number) : inserted);
        }
        return replacedOn(record, onKey, null, copy);
      }
      const struct = requireStruct(value, 'field insertion');
      const widened = planOf(schema);
      const fields = widened.fields!;
      const count = fields.length - insertions.length;
      const cells = new Array<Value>(fields.length);
      for (let i = 0; i < count; i++) {
        const cell = struct.cells[i];
        cells[i] = cell === null || cell === undefined ? nullOf(widened, i, replaceNull) : cell;
      }
      for (let i = 0; i < insertions.length; i++) cells[count + i] = insertedCell(insertions[i]!, record);
      return replacedOn(record, onKey, widened, new Struct(widened, cells));
    };
  },
};

interface Insertion {
  readonly name: string;
  readonly schema: Schema;
  readonly read: (record: ConnectRecord) => Value;
  /** Put even when null; the others are left out then. */
  readonly always: boolean;
}

function insertionsOf(config: ParsedConfig): readonly Insertion[] {
  const insertions: Insertion[] = [];
  const add = (setting: string, schema: Schema, always: boolean, read: (record: ConnectRecord) => Value) => {
    const given = config[setting] as string | null;
    if (given === null) return;
    const marked = /[!?]$/.test(given);
    const name = marked ? given.slice(0, -1) : given;
    insertions.push({ name, schema: withOptional(schema, !given.endsWith('!')), read, always });
  };
  const text = config['static.value'] as string | null;
  add('topic.field', primitive('string'), true, (record) => record.topic);
  add('partition.field', primitive('int32'), false, (record) => record.partition);
  add('offset.field', primitive('int64'), true, offsetOf);
  add('timestamp.field', timestampSchema(), false, (record) => record.timestampMs);
  add('static.field', primitive('string'), false, () => text);
  if (insertions.length === 0) throw configFault('No field insertion configured');
  if (config['static.field'] !== null && text === null) {
    throw configFault('Invalid value null for configuration static.value: No value specified for static field');
  }
  return insertions;
}

function offsetOf(record: ConnectRecord): Value {
  if (record.origin !== null) return record.origin.offset;
  throw dataFault('Offset insertion is only supported for sink connectors, record is of a source connector');
}

/** A record without partition or timestamp leaves even a required field unset: the converter judges that, as in the reference. */
function insertedCell({ schema, name, read, always }: Insertion, record: ConnectRecord): Value {
  const inserted = read(record);
  return inserted === null && always ? nullCell(schema, name, false) : inserted;
}
