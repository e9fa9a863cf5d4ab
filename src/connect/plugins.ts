// Declarations of plugins: a declaration is data plus a factory; it yields validation, docs and form. `describe` and friends
// live in core/config; registration is a visible list (`plugins/index.ts`, a connector's `index.ts`, or an npm package's export `plugins`).
import type { ConfigDef, ParsedConfig, RawConfig } from '../core/config/define.ts';
import type { Schema, Value } from '../core/data/schema.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import type { ProcessorConnector, SinkConnector, SourceConnector } from './connectors.ts';
import type { ConnectRecord, Header } from './records.ts';

/** Names under which a plugin is found: its public name, and the Java classes it stands for. */
export interface Named {
  /** Simple name, e.g. `ExtractField`. */
  readonly name: string;
  /** Full class names, the first is the one listed by `/connector-plugins`; e.g. `org.apache.kafka.connect.transforms.ExtractField$Key`. */
  readonly classes: readonly string[];
  readonly doc: string;
  readonly version: string;
}

/** A single message transform. `given`/`then` examples are executed as tests. */
export interface TransformDef extends Named {
  readonly kind: 'transform';
  readonly config: ConfigDef;
  readonly examples?: readonly TransformExample[];
  /** Called once per use in a chain with the class name it was configured by (`$Key`/`$Value` variants share a def). Throws `config` errors. */
  create(config: ParsedConfig, className: string, raw: RawConfig): Transform;
}
export interface TransformExample {
  readonly config: Readonly<Record<string, string>>;
  readonly given: ConnectRecord;
  readonly then: ConnectRecord | null;
}
/** Applied to each record in order; null drops it. Throws `data` for a record it cannot handle. */
export type Transform = (record: ConnectRecord) => ConnectRecord | null;

/**
 * The `transforms` of a connector with their predicates, compiled once. Replaces `records[i]` by what the chain makes of it,
 * null when a stage drops it; null entries are skipped. A record that a stage cannot take becomes null and is handed to
 * `failed`, and the rest goes on, unless `failed` throws. Synchronous; the array is the caller's.
 */
export type RecordChain = (records: (ConnectRecord | null)[], failed: ChainFailed) => void;
/** Told of `records[index]`, which the stage could not take: the record as that stage got it. */
export type ChainFailed = (index: number, failure: ChainFailure) => void;
export interface ChainFailure {
  /** Alias in the config, e.g. `unwrap`. */
  readonly alias: string;
  readonly className: string;
  /** What the stage was given. */
  readonly record: ConnectRecord;
  readonly error: Error;
}

export interface PredicateDef extends Named {
  readonly kind: 'predicate';
  readonly config: ConfigDef;
  create(config: ParsedConfig): (record: ConnectRecord) => boolean;
}

export interface SchemaAndValue {
  readonly schema: Schema | null;
  readonly value: Value;
}

/**
 * Bytes ↔ Connect data. `prepare*` load what the outside must answer (writer schemas by id, ids of new schemas), once a
 * batch; `decode` and `encode` are synchronous. `encode` may throw `NotPrepared`: the host then awaits `prepareEncode` with that schema and repeats.
 */
export interface Converter {
  /** Payloads `bytes[starts[i]..ends[i]]`, start −1 is null. Resolves when all can be decoded (unknown ids surface in `decode`). Returns null when nothing must be awaited. */
  prepareDecode(bytes: Buffer, starts: Int32Array, ends: Int32Array, count: number): Promise<void> | null;
  /** Throws `data` errors. `start` −1: null payload. */
  decode(topic: string, bytes: Buffer, start: number, end: number): SchemaAndValue;
  /** Makes `encode` possible for the schema on the topic (registers it). Null when nothing must be awaited. */
  prepareEncode(topic: string, schema: Schema | null): Promise<void> | null;
  /** Null answers a null payload (tombstone). */
  encode(topic: string, schema: Schema | null, value: Value): Buffer | null;
}
export interface ConverterDef extends Named {
  readonly kind: 'converter';
  readonly config: ConfigDef;
  create(config: ParsedConfig, isKey: boolean, context: ConverterContext): Converter;
}
export interface ConverterContext {
  /** The registry at `schema.registry.url`, or the embedded one when the converter names none. */
  registry(url: string | null, raw: RawConfig): SchemaRegistry;
  readonly raw: RawConfig;
}

export interface HeaderConverterDef extends Named {
  readonly kind: 'header-converter';
  readonly config: ConfigDef;
  create(config: ParsedConfig): HeaderConverter;
}
export interface HeaderConverter {
  decode(topic: string, name: string, value: Buffer | null): Header;
  encode(topic: string, header: Header): Buffer | null;
}

export interface ConnectorDef extends Named {
  readonly kind: 'source' | 'sink' | 'processor';
  readonly config: ConfigDef;
  create(): SourceConnector | SinkConnector | ProcessorConnector;
}

export type PluginDef = TransformDef | PredicateDef | ConverterDef | HeaderConverterDef | ConnectorDef;
