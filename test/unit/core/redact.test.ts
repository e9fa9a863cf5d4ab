import assert from 'node:assert/strict';
import { test } from 'node:test';
import { masked, namesSecret, Redactor } from '../../../src/core/redact.ts';

test('settings that name a secret are known by their name', () => {
  const secret = [
    'braze.api.key',
    'password',
    'db.password',
    'schema.registry.basic.auth.user.info',
    'sasl.jaas.config',
    'access_token',
  ];
  const open = ['key.converter', 'topics', 'ssl.keystore.location', 'token.endpoint.url', 'tokens.max', 'compass'];

  assert.deepEqual(secret.filter(namesSecret), secret);
  assert.deepEqual(open.filter(namesSecret), []);
});

test('secrets are masked, references to secrets are not', () => {
  const shown = masked(
    { 'api.key': 'abc', 'db.password': '${env:DB}', word: 'x', url: 'redis://me:pw@host', empty: null },
    (name) => name === 'word',
  );

  assert.deepEqual(shown, {
    'api.key': '[hidden]',
    'db.password': '${env:DB}',
    word: '[hidden]',
    url: 'redis://me:[hidden]@host',
    empty: null,
  });
});

test('remembered values are blanked in any text, short ones are not remembered', () => {
  const redactor = new Redactor();
  redactor.add('swordfish');
  redactor.add('on');

  assert.equal(redactor.redact('swordfish is on, swordfish!'), '[hidden] is on, [hidden]!');
});
