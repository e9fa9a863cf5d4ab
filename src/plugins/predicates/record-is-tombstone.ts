// True for tombstones.

import type { PredicateDef } from '../../connect/plugins.ts';

/** Kafka's `RecordIsTombstone`. */
export const recordIsTombstone: PredicateDef = {
  kind: 'predicate',
  name: 'RecordIsTombstone',
  classes: ['org.apache.kafka.connect.transforms.predicates.RecordIsTombstone'],
  version: '3.9.1',
  doc: 'True for a record without a value, whatever its schema.',
  config: [],
  create: () => (record) => record.value === null,
};
