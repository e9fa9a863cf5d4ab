// Dates and times: arithmetic, zones, texts by pattern. DATE is days, TIME and TIMESTAMP milliseconds.
import type { Long } from '../../../core/data/schema.ts';
import { type DateFormat, simpleDateFormat } from '../../../core/java/simple-date-format.ts';
import { evaluationError } from '../../errors.ts';
import { UNIT_MS } from '../../syntax/tokens.ts';
import { DAY_MS, mod } from '../../types/calendar.ts';
import {
  BIGINT,
  DATE,
  INTEGER,
  lenient,
  param,
  primitiveParam,
  STRING,
  scalar,
  strict,
  TIME,
  TIMESTAMP,
  UNIT,
} from '../define.ts';
import type { Parameter, ScalarFunction, ScalarVariant } from '../registry.ts';
import { patternCache, type TimePattern, type Zone, zoneCache } from '../time/index.ts';

const CATEGORY = 'DATE / TIME';
const pattern = param('pattern', STRING);
const zone = param('zone', STRING);

/** An overload with a pattern and perhaps a zone as its last arguments; UTC without one. */
function byPattern<V>(
  value: Parameter,
  returns: ScalarVariant['returns'],
  use: (value: V, pattern: TimePattern, zone: Zone) => string | number,
  zoned = false,
): ScalarVariant {
  return {
    params: zoned ? [value, pattern, zone] : [value, pattern],
    returns,
    nulls: 'propagate',
    bind: () => {
      const patterns = patternCache();
      const zones = zoneCache();
      const utc = zones('UTC');
      return zoned
        ? (given: V, text: string, id: string) => use(given, patterns(text), zones(id))
        : (given: V, text: string) => use(given, patterns(text), utc);
    },
  };
}

function withAndWithoutZone<V>(
  value: Parameter,
  returns: ScalarVariant['returns'],
  use: (value: V, pattern: TimePattern, zone: Zone) => string | number,
): ScalarVariant[] {
  return [byPattern(value, returns, use), byPattern(value, returns, use, true)];
}

const print = (ms: Long, by: TimePattern, in_: Zone) => by.printTimestamp(Number(ms), in_);
const parse = (text: string, by: TimePattern, in_: Zone) => by.parseTimestamp(text, in_);

export const formatTimestamp = scalar({
  name: 'FORMAT_TIMESTAMP',
  category: CATEGORY,
  doc: 'The timestamp as text by a pattern, in UTC or the zone given.',
  nulls: 'NULL when an argument is NULL.',
  variants: withAndWithoutZone(param('timestamp', TIMESTAMP), STRING, print),
  examples: [
    ["FORMAT_TIMESTAMP(FROM_UNIXTIME(1526075913000), 'yyyy-MM-dd HH:mm:ss')", "'2018-05-11 21:58:33'"],
    [
      "FORMAT_TIMESTAMP(FROM_UNIXTIME(1526075913000), 'yyyy-MM-dd HH:mm:ss zzz', 'America/Los_Angeles')",
      "'2018-05-11 14:58:33 PDT'",
    ],
  ],
});

export const formatDate = scalar({
  name: 'FORMAT_DATE',
  category: CATEGORY,
  doc: 'The date as text by a pattern.',
  nulls: 'NULL when an argument is NULL.',
  variants: [byPattern(param('date', DATE), STRING, (days: number, by) => by.printDate(days))],
  examples: [["FORMAT_DATE(FROM_DAYS(18993), 'dd-MMM-yyyy')", "'01-Jan-2022'"]],
});

export const formatTime = scalar({
  name: 'FORMAT_TIME',
  category: CATEGORY,
  doc: 'The time as text by a pattern.',
  nulls: 'NULL when an argument is NULL.',
  variants: [byPattern(param('time', TIME), STRING, (ms: number, by) => by.printTime(ms))],
  examples: [["FORMAT_TIME(CAST('00:01:05' AS TIME), 'HH_mm_ss_SSS')", "'00_01_05_000'"]],
});

export const parseTimestamp = scalar({
  name: 'PARSE_TIMESTAMP',
  category: CATEGORY,
  doc: 'The timestamp in a text by a pattern; what the pattern lacks is taken from 1970-01-01T00:00.',
  nulls: 'NULL when an argument is NULL.',
  variants: withAndWithoutZone(param('text', STRING), TIMESTAMP, parse),
  examples: [
    ["UNIX_TIMESTAMP(PARSE_TIMESTAMP('2018-05-11 21:58:33', 'yyyy-MM-dd HH:mm:ss'))", '1526075913000'],
    ["UNIX_TIMESTAMP(PARSE_TIMESTAMP('2018-05-11 14:58', 'yyyy-MM-dd HH:mm', 'America/Los_Angeles'))", '1526075880000'],
  ],
});

