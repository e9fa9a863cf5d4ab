// Removes headers by name.

import type { TransformDef } from '../../connect/plugins.ts';
import { nonEmptyList } from '../../core/config/checks.ts';
import { sample } from '../sample.ts';
import { KAFKA_VERSION } from './side.ts';

/** Kafka's `DropHeaders`. */
export const dropHeaders: TransformDef = {
  kind: 'transform',
  name: 'DropHeaders',
  classes: ['org.apache.kafka.connect.transforms.DropHeaders'],
  version: KAFKA_VERSION,
  doc: 'Removes all headers of the given names.',
  config: [
    {
      name: 'headers',
      type: 'LIST',
      importance: 'HIGH',
      doc: 'Names of the headers to remove; case counts.',
      check: nonEmptyList,
    },
  ],
  examples: [
    {
      config: { headers: 'trace' },
      given: sample({
        headers: [
          { key: 'trace', schema: null, value: 'x' },
          { key: 'kept', schema: null, value: 'y' },
        ],
      }),
      gives: sample({ headers: [{ key: 'kept', schema: null, value: 'y' }] }),
    },
  ],
  create: (config) => {
    const names = new Set(config['headers'] as readonly string[]);
    return (record) => {
      const kept = record.headers.filter((header) => !names.has(header.key));
      return kept.length === record.headers.length ? record : record.withHeaders(kept);
    };
  },
};
