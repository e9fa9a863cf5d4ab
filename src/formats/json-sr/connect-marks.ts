// Marks by which unions and enums stand in Connect schemas that JsonSchemaConverter reads and writes.
import type { Schema } from '../../core/data/schema.ts';

/** Name of the struct that stands for a choice of types. */
export const JSON_ONE_OF = 'io.confluent.connect.json.OneOf';
/** Parameter of a text that is one of some symbols. */
export const JSON_ENUM = 'io.confluent.connect.json.Enum';
/** The same in the form that all registry converters share. */
export const SUM_UNION = 'org.apache.kafka.connect.data.Union';
export const SUM_ENUM = 'org.apache.kafka.connect.data.Enum';

/** True for a struct that stands for a choice of types. */
export function isOneOf(schema: Schema): boolean {
  return schema.kind === 'struct' && (schema.name === JSON_ONE_OF || schema.parameters?.[SUM_UNION] !== undefined);
}

/** The symbols of an enum in order; null for a text that is none. */
export function symbolsOf(schema: Schema): readonly string[] | null {
  const { parameters } = schema;
  if (parameters === undefined) return null;
  for (const mark of [JSON_ENUM, SUM_ENUM]) {
    if (parameters[mark] === undefined) continue;
    const prefix = `${mark}.`;
    return Object.keys(parameters)
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
  }
  return null;
}
