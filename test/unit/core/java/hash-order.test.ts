import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inHashOrder, stringHash } from '../../../../src/core/java/hash-order.ts';

test('a text has the hash Java gives it', () => {
  assert.deepEqual(['', 'a', 'hello', 'polygenelubricants'].map(stringHash), [0, 97, 99162322, -2147483648]);
});

test('items come in the order of a hash map made with their number as capacity', () => {
  const own = (text: string) => text;

  assert.deepEqual(inHashOrder(['yes, thanks', 'nope', 'sure, yeah'], own), ['yes, thanks', 'sure, yeah', 'nope']);
  assert.deepEqual(inHashOrder(['yes, thanks', 'nope', 'sure, yeah'], own, 16), ['yes, thanks', 'nope', 'sure, yeah']);
  assert.deepEqual(inHashOrder([], own), []);
});
