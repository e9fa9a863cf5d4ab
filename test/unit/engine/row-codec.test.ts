import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../../../src/core/bytes.ts';
import type { Row } from '../../../src/core/data/schema.ts';
import { decodeRow, encodeRow } from '../../../src/engine/row-codec.ts';

const ROWS: readonly (readonly [what: string, row: Row])[] = [
  ['an empty row', []],
  ['nulls and booleans', [null, true, false]],
  ['numbers of all sizes', [0, -16, -17, 207, 208, 2147483647, -2147483648, 1.5, -0, 9007199254740991, Number.NaN]],
  ['large integers', [9007199254740992n, -9223372036854775808n]],
  ['texts', ['', 'plain', 'grüße', 'x'.repeat(200), '日本']],
  ['bytes and decimals', [Buffer.from([1, 2, 255]), { unscaled: -12345678901234567890n, scale: 3 }]],
  ['nested cells', [[1, [null, 'a']], new Map([['k', [1]]])]],
];

for (const [what, row] of ROWS) {
  test(`a row with ${what} is read back as it was`, () => {
    const out = new ByteWriter(4);

    encodeRow(row, out);

    assert.deepEqual(decodeRow(out.bytes, 0, out.position), row);
  });
}

test('bytes that are cut off are refused', () => {
  const out = new ByteWriter();
  encodeRow(['text'], out);

  assert.throws(() => decodeRow(out.bytes, 0, out.position - 1), { code: 'TRIB_STATE_BROKEN' });
});
