// What the main thread and a plugin thread say to each other. A closed list: records are never among it.
import type { ConfigProviderDef } from '../../connect/config-provider.ts';
import type { PluginDef } from '../../connect/plugins.ts';
import type { RawConfig } from '../../core/config/define.ts';
import type { ErrorParcel } from '../../core/error-parcel.ts';
import type { LogLevel } from '../../core/log.ts';
import type { Sample } from '../../core/metrics.ts';
import type { Retrying } from '../tasks/retry-note.ts';

/** A module that exports `plugins`. */
export interface PluginModule {
  /** As shown: `connectors/file-stream`, a package's name, or a path of `plugin.path`. */
  readonly from: string;
  readonly url: string;
  /** Not part of the product. */
  readonly foreign: boolean;
  /** The classes it is used for; null: all. Others come from elsewhere in a newer version. */
  readonly classes: readonly string[] | null;
}

/** What a module exports for the host. */
export interface ModuleExports {
  readonly plugins: readonly PluginDef[];
  readonly configProviders: readonly ConfigProviderDef[];
}

/** A plugin and its settings, as handed to a thread: references are resolved, what is secret is named. */
export interface HandedConfig {
  readonly className: string;
  readonly raw: RawConfig;
  readonly secrets: readonly string[];
  /** What must be loaded for it. */
  readonly modules: readonly PluginModule[];
}

/** One run of a task. */
export interface RunSpec extends HandedConfig {
  readonly run: number;
  readonly connector: string;
  readonly task: number;
  readonly taskCount: number;
  readonly paused: boolean;
  /** Null: plugin calls may take for ever. */
  readonly hangLimitMs: number | null;
  /** The figures of the task (`TaskMeter`). */
  readonly meter: SharedArrayBuffer;
}

/** What is asked of a thread and answered once. */
export type Ask =
  | { readonly ask: 'describe'; readonly module: PluginModule }
  | {
      readonly ask: 'provide';
      readonly module: PluginModule;
      readonly className: string;
      readonly raw: RawConfig;
      readonly path: string;
      readonly keys: readonly string[];
    }
  | ({ readonly ask: 'validate' } & HandedConfig)
  | ({ readonly ask: 'start'; readonly instance: number; readonly connector: string } & HandedConfig)
  | { readonly ask: 'taskConfigs'; readonly instance: number; readonly maxTasks: number }
  | { readonly ask: 'stop'; readonly instance: number }
  | ({ readonly ask: 'checkOffsets'; readonly offsets: readonly SourcePosition[] } & HandedConfig);

export interface SourcePosition {
  readonly partition: unknown;
  readonly offset: unknown;
}

/** To a thread. */
export type Order =
  | { readonly order: 'ask'; readonly id: number; readonly of: Ask }
  | { readonly order: 'run'; readonly spec: RunSpec }
  | { readonly order: 'pause'; readonly run: number; readonly paused: boolean }
  | { readonly order: 'stop'; readonly run: number }
  | { readonly order: 'levels'; readonly levels: readonly (readonly [string, LogLevel])[] };

/** From a thread. */
export type Report =
  /** Loaded: time counts for its plugins from now on. */
  | { readonly report: 'ready' }
  | { readonly report: 'answer'; readonly id: number; readonly value: unknown; readonly error: ErrorParcel | null }
  | { readonly report: 'became'; readonly run: number; readonly state: 'RUNNING' | 'PAUSED' }
  | {
      readonly report: 'progress';
      readonly run: number;
      readonly idle: boolean;
      readonly settled: ReadonlyMap<string, number>;
      readonly retrying: Retrying | null;
    }
  | { readonly report: 'ended'; readonly run: number; readonly error: ErrorParcel | null }
  /** A plugin call of the run has been out for longer than it may. */
  | { readonly report: 'stuck'; readonly run: number; readonly call: string; readonly forMs: number }
  /** Plugin code did what would have ended the process. Run 0: not known whose it was; negative: of a connector instance. */
  | { readonly report: 'fault'; readonly run: number; readonly error: ErrorParcel }
  | { readonly report: 'log'; readonly line: string }
  | { readonly report: 'samples'; readonly samples: readonly Sample[] }
  | {
      readonly report: 'topic';
      readonly run: number;
      readonly topic: string;
      readonly direction: 'reads' | 'writes';
    }
  | { readonly report: 'reconfigure'; readonly run: number; readonly instance: number }
  | { readonly report: 'raise'; readonly run: number; readonly instance: number; readonly error: ErrorParcel }
  | { readonly report: 'name'; readonly call: number; readonly name: string };

/** With what a thread is started. */
export interface ThreadSeed {
  readonly pulse: SharedArrayBuffer;
  readonly heapMaxMb: number;
  readonly levels: readonly (readonly [string, LogLevel])[];
}
