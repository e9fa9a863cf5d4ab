// True for records with a header of that name.

import type { PredicateDef } from '../../connect/plugins.ts';
import { nonEmptyText } from '../../core/config/checks.ts';

/** Kafka's `HasHeaderKey`. */
export const hasHeaderKey: PredicateDef = {
  kind: 'predicate',
  name: 'HasHeaderKey',
  classes: ['org.apache.kafka.connect.transforms.predicates.HasHeaderKey'],
  version: '3.9.1',
  doc: 'True for a record that has a header of that name.',
  config: [{ name: 'name', type: 'STRING', importance: 'MEDIUM', doc: 'Name of the header.', check: nonEmptyText }],
  create: (config) => {
    const name = config['name'] as string;
    return (record) => {
      const { headers } = record;
      for (let i = 0; i < headers.length; i++) if (headers[i]!.key === name) return true;
      return false;
    };
  },
};
