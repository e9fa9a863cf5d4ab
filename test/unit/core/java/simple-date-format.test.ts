import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isoText, simpleDateFormat } from '../../../../src/core/java/simple-date-format.ts';

const MOMENT = 1_700_000_000_123;

const printed: readonly (readonly [pattern: string, text: string])[] = [
  ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", '2023-11-14T22:13:20.123Z'],
  ['EEE, d MMM yyyy HH:mm:ss Z', 'Tue, 14 Nov 2023 22:13:20 +0000'],
  ['dd/MM/yy hh:mm a', '14/11/23 10:13 PM'],
  ["'w'ww YYYY u", 'w46 2023 2'],
  ['MMMM EEEE G', 'November Tuesday AD'],
  ['D k K z', '318 22 10 UTC'],
  ["HH''mm", "22'13"],
  ['', ''],
];
for (const [pattern, text] of printed) {
  test(`prints ${pattern}`, () => {
    assert.equal(simpleDateFormat(pattern).format(MOMENT), text);
  });
}

test('the last days of a year may belong to week 1 of the next', () => {
  assert.equal(simpleDateFormat('YYYY-ww').format(Date.UTC(2024, 11, 30)), '2025-01');
});

test('times before 1970 print', () => {
  assert.equal(simpleDateFormat('yyyy-MM-dd HH:mm:ss.SSS').format(-1), '1969-12-31 23:59:59.999');
});

const ancient: readonly (readonly [ms: number | bigint, text: string])[] = [
  [-12_219_292_800_000, '1582-10-15'],
  [-12_219_292_800_001, '1582-10-04'],
  [-62_135_769_600_000, '0001-01-01'],
  [253_402_300_800_000, '10000-01-01'],
  [9_223_372_036_854_775_807n, '292278994-08-17'],
];
for (const [ms, text] of ancient) {
  test(`${ms} ms is ${text}: Julian before the Gregorian calendar, and no end of years`, () => {
    assert.equal(simpleDateFormat('yyyy-MM-dd').format(ms), text);
  });
}

test('the first day of our era parses by the Julian calendar', () => {
  assert.equal(simpleDateFormat('yyyy-MM-dd').parse('0001-01-01'), -62_135_769_600_000);
});

test('the text of an instant is a time, a date or both, in any year', () => {
  assert.deepEqual([-1, 86_400_000, 1_700_000_000_123, 253_402_300_800_000, -(2n ** 63n)].map(isoText), [
    '23:59:59.999Z',
    '1970-01-02',
    '2023-11-14T22:13:20.123Z',
    '10000-01-01',
    '16:47:04.192Z',
  ]);
});

const parsed: readonly (readonly [pattern: string, text: string, ms: number | null])[] = [
  ['yyyy-MM-dd HH:mm:ss.SSS', '2023-11-14 22:13:20.123', MOMENT],
  ['yyyyMMdd', '20231114', 1_699_920_000_000],
  ["yyyy-MM-dd'T'HH:mm:ss", '2023-11-14T25:61:61', 1_700_013_721_000],
  ['EEE, d MMM yyyy HH:mm:ss Z', 'Tue, 14 Nov 2023 22:13:20 -0500', 1_700_018_000_000],
  ['MMMM d, yyyy', 'November 14, 2023', 1_699_920_000_000],
  ['dd/MM/yy hh:mm a', '14/11/23 10:13 PM', 1_699_999_980_000],
  ['k:mm', '24:30', 1_800_000],
  ['yyyy D', '2023 318', 1_699_920_000_000],
  ['yyyy-MM-dd', '2023-11-14 and more', 1_699_920_000_000],
  ['yyyy-MM-dd HH:mmX', '2023-11-14 02:00+0230', 1_699_920_000_000],
  ['yyyy-MM-dd HH:mmXXX', '2023-11-14 02:00+0200', null],
  ['YYYY-MM-dd', '2023-11-14', 1_672_531_200_000],
  ['YYYY-ww', '2024-02', 1_704_585_600_000],
  ['yyyy-MM-dd', 'nope', null],
  ['yyyy-MM-dd', '2023/11/14', null],
];
for (const [pattern, text, ms] of parsed) {
  test(`parses "${text}" by ${pattern}`, () => {
    assert.equal(simpleDateFormat(pattern).parse(text), ms);
  });
}

for (const pattern of ['bogus', "yyyy'"]) {
  test(`the pattern ${pattern} is refused`, () => {
    assert.throws(() => simpleDateFormat(pattern), RangeError);
  });
}
