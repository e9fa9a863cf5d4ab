import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { undiciClient } from '../../../../src/adapters/http/undici-client.ts';
import { registryAccess } from '../../../../src/adapters/registry/access.ts';
import { ConfluentRegistry } from '../../../../src/adapters/registry/confluent.ts';
import { tlsOptions } from '../../../../src/adapters/registry/tls.ts';
import { CERTIFICATE, KEY, PKCS12 } from '../../../support/certificate.ts';

const folder = mkdtempSync(join(tmpdir(), 'trib-tls-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const clock = { now: () => 0, sleep: async () => {} };
const failsWith = (text: RegExp) => ({ kind: 'config' as const, message: text });

test('no TLS setting leaves the trust of the process', () => {
  assert.equal(tlsOptions({}), null);
});

test('PEM stores are read from files or given whole, whatever type is stated', () => {
  const trust = file('trust.pem', CERTIFICATE);
  const keys = file('keys.pem', KEY + CERTIFICATE);

  assert.deepEqual(tlsOptions({ 'ssl.truststore.location': trust, 'ssl.truststore.type': 'JKS' }), { ca: CERTIFICATE });
  assert.deepEqual(tlsOptions({ 'ssl.keystore.location': keys }), { key: KEY + CERTIFICATE, cert: KEY + CERTIFICATE });
  assert.deepEqual(
    tlsOptions({
      'ssl.truststore.certificates': CERTIFICATE,
      'ssl.keystore.key': KEY,
      'ssl.keystore.certificate.chain': CERTIFICATE,
      'ssl.enabled.protocols': 'TLSv1.2,TLSv1.3',
    }),
    { ca: CERTIFICATE, key: KEY, cert: CERTIFICATE, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' },
  );
});

test('a PKCS12 keystore is read with its password', () => {
  const path = file('keys.p12', PKCS12);

  assert.deepEqual(tlsOptions({ 'ssl.keystore.location': path, 'ssl.keystore.password': 'changeit' }), {
    pfx: PKCS12,
    passphrase: 'changeit',
  });
  assert.throws(
    () => tlsOptions({ 'ssl.keystore.location': path, 'ssl.keystore.password': 'wr0ng-one' }),
    (error: Error) => /ssl\.keystore\.password/.test(error.message) && !error.message.includes('wr0ng-one'),
  );
});

test('stores that cannot be read are refused with the command that converts them', () => {
  const jks = file('trust.jks', Buffer.from('feedfeed00000002', 'hex'));
  const pkcs12 = file('trust.p12', PKCS12);

  assert.throws(
    () => tlsOptions({ 'ssl.truststore.location': jks }),
    failsWith(/JKS store.*keytool -importkeystore.*openssl/),
  );
  assert.throws(() => tlsOptions({ 'ssl.truststore.location': pkcs12 }), failsWith(/PKCS12 store.*openssl pkcs12/));
  assert.throws(() => tlsOptions({ 'ssl.keystore.location': jks }), failsWith(/keytool/));
  assert.throws(() => tlsOptions({ 'ssl.keystore.location': join(folder, 'gone') }), failsWith(/cannot be read/));
  assert.throws(() => tlsOptions({ 'ssl.cipher.suites': 'X' }), failsWith(/ssl\.cipher\.suites/));
  assert.throws(() => tlsOptions({ 'ssl.enabled.protocols': 'SSLv3' }), failsWith(/TLSv1\.3/));
});

test('a registry with a certificate of its own is reached with the truststore and not without', async () => {
  const server = createServer(
    { key: KEY, cert: CERTIFICATE, ca: CERTIFICATE, requestCert: true },
    (request, response) => {
      const { authorized } = request.socket as unknown as { authorized: boolean };
      response.end(JSON.stringify({ schema: authorized ? '"long"' : '"int"' }));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const registryWith = (settings: Record<string, string>) => {
    const access = registryAccess(url, { 'max.retries': '0', ...settings });
    const http = undiciClient(access.tls === null ? {} : { tls: access.tls });
    return new ConfluentRegistry({ url, access, http, ownsHttp: true, clock });
  };
  const trusting = registryWith({
    'schema.registry.ssl.truststore.certificates': CERTIFICATE,
    'schema.registry.ssl.keystore.key': KEY,
    'schema.registry.ssl.keystore.certificate.chain': CERTIFICATE,
  });
  const plain = registryWith({});

  try {
    assert.equal((await trusting.byId(1))!.schema, '"long"');
    await assert.rejects(plain.byId(1), { kind: 'transient', message: /not trusted|self-signed/i });
  } finally {
    await trusting.close();
    await plain.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
