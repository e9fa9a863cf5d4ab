import type { TransformDef } from '../../connect/plugins.ts';

/** Debezium's transforms. */
export const debeziumTransforms: readonly TransformDef[] = [];
