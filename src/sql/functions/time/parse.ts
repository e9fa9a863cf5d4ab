// Parsing by a compiled pattern, case-insensitively, and making sense of the fields found.
//
// Resolution is that of the reference: what is missing is taken from 1970-01-01T00:00; a complete date is resolved "smartly" (the
// 31st of a short month is its last day); fields that contradict each other fail.
import { DAY_MS, dayOfWeek, daysInMonth, daysOf, isLeapYear } from '../../types/calendar.ts';
import { type Element, type Field, textsOf } from './pattern.ts';
import { fixedZone, offsetOf, type Zone, zoneAtStart } from './zone.ts';

/** Fields found, and a zone if there was one. */
export interface Parsed {
  readonly fields: ReadonlyMap<Field, number>;
  readonly zone: Zone | null;
}
/** Where a text stopped to fit. */
export interface Misfit {
  readonly at: number;
  readonly why: string;
}

interface State {
  readonly text: string;
  at: number;
  fields: Map<Field, number>;
  zone: Zone | null;
}

/** The fields of a text that fits the pattern as a whole, or where it does not. */
export function parseFields(elements: readonly Element[], text: string): Parsed | Misfit {
  const state: State = { text, at: 0, fields: new Map(), zone: null };
  const failed = parseElements(elements, state);
  if (failed !== null) return { at: failed, why: 'this does not fit the pattern' };
  if (state.at < text.length) return { at: state.at, why: 'text is left over' };
  return { fields: state.fields, zone: state.zone };
}

/** Null when all fit, else the offset of the fault. */
function parseElements(elements: readonly Element[], state: State): number | null {
  for (let index = 0; index < elements.length; index++) {
    const element = elements[index]!;
    const failed = parseElement(element, state, digitsAfter(elements, index));
    if (failed !== null) return failed;
  }
  return null;
}

/** A number of open width leaves the digits that the fixed ones right behind it need (`yyyyMMdd`). */
function digitsAfter(elements: readonly Element[], index: number): number {
  let digits = 0;
  for (let next = index + 1; next < elements.length; next++) {
    const element = elements[next]!;
    if (element.kind === 'fraction') digits += element.digits;
    else if (element.kind === 'number' && element.min === element.max) digits += element.max;
    else break;
  }
  return digits;
}

function parseElement(element: Element, state: State, reserved: number): number | null {
  switch (element.kind) {
    case 'literal': {
      const found = state.text.slice(state.at, state.at + element.text.length);
      if (found.toLowerCase() !== element.text.toLowerCase()) return state.at;
      state.at += element.text.length;
      return null;
    }
    case 'optional': {
      const before = { at: state.at, fields: new Map(state.fields), zone: state.zone };
      if (parseElements(element.elements, state) !== null) Object.assign(state, before);
      return null;
    }
    case 'text':
      return parseName(element, state);
    case 'fraction': {
      const digits = state.text.slice(state.at, state.at + element.digits);
      if (digits.length < element.digits || !/^[0-9]+$/.test(digits)) return state.at;
      state.at += element.digits;
      return put(state, 'nano', Number(digits.padEnd(9, '0')));
    }
    case 'number':
      return parseNumber(element, state, reserved);
    case 'offset':
      return parseOffset(element.form, element.zero, state);
    case 'zoneId':
    case 'zoneName': {
      const found = zoneAtStart(state.text.slice(state.at));
      if (found === null) return state.at;
      state.zone = found.zone;
      state.at += found.length;
      return null;
    }
  }
}

function put(state: State, field: Field, value: number): number | null {
  const earlier = state.fields.get(field);
  if (earlier !== undefined && earlier !== value) return state.at;
  state.fields.set(field, value);
  return null;
}

function parseName(element: Extract<Element, { kind: 'text' }>, state: State): number | null {
  const { first, texts } = textsOf(element.field, element.style);
  const rest = state.text.slice(state.at).toLowerCase();
  let best = -1;
  for (const [index, text] of texts.entries()) {
    if (rest.startsWith(text.toLowerCase()) && (best < 0 || text.length > texts[best]!.length)) best = index;
  }
  if (best < 0) return state.at;
  state.at += texts[best]!.length;
  return put(state, element.field, first + best);
}

