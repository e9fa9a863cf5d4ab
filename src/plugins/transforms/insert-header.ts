// Adds a header with a fixed value.

import type { TransformDef } from '../../connect/plugins.ts';
import { nonNull } from '../../core/config/checks.ts';
import { primitive } from '../../core/data/schema.ts';
import { parseHeaderText } from '../converters/header-values.ts';
import { sample } from '../sample.ts';
import { KAFKA_VERSION } from './side.ts';

/** Kafka's `InsertHeader`. */
export const insertHeader: TransformDef = {
  kind: 'transform',
  name: 'InsertHeader',
  classes: ['org.apache.kafka.connect.transforms.InsertHeader'],
  version: KAFKA_VERSION,
  doc: 'Adds a header with a fixed value. The type follows from its text: 5 is a number, true a boolean, {"a":1} a map.',
  config: [
    { name: 'header', type: 'STRING', importance: 'HIGH', doc: 'Name of the header.', check: nonNull },
    { name: 'value.literal', type: 'STRING', importance: 'HIGH', doc: 'The value as text.', check: nonNull },
  ],
  examples: [
    {
      config: { header: 'tenant', 'value.literal': 'kr' },
      given: sample({ value: 'x' }),
      gives: sample({ value: 'x', headers: [{ key: 'tenant', schema: primitive('string'), value: 'kr' }] }),
    },
  ],
  create: (config) => {
    const header = { key: config['header'] as string, ...parseHeaderText(config['value.literal'] as string) };
    return (record) => record.withHeaders([...record.headers, header]);
  },
};
