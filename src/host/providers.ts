// `${provider:[path:]key}` references in configs: resolved only when a plugin is handed its settings, never stored.
//
// Law: a reference that cannot be resolved stays as it is written (unknown provider, missing key), as Connect does; an unreadable
// file is an error. What was resolved is remembered by the redactor, so that it shows in no log or answer.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RawConfig } from '../core/config/define.ts';
import { TributaryError } from '../core/errors.ts';
import type { Redactor } from '../core/redact.ts';
import { parseProperties } from './properties.ts';

type ProviderKind = 'file' | 'env' | 'directory';

/** Which providers there are, and what they may read. */
export interface ProviderOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Worker settings `config.providers…`; the names `file`, `env`, `directory` and `dir` stand without any. */
  readonly worker?: RawConfig;
}

const REFERENCE = /\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}/g;

/** Resolves references in settings. */
export class Providers {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #kinds = new Map<string, ProviderKind>([
    ['file', 'file'],
    ['env', 'env'],
    ['directory', 'directory'],
    ['dir', 'directory'],
  ]);
  readonly #allowedPaths = new Map<string, readonly string[]>();
  readonly #envPattern: RegExp;
  readonly #redactor: Redactor;

  constructor(options: ProviderOptions, redactor: Redactor) {
    this.#environment = options.environment;
    this.#redactor = redactor;
    const worker = options.worker ?? {};
    for (const name of (worker['config.providers'] ?? '').split(',').map((part) => part.trim())) {
      const kind = kindOf(worker[`config.providers.${name}.class`] ?? '');
      if (kind !== null) this.#kinds.set(name, kind);
      const paths = worker[`config.providers.${name}.param.allowed.paths`];
      if (paths)
        this.#allowedPaths.set(
          name,
          paths.split(',').map((path) => resolve(path.trim())),
        );
    }
    this.#envPattern = new RegExp(`^(?:${worker['config.providers.env.param.allowlist.pattern'] ?? '.*'})$`);
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

  #look(provider: string, path: string | undefined, key: string, setting: string): string | null {
    const kind = this.#kinds.get(provider);
    if (kind === undefined) return null;
    if (kind === 'env') {
      // `${env:NAME:default}`: what stands where others have a key is the default.
      const variable = path ?? key;
      const found = this.#envPattern.test(variable) ? this.#environment[variable] : undefined;
      return found ?? (path === undefined ? null : key);
    }
    if (path === undefined || path === '') return null;
    if (!this.#mayRead(provider, path)) return null;
    if (kind === 'directory') return readOrNull(join(path, key), path, setting);
    const text = readOrNull(path, path, setting);
    return text === null ? null : (parseProperties(text)[key] ?? null);
  }

  #mayRead(provider: string, path: string): boolean {
    const allowed = this.#allowedPaths.get(provider);
    if (allowed === undefined) return true;
    const full = resolve(path);
    return allowed.some((root) => full === root || full.startsWith(`${root}/`));
  }
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
  if (/FileConfigProvider$/.test(className)) return 'file';
  if (/EnvVarConfigProvider$/.test(className)) return 'env';
  if (/DirectoryConfigProvider$/.test(className)) return 'directory';
  return null;
}