function parseNumber(element: Extract<Element, { kind: 'number' }>, state: State, reserved: number): number | null {
  const { text } = state;
  let at = state.at;
  const limit = at + element.padTo;
  while (at < limit && text[at] === ' ') at++;
  const fixed = element.min === element.max;
  const sign = text[at] === '-' || text[at] === '+' ? text[at] : '';
  if (sign !== '' && (fixed || (sign === '+' && !element.plusBeyond))) return state.at;
  const start = at + sign!.length;
  let end = start;
  const most = start + (fixed ? element.max : element.max + reserved);
  while (end < text.length && end < most && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
  if (!fixed && reserved > 0) end = Math.max(start + element.min, end - reserved);
  const width = end - start;
  if (width < element.min || width === 0 || !/^[0-9]+$/.test(text.slice(start, end))) return state.at;
  // Strictly, a year of more digits than letters has a plus sign, and only such a one.
  if (element.plusBeyond && sign !== '-' && (sign === '+') !== width > element.min) return state.at;
  const digits = Number(text.slice(start, end));
  state.at = end;
  return put(state, element.field, element.reduced ? 2000 + digits : sign === '-' ? -digits : digits);
}

function parseOffset(form: string, zero: string, state: State): number | null {
  const rest = state.text.slice(state.at);
  const gmt = form.startsWith('GMT');
  const prefix = gmt && /^gmt/i.test(rest) ? 3 : 0;
  if (gmt && prefix === 0) return state.at;
  const match = offsetForm(form).exec(rest.slice(prefix));
  const offset = match === null ? null : offsetOf(match[0]);
  if (match === null || offset === null) {
    if (!rest.toLowerCase().startsWith(zero.toLowerCase())) return state.at;
    state.zone = fixedZone('Z', 0);
    state.at += zero.length;
    return null;
  }
  state.zone = fixedZone(match[0], offset);
  state.at += prefix + match[0].length;
  return null;
}

function offsetForm(form: string): RegExp {
  switch (form) {
    case '+HHmm':
      return /^[+-]\d{2}(?:\d{2})?/;
    case '+HHMM':
      return /^[+-]\d{4}/;
    case '+HH:MM':
      return /^[+-]\d{2}:\d{2}/;
    case '+HHMMss':
      return /^[+-]\d{4}(?:\d{2})?/;
    case 'GMT+H':
      return /^[+-]\d{1,2}(?::\d{2})?/;
    default:
      return /^[+-]\d{2}:\d{2}(?::\d{2})?/;
  }
}

const RANGES: Partial<Readonly<Record<Field, readonly [least: number, most: number]>>> = {
  month: [1, 12],
  day: [1, 31],
  dayOfYear: [1, 366],
  quarter: [1, 4],
  weekOfYear: [1, 53],
  localDayOfWeek: [1, 7],
  hour: [0, 24],
  hour24: [1, 24],
  hour12: [1, 12],
  hour11: [0, 11],
  minute: [0, 59],
  second: [0, 59],
  milliOfDay: [0, DAY_MS - 1],
};

/** Local milliseconds since 1970-01-01T00:00 of the fields, or why they make no sense. */
export function resolveFields(fields: ReadonlyMap<Field, number>): number | Misfit {
  for (const [field, value] of fields) {
    const range = RANGES[field];
    if (range !== undefined && (value < range[0] || value > range[1])) return nonsense(`${field} is ${value}`);
  }
  const days = resolveDate(fields);
  if (typeof days !== 'number') return days;
  const timeMs = resolveTime(fields);
  return typeof timeMs === 'number' ? days * DAY_MS + timeMs : timeMs;
}

function nonsense(why: string): Misfit {
  return { at: 0, why };
}

function resolveDate(fields: ReadonlyMap<Field, number>): number | Misfit {
  const year = yearOf(fields);
  const weekday = fields.get('dayOfWeek') ?? localToIso(fields.get('localDayOfWeek'));
  const week = fields.get('weekOfYear');
  if (week !== undefined && fields.has('weekYear')) return daysOfWeek(fields.get('weekYear')!, week, weekday ?? 7);
  const dayOfYear = fields.get('dayOfYear');
  if (dayOfYear !== undefined) {
    if (dayOfYear === 366 && !isLeapYear(year ?? 1970)) return nonsense('only leap years have a day 366');
    return daysOf(year ?? 1970, 1, 1) + dayOfYear - 1;
  }
  return resolveMonthAndDay(fields, year, weekday);
}

function resolveMonthAndDay(
  fields: ReadonlyMap<Field, number>,
  year: number | undefined,
  weekday: number | undefined,
): number | Misfit {
  const quarter = fields.get('quarter');
  const day = fields.get('day');
  const month = fields.get('month') ?? (quarter === undefined ? undefined : quarter * 3 - 2);
  const last = daysInMonth(year ?? 1970, month ?? 1);
  const complete = year !== undefined && month !== undefined;
  if (!complete && (day ?? 1) > last) return nonsense(`there is no day ${day} in month ${month ?? 1}`);
  const days = daysOf(year ?? 1970, month ?? 1, Math.min(day ?? 1, last));
  if (weekday === undefined || dayOfWeek(days) === weekday) return days;
  if (complete && day !== undefined) return nonsense('the day of the week does not go with the date');
  return days + weekday - dayOfWeek(days);
}

function localToIso(local: number | undefined): number | undefined {
  if (local === undefined) return undefined;
  return local === 1 ? 7 : local - 1;
}

function daysOfWeek(year: number, week: number, weekday: number): number {
  const first = daysOf(year, 1, 1);
  const sunday = first - (dayOfWeek(first) % 7);
  return sunday + (week - 1) * 7 + (weekday % 7);
}

function yearOf(fields: ReadonlyMap<Field, number>): number | undefined {
  const year = fields.get('year');
  if (year !== undefined) return year;
  const ofEra = fields.get('yearOfEra');
  if (ofEra === undefined) return fields.get('weekYear');
  return fields.get('era') === 0 ? 1 - ofEra : ofEra;
}

function resolveTime(fields: ReadonlyMap<Field, number>): number | Misfit {
  const ofDay = fields.get('milliOfDay') ?? nanosToMs(fields.get('nanoOfDay'));
  if (ofDay !== undefined) return ofDay;
  const hour = hourOf(fields);
  const minute = fields.get('minute') ?? 0;
  const second = fields.get('second') ?? 0;
  const ms = nanosToMs(fields.get('nano')) ?? 0;
  // 24:00 is the midnight at the end of the day.
  if (hour === 24 && (minute !== 0 || second !== 0 || ms !== 0)) return nonsense('the hour is 24');
  return (hour * 60 + minute) * 60_000 + second * 1000 + ms;
}

function nanosToMs(nanos: number | undefined): number | undefined {
  return nanos === undefined ? undefined : Math.floor(nanos / 1_000_000);
}

function hourOf(fields: ReadonlyMap<Field, number>): number {
  const hour = fields.get('hour');
  if (hour !== undefined) return hour;
  const of24 = fields.get('hour24');
  if (of24 !== undefined) return of24 === 24 ? 0 : of24;
  const half = fields.get('hour11') ?? fields.get('hour12');
  return ((half ?? 0) % 12) + 12 * (fields.get('amPm') ?? 0);
}
