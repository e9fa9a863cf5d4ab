// JsonSchemaConverter: the registry's frame and JSON text whose schema stands in the registry as JSON Schema.
import type { ConverterDef } from '../../connect/plugins.ts';
import { oneOfIgnoringCase } from '../../core/config/checks.ts';
import type { ConfigDef, ParsedConfig } from '../../core/config/define.ts';
import { jsonSchemaOf } from '../../formats/json-sr/connect-describe.ts';
import { printValue } from '../../formats/json-sr/connect-print.ts';
import { JsonSchemaScanner } from '../../formats/json-sr/connect-scan.ts';
import { connectSchemaOfJsonSchema } from '../../formats/json-sr/json-schema.ts';
import { JsonSchemaValidator } from '../../formats/json-sr/validate.ts';
import { CONFLUENT_VERSION } from './parts.ts';
import { flag, registryConfig, registryOptions } from './registry-config.ts';
import { type RegistryCodec, RegistryConverter, type WriteValue } from './registry-converter.ts';

const OWN: ConfigDef = [
  {
    name: 'decimal.format',
    type: 'STRING',
    fallback: 'BASE64',
    importance: 'MEDIUM',
    doc: 'How decimals are written: BASE64 (the bytes of the unscaled value) or NUMERIC. Both are read.',
    check: oneOfIgnoringCase('NUMERIC', 'BASE64'),
  },
  flag(
    'object.additional.properties',
    true,
    'Whether registered schemas let objects have properties beyond their fields.',
  ),
  flag(
    'use.optional.for.nonrequired',
    false,
    'Whether properties that are not required are optional fields, and nulls of optional fields are left out.',
  ),
  flag(
    'json.fail.invalid.schema',
    false,
    'Whether each document is checked against its schema, when it is written and when it is read.',
  ),
  flag(
    'json.fail.unknown.properties',
    true,
    'Taken for compatibility. Connect data has no properties beyond its schema, so there is nothing to refuse in what is written.',
    'LOW',
  ),
  flag(
    'generalized.sum.type.support',
    false,
    'Whether unions and enums are marked in Connect in the way that all registry converters share, so that they survive a change of format.',
  ),
  flag('flatten.singleton.unions', false, 'Whether a choice of one type is read as that type.', 'LOW'),
  flag(
    'ignore.default.for.nullables',
    false,
    'Whether null stays null in an optional field that has a default. Otherwise it becomes the default.',
  ),
];

export const jsonSchemaConverter: ConverterDef = {
  kind: 'converter',
  name: 'JsonSchemaConverter',
  classes: ['io.confluent.connect.json.JsonSchemaConverter'],
  doc: 'JSON with JSON Schemas in a schema registry: each payload begins with the id of its schema.',
  version: CONFLUENT_VERSION,
  config: registryConfig(OWN),
  create: (config, isKey, context) => new RegistryConverter(jsonCodec(config), registryOptions(config, isKey), context),
};

function jsonCodec(config: ParsedConfig): RegistryCodec {
  const isSet = (name: string): boolean => config[name] === true;
  const optionalForNonRequired = isSet('use.optional.for.nonrequired');
  const printing = {
    numericDecimals: String(config['decimal.format']).toUpperCase() === 'NUMERIC',
    omitNulls: optionalForNonRequired,
    replaceNull: !isSet('ignore.default.for.nullables'),
  };
  const describing = { ...printing, additionalProperties: isSet('object.additional.properties') };
  const validates = isSet('json.fail.invalid.schema');
  return {
    type: 'JSON',
    converter: 'JsonSchemaConverter',
    describe: (schema) => ({ text: jsonSchemaOf(schema, describing), recordName: schema.name ?? null }),
    writer: (schema, { text, references }): WriteValue => {
      if (!validates) return (value, out) => out.text(printValue(schema, value, printing));
      const validator = new JsonSchemaValidator(text, references);
      return (value, out) => {
        const json = printValue(schema, value, printing);
        validator.demand(json);
        out.text(json);
      };
    },
    reader: ({ schema: text }, _texts, references) => {
      const options = {
        generalized: isSet('generalized.sum.type.support'),
        flattenSingletons: isSet('flatten.singleton.unions'),
        optionalForNonRequired,
        references,
      };
      const schema = connectSchemaOfJsonSchema(text, options);
      const validator = validates ? new JsonSchemaValidator(text, references) : null;
      const scanner = new JsonSchemaScanner(printing.replaceNull);
      return (bytes, start, end) => {
        validator?.demand(bytes.toString('utf8', start, end));
        scanner.open(bytes, start, end);
        const value = scanner.fitting(schema, '$');
        if (scanner.peek() >= 0) scanner.fail('the end of the value');
        return { schema, value };
      };
    },
    // Titles are for people: schemas of one subject may bear several.
    nameIn: () => null,
  };
}
