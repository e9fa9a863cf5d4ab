// Drops every record it meets: guard it with a predicate.

import type { TransformDef } from '../../connect/plugins.ts';
import { sample } from '../sample.ts';
import { KAFKA_VERSION } from './side.ts';

/** Kafka's `Filter`. */
export const filter: TransformDef = {
  kind: 'transform',
  name: 'Filter',
  classes: ['org.apache.kafka.connect.transforms.Filter'],
  version: KAFKA_VERSION,
  doc: 'Drops every record. Give it a predicate, else nothing passes.',
  config: [],
  examples: [{ config: {}, given: sample({ value: 'anything' }), gives: null }],
  create: () => () => null,
};
