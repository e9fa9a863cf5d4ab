// Checks that Debezium's settings share. Their definitions call nothing required and check it themselves.

import type { Setting, SettingValue } from '../../core/config/define.ts';

/** Refuses an absent or empty value. */
export function required(value: SettingValue): string | null {
  const isEmpty = value === null || value === '' || (Array.isArray(value) && value.length === 0);
  return isEmpty ? 'A value is required' : null;
}

/** Refuses empty members and members with blanks in them. */
export function plainNames(value: SettingValue): string | null {
  for (const member of Array.isArray(value) ? value : []) {
    if (member === '') return 'Empty string element(s) not allowed';
    if (/\s/.test(member)) return 'Element(s) with space not allowed';
  }
  return null;
}

/** One of the choices, in any case; null passes. */
export function anyCase(...choices: readonly string[]): (value: SettingValue) => string | null {
  return (value) =>
    value === null || choices.includes(String(value).toLowerCase())
      ? null
      : `Value must be one of ${choices.join(', ')}`;
}

/** What most of Debezium's definitions say of themselves. */
export const LOW = { importance: 'LOW', order: 1 } as const satisfies Partial<Setting>;
