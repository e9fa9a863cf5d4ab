import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Codec,
  codecId,
  compress,
  compressSync,
  decompressSync,
} from '../../../../src/adapters/record-batch/compression.ts';

const CODECS: readonly (readonly [codec: Codec, id: number, magic: string])[] = [
  ['none', 0, '61616161'],
  ['gzip', 1, '1f8b'],
  ['snappy', 2, '82534e4150505900'],
  ['lz4', 3, '04224d18'],
  ['zstd', 4, '28b52ffd'],
];

for (const [codec, id, magic] of CODECS) {
  test(`${codec} is number ${id}, framed as Kafka frames it, and comes back`, async () => {
    const bytes = Buffer.from('a'.repeat(100_000));

    const compressed = compressSync(codecId(codec), bytes);
    const later = await compress(codecId(codec), bytes);

    assert.equal(codecId(codec), id);
    assert.equal(compressed.toString('hex', 0, magic.length / 2), magic);
    assert.ok(decompressSync(id, compressed).equals(bytes));
    assert.ok(decompressSync(id, later).equals(bytes));
  });
}

test('a bare snappy block, as other clients write it, is read too', () => {
  const bare = Buffer.from('0a2468656c6c6f2061626364', 'hex');

  assert.equal(decompressSync(2, bare).toString(), 'hello abcd');
});
