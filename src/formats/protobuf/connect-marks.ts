// Marks by which unions, enums and field numbers stand in Connect schemas that ProtobufConverter reads and writes.
import type { Schema } from '../../core/data/schema.ts';

/** Parameter of a field's schema: its number. */
export const TAG = 'io.confluent.connect.protobuf.Tag';
/** Parameter of a text or number that is one of an enum's values; with `.NAME` behind it, the number of each. */
export const PROTO_ENUM = 'io.confluent.connect.protobuf.Enum';
/** First part of the name of a struct that stands for a oneof. */
export const PROTO_UNION = 'io.confluent.connect.protobuf.Union.';
/** The same in the form that all registry converters share. */
export const SUM_UNION = 'org.apache.kafka.connect.data.Union';
export const SUM_ENUM = 'org.apache.kafka.connect.data.Enum';
/** Unions that other converters have read. */
const OTHER_UNIONS = ['io.confluent.connect.avro.Union', 'io.confluent.connect.json.OneOf'];

/** True for a struct that stands for a choice of types. */
export function isUnion(schema: Schema): boolean {
  if (schema.kind !== 'struct') return false;
  if (schema.parameters?.[SUM_UNION] !== undefined) return true;
  return schema.name !== undefined && (schema.name.startsWith(PROTO_UNION) || OTHER_UNIONS.includes(schema.name));
}

/** An enum's name and its values by name; null for what is none, or cannot be one in proto3, where some value must be 0. */
export function enumOf(
  schema: Schema,
): { readonly name: string; readonly numbers: ReadonlyMap<string, number> } | null {
  const { parameters } = schema;
  if (parameters === undefined || (schema.kind !== 'string' && schema.kind !== 'int32')) return null;
  const mark = [PROTO_ENUM, SUM_ENUM].find((each) => parameters[each] !== undefined);
  if (mark === undefined) return null;
  const prefix = `${mark}.`;
  const names = Object.keys(parameters).filter((name) => name.startsWith(prefix));
  const numbers = new Map(names.map((name) => [name.slice(prefix.length), Number(parameters[name])]));
  const isWhole = [...numbers.values()].every((number) => Number.isInteger(number));
  const isEnum = isWhole && new Set(numbers.values()).size === numbers.size && [...numbers.values()].includes(0);
  return isEnum ? { name: parameters[mark]!, numbers } : null;
}

/** How the metadata of Connect stands in `params` of `confluent.field_meta` and `message_meta`. */
export const META = {
  type: 'connect.type',
  name: 'connect.name',
  version: 'connect.version',
  doc: 'connect.doc',
  /** The message stands for a bare value, its one field. */
  raw: 'connect.raw',
  parameter: 'connect.parameter.',
  /** Before the names of all of these: they are of the list, not of its items. */
  list: 'list.',
} as const;
