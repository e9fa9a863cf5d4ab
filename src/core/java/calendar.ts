// Java's calendar in UTC: Julian before 15 October 1582, Gregorian from then on.

import type { Long } from '../data/schema.ts';

/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;
/** 15 October 1582, the first day of the Gregorian calendar. Java counts the days before by the Julian one. */
export const CUTOVER = -141_427;

/** Days since the epoch, rounded down. */
export function dayOf(ms: Long): number {
  if (typeof ms === 'number') return Math.floor(ms / DAY_MS);
  const days = ms / BigInt(DAY_MS);
  return Number(ms < 0n && days * BigInt(DAY_MS) !== ms ? days - 1n : days);
}

/** The calendar of one day. Years before the first of our era are 0 and below. */
export interface Calendar {
  readonly day: number;
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly dayOfMonth: number;
  readonly dayOfYear: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

/** The calendar of a day, given in days since the epoch. */
export function calendarOf(day: number): Calendar {
  // Years are counted from 1 March, so that the leap day is the last of its year.
  const gregorian = day >= CUTOVER;
  const shifted = day + (gregorian ? 719_468 : 719_470);
  const era = Math.floor(shifted / (gregorian ? 146_097 : 1461));
  const dayOfEra = shifted - era * (gregorian ? 146_097 : 1461);
  const yearOfEra = gregorian
    ? Math.floor(
        (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
      )
    : Math.min(3, Math.floor(dayOfEra / 365));
  const centuries = gregorian ? Math.floor(yearOfEra / 100) : 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - centuries);
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * (gregorian ? 400 : 4) + (month <= 2 ? 1 : 0);
  return {
    day,
    year,
    month,
    dayOfMonth: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
    dayOfYear: day - daysOf(year, 1, 1) + 1,
    weekday: (((day + 4) % 7) + 7) % 7,
  };
}

/** Days since the epoch; month and day may lie outside their range. */
export function daysOf(year: number, month: number, day: number): number {
  const fromMarch = month - 3;
  const shiftedYear = year + Math.floor(fromMarch / 12);
  const monthFromMarch = fromMarch - Math.floor(fromMarch / 12) * 12;
  const days = 365 * shiftedYear + Math.floor(shiftedYear / 4) + Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const gregorian = days - Math.floor(shiftedYear / 100) + Math.floor(shiftedYear / 400) - 719_468;
  return gregorian >= CUTOVER ? gregorian : days - 719_470;
}
