// True for records of topics whose whole name matches.

import type { PredicateDef } from '../../connect/plugins.ts';
import { allOf, nonEmptyText, validRegex } from '../../core/config/checks.ts';
import { compileFullMatch } from '../../core/java/regex.ts';

/** Kafka's `TopicNameMatches`. */
export const topicNameMatches: PredicateDef = {
  kind: 'predicate',
  name: 'TopicNameMatches',
  classes: ['org.apache.kafka.connect.transforms.predicates.TopicNameMatches'],
  version: '3.9.1',
  doc: 'True for a record whose whole topic name matches a regular expression (Java syntax).',
  config: [
    {
      name: 'pattern',
      type: 'STRING',
      importance: 'MEDIUM',
      doc: 'The expression.',
      check: allOf(nonEmptyText, validRegex),
    },
  ],
  create: (config) => {
    const pattern = compileFullMatch(config['pattern'] as string);
    return (record) => record.topic !== null && pattern.test(record.topic);
  },
};
