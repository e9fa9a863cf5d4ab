import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessSettings, registryAccess } from '../../../../src/adapters/registry/access.ts';

const basic = (userInfo: string) => `Basic ${Buffer.from(userInfo).toString('base64')}`;
const URL = 'http://me:s3cret@a:1/apis/,http://b:2';
const failsWith = (text: RegExp) => (error: unknown) =>
  error instanceof Error && text.test(error.message) && !error.message.includes('s3cret');

test('credentials come from where the settings say', () => {
  const jaas = 'o.a.k.PlainLoginModule required username="al\\"ice" password="p w";';
  const authorizations = [
    {},
    { 'basic.auth.credentials.source': 'URL', 'basic.auth.user.info': 'x:y' },
    { 'basic.auth.credentials.source': 'user_info', 'basic.auth.user.info': 'x:y:z' },
    { 'schema.registry.basic.auth.user.info': 'older:name' },
    { 'basic.auth.credentials.source': 'SASL_INHERIT', 'sasl.jaas.config': jaas },
    { 'bearer.auth.token': 'abc' },
  ].map((settings) => registryAccess(URL, settings).authorization);

  assert.deepEqual(authorizations, [
    basic('me:s3cret'),
    basic('me:s3cret'),
    basic('x:y:z'),
    basic('older:name'),
    basic('al"ice:p w'),
    'Bearer abc',
  ]);
  assert.deepEqual(registryAccess(URL, {}).bases, ['http://a:1/apis', 'http://b:2']);
});

test('credentials that are missing or not supported are named, without a secret in the message', () => {
  const fails = (settings: Record<string, string>, text: RegExp) =>
    assert.throws(() => registryAccess(URL, settings), failsWith(text));

  fails({ 'basic.auth.credentials.source': 'USER_INFO' }, /basic\.auth\.user\.info/);
  fails({ 'basic.auth.credentials.source': 'USER_INFO', 'basic.auth.user.info': 's3cret' }, /user:password/);
  fails({ 'basic.auth.credentials.source': 'SASL_INHERIT' }, /sasl\.jaas\.config/);
  fails({ 'bearer.auth.credentials.source': 'OAUTHBEARER' }, /STATIC_TOKEN/);
  fails({ 'bearer.auth.credentials.source': 'STATIC_TOKEN' }, /bearer\.auth\.token/);
  fails({ 'proxy.host': 'p' }, /proxy/);
  fails({ 'max.retries': '-1' }, /max\.retries/);
});

test('only settings of the way to the registry count, and the prefixed name wins', () => {
  assert.deepEqual(
    accessSettings({
      'converter.type': 'value',
      'auto.register.schemas': 'false',
      'schema.registry.url': 'http://h',
      'ssl.key.password': 'a',
      'schema.registry.ssl.key.password': 'b',
      'max.retries': '5',
    }),
    { 'ssl.key.password': 'b', 'max.retries': '5' },
  );
  const { retriesMax, timeoutMs } = registryAccess('http://h:1', { 'max.retries': '5', 'http.read.timeout.ms': '250' });
  assert.deepEqual([retriesMax, timeoutMs], [5, 250]);
});
