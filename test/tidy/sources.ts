// The texts that tidy tests look into.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

/** One file, its path seen from the root of the project. */
export interface Source {
  readonly path: string;
  readonly lines: readonly string[];
}

/** All files under a folder whose name ends so; recorded fixtures are left out. */
export function sourcesUnder(folder: string, ending = '.ts'): Source[] {
  const found: Source[] = [];
  const visit = (current: string) => {
    for (const name of readdirSync(current)) {
      const path = join(current, name);
      if (statSync(path).isDirectory()) {
        if (name !== 'fixtures') visit(path);
      } else if (path.endsWith(ending))
        found.push({ path: relative(ROOT, path), lines: readFileSync(path, 'utf8').split('\n') });
    }
  };
  if (existsSync(join(ROOT, folder))) visit(join(ROOT, folder));
  return found;
}
