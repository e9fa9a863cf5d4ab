// Debezium's transforms, in the order in which they are listed.

import type { TransformDef } from '../../connect/plugins.ts';
import { extractNewRecordState } from './extract-new-record-state.ts';

/** Debezium's transforms. */
export const debeziumTransforms: readonly TransformDef[] = [extractNewRecordState];
