// Debezium's transforms, in the order in which they are listed.

import type { TransformDef } from '../../connect/plugins.ts';
import { byLogicalTableRouter } from './by-logical-table-router.ts';
import { contentBasedRouter } from './content-based-router.ts';
import { contentFilter } from './content-filter.ts';
import { enforceRecordSize } from './enforce-record-size.ts';
import { eventRouter } from './event-router.ts';
import { extractChangedRecordState } from './extract-changed-record-state.ts';
import { extractNewRecordState } from './extract-new-record-state.ts';
import { extractSchemaToNewRecord } from './extract-schema-to-new-record.ts';
import { geometryFormatTransformer } from './geometry-format-transformer.ts';
import { headerToValue } from './header-to-value.ts';
import { partitionRouting } from './partition-routing.ts';
import { schemaChangeEventFilter } from './schema-change-event-filter.ts';
import { ScriptEngine } from './script/engine.ts';
import { swapGeometryCoordinates } from './swap-geometry-coordinates.ts';
import { timezoneConverter } from './timezone-converter.ts';
import { vectorToJsonConverter } from './vector-to-json-converter.ts';

/** The two transforms with expressions share one engine; it is loaded when a config first names one of them. */
function scripting(): readonly TransformDef[] {
  const engine = new ScriptEngine();
  return [contentBasedRouter(engine), contentFilter(engine)];
}

/** Debezium's transforms. */
export const debeziumTransforms: readonly TransformDef[] = [
  byLogicalTableRouter,
  enforceRecordSize,
  eventRouter,
  extractChangedRecordState,
  extractNewRecordState,
  extractSchemaToNewRecord,
  geometryFormatTransformer,
  headerToValue,
  partitionRouting,
  schemaChangeEventFilter,
  swapGeometryCoordinates,
  timezoneConverter,
  vectorToJsonConverter,
  ...scripting(),
];
