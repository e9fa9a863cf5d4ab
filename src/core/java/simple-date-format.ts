// Java's SimpleDateFormat in UTC and US English: patterns of TimestampConverter and TimestampRouter.
//
// Printing is on the data path: the calendar is worked out once a day met, the rest is concatenation. Parsing is lenient, as
// Java's default is: hour 25 is one o'clock of the next day.

import type { Long } from '../data/schema.ts';
import { type Calendar, CUTOVER, calendarOf, DAY_MS, dayOf, daysOf } from './calendar.ts';

/** Prints and parses instants (ms since the epoch) by one pattern. */
export interface DateFormat {
  format(ms: Long): string;
  /** Null when the text does not match. Text behind the match is ignored. */
  parse(text: string): number | null;
}

/** Compiles a pattern. Throws RangeError for a letter that Java does not know or a quote that does not close. */
export function simpleDateFormat(pattern: string): DateFormat {
  const parts = partsOf(pattern);
  let calendar = calendarOf(0);
  return {
    format: (ms) => {
      const day = dayOf(ms);
      if (calendar.day !== day) calendar = calendarOf(day);
      const msOfDay = typeof ms === 'number' ? ms - day * DAY_MS : Number(ms - BigInt(day) * BigInt(DAY_MS));
      let out = '';
      for (let i = 0; i < parts.length; i++) {
        const part = parts[i]!;
        out += part.letter === '' ? part.text : printed(part, calendar, msOfDay);
      }
      return out;
    },
    parse: (text) => parseParts(parts, text),
  };
}

/**
 * The text of an instant as Connect writes dates: within the first day (and before it) a time, at midnight a date, else both.
 */
export function isoText(ms: Long): string {
  const pattern = ms < DAY_MS ? ISO_TIME : BigInt(dayOf(ms)) * BigInt(DAY_MS) === BigInt(ms) ? ISO_DATE : ISO_INSTANT;
  if (ms < CUTOVER * DAY_MS || ms >= YEAR_10000_MS) return simpleDateFormat(pattern).format(ms);
  const text = new Date(Number(ms)).toISOString();
  return pattern === ISO_TIME ? text.slice(11) : pattern === ISO_DATE ? text.slice(0, 10) : text;
}

const YEAR_10000_MS = 253_402_300_800_000;

interface Part {
  /** Empty: `text` stands for itself. */
  readonly letter: string;
  readonly count: number;
  readonly text: string;
}

/** Pattern of Connect's own text of a date. */
export const ISO_DATE = 'yyyy-MM-dd';
/** Pattern of Connect's own text of a time. */
export const ISO_TIME = "HH:mm:ss.SSS'Z'";
/** Pattern of Connect's own text of an instant. */
export const ISO_INSTANT = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'";
const LETTERS = 'GyYMLwWDdFEuaHkKhmsSzZX';

function partsOf(pattern: string): readonly Part[] {
  const parts: Part[] = [];
  let literal = '';
  const flush = () => {
    if (literal !== '') parts.push({ letter: '', count: 0, text: literal });
    literal = '';
  };
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!;
    if (char === "'") {
      const quoted = quotedText(pattern, i);
      literal += quoted.text;
      i = quoted.end;
    } else if (/[A-Za-z]/.test(char)) {
      if (!LETTERS.includes(char)) throw new RangeError(`Illegal pattern character '${char}'`);
      flush();
      let end = i;
      while (pattern[end + 1] === char) end++;
      if (char === 'X' && end - i > 2) throw new RangeError(`invalid ISO 8601 format: length=${end - i + 1}`);
      parts.push({ letter: char, count: end - i + 1, text: '' });
      i = end;
    } else literal += char;
  }
  flush();
  return parts;
}

