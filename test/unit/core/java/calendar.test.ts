import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CUTOVER, calendarOf, dayOf, daysOf } from '../../../../src/core/java/calendar.ts';

test('every day is told as the date that counts back to it, over both calendars', () => {
  for (let day = -720_000; day < 60_000; day += 97) {
    const { year, month, dayOfMonth } = calendarOf(day);
    assert.equal(daysOf(year, month, dayOfMonth), day);
  }
});

test('the day after 4 October 1582 is the 15th', () => {
  assert.deepEqual([calendarOf(CUTOVER - 1).dayOfMonth, calendarOf(CUTOVER).dayOfMonth], [4, 15]);
});

test('months and days beyond their range roll over', () => {
  assert.deepEqual([daysOf(2023, 14, 1), daysOf(2024, 0, 1), daysOf(2023, 2, 30)], [19_754, 19_692, 19_418]);
});

test('days are rounded down, for instants of any size', () => {
  assert.deepEqual([dayOf(-1), dayOf(86_400_000), dayOf(-777_516_886_320_790_988n)], [-1, 1, -8_999_038_037]);
});