export const parseTime = scalar({
  name: 'PARSE_TIME',
  category: CATEGORY,
  doc: 'The time in a text by a pattern.',
  nulls: 'NULL when an argument is NULL.',
  variants: [byPattern(param('text', STRING), TIME, (text: string, by) => by.parseTime(text))],
  examples: [["PARSE_TIME('1:05 pm', 'h:mm a')", "CAST('13:05' AS TIME)"]],
});

export const parseDate = scalar({
  name: 'PARSE_DATE',
  category: CATEGORY,
  doc: "The date in a text by a pattern of Java's SimpleDateFormat.",
  nulls: 'NULL when an argument is NULL.',
  variants: [
    {
      params: [param('text', STRING), pattern],
      returns: DATE,
      nulls: 'propagate',
      bind: () => {
        let last: string | null = null;
        let format: DateFormat;
        return (text: string, by: string) => {
          if (by !== last) {
            format = dateFormat(by);
            last = by;
          }
          const ms = format.parse(text);
          if (ms === null) throw evaluationError('EVAL-14', `"${text.slice(0, 80)}" does not parse by "${by}".`);
          if (ms % DAY_MS === 0) return ms / DAY_MS;
          throw evaluationError('EVAL-16', `"${text.slice(0, 80)}" has a time of day, which a DATE has not.`);
        };
      },
    },
  ],
  examples: [
    ["UNIX_DATE(PARSE_DATE('11/05/2019', 'dd/MM/yyyy'))", '18027'],
    ["UNIX_DATE(PARSE_DATE('JAN-2022', 'MMM-yyyy'))", '18993'],
  ],
});

function dateFormat(by: string): DateFormat {
  try {
    return simpleDateFormat(by);
  } catch (cause) {
    throw evaluationError('EVAL-15', `"${by.slice(0, 80)}" is not a date pattern.`, cause);
  }
}

export const timestampToString = scalar({
  name: 'TIMESTAMPTOSTRING',
  category: CATEGORY,
  doc: 'Milliseconds since the epoch as text by a pattern. Better: FORMAT_TIMESTAMP.',
  nulls: 'NULL when an argument is NULL.',
  variants: withAndWithoutZone(primitiveParam('milliseconds', BIGINT), STRING, print),
  examples: [["TIMESTAMPTOSTRING(1526075913000, 'yyyy-MM-dd''T''HH:mm:ss Z', 'UTC')", "'2018-05-11T21:58:33 +0000'"]],
});

export const stringToTimestamp = scalar({
  name: 'STRINGTOTIMESTAMP',
  category: CATEGORY,
  doc: 'Milliseconds since the epoch of a text by a pattern. Better: PARSE_TIMESTAMP.',
  nulls: 'NULL when an argument is NULL.',
  variants: withAndWithoutZone(param('text', STRING), BIGINT, parse),
  examples: [["STRINGTOTIMESTAMP('2018-05-11T21:58:33Z', 'yyyy-MM-dd''T''HH:mm:ssX')", '1526075913000']],
});

export const dateToString = scalar({
  name: 'DATETOSTRING',
  category: CATEGORY,
  doc: 'Days since the epoch as text by a pattern. Better: FORMAT_DATE.',
  nulls: 'NULL when an argument is NULL.',
  variants: [byPattern(primitiveParam('days', INTEGER), STRING, (days: number, by) => by.printDate(days))],
  examples: [["DATETOSTRING(18993, 'dd/MM/yyyy')", "'01/01/2022'"]],
});

export const stringToDate = scalar({
  name: 'STRINGTODATE',
  category: CATEGORY,
  doc: 'Days since the epoch of a text by a pattern. Better: PARSE_DATE.',
  nulls: 'NULL when an argument is NULL.',
  variants: [byPattern(param('text', STRING), INTEGER, (text: string, by) => by.parseDate(text))],
  examples: [["STRINGTODATE('20220101', 'yyyyMMdd')", '18993']],
});

/** Milliseconds of a unit as written; null for months and years, which have no fixed length. */
function unitMs(unit: string): number | null {
  return UNIT_MS[unit.endsWith('S') ? unit : `${unit}S`] ?? null;
}

function shift(
  name: string,
  type: typeof DATE,
  finish: (ms: number, change: number) => number,
  examples: ScalarFunction['examples'],
): ScalarFunction {
  const sign = name.endsWith('ADD') ? 1 : -1;
  return scalar({
    name,
    category: CATEGORY,
    doc: `${sign === 1 ? 'Adds' : 'Takes away'} so many units: DAYS, HOURS, MINUTES, SECONDS or MILLISECONDS.`,
    nulls: 'NULL when an argument is NULL or the unit is of months or years.',
    variants: [
      strict(
        [param('unit', UNIT), param('count', INTEGER), param('value', type)],
        type,
        (unit: string, count: number, value: number) => {
          const size = unitMs(unit);
          return size === null ? null : finish(value, sign * count * size);
        },
      ),
    ],
    examples,
  });
}

