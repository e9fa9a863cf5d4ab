// Kafka's predicates, in the order in which they are listed.

import type { PredicateDef } from '../../connect/plugins.ts';
import { hasHeaderKey } from './has-header-key.ts';
import { recordIsTombstone } from './record-is-tombstone.ts';
import { topicNameMatches } from './topic-name-matches.ts';

/** Kafka's predicates. */
export const predicates: readonly PredicateDef[] = [hasHeaderKey, recordIsTombstone, topicNameMatches];
