// Messages of Google and Confluent that schemas import: their definitions, and what they stand for in SQL.
import { type ProtoFile, type ProtoMessage, parseProto } from './proto-schema.ts';

const TEXT = `
syntax = "proto3";
package google.protobuf;
message DoubleValue { double value = 1; }
message FloatValue { float value = 1; }
message Int64Value { int64 value = 1; }
message UInt64Value { uint64 value = 1; }
message Int32Value { int32 value = 1; }
message UInt32Value { uint32 value = 1; }
message BoolValue { bool value = 1; }
message StringValue { string value = 1; }
message BytesValue { bytes value = 1; }
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message Duration { int64 seconds = 1; int32 nanos = 2; }
message Empty { }
message Any { string type_url = 1; bytes value = 2; }
message FieldMask { repeated string paths = 1; }
enum NullValue { NULL_VALUE = 0; }
message Struct { map<string, Value> fields = 1; }
message Value {
  oneof kind {
    NullValue null_value = 1; double number_value = 2; string string_value = 3; bool bool_value = 4;
    Struct struct_value = 5; ListValue list_value = 6;
  }
}
message ListValue { repeated Value values = 1; }
`;
const CONFLUENT =
  'syntax = "proto3"; package confluent.type; message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }';
const GOOGLE_TYPES = `
syntax = "proto3"; package google.type;
message Date { int32 year = 1; int32 month = 2; int32 day = 3; }
message TimeOfDay { int32 hours = 1; int32 minutes = 2; int32 seconds = 3; int32 nanos = 4; }
`;

/** Texts of the files that need not be registered to be imported. */
export const WELL_KNOWN_FILES: readonly string[] = [TEXT, CONFLUENT, GOOGLE_TYPES];

export const DECIMAL = 'confluent.type.Decimal';
export const DATE = 'google.type.Date';
export const TIME_OF_DAY = 'google.type.TimeOfDay';
export const TIMESTAMP = 'google.protobuf.Timestamp';

/** The scalar in a wrapper message (`google.protobuf.Int32Value`); null for every other type. */
export function wrappedScalar(type: string): string | null {
  return WRAPPERS[type] ?? null;
}

const WRAPPERS: Readonly<Record<string, string>> = {
  'google.protobuf.DoubleValue': 'double',
  'google.protobuf.FloatValue': 'float',
  'google.protobuf.Int64Value': 'int64',
  'google.protobuf.UInt64Value': 'uint64',
  'google.protobuf.Int32Value': 'int32',
  'google.protobuf.UInt32Value': 'uint32',
  'google.protobuf.BoolValue': 'bool',
  'google.protobuf.StringValue': 'string',
  'google.protobuf.BytesValue': 'bytes',
};

/** A schema text with all it may import. Throws `data`. */
export function parsedProto(text: string, references: readonly string[]): ProtoFile {
  return parseProto(text, [...WELL_KNOWN_FILES, ...references]);
}

/** The message of a name in a text; the first when no name is given; null when there is none. */
export function messageOf(
  text: string,
  references: readonly string[],
  fullName: string | undefined,
): { readonly file: ReturnType<typeof parseProto>; readonly message: ProtoMessage } | null {
  const file = parsedProto(text, references);
  const message = fullName === undefined ? file.messages[0] : file.byName.get(fullName);
  return message === undefined ? null : { file, message };
}
