// Which settings of a connector are secrets, and how its config may be shown.
import type { ConfigDef, RawConfig } from '../../core/config/define.ts';
import { MASK, masked, namesSecret, type Redactor } from '../../core/redact.ts';
import type { Environment } from '../environment.ts';

/** Secret values that a plugin is handed will be blanked in every log, trace and answer. */
export function rememberSecrets(definition: ConfigDef, raw: RawConfig, redactor: Redactor): void {
  const secret = secretNames(definition);
  for (const [name, value] of Object.entries(raw)) {
    if (value !== null && (secret.has(name) || namesSecret(name))) redactor.add(value);
  }
}

/** A connector's config (or one of its tasks') as it may leave the host. */
export function shownConfig(raw: RawConfig, environment: Environment): Record<string, string | null> {
  const found = environment.plugins.findConnector(raw['connector.class'] ?? '');
  const secret = secretNames(found?.def.config ?? []);
  return masked(raw, (name) => secret.has(name));
}

/** A config as it is to be stored: a mask that came back from a client stands for the value it hides. */
export function unmasked(given: RawConfig, stored: RawConfig | null): RawConfig {
  if (stored === null) return given;
  const kept: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(given)) {
    kept[name] = value === MASK && stored[name] !== undefined ? stored[name] : value;
  }
  return kept;
}

function secretNames(definition: ConfigDef): ReadonlySet<string> {
  return new Set(definition.filter(({ type }) => type === 'PASSWORD').map(({ name }) => name));
}
