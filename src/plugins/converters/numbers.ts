// Converters of one primitive in Kafka's own encoding: ShortConverter to DoubleConverter, and BooleanConverter.
import type { Converter, ConverterDef, SchemaAndValue } from '../../connect/plugins.ts';
import { readLong, writeLong } from '../../core/data/long.ts';
import { type Kind, LOGICAL, type Long, primitive, type Schema, type Value } from '../../core/data/schema.ts';
import { typeOfNumber, untyped } from '../../core/data/typed.ts';
import { CONVERTER_TYPE, dataError, KAFKA_VERSION } from './parts.ts';

interface Encoding {
  readonly name: string;
  readonly kind: Exclude<Kind, 'array' | 'map' | 'struct'>;
  readonly bytes: number;
  readonly doc: string;
  read(bytes: Buffer, at: number): Value;
  write(value: Value, bytes: Buffer): void;
}

const ENCODINGS: readonly Encoding[] = [
  {
    name: 'ShortConverter',
    kind: 'int16',
    bytes: 2,
    doc: 'Integers of 16 bits in two bytes, big-endian.',
    read: (bytes, at) => bytes.readInt16BE(at),
    write: (value, bytes) => bytes.writeInt16BE(value as number),
  },
  {
    name: 'IntegerConverter',
    kind: 'int32',
    bytes: 4,
    doc: 'Integers of 32 bits in four bytes, big-endian.',
    read: (bytes, at) => bytes.readInt32BE(at),
    write: (value, bytes) => bytes.writeInt32BE(value as number),
  },
  {
    name: 'LongConverter',
    kind: 'int64',
    bytes: 8,
    doc: 'Integers of 64 bits in eight bytes, big-endian.',
    read: readLong,
    write: (value, bytes) => writeLong(bytes, 0, value as Long),
  },
  {
    name: 'FloatConverter',
    kind: 'float32',
    bytes: 4,
    doc: 'Floating point numbers of 32 bits in four bytes, big-endian.',
    read: (bytes, at) => bytes.readFloatBE(at),
    write: (value, bytes) => bytes.writeFloatBE(value as number),
  },
  {
    name: 'DoubleConverter',
    kind: 'float64',
    bytes: 8,
    doc: 'Floating point numbers of 64 bits in eight bytes, big-endian.',
    read: (bytes, at) => bytes.readDoubleBE(at),
    write: (value, bytes) => bytes.writeDoubleBE(value as number),
  },
  {
    name: 'BooleanConverter',
    kind: 'boolean',
    bytes: 1,
    doc: 'Booleans in one byte, 1 or 0.',
    read: readBoolean,
    write: (value, bytes) => bytes.writeUInt8(value === true ? 1 : 0),
  },
];

/** The converters of primitives. */
export const primitiveConverters: readonly ConverterDef[] = ENCODINGS.map((encoding) => ({
  kind: 'converter',
  name: encoding.name,
  classes: [`org.apache.kafka.connect.converters.${encoding.name}`],
  doc: encoding.doc,
  version: KAFKA_VERSION,
  config: [CONVERTER_TYPE],
  create: () => converterOf(encoding),
}));

function readBoolean(bytes: Buffer, at: number): boolean {
  const byte = bytes[at]!;
  if (byte > 1) throw dataError('TRIB_CONVERTER_PAYLOAD', `The payload is the byte ${byte}; a boolean is 0 or 1.`);
  return byte === 1;
}

function converterOf(encoding: Encoding): Converter {
  const schema = primitive(encoding.kind, { optional: true });
  const absent: SchemaAndValue = { schema, value: null };
  return {
    prepareDecode: () => null,
    prepareEncode: () => null,
    decode: (_topic, bytes, start, end) => {
      if (start < 0) return absent;
      if (end - start !== encoding.bytes) {
        throw dataError(
          'TRIB_CONVERTER_PAYLOAD',
          `The payload has ${end - start} bytes; ${encoding.name} takes ${encoding.bytes}.`,
          'Check that the topic was written with this converter.',
        );
      }
      return { schema, value: encoding.read(bytes, start) };
    },
    encode: (_topic, given, value) => {
      // Of all these converters the reference's BooleanConverter alone looks at the schema of a null.
      if (value === null && (encoding.kind !== 'boolean' || given === null)) return null;
      demandKind(encoding, given, value);
      if (value === null) return null;
      const bytes = Buffer.allocUnsafe(encoding.bytes);
      encoding.write(untyped(value), bytes);
      return bytes;
    },
  };
}

function demandKind(encoding: Encoding, schema: Schema | null, value: Value): void {
  const kind = schema?.kind ?? (typeof value === 'boolean' ? 'boolean' : typeOfNumber(value));
  if (kind === encoding.kind && !isInstant(schema)) return;
  throw dataError(
    'TRIB_CONVERTER_VALUE',
    `${encoding.name} takes values of the type ${encoding.kind}, not ${schema?.name ?? kind ?? 'others'}.`,
  );
}

/** Connect's dates and times are no plain numbers, whatever they are encoded as. */
function isInstant(schema: Schema | null): boolean {
  const name = schema?.name;
  return name === LOGICAL.date || name === LOGICAL.time || name === LOGICAL.timestamp;
}
