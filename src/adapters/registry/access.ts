// How a registry is reached: addresses, credentials, TLS, patience; from the settings of Confluent's clients.
//
// Law: credentials go into one header and nowhere else. Addresses that messages quote have lost theirs.
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { RawConfig } from '../../core/config/define.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { tlsOptions } from './tls.ts';

export interface RegistryAccess {
  /** Base URLs without credentials and without a closing slash, to be tried in this order. */
  readonly bases: readonly string[];
  /** The header's value; null: none. */
  readonly authorization: string | null;
  /** Null: the process's own trust. */
  readonly tls: TlsOptions | null;
  readonly timeoutMs: number;
  /** Further tries after all bases failed. */
  readonly retriesMax: number;
  readonly retryWaitMs: number;
  readonly retryWaitMsMax: number;
}

const PREFIX = 'schema.registry.';
const ACCESS = /^(schema\.registry\.)?(basic\.auth\.|bearer\.auth\.|ssl\.|http\.|max\.retries$|retries\.|proxy\.)/;

/** The settings that say how a registry is reached, apart from its address, by name; empty when there are none. */
export function accessSettings(raw: RawConfig): RawConfig {
  const settings: Record<string, string | null> = {};
  for (const name of Object.keys(raw).sort()) {
    const short = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
    // The name with the prefix is the more particular one: it wins.
    if (ACCESS.test(name) && (name !== short || settings[short] === undefined)) settings[short] = raw[name] ?? null;
  }
  const source = settings['basic.auth.credentials.source']?.toUpperCase();
  if (source === 'SASL_INHERIT') settings['sasl.jaas.config'] = raw['sasl.jaas.config'] ?? null;
  return settings;
}

/** @param url one or several addresses, separated by commas. Throws `config`. */
export function registryAccess(url: string, raw: RawConfig): RegistryAccess {
  const settings = accessSettings(raw);
  const { bases, userInfo } = parsedUrls(url);
  if ((settings['proxy.host'] ?? '') !== '') {
    throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
      what: `proxy.host is ${quoted(settings['proxy.host'])}, but a proxy to the schema registry is not supported.`,
      fix: 'Give the registry an address that this host can reach.',
    });
  }
  return {
    bases,
    authorization: authorizationOf(settings, userInfo),
    tls: tlsOptions(Object.fromEntries(Object.entries(settings).filter(([name]) => name.startsWith('ssl.')))),
    timeoutMs: whole(settings, 'http.read.timeout.ms', 10_000),
    retriesMax: whole(settings, 'max.retries', 3),
    retryWaitMs: whole(settings, 'retries.wait.ms', 1_000),
    retryWaitMsMax: whole(settings, 'retries.max.wait.ms', 20_000),
  };
}

function authorizationOf(settings: RawConfig, ofUrl: string | null): string | null {
  const token = settings['bearer.auth.token'] ?? '';
  const issuer = settings['bearer.auth.credentials.source'] ?? 'STATIC_TOKEN';
  if (token !== '' || settings['bearer.auth.credentials.source'] !== undefined) {
    if (issuer.toUpperCase() !== 'STATIC_TOKEN') {
      throw missing('bearer.auth.credentials.source', quoted(issuer), 'Use STATIC_TOKEN with bearer.auth.token.');
    }
    if (token === '') throw missing('bearer.auth.token', 'empty', 'Give the token, e.g. ${env:REGISTRY_TOKEN}.');
    return `Bearer ${token}`;
  }
  const userInfo = basicOf(settings, ofUrl);
  return userInfo === null ? null : `Basic ${Buffer.from(userInfo).toString('base64')}`;
}

function basicOf(settings: RawConfig, ofUrl: string | null): string | null {
  const given = settings['basic.auth.user.info'] ?? '';
  const source = settings['basic.auth.credentials.source']?.toUpperCase();
  switch (source) {
    case 'USER_INFO':
      if (!given.includes(':')) {
        throw missing(
          'basic.auth.user.info',
          'no user:password',
          'Give user:password for basic.auth.credentials.source=USER_INFO.',
        );
      }
      return given;
    case 'SASL_INHERIT': {
      const jaas = settings['sasl.jaas.config'] ?? '';
      const [user, password] = [jaasOption(jaas, 'username'), jaasOption(jaas, 'password')];
      if (user === null || password === null) {
        throw missing('sasl.jaas.config', 'without username and password', 'SASL_INHERIT takes both from it.');
      }
      return `${user}:${password}`;
    }
    default:
      // Without a stated source the user's info counts, too: who gives one means it.
      return given !== '' && source === undefined ? given : ofUrl;
  }
}

/** Base URLs without credentials, and the credentials. */
function parsedUrls(text: string): { bases: string[]; userInfo: string | null } {
  let userInfo: string | null = null;
  const bases = text.split(',').map((part) => {
    let url: URL;
    try {
      url = new URL(part.trim());
    } catch {
      throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
        what: `schema.registry.url is ${quoted(text.replace(/\/\/[^@/]*@/g, '//'))}, which is no URL.`,
        fix: 'Write e.g. http://host:8081, or "embedded".',
      });
    }
    if (url.username !== '') userInfo = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
  });
  return { bases, userInfo };
}

/** An option of a JAAS line: `… required username="alice" password="…";`. */
function jaasOption(jaas: string, name: string): string | null {
  const quotedForm = `"((?:[^"\\\\]|\\\\.)*)"|'((?:[^'\\\\]|\\\\.)*)'|([^\\s;]+)`;
  const found = new RegExp(`\\b${name}\\s*=\\s*(?:${quotedForm})`).exec(jaas);
  const value = found?.[1] ?? found?.[2] ?? found?.[3];
  return value === undefined ? null : value.replace(/\\(.)/g, '$1');
}

function whole(settings: RawConfig, name: string, standard: number): number {
  const text = settings[name] ?? '';
  if (text === '') return standard;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw missing(name, quoted(text), 'Give a whole number.');
}

function missing(name: string, how: string, fix: string): TributaryError {
  return new TributaryError('TRIB_CONFIG_INVALID', 'config', { what: `${name} is ${how}.`, where: name, fix });
}
