// Time zones by Java's ids: region names, UTC, GMT+1, +02:00. Offsets of regions come from the run-time's own zone data.
import { nearest } from '../../../core/errors.ts';
import { evaluationError } from '../../errors.ts';

/** A zone, found once and asked per row. */
export interface Zone {
  /** As the user or text named it, for `VV`. */
  readonly id: string;
  /** Milliseconds east of UTC at an instant. */
  offsetAt(ms: number): number;
  /** The instant of a local time; in a gap the later one by its length, in an overlap the earlier offset, as in Java. */
  instantOf(localMs: number): number;
  /** `PDT`, `UTC`. */
  shortNameAt(ms: number): string;
  /** `Pacific Daylight Time`. */
  longNameAt(ms: number): string;
}

const OFFSET = /^([+-])(\d{1,2})(?::?(\d{2})(?::?(\d{2}))?)?$/;
const PREFIXED = /^(UTC|GMT|UT)([+-].+)$/;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const OFFSET_MAX_MS = 18 * HOUR_MS;

/** The zone of an id. Throws E-EVAL-17. */
export function zoneOf(id: string): Zone {
  const fixed = fixedOffset(id);
  if (fixed !== null) return fixedZone(id, fixed);
  try {
    if (!/^[A-Z]/.test(id)) throw new RangeError('Region ids begin with a capital letter.');
    return regionZone(id);
  } catch (cause) {
    const near = nearest(id, Intl.supportedValuesOf('timeZone'));
    const hint = near === null ? 'Write UTC, Europe/London or +02:00.' : `Did you mean ${near}?`;
    throw evaluationError('EVAL-17', `There is no time zone "${id}". ${hint}`, cause);
  }
}

/** Remembers the zones asked for: an id hardly ever changes from row to row. */
export function zoneCache(): (id: string) => Zone {
  const known = new Map<string, Zone>();
  return (id) => {
    let zone = known.get(id);
    if (zone === undefined) {
      zone = zoneOf(id);
      if (known.size > 100) known.clear();
      known.set(id, zone);
    }
    return zone;
  };
}

export const UTC_ID = 'UTC';

function fixedOffset(id: string): number | null {
  if (id === 'Z' || id === 'UTC' || id === 'GMT' || id === 'UT') return 0;
  const prefixed = PREFIXED.exec(id);
  return offsetOf(prefixed === null ? id : prefixed[2]!);
}

/** `+02`, `+0200`, `+02:00`, `+02:00:30`; null when it is none. */
export function offsetOf(text: string): number | null {
  const match = OFFSET.exec(text);
  if (match === null) return null;
  const [minutes, seconds] = [Number(match[3] ?? 0), Number(match[4] ?? 0)];
  const size = Number(match[2]) * HOUR_MS + minutes * 60_000 + seconds * 1000;
  if (size > OFFSET_MAX_MS || minutes > 59 || seconds > 59) return null;
  return match[1] === '-' ? -size : size;
}

/** A zone that never changes its offset. */
export function fixedZone(id: string, offset: number): Zone {
  return {
    id,
    offsetAt: () => offset,
    instantOf: (localMs) => localMs - offset,
    shortNameAt: () => id,
    longNameAt: () => (offset === 0 ? 'Coordinated Universal Time' : id),
  };
}

function regionZone(id: string): Zone {
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone: id,
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  // Offsets change on quarters of an hour, so one answer holds for its quarter; the last few quarters are kept.
  const quarters = new Map<number, number>();
  const offsetAt = (ms: number): number => {
    const quarter = Math.floor(ms / 900_000);
    let offset = quarters.get(quarter);
    if (offset === undefined) {
      offset = localOf(clock, quarter * 900_000) - quarter * 900_000;
      if (quarters.size > 1000) quarters.clear();
      quarters.set(quarter, offset);
    }
    return offset;
  };
  return {
    id,
    offsetAt,
    instantOf(localMs) {
      const before = offsetAt(localMs - DAY_MS);
      const after = offsetAt(localMs + DAY_MS);
      if (before === after || offsetAt(localMs - before) === before) return localMs - before;
      return offsetAt(localMs - after) === after ? localMs - after : localMs - before;
    },
    shortNameAt: (ms) => shortName(id, ms, offsetAt(ms)),
    longNameAt: (ms) => namePart(id, ms, 'en-US', 'long'),
  };
}

