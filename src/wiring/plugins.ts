// Which plugins a host has: the built-in list, the folders of `connectors/`, npm packages named in `plugin.packages`, and what
// lies in the folders of `plugin.path`.
//
// A module that cannot be loaded is told of and left out: the host starts without it. Two plugins of one class: what is ours wins,
// else the newest version, and the other is told of.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ConfigProviderDef } from '../connect/config-provider.ts';
import type { PluginDef } from '../connect/plugins.ts';
import type { PluginModule } from '../host/threads/index.ts';
import { builtInPlugins, PluginRegistry } from '../plugins/index.ts';
import { importPlugins } from './import-plugins.ts';
import { modulesOfPath, type PluginProblem } from './plugin-path.ts';

/** What was loaded, and what was not and why. */
export interface LoadedPlugins {
  readonly registry: PluginRegistry;
  readonly configProviders: readonly ConfigProviderDef[];
  readonly sources: readonly { readonly from: string; readonly plugins: number }[];
  readonly problems: readonly PluginProblem[];
}

/** Where plugins are looked for. */
export interface PluginPlaces {
  /** Found as modules in `folder` would find them. */
  readonly packages: readonly string[];
  readonly folder: string;
  /** Folders of `plugin.path`. */
  readonly paths: readonly string[];
}

/** The plugins of one module, as definitions or as descriptions of them. */
export interface Found<D extends Versioned> {
  readonly module: PluginModule;
  readonly defs: readonly D[];
}
export interface Versioned {
  readonly classes: readonly string[];
  readonly version: string;
}

export interface LoadOptions {
  readonly paths?: readonly string[];
  know?(def: PluginDef, module: PluginModule): void;
}

/** Loads every plugin into this thread. `know` is told where each comes from. */
export async function loadPlugins(
  packages: readonly string[],
  folder: string,
  { paths = [], know = () => {} }: LoadOptions = {},
): Promise<LoadedPlugins> {
  const places = { packages, folder, paths };
  const { modules, problems } = foreignModules(places);
  const found: Found<PluginDef>[] = [];
  const configProviders: ConfigProviderDef[] = [];
  for (const module of [...connectorModules(), ...modules]) {
    try {
      const exported = await importPlugins(module);
      found.push({ module, defs: exported.plugins });
      configProviders.push(...exported.configProviders);
    } catch (error) {
      problems.push({ from: module.from, message: messageOf(error) });
    }
  }
  const { kept, losers } = newest(found);
  const defs: PluginDef[] = [...builtInPlugins];
  for (const { module, defs: own } of kept) {
    for (const def of own) know(def, module);
    defs.push(...own);
  }
  return {
    registry: new PluginRegistry(defs),
    configProviders,
    sources: sourcesOf(kept),
    problems: [...problems, ...losers],
  };
}

/** What was loaded from where, the built-in list first. */
export function sourcesOf(found: readonly Found<Versioned>[]): LoadedPlugins['sources'] {
  const others = found.map(({ module, defs }) => ({ from: module.from, plugins: defs.length }));
  return [{ from: 'built-in', plugins: builtInPlugins.length }, ...others];
}

/** Drops classes that another module has in a newer version, or that are ours; tells of each. */
export function newest<D extends Versioned>(
  found: readonly Found<D>[],
): { readonly kept: readonly Found<D>[]; readonly losers: readonly PluginProblem[] } {
  const ours: Versioned & { readonly from: string } = { classes: [], version: '', from: 'built-in' };
  const holder = new Map<string, { readonly from: string; readonly version: string; readonly foreign: boolean }>();
  for (const def of builtInPlugins) for (const name of def.classes) holder.set(name, { ...ours, foreign: false });
  for (const { module, defs } of found) {
    for (const { classes, version } of defs) {
      for (const name of classes) {
        const before = holder.get(name);
        const wins = before === undefined || (before.foreign && compareVersions(version, before.version) > 0);
        if (wins) holder.set(name, { from: module.from, version, foreign: module.foreign });
      }
    }
  }
  const losers: PluginProblem[] = [];
  const kept = found.map(({ module, defs }) => {
    const own = defs.flatMap((def) => {
      const classes = def.classes.filter((name) => holder.get(name)?.from === module.from);
      for (const name of def.classes) {
        if (classes.includes(name)) continue;
        const { from, version } = holder.get(name)!;
        const winner = version === '' ? from : `${from}, version ${version}`;
        losers.push({ from: module.from, message: `${name} ${def.version} is not used: it comes from ${winner}.` });
      }
      return classes.length === 0 ? [] : [{ ...def, classes }];
    });
    const classes = own.length === defs.length ? null : own.flatMap((def) => def.classes);
    return { module: { ...module, classes }, defs: own };
  });
  return { kept, losers };
}

/** `connectors/<name>/index.ts` beside the sources, or `.js` beside the build. */
export function connectorModules(): readonly PluginModule[] {
  const folder = join(import.meta.dirname, '..', '..', 'connectors');
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ from: `connectors/${name}`, name }))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .filter(({ name }) => readdirSync(join(folder, name)).includes(`index.${extension}`))
    .map(({ from, name }) => moduleOf(from, join(folder, name, `index.${extension}`), false));
}

/** Packages and what lies in `plugin.path`, in this order. */
export function foreignModules({ packages, folder, paths }: PluginPlaces): {
  readonly modules: readonly PluginModule[];
  readonly problems: PluginProblem[];
} {
  const problems: PluginProblem[] = [];
  const modules: PluginModule[] = [];
  for (const name of packages) {
    try {
      const file = createRequire(join(resolve(folder), 'package.json')).resolve(name);
      modules.push(moduleOf(name, file, true));
    } catch (error) {
      problems.push({ from: name, message: notFound(name, error) });
    }
  }
  for (const path of paths) {
    const inside = modulesOfPath(resolve(folder, path));
    for (const { from, file } of inside.modules) modules.push(moduleOf(from, file, true));
    problems.push(...inside.problems);
  }
  return { modules, problems };
}

function moduleOf(from: string, file: string, foreign: boolean): PluginModule {
  return { from, url: pathToFileURL(file).href, foreign, classes: null };
}

function notFound(name: string, error: unknown): string {
  const isMissing = (error as { code?: unknown }).code === 'MODULE_NOT_FOUND';
  return isMissing
    ? `The package "${name}" is not installed here (npm install ${name}).`
    : `The package "${name}" cannot be loaded: ${messageOf(error)}`;
}

/** Numbers are compared as numbers: 1.10 is newer than 1.9. */
function compareVersions(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
