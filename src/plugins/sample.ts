// Small records for the examples that stand with each transform. They show it in the docs, and one test executes them all.

import { ConnectRecord, type RecordParts } from '../connect/records.ts';
import { type Schema, Struct, structOf, type Value } from '../core/data/schema.ts';

/** A record of topic `orders`, or as the parts say. */
export function sample(parts: Partial<RecordParts>): ConnectRecord {
  return new ConnectRecord({ topic: 'orders', ...parts });
}

/** A schemaless map. */
export function entries(object: Readonly<Record<string, Value>>): Map<Value, Value> {
  return new Map(Object.entries(object));
}

/** A record whose value is a struct of these fields. */
export function structSample(
  fields: Readonly<Record<string, readonly [Schema, Value]>>,
  name?: string,
  parts: Partial<RecordParts> = {},
): ConnectRecord {
  const value = struct(fields, name);
  return sample({ valueSchema: value.schema, value, ...parts });
}

/** A struct of these fields. */
export function struct(fields: Readonly<Record<string, readonly [Schema, Value]>>, name?: string): Struct {
  const schema = structOf(
    Object.entries(fields).map(([field, [fieldSchema]]) => ({ name: field, schema: fieldSchema })),
    name === undefined ? {} : { name },
  );
  return new Struct(
    schema,
    Object.values(fields).map(([, value]) => value),
  );
}
