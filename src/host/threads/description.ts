// A plugin as plain data, so that the main thread can list, document and find it without ever running its code.
import type { ConfigProvider, ConfigProviderDef } from '../../connect/config-provider.ts';
import type { PluginDef } from '../../connect/plugins.ts';
import { type ConfigDef, Password, type Setting } from '../../core/config/define.ts';
import { TributaryError } from '../../core/errors.ts';
import type { ModuleExports } from './messages.ts';

/** What the main thread knows of a plugin: no functions. */
export interface PluginDescription {
  readonly kind: PluginDef['kind'];
  readonly name: string;
  readonly classes: readonly string[];
  readonly doc: string;
  readonly version: string;
  readonly config: ConfigDef;
  readonly needsServices: boolean;
}

export type ProviderDescription = Omit<ConfigProviderDef, 'create'>;

/** What a module exports, as plain data. */
export interface ModuleDescription {
  readonly plugins: readonly PluginDescription[];
  readonly configProviders: readonly ProviderDescription[];
}

export function describeModule({ plugins, configProviders }: ModuleExports): ModuleDescription {
  return {
    plugins: plugins.map(describePlugin),
    configProviders: configProviders.map(({ name, classes, doc, config }) => ({
      name: String(name),
      classes: classes.map(String),
      doc: String(doc ?? ''),
      config: config.map(plainSetting),
    })),
  };
}

/** A config provider whose code stands on a thread. */
export function standInProvider(
  description: ProviderDescription,
  ask: (raw: Parameters<ConfigProviderDef['create']>[1], path: string, keys: readonly string[]) => Promise<unknown>,
): ConfigProviderDef {
  return {
    ...description,
    create: (_config, raw): ConfigProvider => ({
      get: async (path, keys) => (await ask(raw, path, keys)) as Awaited<ReturnType<ConfigProvider['get']>>,
    }),
  };
}

function describePlugin(def: PluginDef): PluginDescription {
  return {
    kind: def.kind,
    name: String(def.name),
    classes: def.classes.map(String),
    doc: String(def.doc ?? ''),
    version: String(def.version),
    config: def.config.map(plainSetting),
    needsServices: 'needsServices' in def && def.needsServices === true,
  };
}

function plainSetting({ check, fallback, ...setting }: Setting): Setting {
  void check;
  if (fallback === undefined) return setting;
  return { ...setting, fallback: fallback instanceof Password ? null : fallback };
}

/** A definition whose code stands on threads. `connector` makes the stand-in of a connector. */
export function standIn(description: PluginDescription, connector: () => unknown): PluginDef {
  const { kind, name, classes, doc, version, config, needsServices } = description;
  const create = ['source', 'sink', 'processor'].includes(kind)
    ? connector
    : () => {
        throw new TributaryError('TRIB_PLUGIN_ISOLATED', 'config', {
          what: `${name} is a plugin of a third party: it works in tasks, which run on threads of their own, and not here.`,
          fix: 'Set "task.isolation" of the worker to "none" to have it everywhere.',
        });
      };
  // The kind decides what `create` makes; the two were matched above.
  return { kind, name, classes, doc, version, config, needsServices, create } as unknown as PluginDef;
}
