import type { PredicateDef } from '../../connect/plugins.ts';

/** Kafka's predicates. */
export const predicates: readonly PredicateDef[] = [];