function quotedText(pattern: string, start: number): { readonly text: string; readonly end: number } {
  if (pattern[start + 1] === "'") return { text: "'", end: start + 1 };
  let text = '';
  for (let i = start + 1; i < pattern.length; i++) {
    if (pattern[i] !== "'") text += pattern[i];
    else if (pattern[i + 1] === "'") {
      text += "'";
      i++;
    } else return { text, end: i };
  }
  throw new RangeError('Unterminated quote');
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

function printed({ letter, count }: Part, calendar: Calendar, msOfDay: number): string {
  switch (letter) {
    case 'y':
      return yearText(calendar.year, count);
    case 'M':
    case 'L':
      return count > 2 ? named(MONTHS[calendar.month - 1]!, count) : pad(calendar.month, count);
    case 'd':
      return pad(calendar.dayOfMonth, count);
    case 'H':
      return pad(Math.floor(msOfDay / 3_600_000), count);
    case 'm':
      return pad(Math.floor(msOfDay / 60_000) % 60, count);
    case 's':
      return pad(Math.floor(msOfDay / 1000) % 60, count);
    case 'S':
      return pad(msOfDay % 1000, count);
    default:
      return printedRarely(letter, count, calendar, Math.floor(msOfDay / 3_600_000));
  }
}

function printedRarely(letter: string, count: number, calendar: Calendar, hour: number): string {
  switch (letter) {
    case 'D':
      return pad(calendar.dayOfYear, count);
    case 'E':
      return named(WEEKDAYS[calendar.weekday]!, count);
    case 'u':
      return pad(calendar.weekday === 0 ? 7 : calendar.weekday, count);
    case 'F':
      return pad(Math.ceil(calendar.dayOfMonth / 7), count);
    case 'a':
      return hour < 12 ? 'AM' : 'PM';
    case 'k':
      return pad(hour === 0 ? 24 : hour, count);
    case 'K':
      return pad(hour % 12, count);
    case 'h':
      return pad(hour % 12 === 0 ? 12 : hour % 12, count);
    case 'w':
      return pad(weekOfYear(calendar).week, count);
    case 'Y':
      return yearText(weekOfYear(calendar).year, count);
    case 'W':
      return pad(Math.ceil((calendar.dayOfMonth + weekdayOfFirst(calendar)) / 7), count);
    case 'G':
      return calendar.year > 0 ? 'AD' : 'BC';
    case 'z':
      return count < 4 ? 'UTC' : 'Coordinated Universal Time';
    case 'Z':
      return '+0000';
    default:
      return 'Z';
  }
}

function yearText(year: number, count: number): string {
  const ofEra = year > 0 ? year : 1 - year;
  return count === 2 ? pad(ofEra % 100, 2) : pad(ofEra, count);
}

function named(name: string, count: number): string {
  return count > 3 ? name : name.slice(0, 3);
}

function pad(value: number, count: number): string {
  if (count === 2) return value < 10 ? `0${value}` : String(value);
  return count === 1 ? String(value) : String(value).padStart(count, '0');
}

/** Weekday of the first day of the month. */
function weekdayOfFirst(calendar: Calendar): number {
  return (((calendar.weekday - calendar.dayOfMonth + 1) % 7) + 7) % 7;
}

/** US weeks: they start on Sunday, and week 1 is the one with 1 January. */
function weekOfYear({ day, year, weekday }: Calendar): { readonly year: number; readonly week: number } {
  const saturday = day + 6 - weekday;
  if (saturday >= daysOf(year + 1, 1, 1)) return { year: year + 1, week: 1 };
  const first = daysOf(year, 1, 1);
  const firstSunday = first - (((((first + 4) % 7) + 7) % 7) as number);
  return { year, week: Math.floor((day - firstSunday) / 7) + 1 };
}

/** What a text said, by pattern letter. */
interface Parsed {
  readonly [letter: string]: number;
}

function parseParts(parts: readonly Part[], text: string): number | null {
  const fields: Record<string, number> = {};
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (part.letter === '') {
      if (!text.startsWith(part.text, at)) return null;
      at += part.text.length;
      continue;
    }
    const next = parts[i + 1];
    const abuts = next !== undefined && next.letter !== '' && isNumeric(next);
    const end = parsePart(part, abuts, text, skipBlanks(text, at), fields);
    if (end < 0) return null;
    at = end;
  }
  return instantOf(fields);
}

function skipBlanks(text: string, at: number): number {
  let start = at;
  while (text[start] === ' ' || text[start] === '\t') start++;
  return start;
}

function isNumeric({ letter, count }: Part): boolean {
  return !'EaGzZX'.includes(letter) && !((letter === 'M' || letter === 'L') && count > 2);
}

/** Reads one field into `fields`; answers where it ends, −1 when it does not match. */
function parsePart(part: Part, abuts: boolean, text: string, at: number, fields: Record<string, number>): number {
  const { letter, count } = part;
  if (isNumeric(part)) {
    const digits = /^-?[0-9]+/.exec(text.slice(at, abuts ? at + count : undefined))?.[0];
    if (digits === undefined) return -1;
    const twoDigits = (letter === 'y' || letter === 'Y') && count <= 2 && /^[0-9]{2}$/.test(digits);
    fields[letter] = twoDigits ? nearCentury(Number(digits)) : Number(digits);
    return at + digits.length;
  }
  switch (letter) {
    case 'M':
    case 'L':
      return parseName(MONTHS, text, at, (index) => {
        fields['M'] = index + 1;
      });
    case 'E':
      return parseName(WEEKDAYS, text, at, (index) => {
        fields['E'] = index;
      });
    case 'a':
      return parseName(['AM', 'PM'], text, at, (index) => {
        fields['a'] = index;
      });
    case 'G':
      return parseName(['BC', 'AD'], text, at, (index) => {
        fields['G'] = index;
      });
    default:
      return parseZone(part, text, at, fields);
  }
}

