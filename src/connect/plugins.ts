// Declarations of plugins: a declaration is data plus a factory; it yields validation, docs and form. `describe` and friends
// live in core/config; registration is a visible list (`plugins/index.ts`, a connector's `index.ts`, or an npm package's export `plugins`).
import type { ConfigDef, ParsedConfig, RawConfig } from '../core/config/define.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import type { Transform } from './chain.ts';
import type { ProcessorConnector, SinkConnector, SourceConnector } from './connectors.ts';
import type { Converter, HeaderConverter } from './converter.ts';
import type { ConnectRecord } from './records.ts';

export type * from './chain.ts';
export type * from './converter.ts';

/** Names under which a plugin is found: its public name, and the Java classes it stands for. */
export interface Named {
  /** Simple name, e.g. `ExtractField`. */
  readonly name: string;
  /** Full class names, the first is the one listed by `/connector-plugins`; e.g. `org.apache.kafka.connect.transforms.ExtractField$Key`. */
  readonly classes: readonly string[];
  readonly doc: string;
  readonly version: string;
}

/** A single message transform. Its examples are executed as tests. */
export interface TransformDef extends Named {
  readonly kind: 'transform';
  readonly config: ConfigDef;
  readonly examples?: readonly TransformExample[];
  /** Loads what `create` and the transform need and cannot load at once (a WebAssembly module). Awaited before `create` wherever a config names the transform; called often. */
  prepare?(): Promise<void>;
  /** Called once per use in a chain with the class name it was configured by (`$Key`/`$Value` variants share a def). `warn` is there where the transform works in a task. Throws `config` errors. */
  create(config: ParsedConfig, className: string, raw: RawConfig, warn?: Warn): Transform;
}
/** One line in the task's log. A transform calls it once for a thing, never for each record. */
export type Warn = (message: string) => void;
/** A record before and after, by these settings. The last of the def's classes is used. */
export interface TransformExample {
  readonly config: Readonly<Record<string, string>>;
  readonly given: ConnectRecord;
  /** What comes out; null: the record is dropped. */
  readonly gives: ConnectRecord | null;
}
/** A condition on records, for a transform's `predicate`. */
export interface PredicateDef extends Named {
  readonly kind: 'predicate';
  readonly config: ConfigDef;
  create(config: ParsedConfig): (record: ConnectRecord) => boolean;
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
export interface ConnectorDef extends Named {
  readonly kind: 'source' | 'sink' | 'processor';
  readonly config: ConfigDef;
  /** Its tasks use services of the host (`ProcessorContext.service`), which are met on the main thread only: they are never put on another one. */
  readonly needsServices?: boolean;
  create(): SourceConnector | SinkConnector | ProcessorConnector;
}

export type PluginDef = TransformDef | PredicateDef | ConverterDef | HeaderConverterDef | ConnectorDef;