function localOf(clock: Intl.DateTimeFormat, ms: number): number {
  const fields: Record<string, string> = {};
  for (const { type, value } of clock.formatToParts(ms)) fields[type] = value;
  const year = fields['era'] === 'BC' ? 1 - Number(fields['year']) : Number(fields['year']);
  const time = Date.UTC(
    2000,
    Number(fields['month']) - 1,
    Number(fields['day']),
    Number(fields['hour']),
    Number(fields['minute']),
    Number(fields['second']),
  );
  // Date.UTC reads years below 100 as of the last century.
  const date = new Date(time);
  date.setUTCFullYear(year, Number(fields['month']) - 1, Number(fields['day']));
  return date.getTime();
}

/** The run-time knows abbreviations only in the English of a country that uses them. */
const ENGLISHES = ['en-US', 'en-GB', 'en-AU', 'en-NZ', 'en-IN', 'en-ZA'];

function shortName(id: string, ms: number, offset: number): string {
  for (const locale of ENGLISHES) {
    const name = namePart(id, ms, locale, 'short');
    if (!/^(?:GMT|UTC)[+-]/.test(name)) return name;
  }
  const named = Object.entries(ABBREVIATIONS).find(([, zone]) => zone === id);
  if (named !== undefined) return named[0];
  const minutes = Math.abs(offset) / 60_000;
  return `GMT${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, '0');
}

function namePart(id: string, ms: number, locale: string, timeZoneName: 'short' | 'long'): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZone: id, timeZoneName }).formatToParts(ms);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? id;
}

/** What abbreviations in a text stand for. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  PST: 'America/Los_Angeles',
  PDT: 'America/Los_Angeles',
  MST: 'America/Denver',
  MDT: 'America/Denver',
  CST: 'America/Chicago',
  CDT: 'America/Chicago',
  EST: 'America/New_York',
  EDT: 'America/New_York',
  BST: 'Europe/London',
  WET: 'Europe/Lisbon',
  WEST: 'Europe/Lisbon',
  CET: 'Europe/Paris',
  CEST: 'Europe/Paris',
  EET: 'Europe/Helsinki',
  EEST: 'Europe/Helsinki',
  MSK: 'Europe/Moscow',
  IST: 'Asia/Kolkata',
  SGT: 'Asia/Singapore',
  HKT: 'Asia/Hong_Kong',
  KST: 'Asia/Seoul',
  JST: 'Asia/Tokyo',
  AEST: 'Australia/Sydney',
  AEDT: 'Australia/Sydney',
  NZST: 'Pacific/Auckland',
  NZDT: 'Pacific/Auckland',
};

/** The zone named at the start of a text (ids, offsets, abbreviations), and how long the name is; null when there is none. */
export function zoneAtStart(text: string): { readonly zone: Zone; readonly length: number } | null {
  const match = /^(?:[A-Za-z][A-Za-z0-9_~/.-]*(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{1,2}(?::?\d{2}(?::?\d{2})?)?)/.exec(
    text,
  );
  if (match === null) return null;
  const name = match[0];
  const upper = name.toUpperCase();
  try {
    const region = Object.hasOwn(ABBREVIATIONS, upper) ? ABBREVIATIONS[upper]! : name;
    const plain = /^(?:utc|gmt|ut|z)/i.test(region) ? upper : region;
    return { zone: zoneOf(plain), length: name.length };
  } catch {
    // The caller words the fault: it knows the whole text and the pattern.
    return null;
  }
}
