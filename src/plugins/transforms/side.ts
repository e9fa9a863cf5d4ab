// Kafka's transforms come in pairs: `Cast$Key` acts on the key, `Cast$Value` on the value. One definition serves both.

import type { ConnectRecord } from '../../connect/records.ts';
import type { Schema, Value } from '../../core/data/schema.ts';

/** Version reported by the plugins of Kafka: the level they follow. */
export const KAFKA_VERSION = '3.9.1';

/** The two class names of a transform that acts on key or value. */
export function sidedClasses(name: string): readonly string[] {
  return [`org.apache.kafka.connect.transforms.${name}$Key`, `org.apache.kafka.connect.transforms.${name}$Value`];
}

/** True when the class named acts on the key. */
export function actsOnKey(className: string): boolean {
  return className.endsWith('$Key');
}

export function schemaOn(record: ConnectRecord, onKey: boolean): Schema | null {
  return onKey ? record.keySchema : record.valueSchema;
}

export function valueOn(record: ConnectRecord, onKey: boolean): Value {
  return onKey ? record.key : record.value;
}

/** The record with another key or value. */
export function replacedOn(record: ConnectRecord, onKey: boolean, schema: Schema | null, value: Value): ConnectRecord {
  return onKey ? record.withKey(schema, value) : record.withValue(schema, value);
}
