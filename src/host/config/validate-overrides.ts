// ClientKind overrides (`consumer.override.…` and so on): which are allowed is the worker's policy.
import type { RawConfig } from '../../core/config/define.ts';
import { type ConfigInfo, describeSetting } from '../../core/config/describe.ts';
import { parseConfig } from '../../core/config/parse.ts';
import { MASK, namesSecret } from '../../core/redact.ts';
import type { Environment } from '../environment.ts';
import { type ClientKind, isOverrideAllowed } from './client-config.ts';
import { clientSetting } from './client-settings.ts';
import type { ConnectorKind } from './framework-config.ts';
import type { Part } from './validate-aliases.ts';

/** Entries for override keys, one part a client kind. */
export function overridePart(raw: RawConfig, kind: ConnectorKind, environment: Environment): Part[] {
  const clients = clientsOf(raw, kind);
  return clients.map((client) => {
    const prefix = `${client}.override.`;
    const names = Object.keys(raw).filter((name) => name.startsWith(prefix));
    return { groups: [], configs: names.map((name) => entry(client, name.slice(prefix.length), raw, environment)) };
  });
}

function clientsOf(raw: RawConfig, kind: ConnectorKind): readonly ClientKind[] {
  if (kind === 'source') {
    const creates = Object.keys(raw).some((name) => name.startsWith('topic.creation.'));
    return creates ? ['producer', 'admin'] : ['producer'];
  }
  const hasLetters = (raw['errors.deadletterqueue.topic.name'] ?? '') !== '';
  return hasLetters ? ['consumer', 'producer', 'admin'] : ['consumer'];
}

function entry(client: ClientKind, key: string, raw: RawConfig, environment: Environment): ConfigInfo {
  const prefix = `${client}.override.`;
  const name = prefix + key;
  const { overridePolicy: policy } = environment.settings;
  const errors = isOverrideAllowed(key, environment.settings)
    ? []
    : [`The '${policy}' policy does not allow '${key}' to be overridden in the connector configuration.`];
  const setting = clientSetting(client, key);
  // The reference answers 500 to a value that its client cannot parse; here the entry says so.
  if (setting !== null) errors.push(...parseConfig([setting], { [key]: raw[name] ?? null }).reports[0]!.errors);
  const given = raw[name] ?? null;
  // Also a key that no client knows may hold a password.
  const isSecret = given !== null && (setting?.type === 'PASSWORD' || namesSecret(key));
  const value = { name, value: isSecret ? MASK : given, recommended_values: [], errors, visible: true };
  return { definition: setting === null ? null : describeSetting(setting, { prefix }), value };
}
