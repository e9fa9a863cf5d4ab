// Raw settings → values and reports: all faults at once, with Connect's rules and texts.
//
// Law: a setting that fails to parse becomes null and its check still runs on that null, so one bad value may yield two
// messages. Clients of Connect count messages, so we keep it.

import { TributaryError } from '../errors.ts';
import {
  type ConfigDef,
  type ParsedConfig,
  Password,
  type RawConfig,
  type Setting,
  type SettingReport,
  type SettingType,
  type SettingValue,
} from './define.ts';

/** What {@link parseConfig} answers. `values` holds every setting of the definition; those in error are null. */
export interface ParsedSettings {
  readonly values: ParsedConfig;
  /** One a setting, in the order of the definition. */
  readonly reports: readonly SettingReport[];
}

/**
 * Parses raw settings by a definition. Never throws: faults stand in the reports. Settings that the definition does not
 * know are ignored.
 * @param prefix what stands before a name where it is missing or of another type. A plugin's own checks know nothing of it, as in Connect.
 */
export function parseConfig(def: ConfigDef, raw: RawConfig, prefix = ''): ParsedSettings {
  const values: Record<string, SettingValue> = {};
  const reports: SettingReport[] = [];
  for (const setting of def) {
    const errors: string[] = [];
    const value = givenValue(setting, raw, prefix, errors);
    const wrong = checked(setting, value);
    if (wrong !== null) errors.push(invalid(setting.name, value, wrong));
    values[setting.name] = value;
    reports.push({
      setting,
      value: settingText(value),
      errors,
      recommended: setting.recommended ?? [],
      visible: true,
    });
  }
  return { values, reports };
}

/**
 * Like {@link parseConfig}, but throws one `config` error with every fault.
 * @param where what the settings belong to, e.g. `transforms.unwrap`.
 */
export function parseConfigOrThrow(def: ConfigDef, raw: RawConfig, where: string): ParsedConfig {
  const { values, reports } = parseConfig(def, raw);
  const errors = reports.flatMap((report) => report.errors);
  if (errors.length > 0) {
    throw new TributaryError('TRIB_CONFIG_INVALID', 'config', { what: errors.join('\n'), where });
  }
  return values;
}

/** The settings under a prefix, with the prefix removed: those meant for one plugin. */
export function settingsUnder(raw: RawConfig, prefix: string): RawConfig {
  const under: Record<string, string | null> = {};
  for (const name in raw) {
    if (name.startsWith(prefix)) under[name.slice(prefix.length)] = raw[name] ?? null;
  }
  return under;
}

/** Connect's wording for a value that is refused. */
export function invalid(name: string, value: SettingValue | undefined, why: string): string {
  return `Invalid value ${shown(value ?? null)} for configuration ${name}: ${why}`;
}

/** A value as Connect's `value` and `default_value` show it; null stays null, passwords stay hidden. */
export function settingText(value: SettingValue): string | null {
  if (value === null) return null;
  if (Array.isArray(value)) return value.join(',');
  return String(value);
}

function givenValue(setting: Setting, raw: RawConfig, prefix: string, errors: string[]): SettingValue {
  const { name } = setting;
  const given = Object.hasOwn(raw, name) ? raw[name] : undefined;
  if (given === undefined) {
    if (setting.fallback !== undefined) return setting.fallback;
    errors.push(`Missing required configuration "${prefix}${name}" which has no default value.`);
    return null;
  }
  if (given === null) return null;
  const parsed = parseSetting(setting.type, given);
  if (parsed !== undefined) return parsed;
  errors.push(`Invalid value ${given} for configuration ${prefix}${name}: ${expectation(setting.type)}`);
  return null;
}

function checked(setting: Setting, value: SettingValue): string | null {
  const { choices } = setting;
  if (choices !== undefined && !(value === null && setting.fallback === null)) {
    if (!choices.includes(String(value))) return `String must be one of: ${choices.join(', ')}`;
  }
  return setting.check?.(value, setting.name) ?? null;
}

const INTEGER = /^[+-]?[0-9]+$/;
/** Java's syntax of a double: decimal only, an exponent and a type letter may follow. */
const DOUBLE = /^[+-]?(NaN|Infinity|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[fFdD]?)$/;
const RANGES = { SHORT: 15n, INT: 31n, LONG: 63n } as const;

/** The value of a text by type; undefined when the text does not fit the type. */
export function parseSetting(type: SettingType, text: string): SettingValue | undefined {
  const trimmed = text.replace(/^[\0- ]+|[\0- ]+$/g, '');
  switch (type) {
    case 'STRING':
    case 'CLASS':
      return trimmed;
    case 'PASSWORD':
      return new Password(trimmed);
    case 'LIST':
      return trimmed === '' ? [] : trimmed.split(/\s*,\s*/);
    case 'BOOLEAN': {
      const lower = trimmed.toLowerCase();
      return lower === 'true' ? true : lower === 'false' ? false : undefined;
    }
    case 'DOUBLE':
      return DOUBLE.test(trimmed) ? Number(trimmed.replace(/([0-9.])[fFdD]$/, '$1')) : undefined;
    default: {
      if (!INTEGER.test(trimmed)) return undefined;
      const value = BigInt(trimmed.replace(/^\+/, ''));
      const limit = 1n << RANGES[type];
      return value >= -limit && value < limit ? Number(value) : undefined;
    }
  }
}

function expectation(type: SettingType): string {
  if (type === 'BOOLEAN') return 'Expected value to be either true or false';
  if (type === 'LIST') return 'Expected a comma separated list.';
  return `Not a number of type ${type}`;
}

function shown(value: SettingValue): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}
