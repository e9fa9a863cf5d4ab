// Printing by a compiled pattern.
import { evaluationError } from '../../errors.ts';
import { DAY_MS, dateOf, dayOfWeek, daysOf, isLeapYear, mod } from '../../types/calendar.ts';
import { type Element, type Field, textsOf } from './pattern.ts';
import type { Zone } from './zone.ts';

/** What there is to print: a date, a time of day, or both with a zone. */
export interface Moment {
  /** Days since the epoch; null: a bare time. */
  readonly days: number | null;
  /** Milliseconds of the day; null: a bare date. */
  readonly timeMs: number | null;
  readonly zone: Zone | null;
  /** The instant, for names and offsets of zones. */
  readonly ms: number;
}

/** The text. Throws E-EVAL-16 when the pattern asks for what the value has not. */
export function printMoment(elements: readonly Element[], moment: Moment): string {
  let out = '';
  for (const element of elements) out += printed(element, moment);
  return out;
}

function printed(element: Element, moment: Moment): string {
  switch (element.kind) {
    case 'literal':
      return element.text;
    case 'optional':
      return isPrintable(element.elements, moment) ? printMoment(element.elements, moment) : '';
    case 'text': {
      const { first, texts } = textsOf(element.field, element.style);
      return texts[fieldOf(element.field, moment) - first]!;
    }
    case 'fraction':
      return String(fieldOf('nano', moment)).padStart(9, '0').slice(0, element.digits);
    case 'number':
      return printNumber(element, fieldOf(element.field, moment));
    case 'offset':
      return printOffset(element.form, element.zero, zoneOfMoment(moment).offsetAt(moment.ms));
    case 'zoneId':
      return zoneOfMoment(moment).id;
    case 'zoneName':
      return element.long ? zoneOfMoment(moment).longNameAt(moment.ms) : zoneOfMoment(moment).shortNameAt(moment.ms);
  }
}

/** An optional section is left out when its fields are not there. */
function isPrintable(elements: readonly Element[], moment: Moment): boolean {
  return elements.every((element) => {
    switch (element.kind) {
      case 'literal':
      case 'optional':
        return true;
      case 'fraction':
        return moment.timeMs !== null;
      case 'number':
      case 'text':
        return isDateField(element.field) ? moment.days !== null : moment.timeMs !== null;
      default:
        return moment.zone !== null;
    }
  });
}

function zoneOfMoment(moment: Moment): Zone {
  if (moment.zone === null) throw evaluationError('EVAL-16', 'The pattern asks for a zone, which the value has not.');
  return moment.zone;
}

function printNumber(element: Extract<Element, { kind: 'number' }>, value: number): string {
  if (element.reduced) return String(mod(value, 100)).padStart(2, '0').padStart(element.padTo, ' ');
  const digits = String(Math.abs(value)).padStart(element.min, '0');
  const sign = value < 0 ? '-' : element.plusBeyond && digits.length > element.min ? '+' : '';
  return (sign + digits).padStart(element.padTo, ' ');
}

function printOffset(form: string, zero: string, offsetMs: number): string {
  if (offsetMs === 0) return zero;
  const total = Math.abs(Math.trunc(offsetMs / 1000));
  const hours = Math.floor(total / 3600);
  const minutes = two(Math.floor(total / 60) % 60);
  const seconds = total % 60;
  const sign = offsetMs < 0 ? '-' : '+';
  const colon = form.includes(':') ? ':' : '';
  if (form === 'GMT+H') return `GMT${sign}${hours}${minutes === '00' ? '' : `:${minutes}`}`;
  const head = `${form.startsWith('GMT') ? 'GMT' : ''}${sign}${two(hours)}`;
  if (form === '+HHmm') return head + (minutes === '00' ? '' : minutes);
  const tail = form.endsWith('ss') && seconds !== 0 ? `${colon}${two(seconds)}` : '';
  return `${head}${colon}${minutes}${tail}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

const DATE_FIELDS: ReadonlySet<Field> = new Set([
  'era',
  'yearOfEra',
  'year',
  'quarter',
  'month',
  'day',
  'dayOfYear',
  'weekYear',
  'weekOfYear',
  'weekOfMonth',
  'dayOfWeek',
  'localDayOfWeek',
  'weekInMonth',
]);

/** True for the fields of a date, false for those of a time. */
export function isDateField(field: Field): boolean {
  return DATE_FIELDS.has(field);
}

function fieldOf(field: Field, moment: Moment): number {
  if (isDateField(field)) {
    if (moment.days === null) throw evaluationError('EVAL-16', 'The pattern asks for a date, which a TIME has not.');
    return dateField(field, moment.days);
  }
  if (moment.timeMs === null) throw evaluationError('EVAL-16', 'The pattern asks for a time, which a DATE has not.');
  return timeField(field, moment.timeMs);
}

function timeField(field: Field, ms: number): number {
  const hour = Math.floor(ms / 3_600_000);
  switch (field) {
    case 'amPm':
      return hour < 12 ? 0 : 1;
    case 'hour':
      return hour;
    case 'hour24':
      return hour === 0 ? 24 : hour;
    case 'hour12':
      return hour % 12 === 0 ? 12 : hour % 12;
    case 'hour11':
      return hour % 12;
    case 'minute':
      return Math.floor(ms / 60_000) % 60;
    case 'second':
      return Math.floor(ms / 1000) % 60;
    case 'nano':
      return (ms % 1000) * 1_000_000;
    case 'milliOfDay':
      return ms;
    default:
      return ms * 1_000_000;
  }
}

function dateField(field: Field, days: number): number {
  const { year, month, day } = dateOf(days);
  switch (field) {
    case 'era':
      return year > 0 ? 1 : 0;
    case 'yearOfEra':
      return year > 0 ? year : 1 - year;
    case 'year':
      return year;
    case 'quarter':
      return Math.floor((month - 1) / 3) + 1;
    case 'month':
      return month;
    case 'day':
      return day;
    case 'dayOfYear':
      return days - daysOf(year, 1, 1) + 1;
    case 'dayOfWeek':
      return dayOfWeek(days);
    case 'localDayOfWeek':
      return (dayOfWeek(days) % 7) + 1;
    case 'weekInMonth':
      return Math.floor((day - 1) / 7) + 1;
    case 'weekOfMonth':
      return Math.floor((day - 1 + firstOffset(days - day + 1)) / 7) + 1;
    case 'weekYear':
      return weekOf(days).year;
    default:
      return weekOf(days).week;
  }
}

/** Days since Sunday: weeks begin on Sunday in US English. */
function firstOffset(days: number): number {
  return dayOfWeek(days) % 7;
}

/** US weeks: from Sunday on; week 1 holds January 1st. */
export function weekOf(days: number): { readonly year: number; readonly week: number } {
  const { year } = dateOf(days);
  const start = daysOf(year, 1, 1);
  const yearDays = isLeapYear(year) ? 366 : 365;
  const weekStart = days - firstOffset(days);
  if (weekStart + 7 > start + yearDays) return { year: year + 1, week: 1 };
  return { year, week: Math.floor((days - start + firstOffset(start)) / 7) + 1 };
}

/** The moment of an instant in a zone. */
export function momentOf(ms: number, zone: Zone): Moment {
  const local = ms + zone.offsetAt(ms);
  return { days: Math.floor(local / DAY_MS), timeMs: mod(local, DAY_MS), zone, ms };
}
