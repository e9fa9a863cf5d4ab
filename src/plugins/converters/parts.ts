// What converters share: their common setting, reading of payload slices, and the form of header converters.
import type { ConverterDef, HeaderConverter, HeaderConverterDef } from '../../connect/plugins.ts';
import type { Setting } from '../../core/config/define.ts';
import { TributaryError } from '../../core/errors.ts';

/** Kafka's version, which the built-in converters follow. */
export const KAFKA_VERSION = '3.9.1';

/** Version of Confluent's converters, which ours follow. */
export const CONFLUENT_VERSION = '7.9.0';

/** Said by the host, not by the user: which side a converter serves. */
export const CONVERTER_TYPE: Setting = {
  name: 'converter.type',
  type: 'STRING',
  importance: 'LOW',
  width: 'NONE',
  displayName: 'converter.type',
  choices: ['key', 'value', 'header'],
  doc: 'Which side of a record the converter serves. Set by the worker.',
};

/** A payload or value that a converter cannot take. */
export function dataError(code: string, what: string, fix?: string): TributaryError {
  return new TributaryError(code, 'data', fix === undefined ? { what } : { what, fix });
}

/** A converter of values as a converter of headers, under the same names. Only for converters that need no registry. */
export function asHeaderConverter(def: ConverterDef): HeaderConverterDef {
  return {
    kind: 'header-converter',
    name: def.name,
    classes: def.classes,
    doc: def.doc,
    version: def.version,
    config: def.config,
    create: (config): HeaderConverter => {
      const converter = def.create(config, false, {
        registry: () => {
          throw new TributaryError('TRIB_CONVERTER_REGISTRY', 'config', {
            what: `${def.name} cannot be used for headers.`,
            fix: 'Use SimpleHeaderConverter, StringConverter or JsonConverter.',
          });
        },
        raw: {},
      });
      return {
        decode: (topic, name, value) => {
          const empty = Buffer.alloc(0);
          const decoded = converter.decode(topic, value ?? empty, value === null ? -1 : 0, value?.length ?? 0);
          return { key: name, ...decoded };
        },
        encode: (topic, header) => converter.encode(topic, header.schema, header.value),
      };
    },
  };
}
