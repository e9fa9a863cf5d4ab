// Which plugins a host has: the built-in list, the folders of `connectors/`, and npm packages named in `plugin.packages`.
//
// A package that cannot be loaded is told of and left out: the host starts without it.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PluginDef } from '../connect/plugins.ts';
import { builtInPlugins, PluginRegistry } from '../plugins/index.ts';

/** What was loaded, and what was not and why. */
export interface LoadedPlugins {
  readonly registry: PluginRegistry;
  readonly sources: readonly { readonly from: string; readonly plugins: number }[];
  readonly problems: readonly { readonly from: string; readonly message: string }[];
}

/** Loads every plugin. `packages` are found as modules in `folder` would find them. */
export async function loadPlugins(packages: readonly string[], folder: string): Promise<LoadedPlugins> {
  const defs: PluginDef[] = [...builtInPlugins];
  const sources = [{ from: 'built-in', plugins: defs.length }];
  const problems: { from: string; message: string }[] = [];
  for (const { from, url } of [...connectorModules(), ...packages.map((name) => packageModule(name, folder))]) {
    try {
      if (url === null) throw new Error(`The package "${from}" is not installed here (npm install ${from}).`);
      const found = pluginsOf(await import(url), from);
      defs.push(...found);
      sources.push({ from, plugins: found.length });
    } catch (error) {
      problems.push({ from, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { registry: new PluginRegistry(defs), sources, problems };
}

/** `connectors/<name>/index.ts` beside the sources, or `.js` beside the build. */
function connectorModules(): { from: string; url: string }[] {
  const folder = join(import.meta.dirname, '..', '..', 'connectors');
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ from: `connectors/${name}`, name }))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .filter(({ name }) => readdirSync(join(folder, name)).includes(`index.${extension}`))
    .map(({ from, name }) => ({ from, url: pathToFileURL(join(folder, name, `index.${extension}`)).href }));
}

function packageModule(name: string, folder: string): { from: string; url: string | null } {
  try {
    const found = createRequire(join(resolve(folder), 'package.json')).resolve(name);
    return { from: name, url: pathToFileURL(found).href };
  } catch {
    return { from: name, url: null };
  }
}

function pluginsOf(module: unknown, from: string): readonly PluginDef[] {
  const { plugins } = module as { plugins?: unknown };
  if (!Array.isArray(plugins)) throw new Error(`${from} does not export "plugins", an array of plugin definitions.`);
  return plugins as readonly PluginDef[];
}