const shiftDate = (days: number, change: number) => Math.trunc((days * DAY_MS + change) / DAY_MS) + 0;
const shiftTime = (ms: number, change: number) => mod(ms + change, DAY_MS);
const shiftTimestamp = (ms: number, change: number) => ms + change;

export const dateAdd = shift('DATEADD', DATE, shiftDate, [
  ["DATEADD(DAYS, 5, CAST('2022-01-01' AS DATE))", "CAST('2022-01-06' AS DATE)"],
  ["DATEADD(HOURS, 5, CAST('2022-01-01' AS DATE))", "CAST('2022-01-01' AS DATE)"],
]);
export const dateSub = shift('DATESUB', DATE, shiftDate, [
  ["DATESUB(DAY, 1, CAST('2022-01-01' AS DATE))", "CAST('2021-12-31' AS DATE)"],
]);
export const timeAdd = shift('TIMEADD', TIME, shiftTime, [
  ["TIMEADD(HOURS, 2, CAST('23:30' AS TIME))", "CAST('01:30' AS TIME)"],
]);
export const timeSub = shift('TIMESUB', TIME, shiftTime, [
  ["TIMESUB(MINUTES, 45, CAST('00:30' AS TIME))", "CAST('23:45' AS TIME)"],
]);
export const timestampAdd = shift('TIMESTAMPADD', TIMESTAMP, shiftTimestamp, [
  ['UNIX_TIMESTAMP(TIMESTAMPADD(SECONDS, 2, FROM_UNIXTIME(1000)))', '3000'],
  ['TIMESTAMPADD(MONTHS, 2, FROM_UNIXTIME(1000))', 'NULL'],
]);
export const timestampSub = shift('TIMESTAMPSUB', TIMESTAMP, shiftTimestamp, [
  ['UNIX_TIMESTAMP(TIMESTAMPSUB(MILLISECONDS, 1, FROM_UNIXTIME(1000)))', '999'],
]);

export const convertTz = scalar({
  name: 'CONVERT_TZ',
  category: CATEGORY,
  doc: 'The timestamp moved from the wall clock of one zone to that of another.',
  nulls: 'NULL when an argument is NULL.',
  variants: [
    {
      params: [param('timestamp', TIMESTAMP), param('from', STRING), param('to', STRING)],
      returns: TIMESTAMP,
      nulls: 'propagate',
      bind: () => {
        const zones = zoneCache();
        return (ms: number, from: string, to: string) => ms + zones(to).offsetAt(ms) - zones(from).offsetAt(ms);
      },
    },
  ],
  examples: [["UNIX_TIMESTAMP(CONVERT_TZ(FROM_UNIXTIME(100), '+0200', '+0500'))", '10800100']],
});

export const fromDays = scalar({
  name: 'FROM_DAYS',
  category: CATEGORY,
  doc: 'The date so many days after 1970-01-01.',
  nulls: 'NULL for NULL.',
  variants: [lenient([primitiveParam('days', INTEGER)], DATE, (days: number) => days)],
  examples: [['FROM_DAYS(18993)', "CAST('2022-01-01' AS DATE)"]],
});

export const fromUnixtime = scalar({
  name: 'FROM_UNIXTIME',
  category: CATEGORY,
  doc: 'The timestamp so many milliseconds after the epoch.',
  nulls: 'NULL for NULL.',
  variants: [strict([param('milliseconds', BIGINT)], TIMESTAMP, (ms: Long) => Number(ms))],
  examples: [['FROM_UNIXTIME(0)', "CAST('1970-01-01' AS TIMESTAMP)"]],
});

export const unixDate = scalar({
  name: 'UNIX_DATE',
  category: CATEGORY,
  doc: 'The days since the epoch of a date, or of today.',
  nulls: 'NULL for NULL.',
  variants: [
    {
      params: [],
      returns: INTEGER,
      nulls: 'handle',
      bind: (_call, _returns, context) => () => Math.floor(context.nowMs() / DAY_MS),
    },
    strict([param('date', DATE)], INTEGER, (days: number) => days),
  ],
  examples: [["UNIX_DATE(CAST('2022-01-01' AS DATE))", '18993']],
});

export const unixTimestamp = scalar({
  name: 'UNIX_TIMESTAMP',
  category: CATEGORY,
  doc: 'The milliseconds since the epoch of a timestamp, or of now.',
  nulls: 'NULL for NULL.',
  variants: [
    { params: [], returns: BIGINT, nulls: 'handle', bind: (_call, _returns, context) => () => context.nowMs() },
    strict([param('timestamp', TIMESTAMP)], BIGINT, (ms: number) => ms),
  ],
  examples: [["UNIX_TIMESTAMP(CAST('1970-01-01T00:00:01' AS TIMESTAMP))", '1000']],
});
