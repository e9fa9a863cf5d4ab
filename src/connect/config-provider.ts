// Where values of `${name:path:key}` references come from, when it is neither a file nor the environment.
import type { ConfigDef, ParsedConfig, RawConfig } from '../core/config/define.ts';

/** Values of one path. */
export interface ProvidedValues {
  /** Keys that are not there are left out: their references stay as they are written. */
  readonly values: Readonly<Record<string, string>>;
  /**
   * How long they stand, in milliseconds. Then they are asked for again, and connectors (with their tasks) whose values have
   * changed start again, unless their `config.action.reload` is `none`. Absent: for as long as the host runs.
   */
  readonly ttlMs?: number;
}

/**
 * Fetches values by path and keys, e.g. from a secret manager. Called when a config is validated, and when a connector or task
 * starts; answers are kept, so a call is rare. Throw a `transient` error when it may help to try again.
 */
export interface ConfigProvider {
  get(path: string, keys: readonly string[]): Promise<ProvidedValues>;
  /** Called when the host ends. */
  close?(): Promise<void>;
}

/** A provider as a package exports it, in the array `configProviders` beside `plugins`. */
export interface ConfigProviderDef {
  /** Simple name, e.g. `SecretsManagerConfigProvider`. */
  readonly name: string;
  /** Names by which `config.providers.<name>.class` may call it: Java classes it stands in for. */
  readonly classes: readonly string[];
  readonly doc: string;
  /** Settings `config.providers.<name>.param.…`, without the prefix. */
  readonly config: ConfigDef;
  /** Called once for each name of `config.providers` that has this class. Throws `config` errors. */
  create(config: ParsedConfig, raw: RawConfig): ConfigProvider;
}
