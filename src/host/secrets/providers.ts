// `${provider:[path:]key}` references in configs: resolved only when a plugin is handed its settings, never stored.
//
// Law: a reference that cannot be resolved stays as it is written (unknown provider, missing key), as Connect does; an unreadable
// file is an error. What was resolved is remembered by the redactor, so that it shows in no log or answer.
// Law: resolving never waits. Values of providers from packages are fetched before, by `load`.

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ConfigProviderDef } from '../../connect/config-provider.ts';
import type { RawConfig } from '../../core/config/define.ts';
import { parseConfigOrThrow, parseSetting, settingsUnder } from '../../core/config/parse.ts';
import { nearest, TributaryError } from '../../core/errors.ts';
import { compileFullMatch } from '../../core/java/regex.ts';
import type { Redactor } from '../../core/redact.ts';
import type { Clock } from '../../ports/clock.ts';
import { parseProperties } from '../config/properties.ts';
import { FetchedValues } from './fetched-values.ts';

type ProviderKind = 'file' | 'env' | 'directory';

/** Which providers there are, and what they may read. */
export interface ProviderOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Worker settings `config.providers…`; the names `file`, `env`, `directory` and `dir` stand without any. */
  readonly worker?: RawConfig;
}

/** One reference within a text. */
interface Reference {
  readonly whole: string;
  readonly provider: string;
  readonly path: string | undefined;
  readonly key: string;
}

const REFERENCE = /\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}/g;
const BUILT_IN = ['file', 'env', 'directory', 'dir'] as const;

