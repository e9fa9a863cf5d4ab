// The folders of `plugin.path`: each file or sub-folder with JavaScript in it is a module. What holds none (the jars of a Kafka
// Connect installation) is passed over.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What was left out, and why. */
export interface PluginProblem {
  readonly from: string;
  readonly message: string;
}

export interface PathModule {
  readonly from: string;
  readonly file: string;
}

const SCRIPT = /\.(js|mjs|cjs|ts|mts)$/;
const INDEXES = ['index.js', 'index.mjs', 'index.cjs', 'index.ts', 'index.mts'];
const CONDITIONS = ['node', 'import', 'module-sync', 'default', 'require'];

/** The modules of one folder, by name. */
export function modulesOfPath(folder: string): {
  readonly modules: readonly PathModule[];
  readonly problems: readonly PluginProblem[];
} {
  if (!existsSync(folder)) {
    return { modules: [], problems: [{ from: folder, message: 'There is no such folder (plugin.path).' }] };
  }
  const modules: PathModule[] = [];
  const problems: PluginProblem[] = [];
  const add = (from: string, at: string): void => {
    try {
      const file = entryOf(at);
      if (file !== null) modules.push({ from, file });
    } catch (error) {
      problems.push({ from, message: error instanceof Error ? error.message : String(error) });
    }
  };
  // A folder that is itself a package.
  if (existsSync(join(folder, 'package.json'))) {
    add(folder, folder);
    return { modules, problems };
  }
  for (const entry of entries(folder)) {
    const at = join(folder, entry.name);
    if (entry.isFolder && entry.name.startsWith('@')) {
      for (const inner of entries(at)) if (inner.isFolder) add(join(at, inner.name), join(at, inner.name));
    } else if (entry.isFolder) add(at, at);
    else if (SCRIPT.test(entry.name) && !entry.name.endsWith('.d.ts')) modules.push({ from: at, file: at });
  }
  return { modules, problems };
}

function entries(folder: string): readonly { readonly name: string; readonly isFolder: boolean }[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .map((entry) => ({
      name: entry.name,
      isFolder: entry.isDirectory() || (entry.isSymbolicLink() && isFolder(folder, entry.name)),
    }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function isFolder(folder: string, name: string): boolean {
  try {
    readdirSync(join(folder, name));
    return true;
  } catch {
    return false;
  }
}

/** The file that a package's folder exports; null when there is no JavaScript in it. */
function entryOf(folder: string): string | null {
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest)) {
    const { exports, main } = JSON.parse(readFileSync(manifest, 'utf8')) as { exports?: unknown; main?: unknown };
    const named = target(exports) ?? (typeof main === 'string' ? main : null);
    if (named !== null) {
      const file = join(folder, named);
      if (!existsSync(file))
        throw new Error(`${basename(folder)} names ${named} in its package.json, which is not there.`);
      return existsSync(join(file, 'index.js')) ? join(file, 'index.js') : file;
    }
  }
  const index = INDEXES.find((name) => existsSync(join(folder, name)));
  return index === undefined ? null : join(folder, index);
}

/** The main export of a package. */
function target(exports: unknown): string | null {
  if (typeof exports === 'string') return exports;
  if (typeof exports !== 'object' || exports === null) return null;
  const map = exports as Readonly<Record<string, unknown>>;
  if ('.' in map) return target(map['.']);
  for (const condition of CONDITIONS) {
    const found = condition in map ? target(map[condition]) : null;
    if (found !== null) return found;
  }
  return null;
}
