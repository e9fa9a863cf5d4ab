import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timePattern, zoneOf } from '../../../../../src/sql/functions/time/index.ts';

const UTC = zoneOf('UTC');
const PRINTED: readonly (readonly [pattern: string, zone: string, text: string])[] = [
  ['yyyy-MM-dd HH:mm:ss.SSS', 'UTC', '2018-05-11 21:58:33.789'],
  ["yyyy-MM-dd'T'HH:mm:ssXXX", 'Asia/Kolkata', '2018-05-12T03:28:33+05:30'],
  ['yyyy-MM-dd HH:mm:ss zzz', 'America/Los_Angeles', '2018-05-11 14:58:33 PDT'],
  ['zzzz', 'America/Los_Angeles', 'Pacific Daylight Time'],
  ['VV', 'Europe/London', 'Europe/London'],
  ['z', 'Europe/London', 'BST'],
  ['EEE, d MMM yy h:mm a', 'UTC', 'Fri, 11 May 18 9:58 PM'],
  ['EEEE MMMM G', 'UTC', 'Friday May AD'],
  ['D QQQ e', 'UTC', '131 Q2 6'],
  ['X x Z O', 'UTC', 'Z +00 +0000 GMT'],
  ['X x Z O', '-03:30', '-0330 -0330 -0330 GMT-3:30'],
  ["'o''clock' H", 'UTC', "o'clock 21"],
];

for (const [pattern, zone, text] of PRINTED) {
  test(`${pattern} prints ${text}`, () => {
    assert.equal(timePattern(pattern).printTimestamp(1526075913789, zoneOf(zone)), text);
  });
}

const PARSED: readonly (readonly [pattern: string, text: string, ms: number])[] = [
  ["yyyy-MM-dd'T'HH:mm:ssX", '2018-05-11T21:58:33Z', 1526075913000],
  ["yyyy-MM-dd'T'HH:mm:ss.SX", '2018-05-11T21:58:33.7+0100', 1526072313700],
  ['yyyyMMddHHmmssSSS', '20180511215833789', 1526075913789],
  ['yy-MM-dd HH:mm:ssX', '18-05-11 21:58:33+00', 1526075913000],
  ['yyyy-MM-dd HH:mm:ss zzz', '2018-05-11 14:58:33 pdt', 1526075913000],
  ['yyyy-MM-dd HH:mm VV', '2018-05-11 22:58 Europe/London', 1526075880000],
  ['dd-MMM-yyyy', '11-may-2018', 1525996800000],
  ['MMMM yyyy', 'May 2018', 1525132800000],
  ['HH:mm', '01:30', 5_400_000],
  ['h:mm a', '1:30 pm', 48_600_000],
  ['yyyy-DDD', '2018-131', 1525996800000],
  ['yyyy-MM-dd', '2019-02-31', 1551312000000],
  ['yyyy-MM-dd[ HH:mm]', '2018-05-11', 1525996800000],
  ['yyyy-MM-dd[ HH:mm]', '2018-05-11 01:00', 1526000400000],
  ['yyyy-MM-dd HH:mm', '2018-05-11 24:00', 1526083200000],
];

for (const [pattern, text, ms] of PARSED) {
  test(`${text} parses by ${pattern}`, () => {
    assert.equal(timePattern(pattern).parseTimestamp(text, UTC), ms);
  });
}

const REFUSED: readonly (readonly [pattern: string, text: string, code: string])[] = [
  ['yyyy-MM-dd', '2018-05', 'TRIB_SQL_EVAL_14'],
  ['yyyy-MM-dd', '2018-13-01', 'TRIB_SQL_EVAL_14'],
  ['yyyy-MM-dd', '2018-05-11 x', 'TRIB_SQL_EVAL_14'],
  ['EEE yyyy-MM-dd', 'Mon 2018-05-11', 'TRIB_SQL_EVAL_14'],
  ['yyyy-MM-dd b', '2018-05-11 x', 'TRIB_SQL_EVAL_15'],
  ["yyyy 'open", '2018', 'TRIB_SQL_EVAL_15'],
];

for (const [pattern, text, code] of REFUSED) {
  test(`${text} does not parse by ${pattern}`, () => {
    assert.throws(() => timePattern(pattern).parseTimestamp(text, UTC), { code });
  });
}

test('a DATE has no time and a TIME no date to print or parse', () => {
  const wrong = { code: 'TRIB_SQL_EVAL_16' };

  assert.throws(() => timePattern('yyyy HH').printDate(0), wrong);
  assert.throws(() => timePattern('yyyy HH').printTime(0), wrong);
  assert.throws(() => timePattern('yyyy HH').parseTime('2020 10'), wrong);
});

test('local times in a gap move on, in an overlap keep the earlier offset', () => {
  const zone = zoneOf('America/New_York');
  const gap = Date.UTC(2021, 2, 14, 2, 30);
  const overlap = Date.UTC(2021, 10, 7, 1, 30);

  assert.deepEqual(
    [zone.instantOf(gap), zone.instantOf(overlap)],
    [Date.UTC(2021, 2, 14, 7, 30), Date.UTC(2021, 10, 7, 5, 30)],
  );
});

test('zones are known by Java ids', () => {
  const at = Date.UTC(2021, 6, 1);

  assert.deepEqual(
    ['UTC', 'Z', 'GMT+1', 'UTC-01:30', '+0200', 'Europe/London'].map((id) => zoneOf(id).offsetAt(at) / 60_000),
    [0, 0, 60, -90, 120, 60],
  );
  assert.throws(() => zoneOf('Europe/Lundon'), /Did you mean Europe\/London\?/);
});
