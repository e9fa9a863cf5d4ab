import type { TransformDef } from '../../connect/plugins.ts';

/** Kafka's transforms. */
export const transforms: readonly TransformDef[] = [];
