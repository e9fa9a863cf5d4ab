import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTagged, tagged } from '../../../src/queries/tagged-json.ts';

test('what JSON cannot hold comes back as it was', () => {
  const value = {
    long: 9007199254740993n,
    decimal: { unscaled: 1050n, scale: 2 },
    bytes: Buffer.from([1, 2]),
    map: new Map<unknown, unknown>([['k', [1n, null]]]),
    doubles: [Number.NaN, Number.POSITIVE_INFINITY, -0, 1.5],
    plain: { text: 'x', nothing: null, yes: true },
  };

  assert.deepEqual(parseTagged(tagged(value)), value);
});
