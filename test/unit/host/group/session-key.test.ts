import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  encodeSessionKey,
  isExpired,
  makeSessionKey,
  parseSessionKey,
  signBody,
  verifiesBody,
} from '../../../../src/host/group/session-key.ts';

const KEY = { key: Buffer.alloc(32, 7), createdMs: 1_000 };
const BODY = Buffer.from('[{"topics":"orders"}]');

test('a key is written as Kafka Connect writes it and read again', () => {
  const record = encodeSessionKey(KEY);

  assert.deepEqual(record, {
    key: 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=',
    algorithm: 'HmacSHA256',
    'creation-timestamp': 1_000,
  });
  assert.deepEqual(parseSessionKey(record), KEY);
});

test('records without a usable key are none', () => {
  const record = encodeSessionKey(KEY);
  const odd = [null, 'x', {}, { ...record, algorithm: 'HmacMD5' }, { ...record, key: '' }, { ...record, key: 3 }];

  assert.deepEqual(
    odd.map(parseSessionKey),
    odd.map(() => null),
  );
});

test('a signature holds for its body and key only', () => {
  const signature = signBody(KEY, BODY);

  assert.equal(signature, '/NZghMM/IIAPyvmB2j/vBPjTBf6Aa3lO9jYIc9NlZF0=');
  assert.equal(verifiesBody(KEY, BODY, signature), true);
  assert.equal(verifiesBody(KEY, Buffer.from('[]'), signature), false);
  assert.equal(verifiesBody(makeSessionKey(1_000), BODY, signature), false);
  assert.deepEqual(
    ['', 'AAAA', '%%%'].map((wrong) => verifiesBody(KEY, BODY, wrong)),
    [false, false, false],
  );
});

test('keys differ, have 32 bytes, and are to be replaced when they are old', () => {
  const [one, two] = [makeSessionKey(5_000), makeSessionKey(5_000)];

  assert.equal(one.key.length, 32);
  assert.notDeepEqual(one.key, two.key);
  assert.deepEqual([isExpired(one, 5_999, 1_000), isExpired(one, 6_000, 1_000)], [false, true]);
});
