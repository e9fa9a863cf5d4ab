// SimpleHeaderConverter: headers as text, read back by guessing.
import type { HeaderConverterDef } from '../../connect/plugins.ts';
import { headerText } from './header-text.ts';
import { parseHeaderText } from './header-values.ts';
import { KAFKA_VERSION } from './parts.ts';

export const simpleHeaderConverter: HeaderConverterDef = {
  kind: 'header-converter',
  name: 'SimpleHeaderConverter',
  classes: ['org.apache.kafka.connect.storage.SimpleHeaderConverter'],
  doc: 'Writes header values as text and guesses their type when reading: numbers, booleans, ISO dates and times, lists, maps, else text.',
  version: KAFKA_VERSION,
  config: [],
  create: () => ({
    decode: (_topic, name, value) => ({
      key: name,
      ...parseHeaderText(value === null ? null : value.toString('utf8')),
    }),
    encode: (_topic, header) =>
      header.value === null ? null : Buffer.from(headerText(header.schema, header.value), 'utf8'),
  }),
};
