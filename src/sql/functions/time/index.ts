// Date and time texts by user-given patterns: what the functions and the TIMESTAMP_FORMAT property use.
import { evaluationError } from '../../errors.ts';
import { DAY_MS, mod } from '../../types/calendar.ts';
import { type Parsed, parseFields, resolveFields } from './parse.ts';
import { compilePattern, type Field } from './pattern.ts';
import { isDateField, momentOf, printMoment } from './print.ts';
import type { Zone } from './zone.ts';

/** A compiled pattern. Making one throws E-EVAL-15 when the pattern is none. */
export interface TimePattern {
  /** The text of an instant in a zone. */
  printTimestamp(ms: number, zone: Zone): string;
  /** Throws E-EVAL-16 when the pattern asks for a time. */
  printDate(days: number): string;
  /** Throws E-EVAL-16 when the pattern asks for a date. */
  printTime(ms: number): string;
  /** The instant; a zone in the text wins over `zone`. Throws E-EVAL-14. */
  parseTimestamp(text: string, zone: Zone): number;
  /** Days since the epoch of a complete date. Throws E-EVAL-14. */
  parseDate(text: string): number;
  /** Milliseconds of the day. Throws E-EVAL-14, and E-EVAL-16 when the text gave a date. */
  parseTime(text: string): number;
}

/** Compiles a pattern of java.time.format.DateTimeFormatter. */
export function timePattern(pattern: string): TimePattern {
  const elements = compilePattern(pattern);
  const parse = (text: string, zone: string): { readonly parsed: Parsed; readonly localMs: number } => {
    const parsed = parseFields(elements, text);
    const localMs = 'why' in parsed ? parsed : resolveFields(parsed.fields);
    if ('why' in parsed || typeof localMs !== 'number') {
      const fault = localMs as { readonly at: number; readonly why: string };
      throw evaluationError(
        'EVAL-14',
        `"${text.slice(0, 80)}" does not parse by "${pattern}" in zone ${zone}: ${fault.why} (character ${fault.at + 1}).`,
      );
    }
    return { parsed, localMs };
  };
  return {
    printTimestamp: (ms, zone) => printMoment(elements, momentOf(ms, zone)),
    printDate: (days) => printMoment(elements, { days, timeMs: null, zone: null, ms: days * DAY_MS }),
    printTime: (ms) => printMoment(elements, { days: null, timeMs: ms, zone: null, ms }),
    parseTimestamp(text, zone) {
      const { parsed, localMs } = parse(text, zone.id);
      return (parsed.zone ?? zone).instantOf(localMs);
    },
    parseDate(text) {
      const { parsed, localMs } = parse(text, 'UTC');
      if (!isWholeDate(parsed.fields)) {
        throw evaluationError('EVAL-14', `"${text.slice(0, 80)}" by "${pattern}" is not a complete date.`);
      }
      return Math.floor(localMs / DAY_MS);
    },
    parseTime(text) {
      const { parsed, localMs } = parse(text, 'UTC');
      const date = [...parsed.fields.keys()].find(isDateField);
      if (date !== undefined) {
        throw evaluationError('EVAL-16', `"${pattern}" asks for a date (${date}), which a TIME has not.`);
      }
      return mod(localMs, DAY_MS);
    },
  };
}

function isWholeDate(fields: ReadonlyMap<Field, number>): boolean {
  const year = fields.has('year') || fields.has('yearOfEra');
  const weekDate =
    fields.has('weekYear') && fields.has('weekOfYear') && (fields.has('dayOfWeek') || fields.has('localDayOfWeek'));
  return weekDate || (year && (fields.has('dayOfYear') || (fields.has('month') && fields.has('day'))));
}

/** Keeps what the last pattern became: it hardly ever changes from row to row. */
export function patternCache(): (pattern: string) => TimePattern {
  let last: string | null = null;
  let compiled: TimePattern;
  return (pattern) => {
    if (pattern !== last) {
      compiled = timePattern(pattern);
      last = pattern;
    }
    return compiled;
  };
}

export { type Zone, zoneCache, zoneOf } from './zone.ts';
