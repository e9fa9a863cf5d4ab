import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from '../../../../src/adapters/record-batch/crc32c.ts';

// The check value of the algorithm, and the vectors of RFC 3720 (iSCSI), appendix B.4.
const VECTORS: readonly (readonly [name: string, bytes: Buffer, crc: number])[] = [
  ['nothing', Buffer.alloc(0), 0],
  ['the check text', Buffer.from('123456789'), 0xe3069283],
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 times 0xff', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['32 rising bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ['32 falling bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
];

for (const [name, bytes, crc] of VECTORS) {
  test(`crc32c of ${name}`, () => {
    assert.equal(crc32c(bytes, 0, bytes.length), crc);
  });
}

test('crc32c of a part of a buffer does not see the rest', () => {
  const bytes = Buffer.from('xx123456789yy');

  assert.equal(crc32c(bytes, 2, 11), 0xe3069283);
});

test('crc32c of long bytes is the same wherever they begin in memory', () => {
  for (const shift of [0, 1, 2, 3]) {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(Array.from({ length: 1000 }, (_, i) => i & 255))]);

    // Computed bit by bit with another program.
    assert.equal(crc32c(bytes, shift, shift + 1000), 0x1a318e30);
    assert.equal(crc32c(bytes, shift + 3, shift + 990), 0x4ce76413);
  }
});
