// ProtobufConverter: the registry's frame, the place of the message within its schema, and the message.
import type { ConverterDef } from '../../connect/plugins.ts';
import type { ByteWriter } from '../../core/bytes.ts';
import type { ConfigDef, ParsedConfig } from '../../core/config/define.ts';
import type { Cursor } from '../../core/data/long.ts';
import type { Schema } from '../../core/data/schema.ts';
import { isUnion } from '../../formats/protobuf/connect-marks.ts';
import { connectSchemaOfProto, isRaw, type ProtoToConnectOptions } from '../../formats/protobuf/connect-of-proto.ts';
import { type MessageFunction, protoReader } from '../../formats/protobuf/connect-read-code.ts';
import { protoWriter } from '../../formats/protobuf/connect-write-code.ts';
import { indexBytes, messageAt, messageIndex } from '../../formats/protobuf/message-index.ts';
import { protoTextOfConnect } from '../../formats/protobuf/proto-of-connect.ts';
import type { ProtoFile, ProtoMessage } from '../../formats/protobuf/proto-schema.ts';
import { parsedProto } from '../../formats/protobuf/well-known.ts';
import { CONFLUENT_VERSION, dataError } from './parts.ts';
import { flag, registryConfig, registryOptions } from './registry-config.ts';
import { type RegistryCodec, RegistryConverter } from './registry-converter.ts';

const OWN: ConfigDef = [
  flag(
    'enhanced.protobuf.schema.support',
    false,
    'Whether the full names of messages and enums, with their packages, are names in Connect.',
  ),
  flag(
    'connect.meta.data',
    true,
    'Whether names, versions, docs and parameters of Connect stand in the options of messages and fields (confluent.message_meta, confluent.field_meta).',
  ),
  flag(
    'generalized.sum.type.support',
    false,
    'Whether unions and enums are marked in Connect in the way that all registry converters share, so that they survive a change of format.',
  ),
  flag(
    'generate.index.for.unions',
    true,
    'Whether the field of a oneof is named with its place behind it: name_0, name_1 and so on.',
    'LOW',
  ),
  flag('flatten.unions', false, 'Whether the members of a oneof are fields of the message itself.', 'LOW'),
  flag('int.for.enums', false, 'Whether enums are numbers in Connect and not texts.', 'LOW'),
  flag(
    'optional.for.nullables',
    false,
    'Whether optional fields say "optional" in Protobuf and only those are optional in Connect. Without it a null scalar is read as 0 or empty.',
  ),
  flag('optional.for.proto2', true, 'Whether "optional" of proto2 counts for optional.for.nullables, too.', 'LOW'),
  flag(
    'wrapper.for.nullables',
    false,
    'Whether optional scalars are wrapper messages in Protobuf, such as google.protobuf.StringValue, and these are read as scalars.',
  ),
  flag(
    'wrapper.for.raw.primitives',
    true,
    'Whether a wrapper message that is a whole payload is read as its scalar.',
    'LOW',
  ),
  flag(
    'ignore.default.for.nullables',
    false,
    'Whether null stays null in an optional field that has a default. Otherwise the default is written.',
  ),
  flag('scrub.invalid.names', false, 'Whether names that Protobuf does not allow are changed instead of refused.'),
];

export const protobufConverter: ConverterDef = {
  kind: 'converter',
  name: 'ProtobufConverter',
  classes: ['io.confluent.connect.protobuf.ProtobufConverter'],
  doc: 'Protobuf with schemas in a schema registry: each payload begins with the id of its schema and the place of its message there.',
  version: CONFLUENT_VERSION,
  config: registryConfig(OWN),
  create: (config, isKey, context) =>
    new RegistryConverter(protobufCodec(config), registryOptions(config, isKey), context),
};

function protobufCodec(config: ParsedConfig): RegistryCodec {
  const isSet = (name: string): boolean => config[name] === true;
  const toProto = {
    optionalForNullables: isSet('optional.for.nullables'),
    wrapperForNullables: isSet('wrapper.for.nullables'),
    metadata: isSet('connect.meta.data'),
    scrub: isSet('scrub.invalid.names'),
  };
  const toConnect: ProtoToConnectOptions = {
    enhanced: isSet('enhanced.protobuf.schema.support'),
    generalized: isSet('generalized.sum.type.support'),
    indexUnions: isSet('generate.index.for.unions'),
    flattenUnions: isSet('flatten.unions'),
    intForEnums: isSet('int.for.enums'),
    optionalForNullables: toProto.optionalForNullables,
    optionalForProto2: isSet('optional.for.proto2'),
    wrapperForNullables: toProto.wrapperForNullables,
    wrapperForRaw: isSet('wrapper.for.raw.primitives'),
  };
  const { indexUnions } = toConnect;
  const replaceNull = !isSet('ignore.default.for.nullables');
  return {
    type: 'PROTOBUF',
    converter: 'ProtobufConverter',
    describe: (schema) => {
      const text = protoTextOfConnect(schema, toProto);
      return { text, recordName: parsedProto(text, []).messages[0]!.name };
    },
    writer: (schema, { text, references, isOwn }) => {
      const file = parsedProto(
        text,
        references.map((reference) => reference.text),
      );
      const message = isOwn ? file.messages[0]! : messageFor(file, schema);
      const bare = schema.kind !== 'struct' || isUnion(schema);
      const write = protoWriter(file, message, schema, {
        ...{ byPosition: isOwn, replaceNull, indexUnions },
        isRaw: bare && isRaw(message, toConnect),
      });
      const index = indexBytes(message.path);
      return (value, out: ByteWriter) => {
        out.copy(index);
        write(value, out);
      };
    },
    reader: ({ schema: text }, references) => messageReader(parsedProto(text, references), toConnect),
    nameIn: () => null,
  };
}

/** The message of the record's name in a registered schema, else its first. */
function messageFor(file: ProtoFile, schema: Schema): ProtoMessage {
  const name = schema.name ?? '';
  const short = name.slice(name.lastIndexOf('.') + 1);
  const found =
    file.byName.get(name) ??
    file.messages.find((message) => message.name.split('.').at(-1) === short) ??
    file.messages[0];
  if (found !== undefined) return found;
  throw dataError('TRIB_SCHEMA_MESSAGE_UNKNOWN', 'The registered schema has no message.');
}

function messageReader(file: ProtoFile, options: ProtoToConnectOptions) {
  const cursor: Cursor = { at: 0 };
  const readers = new Map<string, { readonly schema: Schema; readonly read: MessageFunction }>();
  const readerOf = (index: readonly number[]) => {
    const place = index.join('.');
    let reader = readers.get(place);
    if (reader === undefined) {
      const message = messageAt(file, index);
      const schema = connectSchemaOfProto(file, message, options);
      reader = { schema, read: protoReader(file, message, schema, options) };
      readers.set(place, reader);
    }
    return reader;
  };
  const FIRST = [0];
  let first: ReturnType<typeof readerOf> | null = null;
  return (bytes: Buffer, start: number, end: number) => {
    // Nearly every payload holds the first message, which is written as a single 0.
    if (bytes[start] === 0 && start < end) {
      first ??= readerOf(FIRST);
      return { schema: first.schema, value: first.read(bytes, start + 1, end) };
    }
    cursor.at = start;
    const { schema, read } = readerOf(messageIndex(bytes, cursor, end));
    return { schema, value: read(bytes, cursor.at, end) };
  };
}
