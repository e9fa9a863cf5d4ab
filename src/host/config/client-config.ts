// What is set for Kafka's clients of one connector, under Kafka's names.
//
// Law: the connector's `….override.` settings, as far as the worker's policy allows them, stand above the worker's `producer.`,
// `consumer.` and `admin.` settings, and those above the worker's own connection.
import type { RawConfig } from '../../core/config/define.ts';
import { parseSetting } from '../../core/config/parse.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import type { HostSettings } from '../environment.ts';

export type ClientKind = 'producer' | 'consumer' | 'admin';
export type ClientConfig = Readonly<Record<string, string>>;

type Settings = Pick<HostSettings, 'raw' | 'overridePolicy'>;

const PRINCIPAL = new Set(['sasl.jaas.config', 'sasl.mechanism', 'security.protocol']);
const ALLOWLIST = 'connector.client.config.override.allowlist';

/** How brokers are reached: a client for which one of these differs from the worker's has connections of its own. */
const CONNECTION =
  /^(?:bootstrap\.servers|client\.id|security\.protocol|(?:sasl|ssl)\..+|socket\.connection\.setup\.timeout\.ms|request\.timeout\.ms|default\.api\.timeout\.ms)$/;

/** Whether the worker's policy lets connectors set it. */
export function isOverrideAllowed(key: string, { raw, overridePolicy }: Settings): boolean {
  switch (overridePolicy) {
    case 'All':
      return true;
    case 'Principal':
      return PRINCIPAL.has(key);
    case 'Allowlist':
      return (parseSetting('LIST', raw[ALLOWLIST] ?? '') as readonly string[]).includes(key);
    default:
      return false;
  }
}

/** What is set for one kind of client, by the worker and by the connector. `raw`: with references resolved. */
export function clientConfig(client: ClientKind, raw: RawConfig, settings: Settings): ClientConfig {
  const config: Record<string, string> = {};
  const take = (from: RawConfig, prefix: string, isOverride: boolean): void => {
    for (const [name, value] of Object.entries(from)) {
      if (value === null || !name.startsWith(prefix)) continue;
      const key = name.slice(prefix.length);
      if (isOverride) {
        if (isOverrideAllowed(key, settings)) config[key] = value;
      } else if (!key.startsWith('override.')) config[key] = value;
    }
  };
  take(settings.raw, `${client}.`, false);
  take(raw, `${client}.override.`, true);
  return config;
}

/** The whole connection of a client, under Kafka's names; null: it is the worker's. */
export function ownConnection(config: ClientConfig, settings: Pick<HostSettings, 'raw'>): RawConfig | null {
  const own = Object.entries(config).filter(
    ([key, value]) => CONNECTION.test(key) && (settings.raw[key] ?? '').trim() !== value.trim(),
  );
  if (own.length === 0) return null;
  const shared = Object.entries(settings.raw).filter(([key]) => CONNECTION.test(key));
  return { ...Object.fromEntries(shared), ...Object.fromEntries(own) };
}

/** Whether a client speaks to other brokers than the worker does. */
export function isElsewhere(config: ClientConfig, settings: Pick<HostSettings, 'raw'>): boolean {
  const servers = (config['bootstrap.servers'] ?? '').trim();
  return servers !== '' && servers !== 'embedded' && servers !== (settings.raw['bootstrap.servers'] ?? '').trim();
}

/** A whole number that is set; null when none is. Throws `config` when it is none, or below `least`. */
export function wholeSetting(client: ClientKind, config: ClientConfig, name: string, least = 1): number | null {
  const text = config[name];
  if (text === undefined) return null;
  const value = parseSetting('LONG', text);
  if (typeof value === 'number' && value >= least) return value;
  throw invalid(client, name, text, `Give a whole number of at least ${least}.`);
}

/** One of some words that is set, in lower case; null when none is. Throws `config` for another one. */
export function wordSetting<T extends string>(
  client: ClientKind,
  config: ClientConfig,
  name: string,
  words: readonly T[],
): T | null {
  const text = config[name]?.trim();
  if (text === undefined || text === '') return null;
  const word = words.find((known) => known === text.toLowerCase());
  if (word !== undefined) return word;
  throw invalid(client, name, text, `Use one of: ${words.join(', ')}.`);
}

function invalid(client: string, name: string, value: string, fix: string): TributaryError {
  return new TributaryError('TRIB_CONFIG_INVALID', 'config', {
    what: `${name} of the ${client} is ${quoted(value)}.`,
    where: `${client}.override.${name} of the connector, or ${client}.${name} of the worker`,
    fix,
  });
}
