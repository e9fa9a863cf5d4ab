import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packed } from '../../../../src/adapters/redis/pack.ts';

const CASES: readonly (readonly [name: string, items: readonly Buffer[], hex: string])[] = [
  ['nothing', [], 'dd00000000'],
  ['an empty and a short item', [Buffer.alloc(0), Buffer.from('ab')], 'dd00000002a0a26162'],
  ['bytes that are no text', [Buffer.from([0, 255])], 'dd00000001a200ff'],
  ['31 bytes, the longest short form', [Buffer.alloc(31, 1)], `dd00000001bf${'01'.repeat(31)}`],
  ['32 bytes, with a count of one byte', [Buffer.alloc(32, 1)], `dd00000001d920${'01'.repeat(32)}`],
  ['256 bytes, with a count of four', [Buffer.alloc(256, 1)], `dd00000001db00000100${'01'.repeat(256)}`],
];

for (const [name, items, hex] of CASES) {
  test(`packs ${name}`, () => {
    assert.equal(packed(items).toString('hex'), hex);
  });
}
