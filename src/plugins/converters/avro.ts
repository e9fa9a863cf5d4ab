// AvroConverter: the registry's frame and Avro binary, compatible with Confluent's converter.
import type { ConverterDef } from '../../connect/plugins.ts';
import type { ConfigDef, ParsedConfig } from '../../core/config/define.ts';
import { type AvroOfConnectOptions, avroTextOf } from '../../formats/avro/avro-of-connect.ts';
import { parseAvroSchema } from '../../formats/avro/avro-schema.ts';
import { connectSchemaOf, DEFAULT_RECORD_NAME } from '../../formats/avro/connect-schema.ts';
import { valueReader } from '../../formats/avro/read-code.ts';
import { valueWriter } from '../../formats/avro/write-code.ts';
import { parseJson } from '../../formats/json-text.ts';
import { isJsonObject } from '../../formats/json-value.ts';
import { CONFLUENT_VERSION } from './parts.ts';
import { flag, registryConfig, registryOptions } from './registry-config.ts';
import { type RegistryCodec, RegistryConverter } from './registry-converter.ts';

const OWN: ConfigDef = [
  flag(
    'enhanced.avro.schema.support',
    false,
    'Whether enums and the full names of union branches survive a round trip.',
  ),
  flag(
    'connect.meta.data',
    true,
    'Whether names, versions, parameters and defaults of Connect stand in the Avro schema as connect.*.',
  ),
  flag(
    'generalized.sum.type.support',
    false,
    'Whether unions and enums are marked in Connect in the way that all registry converters share, so that they survive a change of format.',
  ),
  flag(
    'ignore.default.for.nullables',
    false,
    'Whether null stays null in an optional field that has a default. Otherwise the default is written.',
  ),
  flag(
    'discard.type.doc.default',
    false,
    'Whether doc and default of types are left out; those of fields stay.',
    'LOW',
  ),
  flag('allow.optional.map.keys', false, 'Whether a map with optional text keys is written as a map of Avro.', 'LOW'),
  flag('flatten.singleton.unions', false, 'Whether a union of one type is read as that type.', 'LOW'),
  flag('scrub.invalid.names', false, 'Whether names that Avro does not allow are changed instead of refused.'),
];

export const avroConverter: ConverterDef = {
  kind: 'converter',
  name: 'AvroConverter',
  classes: ['io.confluent.connect.avro.AvroConverter'],
  doc: 'Avro with schemas in a schema registry: each payload begins with the id of its schema.',
  version: CONFLUENT_VERSION,
  config: registryConfig(OWN),
  create: (config, isKey, context) => new RegistryConverter(avroCodec(config), registryOptions(config, isKey), context),
};

function avroCodec(config: ParsedConfig): RegistryCodec {
  const isSet = (name: string): boolean => config[name] === true;
  const generalized = isSet('generalized.sum.type.support');
  const plainTypes = isSet('discard.type.doc.default');
  const enhanced = isSet('enhanced.avro.schema.support');
  const toAvro: AvroOfConnectOptions = {
    metadata: isSet('connect.meta.data'),
    enhanced,
    generalized,
    plainTypes,
    scrub: isSet('scrub.invalid.names'),
    optionalMapKeys: isSet('allow.optional.map.keys'),
  };
  const toConnect = { enhanced, generalized, plainTypes, flattenSingletons: isSet('flatten.singleton.unions') };
  const replaceNull = !isSet('ignore.default.for.nullables');
  return {
    type: 'AVRO',
    converter: 'AvroConverter',
    describe: (schema) => ({ text: avroTextOf(schema, toAvro), recordName: schema.name ?? DEFAULT_RECORD_NAME }),
    writer: (schema, { text, references, isOwn }) => {
      const target = parseAvroSchema(
        text,
        references.map((reference) => reference.text),
      );
      return valueWriter(schema, target, 'structs', { byPosition: isOwn, replaceNull });
    },
    reader: ({ schema: text }, references) => {
      const writer = parseAvroSchema(text, references);
      const schema = connectSchemaOf(writer, toConnect);
      const read = valueReader(writer, schema, 'structs');
      return (bytes, start, end) => ({ schema, value: read(bytes, start, end) });
    },
    nameIn: recordNameIn,
  };
}

/** Names are compared without resolving types: those may stand in references. */
function recordNameIn(text: string): string | null {
  const schema = parseJson(text);
  if (!isJsonObject(schema) || schema['type'] !== 'record') return null;
  return String(schema['name']);
}
