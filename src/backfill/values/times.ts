// Dates and times in the text forms of BigQuery, to physical values.
//
// Law: nothing is guessed. A text either is one of the forms or is refused; microseconds that a millisecond cannot hold are refused
// or cut, as the job says.

const MS_PER_DAY = 86_400_000;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?$/;
const TIMESTAMP =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)? ?(UTC|Z|[+-]\d{2}(?::?\d{2})?)?$/;

/** A time that does not fit milliseconds exactly. */
export type SubMillisecond = 'fail' | 'truncate';

/** Days since the epoch; null when the text is no date. */
export function parseDate(text: string): number | null {
  const match = DATE.exec(text);
  return match === null ? null : daysOf(Number(match[1]), Number(match[2]), Number(match[3]));
}

/** Milliseconds of the day; null when the text is no time, `finer` when it has digits below the millisecond that may not be cut. */
export function parseTime(text: string, policy: SubMillisecond): number | 'finer' | null {
  const match = TIME.exec(text);
  if (match === null) return null;
  const secondMs = clockMs(match[1]!, match[2]!, match[3]!);
  return secondMs === null ? null : withFraction(secondMs, match[4], policy);
}

/**
 * Milliseconds since the epoch of `2024-02-29 01:02:03.5 UTC`, `2024-02-29T01:02:03` (taken as UTC), an offset such as `+02:00`, or a
 * bare date; null and `finer` as {@link parseTime}.
 */
export function parseTimestamp(text: string, policy: SubMillisecond): number | 'finer' | null {
  const match = TIMESTAMP.exec(text);
  if (match === null) return null;
  const days = daysOf(Number(match[1]), Number(match[2]), Number(match[3]));
  const secondMs = match[4] === undefined ? 0 : clockMs(match[4], match[5]!, match[6] ?? '00');
  const offsetMs = offsetOf(match[8]);
  if (days === null || secondMs === null || offsetMs === null) return null;
  return withFraction(days * MS_PER_DAY + secondMs - offsetMs, match[7], policy);
}

/** Milliseconds of a count of microseconds, rounded down; `finer` when that would lose some and may not. */
export function millisOf(micros: number | bigint, policy: SubMillisecond): number | 'finer' {
  const exact = BigInt(micros);
  const rest = ((exact % 1000n) + 1000n) % 1000n;
  if (rest !== 0n && policy === 'fail') return 'finer';
  return Number((exact - rest) / 1000n);
}

/** `2024-02-29` of days since the epoch. */
export function dateText(days: number): string {
  // Days from March 1st of year 0, in eras of 400 years: http://howardhinnant.github.io/date_algorithms.html
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;
}

/** `01:02:03[.000004]` of microseconds of the day. */
export function timeText(micros: number | bigint): string {
  const total = BigInt(micros);
  const seconds = Number(total / 1_000_000n);
  const fraction = Number(total % 1_000_000n);
  const clock = `${padded(Math.trunc(seconds / 3600), 2)}:${padded(Math.trunc(seconds / 60) % 60, 2)}:${padded(seconds % 60, 2)}`;
  return fraction === 0 ? clock : `${clock}.${padded(fraction, 6)}`;
}

/** `2024-02-29 01:02:03[.000004] UTC` of microseconds since the epoch. */
export function timestampText(micros: number | bigint): string {
  const total = BigInt(micros);
  const perDay = 86_400_000_000n;
  const ofDay = ((total % perDay) + perDay) % perDay;
  return `${dateText(Number((total - ofDay) / perDay))} ${timeText(ofDay)} UTC`;
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function clockMs(hours: string, minutes: string, seconds: string): number | null {
  const [h, m, s] = [Number(hours), Number(minutes), Number(seconds)];
  return h > 23 || m > 59 || s > 59 ? null : ((h * 60 + m) * 60 + s) * 1000;
}

function withFraction(secondMs: number, fraction: string | undefined, policy: SubMillisecond): number | 'finer' {
  if (fraction === undefined) return secondMs;
  const digits = fraction.padEnd(9, '0');
  if (policy === 'fail' && digits.slice(3) !== '000000') return 'finer';
  return secondMs + Number(digits.slice(0, 3));
}

function offsetOf(text: string | undefined): number | null {
  if (text === undefined || text === 'UTC' || text === 'Z') return 0;
  const digits = text.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  if (minutes > 14 * 60) return null;
  return (text.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** Days since the epoch of a day of the calendar that was always Gregorian; null when there is no such day. */
function daysOf(year: number, month: number, day: number): number | null {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > monthDays(year, month)) return null;
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function monthDays(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
