// Protobuf messages as Connect schemas, by the rules of Confluent's converter.
import { dateSchema, decimalSchema, timeSchema, timestampSchema } from '../../core/data/logical.ts';
import { arrayOf, mapOf, primitive, type Schema, structOf } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import type { ProtoField, ProtoFile, ProtoMessage } from './proto-schema.ts';
import { DATE, DECIMAL, TIME_OF_DAY, TIMESTAMP, wrappedScalar } from './well-known.ts';

/** The kind of Connect that each scalar reads as. */
export const SCALAR_KINDS = {
  double: 'float64',
  float: 'float32',
  int32: 'int32',
  sint32: 'int32',
  sfixed32: 'int32',
  // Unsigned numbers need the next wider type.
  uint32: 'int64',
  fixed32: 'int64',
  int64: 'int64',
  uint64: 'int64',
  sint64: 'int64',
  fixed64: 'int64',
  sfixed64: 'int64',
  bool: 'boolean',
  string: 'string',
  bytes: 'bytes',
} as const;

/** The struct schema of a message. Throws `data` for a recursive one. */
export function connectSchemaOfMessage(file: ProtoFile, message: ProtoMessage, open: readonly string[] = []): Schema {
  if (open.includes(message.name)) {
    throw new TributaryError('TRIB_PROTO_SCHEMA', 'data', { what: `The message ${message.name} holds itself.` });
  }
  return structOf(
    message.fields.map((field) => ({
      name: field.name,
      schema: fieldSchema(file, field, [...open, message.name]),
    })),
    { optional: true },
  );
}

function fieldSchema(file: ProtoFile, field: ProtoField, open: readonly string[]): Schema {
  const single = typeSchema(file, field, open);
  if (field.mapKey !== null) {
    const kind = SCALAR_KINDS[field.mapKey as keyof typeof SCALAR_KINDS] ?? 'string';
    return mapOf(primitive(kind, { optional: true }), single, { optional: true });
  }
  if (!field.repeated) return single;
  const entry = file.byName.get(field.type);
  // A repeated message of key and value named …Entry is how the converter writes a map.
  if (entry !== undefined && isMapEntry(entry)) {
    const [key, value] = single.fields!;
    return mapOf(key!.schema, value!.schema, { optional: true });
  }
  return arrayOf(single, { optional: true });
}

/** True for the message of a map's entries. */
export function isMapEntry(message: ProtoMessage): boolean {
  const [key, value] = message.fields;
  return (
    message.name.endsWith('Entry') && message.fields.length === 2 && key!.name === 'key' && value!.name === 'value'
  );
}

function typeSchema(file: ProtoFile, field: ProtoField, open: readonly string[]): Schema {
  const { type, parameters } = field;
  const optional = { optional: true };
  const kind = SCALAR_KINDS[(wrappedScalar(type) ?? type) as keyof typeof SCALAR_KINDS];
  if (kind !== undefined) return primitive(kind, optional);
  switch (type) {
    case DECIMAL: {
      const precision = parameters['precision'];
      return decimalSchema(
        precision === undefined ? null : Number(precision),
        Number(parameters['scale'] ?? 0),
        optional,
      );
    }
    case DATE:
      return dateSchema(optional);
    case TIME_OF_DAY:
      return timeSchema(optional);
    case TIMESTAMP:
      return timestampSchema(optional);
    default:
  }
  if (file.enums.has(type)) return primitive('string', optional);
  const message = file.byName.get(type);
  if (message !== undefined) return connectSchemaOfMessage(file, message, open);
  throw new TributaryError('TRIB_PROTO_SCHEMA', 'data', {
    what: `The type ${type} of the field ${field.name} is not defined.`,
    fix: 'Register the imported file as a reference of the schema.',
  });
}
