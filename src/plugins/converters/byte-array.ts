// ByteArrayConverter: bytes as they are. Debezium's two kinds of it hand what is no bytes to another converter.
import type { Converter, ConverterContext, ConverterDef, SchemaAndValue } from '../../connect/plugins.ts';
import type { ParsedConfig, Setting } from '../../core/config/define.ts';
import { parseConfigOrThrow, settingsUnder } from '../../core/config/parse.ts';
import { primitive } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import { jsonConverter } from './json.ts';
import { CONVERTER_TYPE, dataError, KAFKA_VERSION } from './parts.ts';
import { stringConverter } from './string.ts';

const SCHEMA = primitive('bytes', { optional: true });
const ABSENT: SchemaAndValue = { schema: SCHEMA, value: null };

export const byteArrayConverter: ConverterDef = {
  kind: 'converter',
  name: 'ByteArrayConverter',
  classes: ['org.apache.kafka.connect.converters.ByteArrayConverter'],
  doc: 'Hands bytes through as they are.',
  version: KAFKA_VERSION,
  config: [CONVERTER_TYPE],
  create: () => bytesOr(null),
};

const DELEGATE: Setting = {
  name: 'delegate.converter.type',
  type: 'STRING',
  fallback: null,
  importance: 'LOW',
  width: 'NONE',
  displayName: 'delegate.converter.type',
  doc: 'Class of the converter for values that are no bytes, such as heartbeats. Its settings follow under delegate.converter.type.',
};

/** Debezium's converters of the outbox and of raw values. */
export const debeziumByteConverters: readonly ConverterDef[] = ['ByteArrayConverter', 'BinaryDataConverter'].map(
  (name) => ({
    kind: 'converter',
    name: `Debezium${name}`,
    classes: [`io.debezium.converters.${name}`],
    doc: 'Hands bytes through as they are and everything else to the delegate converter.',
    version: '3.6.3.Final',
    config: [CONVERTER_TYPE, DELEGATE],
    create: (config, isKey, context) => bytesOr(delegateOf(config, isKey, context)),
  }),
);

function delegateOf(config: ParsedConfig, isKey: boolean, context: ConverterContext): Converter | null {
  const className = config['delegate.converter.type'];
  if (className === null || className === undefined) return null;
  const def = [jsonConverter, stringConverter].find(({ classes, name }) =>
    [...classes, name].includes(String(className)),
  );
  if (def === undefined) {
    throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
      what: `delegate.converter.type is "${String(className)}".`,
      fix: 'Use org.apache.kafka.connect.json.JsonConverter or org.apache.kafka.connect.storage.StringConverter.',
    });
  }
  const raw = {
    'converter.type': isKey ? 'key' : 'value',
    ...settingsUnder(context.raw, 'delegate.converter.type.'),
  };
  return def.create(parseConfigOrThrow(def.config, raw, 'delegate.converter.type'), isKey, { ...context, raw });
}

function bytesOr(delegate: Converter | null): Converter {
  return {
    prepareDecode: () => null,
    prepareEncode: (topic, schema) => delegate?.prepareEncode(topic, schema) ?? null,
    decode: (_topic, bytes, start, end) => {
      if (start < 0) return ABSENT;
      return { schema: SCHEMA, value: Uint8Array.prototype.slice.call(bytes, start, end) as Buffer };
    },
    encode: (topic, schema, value, headers) => {
      // A decimal is of the kind bytes too; its value is none.
      const isBytes = (schema === null || schema.kind === 'bytes') && (value === null || value instanceof Uint8Array);
      if (!isBytes && delegate !== null) return delegate.encode(topic, schema, value, headers);
      if (!isBytes) {
        throw dataError(
          'TRIB_CONVERTER_VALUE',
          `ByteArrayConverter takes bytes, not ${schema?.name ?? schema?.kind ?? typeof value}.`,
          'Use JsonConverter or StringConverter for other values.',
        );
      }
      if (value === null) return null;
      const { buffer, byteOffset, length } = value as Uint8Array;
      return Buffer.from(buffer, byteOffset, length);
    },
  };
}
