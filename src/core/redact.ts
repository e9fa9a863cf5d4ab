// Keeps secrets out of everything that people read: REST answers, logs, traces.
//
// Two nets: settings that hold secrets by type or by name are shown masked; and every secret value handed to a plugin is
// remembered, so that a foreign error text that quotes it is cleaned.

/** What stands in place of a secret. Sent back in a PUT it means "keep the value you have". */
export const MASK = '[hidden]';

const SECRET_NAME =
  /(^|[._-])(password|passwd|passphrase|secret|token|credentials?|api[._-]?key|access[._-]?key|private[._-]?key|auth[._-]?user[._-]?info|user\.info|jaas\.config)($|[._-])/i;
const REFERENCE = /^\$\{[^}]+\}$/;

/** True when the setting's name says that its value is a secret. */
export function namesSecret(setting: string): boolean {
  return SECRET_NAME.test(setting) && !/\.(path|location|type|class|enable|enabled|ms|source|url)$/i.test(setting);
}

/** A config as it may be shown: secrets masked, references to secrets (`${file:…}`) left as they are. */
export function masked(
  config: Readonly<Record<string, string | null>>,
  isSecret: (setting: string) => boolean,
): Record<string, string | null> {
  const shown: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(config)) {
    const hide = value !== null && value !== '' && !REFERENCE.test(value) && (isSecret(name) || namesSecret(name));
    shown[name] = hide ? MASK : value === null ? null : withoutUserInfo(value);
  }
  return shown;
}

/** URLs lose the password they carry. */
export function withoutUserInfo(text: string): string {
  return text.includes('://') ? text.replace(/(:\/\/[^\s/:@]*):[^\s/@]+@/g, `$1:${MASK}@`) : text;
}

/** Remembers secret values of this process and blanks them in texts. */
export class Redactor {
  readonly #values = new Set<string>();

  /** Short values are not remembered: they would blank innocent text. */
  add(value: string): void {
    if (value.length >= 6) this.#values.add(value);
  }

  /** Those remembered values that stand in the text: what a thread which gets the text must hide as well. */
  within(text: string): readonly string[] {
    return [...this.#values].filter((value) => text.includes(value));
  }

  redact(text: string): string {
    let clean = withoutUserInfo(text);
    for (const value of this.#values) if (clean.includes(value)) clean = clean.replaceAll(value, MASK);
    return clean;
  }
}
