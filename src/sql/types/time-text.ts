// The fixed text forms of DATE, TIME and TIMESTAMP (types.md §5.1): casts, comparisons with texts, INSERT VALUES. Patterns given by
// the user are elsewhere (functions/time).
import { evaluationError } from '../errors.ts';
import { DAY_MS, dateOf, daysInMonth, daysOf, mod } from './calendar.ts';

const DATE_FORM = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/;
const FULL_TIME = '00:00:00.000';
const TIME_OF_DAY = /^(\d{2}):(\d{2}):(\d{2})\.(\d{3})$/;
const TIME_FORM = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?$/;
const ZONE = /^([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/;

/** `yyyy[-MM[-dd]]` → days. Throws E-EVAL-6. */
export function parseDateText(text: string): number {
  const match = DATE_FORM.exec(text.trim());
  const days = match === null ? null : validDays(Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1));
  if (days === null) throw unreadable(text, 'DATE', 'yyyy[-MM[-dd]]', '2020-05-26');
  return days;
}

/** `HH:mm[:ss[.SSS…]]` → ms of the day. Throws E-EVAL-6. */
export function parseTimeText(text: string): number {
  const match = TIME_FORM.exec(text.trim());
  if (match !== null) {
    const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
    if (hour < 24 && minute < 60 && second < 60) {
      return (hour * 60 + minute) * 60_000 + second * 1000 + Number((match[4] ?? '').padEnd(3, '0').slice(0, 3));
    }
  }
  throw unreadable(text, 'TIME', 'HH:mm[:ss[.SSS]]', '01:34:20.123');
}

/** `yyyy-MM-dd'T'HH:mm:ss.SSS` with optional zone, or a leading part of it → ms since the epoch. Throws E-EVAL-6, E-EVAL-7. */
export function parseTimestampText(text: string): number {
  const trimmed = text.trim();
  const mark = trimmed.indexOf('T');
  if (mark < 0) {
    const match = DATE_FORM.exec(trimmed);
    const days = match === null ? null : validDays(Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1));
    if (days === null) throw unreadableTimestamp(text);
    return days * DAY_MS;
  }
  const date = DATE_FORM.exec(trimmed.slice(0, mark));
  const days =
    date === null || date[3] === undefined ? null : validDays(Number(date[1]), Number(date[2]), Number(date[3]));
  const rest = trimmed.slice(mark + 1);
  const zoneAt = rest.search(/[+\-Z]/);
  const timeText = zoneAt < 0 ? rest : rest.slice(0, zoneAt);
  const timeMs = timeOfDay(timeText);
  if (days === null || timeMs === null) throw unreadableTimestamp(text);
  return days * DAY_MS + timeMs - (zoneAt < 0 ? 0 : zoneOffset(rest.slice(zoneAt)));
}

/** The time may stop at any character; what is missing is taken from midnight. */
function timeOfDay(text: string): number | null {
  if (text.length > FULL_TIME.length) return null;
  const match = TIME_OF_DAY.exec(text + FULL_TIME.slice(text.length));
  if (match === null) return null;
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const ms = (hour * 60 + minute) * 60_000 + second * 1000 + Number(match[4]);
  // 24:00 is the midnight at the end of the day.
  return ms > DAY_MS || minute > 59 || second > 59 ? null : ms;
}

function zoneOffset(text: string): number {
  if (text === 'Z') return 0;
  const match = ZONE.exec(text);
  if (match === null) throw evaluationError('EVAL-7', `"${text}" is not a zone: write Z, +0100 or -08:00.`);
  const [hour, minute, second] = [Number(match[2]), Number(match[3] ?? 0), Number(match[4] ?? 0)];
  if (hour > 18 || minute > 59 || second > 59) {
    throw evaluationError('EVAL-7', `"${text}" is beyond the zones there are (±18:00).`);
  }
  const offset = (hour * 60 + minute) * 60_000 + second * 1000;
  return match[1] === '-' ? -offset : offset;
}

/** Day 29 to 31 of a shorter month is its last day, as the reference's calendar resolves it. */
function validDays(year: number, month: number, day: number): number | null {
  if (month < 1 || month > 12 || day < 1 || day > 31) return null;
  return daysOf(year, month, Math.min(day, daysInMonth(year, month)));
}

/** ISO date of a day number. */
export function dateText(days: number): string {
  const { year, month, day } = dateOf(days);
  return `${yearText(year)}-${two(month)}-${two(day)}`;
}

/** ISO time at second resolution; seconds only when there are any. */
export function timeText(ms: number): string {
  const seconds = Math.floor(ms / 1000) % 60;
  const minutes = Math.floor(ms / 60_000) % 60;
  const head = `${two(Math.floor(ms / 3_600_000))}:${two(minutes)}`;
  return seconds === 0 ? head : `${head}:${two(seconds)}`;
}

/** ISO time with as many decimals as needed: none, three (Java's `LocalTime.toString` at ms resolution). */
export function timeTextWithMs(ms: number): string {
  const rest = ms % 1000;
  if (rest === 0) return timeText(ms);
  const seconds = Math.floor(ms / 1000) % 60;
  return `${two(Math.floor(ms / 3_600_000))}:${two(Math.floor(ms / 60_000) % 60)}:${two(seconds)}.${three(rest)}`;
}

/** `yyyy-MM-dd'T'HH:mm:ss.SSS` in UTC. */
export function timestampText(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  const rest = mod(ms, DAY_MS);
  const time = `${two(Math.floor(rest / 3_600_000))}:${two(Math.floor(rest / 60_000) % 60)}:${two(Math.floor(rest / 1000) % 60)}`;
  return `${dateText(days)}T${time}.${three(rest % 1000)}`;
}

function yearText(year: number): string {
  if (year > 9999) return `+${year}`;
  return year < 0 ? `-${String(-year).padStart(4, '0')}` : String(year).padStart(4, '0');
}
function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
function three(value: number): string {
  return String(value).padStart(3, '0');
}

function unreadableTimestamp(text: string): Error {
  return unreadable(
    text,
    'TIMESTAMP',
    "yyyy-MM-dd'T'HH:mm:ss.SSS with an optional zone",
    '2020-05-26T23:59:58.000+0100',
  );
}

function unreadable(text: string, type: string, form: string, example: string): Error {
  return evaluationError('EVAL-6', `"${text.slice(0, 80)}" is not a ${type}: write ${form}, for example ${example}.`);
}
