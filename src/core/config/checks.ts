// Ready-made checks of settings, with Connect's wording. Each answers null or what is wrong (without the setting's name).

import { compileJavaRegex } from '../java/regex.ts';
import type { SettingValue } from './define.ts';

/** A check as `Setting.check` takes it. */
export type SettingCheck = (value: SettingValue, name: string) => string | null;

/** A number ≥ `least`; null is refused. */
export function atLeast(least: number): SettingCheck {
  return (value) =>
    value === null ? 'Value must be non-null' : Number(value) < least ? `Value must be at least ${least}` : null;
}

/** A number in `least`…`most`; null is refused. */
export function between(least: number, most: number): SettingCheck {
  return (value) => {
    if (value === null) return 'Value must be non-null';
    if (Number(value) < least) return `Value must be at least ${least}`;
    return Number(value) > most ? `Value must be no more than ${most}` : null;
  };
}

/** One of the choices, in any case. Null passes (a missing required value is reported by itself). */
export function oneOfIgnoringCase(...choices: readonly string[]): SettingCheck {
  return (value) => {
    if (value === null || choices.some((choice) => choice.toLowerCase() === String(value).toLowerCase())) return null;
    return `String must be one of (case insensitive): ${choices.join(', ')}`;
  };
}

/** Refuses empty text; null passes. */
export const nonEmptyText: SettingCheck = (value) => (value === '' ? 'String must be non-empty' : null);

/** Refuses null. */
export const nonNull: SettingCheck = (value) => (value === null ? 'entry must be non null' : null);

/** Refuses null and the empty list. */
export const nonEmptyList: SettingCheck = (value) =>
  value === null || (Array.isArray(value) && value.length === 0) ? 'Empty list' : null;

/** A regular expression in Java's syntax. */
export const validRegex: SettingCheck = (value) => {
  try {
    compileJavaRegex(String(value ?? ''));
    return value === null ? 'Invalid regex: null' : null;
  } catch (error) {
    return `Invalid regex: ${error instanceof Error ? error.message : String(error)}`;
  }
};

/** A name that a topic can have; null passes. */
export const topicName: SettingCheck = (value) =>
  value === null || /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/.test(String(value))
    ? null
    : 'Not a name of a topic: use 1 to 249 letters, digits, dots, underscores and hyphens';

/** Members of the form `name:value`. */
export const pairs: SettingCheck = (value) => {
  for (const member of Array.isArray(value) ? value : []) {
    if (splitPair(member) === null) return `Invalid rename mapping: ${member}`;
  }
  return null;
};

/** The two sides of `name:value`; null when there are not exactly two or the second is empty. */
export function splitPair(member: string): readonly [string, string] | null {
  const parts = splitByColon(member);
  return parts.length === 2 ? [parts[0]!, parts[1]!] : null;
}

/** The parts between colons; empty ones at the end do not count, as in Java. */
export function splitByColon(text: string): readonly string[] {
  const parts = text.split(':');
  while (parts.at(-1) === '') parts.pop();
  return parts;
}

/** The first refusal of several checks. */
export function allOf(...checks: readonly SettingCheck[]): SettingCheck {
  return (value, name) => {
    for (const check of checks) {
      const wrong = check(value, name);
      if (wrong !== null) return wrong;
    }
    return null;
  };
}
