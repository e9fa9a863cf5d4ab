import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zoneOffsets } from '../../../../src/plugins/debezium/zone-offsets.ts';

const HOUR = 3_600_000;

test('fixed offsets and UTC', () => {
  const found = ['+02:00', '-08:00', 'UTC', 'GMT', 'Z', 'Mars/Base'].map(
    (zone) => zoneOffsets(zone)?.atInstant(0) ?? null,
  );

  assert.deepEqual(found, [2 * HOUR, -8 * HOUR, 0, 0, 0, null]);
});

test('a wall time that does not exist, or exists twice, takes the offset before the change', () => {
  const paris = zoneOffsets('Europe/Paris')!;

  const offsets = [
    Date.UTC(2023, 2, 26, 1, 30),
    Date.UTC(2023, 2, 26, 2, 30),
    Date.UTC(2023, 2, 26, 3, 30),
    Date.UTC(2023, 9, 29, 2, 30),
    Date.UTC(2023, 9, 29, 3, 30),
  ].map((wallMs) => paris.ofWallTime(wallMs) / HOUR);

  assert.deepEqual(offsets, [1, 1, 2, 2, 1]);
});

test('ids are taken in their case only, and offsets in the forms of Java', () => {
  const found = ['+8', '+0830', 'UTC+1', 'Asia/Calcutta', '+8:00', '+19:00', '+02:60', 'europe/paris'].map(
    (zone) => zoneOffsets(zone)?.atInstant(0) ?? null,
  );

  assert.deepEqual(found, [8 * HOUR, 8.5 * HOUR, HOUR, 5.5 * HOUR, null, null, null, null]);
});
