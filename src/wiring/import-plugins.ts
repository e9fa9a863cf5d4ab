// Imports a module of plugins and looks whether it holds what it should.
import { registerHooks } from 'node:module';
import type { ConfigProviderDef } from '../connect/config-provider.ts';
import type { PluginDef } from '../connect/plugins.ts';
import type { ModuleExports, PluginModule } from '../host/threads/index.ts';
import { importPlaced } from './import-fault.ts';

const KINDS = new Set(['transform', 'predicate', 'converter', 'header-converter', 'source', 'sink', 'processor']);

/** What a module exports for us. Throws when it is nothing, or not what it should be. */
export async function importPlugins({ from, url, classes }: PluginModule): Promise<ModuleExports> {
  const exported = (await importPlaced(url)) as { plugins?: unknown; configProviders?: unknown };
  const configProviders = exported.configProviders ?? [];
  if (!Array.isArray(configProviders)) throw new Error(`"configProviders" of ${from} is no array.`);
  const plugins = exported.plugins ?? (configProviders.length > 0 ? [] : undefined);
  if (!Array.isArray(plugins)) throw new Error(`${from} does not export "plugins", an array of plugin definitions.`);
  for (const [index, plugin] of plugins.entries()) {
    const fault = faultOf(plugin);
    if (fault !== null) throw new Error(`Plugin ${index + 1} of ${from} ${fault}.`);
  }
  const defs = plugins as readonly PluginDef[];
  const providers = configProviders as readonly ConfigProviderDef[];
  if (classes === null) return { plugins: defs, configProviders: providers };
  const kept = defs.flatMap((def) => {
    const own = def.classes.filter((name) => classes.includes(name));
    return own.length === 0 ? [] : [{ ...def, classes: own }];
  });
  return { plugins: kept, configProviders: providers };
}

/**
 * From now on `tributary/connect` is this very copy of it, wherever the module that asks for it lies: a plugin without `node_modules`
 * finds it, and its errors are of the class that the host knows.
 */
export function lendPublicApi(): void {
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  const url = new URL(`../connect/index.${extension}`, import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'tributary/connect' ? { url, shortCircuit: true } : next(specifier, context),
  });
}

function faultOf(plugin: unknown): string | null {
  if (typeof plugin !== 'object' || plugin === null) return 'is no plugin definition';
  const { kind, name, classes, version, config, create } = plugin as Readonly<Record<string, unknown>>;
  if (typeof kind !== 'string' || !KINDS.has(kind)) return `has no known kind (${[...KINDS].join(', ')})`;
  if (typeof name !== 'string' || name === '') return 'has no name';
  if (!Array.isArray(classes) || classes.length === 0) return `(${name}) has no classes`;
  if (typeof version !== 'string') return `(${name}) has no version`;
  if (!Array.isArray(config)) return `(${name}) has no config, an array of settings`;
  if (typeof create !== 'function') return `(${name}) has no function "create"`;
  return null;
}