function parseName(names: readonly string[], text: string, at: number, found: (index: number) => void): number {
  const rest = text.slice(at).toLowerCase();
  for (const length of [Number.POSITIVE_INFINITY, 3]) {
    const index = names.findIndex((name) => rest.startsWith(name.toLowerCase().slice(0, length)));
    if (index >= 0) {
      found(index);
      return at + Math.min(names[index]!.length, length);
    }
  }
  return -1;
}

/** Abbreviations that users write; others are refused. */
const ZONE_HOURS: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  UT: 0,
  Z: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  CET: 1,
  CEST: 2,
  JST: 9,
  KST: 9,
};

/** By the count of X. */
const ISO_OFFSETS: readonly RegExp[] = [
  /$^/,
  /^([+-])([0-9]{2})/,
  /^([+-])([0-9]{2})([0-9]{2})/,
  /^([+-])([0-9]{2}):([0-9]{2})/,
];

function parseZone({ letter, count }: Part, text: string, at: number, fields: Record<string, number>): number {
  const rest = text.slice(at);
  const offset = (letter === 'X' ? ISO_OFFSETS[count]! : /^(?:GMT|UTC)?([+-])([0-9]{1,2}):?([0-9]{2})?/).exec(rest);
  if (offset !== null) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? 0);
    fields['Z'] = offset[1] === '-' ? -minutes : minutes;
    return at + offset[0].length;
  }
  const name = (letter === 'X' ? /^Z/ : /^[A-Za-z]+/).exec(rest)?.[0];
  const hours = name === undefined ? undefined : ZONE_HOURS[name.toUpperCase()];
  if (hours === undefined) return -1;
  fields['Z'] = hours * 60;
  return at + name!.length;
}

/** Java puts a year of two digits between 80 years ago and 20 years ahead. */
function nearCentury(year: number): number {
  const oldest = new Date().getUTCFullYear() - 80;
  const inCentury = oldest - (oldest % 100) + year;
  return inCentury < oldest ? inCentury + 100 : inCentury;
}

function instantOf(fields: Parsed): number {
  const year = fields['G'] === 0 ? 1 - (fields['y'] ?? 1) : (fields['y'] ?? 1970);
  const day = fields['Y'] === undefined ? dateOf(fields, year) : weekDateOf(fields, fields['Y']);
  return day * DAY_MS + timeOf(fields) - (fields['Z'] ?? 0) * 60_000;
}

/** A year of weeks (Y, often meant as y) hides month and day, as in Java: it is read as the Sunday that begins its first week. */
function weekDateOf(fields: Parsed, year: number): number {
  const first = daysOf(year, 1, 1);
  return first - weekdayOf(first) + ((fields['w'] ?? 1) - 1) * 7 + (weekdayIn(fields) ?? 0);
}

function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

function weekdayIn(fields: Parsed): number | undefined {
  return fields['E'] ?? (fields['u'] === undefined ? undefined : fields['u'] % 7);
}

function dateOf(fields: Parsed, year: number): number {
  if (fields['d'] === undefined && fields['M'] === undefined && fields['D'] !== undefined)
    return daysOf(year, 1, fields['D']);
  if (fields['w'] !== undefined && fields['d'] === undefined) {
    const first = daysOf(year, 1, 1);
    return first - weekdayOf(first) + (fields['w'] - 1) * 7 + (weekdayIn(fields) ?? 0);
  }
  return daysOf(year, fields['M'] ?? 1, fields['d'] ?? 1);
}

function timeOf(fields: Parsed): number {
  const half = fields['a'] === 1 ? 12 : 0;
  const twelve = fields['h'] === undefined ? fields['K'] : fields['h'] === 12 ? 0 : fields['h'];
  const full = fields['k'] === undefined ? fields['H'] : fields['k'] === 24 ? 0 : fields['k'];
  const hour = full ?? (twelve ?? 0) + half;
  return hour * 3_600_000 + (fields['m'] ?? 0) * 60_000 + (fields['s'] ?? 0) * 1000 + (fields['S'] ?? 0);
}
