// PUBLIC API, published as `tributary/connect`. Connectors and third-party plugins import only this.

export * from '../core/config/checks.ts';
export * from '../core/config/define.ts';
export { parseConfig, parseConfigOrThrow, settingsUnder } from '../core/config/parse.ts';
export * from '../core/data/schema.ts';
export { assert, type ErrorKind, isTransient, nearest, quoted, TributaryError } from '../core/errors.ts';
export { compileFullMatch, compileJavaRegex, compileReplacement } from '../core/java/regex.ts';
export type * from '../ports/broker.ts';
export { partitionKey, splitPartitionKey } from '../ports/broker.ts';
export type { Clock } from '../ports/clock.ts';
export type { ClusterAdmin } from '../ports/cluster-admin.ts';
export { headerAt, headersAt } from '../ports/headers.ts';
export type { HttpAnswer, HttpClient } from '../ports/http-client.ts';
export type { RegisteredSchema, SchemaRegistry, SchemaType, SchemaVersion } from '../ports/schema-registry.ts';
export type { Entry, StateSession, StateStore } from '../ports/state-store.ts';
export type * from './config-provider.ts';
export * from './connectors.ts';
export { OffsetRenewal } from './offset-renewal.ts';
export * from './plugins.ts';
export { type DecodeFailed, decodeRecords } from './record-decoder.ts';
export { type EncodeFailed, type NewTopics, type PartitionRule, RecordEncoder } from './record-encoder.ts';
export { RecordProcessor, type RecordProcessorOptions } from './record-processor.ts';
export * from './records.ts';
export { refuseLoops } from './refuse-loops.ts';