/** Resolves references in settings. */
export class Providers {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #worker: RawConfig;
  readonly #kinds = new Map<string, ProviderKind>([
    ['file', 'file'],
    ['env', 'env'],
    ['directory', 'directory'],
    ['dir', 'directory'],
  ]);
  readonly #fetched = new Map<string, FetchedValues>();
  readonly #allowedPaths = new Map<string, readonly string[]>();
  readonly #allowedNames = new Map<string, RegExp>();
  readonly #redactor: Redactor;

  constructor(options: ProviderOptions, redactor: Redactor) {
    this.#environment = options.environment;
    this.#redactor = redactor;
    this.#worker = options.worker ?? {};
    for (const name of new Set([...BUILT_IN, ...this.#named()])) {
      const kind = kindOf(this.#worker[`config.providers.${name}.class`] ?? '');
      if (kind !== null) this.#kinds.set(name, kind);
      const params = settingsUnder(this.#worker, `config.providers.${name}.param.`);
      const paths = params['allowed.paths'];
      if (paths) {
        const list = parseSetting('LIST', paths) as readonly string[];
        this.#allowedPaths.set(
          name,
          list.map((path) => resolve(path)),
        );
      }
      const pattern = params['allowlist.pattern'];
      if (pattern) this.#allowedNames.set(name, compileFullMatch(pattern));
    }
  }

  /**
   * Makes the providers that the worker's settings name from those that packages brought; answers what is wrong with the others.
   * Called once, when the packages are loaded.
   */
  install(defs: readonly ConfigProviderDef[], clock: Clock): readonly string[] {
    const problems: string[] = [];
    for (const name of this.#named()) {
      const setting = `config.providers.${name}.class`;
      const className = this.#worker[setting]?.trim() ?? '';
      if (className === '' ? this.#kinds.has(name) : kindOf(className) !== null) continue;
      const def = defs.find((known) => known.name === className || known.classes.includes(className));
      if (def === undefined) {
        const near = nearest(className, [
          'FileConfigProvider',
          ...defs.flatMap((known) => [known.name, ...known.classes]),
        ]);
        problems.push(
          `${setting}: there is no config provider "${className}"; its references stay as they are written.${near === null ? ' Name its package in plugin.packages.' : ` Did you mean "${near}"?`}`,
        );
        continue;
      }
      const prefix = `config.providers.${name}.param.`;
      const raw = settingsUnder(this.#worker, prefix);
      const provider = def.create(parseConfigOrThrow(def.config, raw, `config.providers.${name}`), raw);
      this.#fetched.set(name, new FetchedValues(name, provider, clock, this.#redactor));
      this.#kinds.delete(name);
    }
    return problems;
  }

  /** Fetches what the references of a config need from providers of packages. Throws what a provider throws. */
  async load(config: RawConfig): Promise<void> {
    if (this.#fetched.size === 0) return;
    for (const [values, path, keys] of this.#wanted(config)) await values.load(path, keys);
  }

  /** When values of this config must be asked for again; null: never. */
  dueMs(config: RawConfig): number | null {
    let due: number | null = null;
    for (const [values, path] of this.#wanted(config)) {
      const at = values.dueMs(path);
      if (at !== null && (due === null || at < due)) due = at;
    }
    return due;
  }

  /** True when the config refers to a provider of a package. */
  isFetched(config: RawConfig): boolean {
    return this.#wanted(config).length > 0;
  }

  /** The settings with every reference resolved. Throws `config` when a referenced file cannot be read. */
  resolve(config: RawConfig): RawConfig {
    const resolved: Record<string, string | null> = {};
    for (const [name, value] of Object.entries(config)) {
      resolved[name] = value === null || !value.includes('${') ? value : this.text(value, name);
    }
    return resolved;
  }

  /** One text with its references resolved; `setting` names it in errors. */
  text(value: string, setting: string): string {
    return value.replace(REFERENCE, (whole, provider: string, _: unknown, path: string | undefined, key: string) => {
      const found = this.#look(provider, path, key, setting);
      if (found === null) return whole;
      if (this.#kinds.get(provider) !== 'env' || /pass|secret|token|key|cred/i.test(`${path}${key}${setting}`)) {
        this.#redactor.add(found);
      }
      return found;
    });
  }

  /** What is left of references in a text that was resolved, as sentences. */
  unresolved(text: string): readonly string[] {
    return referencesOf(text).map(({ whole, provider, path }) => {
      const stands = `so ${whole} stands as it is written.`;
      if (!this.#kinds.has(provider) && !this.#fetched.has(provider)) {
        const known = [...this.#kinds.keys(), ...this.#fetched.keys()];
        return `there is no config provider "${provider}" (there are: ${known.join(', ')}), ${stands}`;
      }
      const isPath = this.#kinds.has(provider) && this.#kinds.get(provider) !== 'env';
      if (isPath && (path === undefined || path === '')) return `the reference names no path, ${stands}`;
      if (isPath && !this.#mayRead(provider, path!)) {
        return `the path is not among config.providers.${provider}.param.allowed.paths, ${stands}`;
      }
      return `there is nothing to put in its place, ${stands}`;
    });
  }

  async close(): Promise<void> {
    for (const values of this.#fetched.values()) await values.close();
  }

  #named(): readonly string[] {
    return parseSetting('LIST', this.#worker['config.providers'] ?? '') as readonly string[];
  }

  #wanted(config: RawConfig): readonly (readonly [FetchedValues, string, readonly string[]])[] {
    if (this.#fetched.size === 0) return [];
    const byPath = new Map<string, { values: FetchedValues; path: string; keys: string[] }>();
    for (const value of Object.values(config)) {
      if (value === null || !value.includes('${')) continue;
      for (const { provider, path = '', key } of referencesOf(value)) {
        const values = this.#fetched.get(provider);
        if (values === undefined) continue;
        const at = JSON.stringify([provider, path]);
        const known = byPath.get(at);
        if (known === undefined) byPath.set(at, { values, path, keys: [key] });
        else if (!known.keys.includes(key)) known.keys.push(key);
      }
    }
    return [...byPath.values()].map(({ values, path, keys }) => [values, path, keys] as const);
  }

  #look(provider: string, path: string | undefined, key: string, setting: string): string | null {
    const fetched = this.#fetched.get(provider);
    if (fetched !== undefined) return fetched.get(path ?? '', key);
    const kind = this.#kinds.get(provider);
    if (kind === undefined) return null;
    if (kind === 'env') {
      // `${env:NAME:default}`: what stands where others have a key is the default.
      const variable = path ?? key;
      const isAllowed = this.#allowedNames.get(provider)?.test(variable) ?? true;
      const found = isAllowed ? this.#environment[variable] : undefined;
      return found ?? (path === undefined ? null : key);
    }
    if (path === undefined || path === '') return null;
    if (!this.#mayRead(provider, path)) return null;
    if (kind === 'directory') return this.#fileIn(provider, path, key, setting);
    const text = readOrNull(path, path, setting);
    return text === null ? null : (parseProperties(text)[key] ?? null);
  }

  /** A key is a file of the folder itself: it does not lead out of it. */
  #fileIn(provider: string, folder: string, key: string, setting: string): string | null {
    const file = join(folder, key);
    if (key.includes('/') && !this.#mayRead(provider, file)) return null;
    if (existsSync(folder) && !existsSync(file)) return null;
    return readOrNull(file, folder, setting);
  }

  #mayRead(provider: string, path: string): boolean {
    const allowed = this.#allowedPaths.get(provider);
    if (allowed === undefined) return true;
    const full = resolve(path);
    return allowed.some((root) => full === root || full.startsWith(root.endsWith('/') ? root : `${root}/`));
  }
}

function referencesOf(text: string): readonly Reference[] {
  return [...text.matchAll(REFERENCE)].map(([whole, provider, , path, key]) => ({
    whole,
    provider: provider!,
    path,
    key: key!,
  }));
}

function readOrNull(file: string, shown: string, setting: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new TributaryError('TRIB_CONFIG_PROVIDER', 'config', {
      what: `Could not read properties from file ${shown}`,
      where: setting,
      fix: 'Check the path in the reference and that this process may read it.',
      cause,
    });
  }
}

function kindOf(className: string): ProviderKind | null {
  if (/(?:^|\.)FileConfigProvider$/.test(className)) return 'file';
  if (/(?:^|\.)EnvVarConfigProvider$/.test(className)) return 'env';
  if (/(?:^|\.)DirectoryConfigProvider$/.test(className)) return 'directory';
  return null;
}
