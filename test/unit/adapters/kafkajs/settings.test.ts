import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSettings } from '../../../../src/adapters/kafkajs/settings.ts';
import type { TributaryError } from '../../../../src/core/errors.ts';

const SERVERS = { 'bootstrap.servers': 'one:9092, [::1]:9093' };

test('bare settings mean plain connections to the servers named', () => {
  const parsed = parseSettings(SERVERS);

  assert.deepEqual(parsed.seeds, [
    { host: 'one', port: 9092 },
    { host: '::1', port: 9093 },
  ]);
  assert.deepEqual([parsed.ssl, parsed.sasl, parsed.clientId], [undefined, undefined, 'tributary']);
});

test('a JAAS text gives user and password, with quotes and semicolons in them', () => {
  const jaas = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="al ice" password="p\\"w;d";';

  const { sasl, ssl } = parseSettings({
    ...SERVERS,
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': 'SCRAM-SHA-512',
    'sasl.jaas.config': jaas,
  });

  assert.deepEqual(sasl, { mechanism: 'scram-sha-512', username: 'al ice', password: 'p"w;d' });
  assert.deepEqual(ssl, {});
});

test('PEM texts become TLS options', () => {
  const { ssl } = parseSettings({
    ...SERVERS,
    'security.protocol': 'ssl',
    'ssl.truststore.certificates': 'CA',
    'ssl.keystore.certificate.chain': 'CERT',
    'ssl.keystore.key': 'KEY',
    'ssl.key.password': 'secret',
  });

  assert.deepEqual(ssl, { ca: 'CA', cert: 'CERT', key: 'KEY', passphrase: 'secret' });
});

const WRONG: readonly (readonly [what: string, config: Record<string, string>, where: string])[] = [
  ['no servers', {}, 'bootstrap.servers'],
  ['a server without a port', { 'bootstrap.servers': 'one' }, 'bootstrap.servers'],
  ['an unknown protocol', { ...SERVERS, 'security.protocol': 'TLS' }, 'security.protocol'],
  [
    'SASL without a password',
    { ...SERVERS, 'security.protocol': 'SASL_SSL', 'sasl.username': 'a' },
    'sasl.jaas.config',
  ],
  [
    'an unknown mechanism',
    {
      ...SERVERS,
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'GSSAPI',
      'sasl.username': 'a',
      'sasl.password': 'b',
    },
    'sasl.mechanism',
  ],
  [
    'a key store that is not there',
    { ...SERVERS, 'security.protocol': 'SSL', 'ssl.keystore.location': '/no' },
    'ssl.keystore.location',
  ],
  [
    'a Java trust store',
    { ...SERVERS, 'security.protocol': 'SSL', 'ssl.truststore.location': '/no', 'ssl.truststore.type': 'JKS' },
    'ssl.truststore.type',
  ],
  ['a time that is no number', { ...SERVERS, 'request.timeout.ms': '1s' }, 'request.timeout.ms'],
];

for (const [what, config, where] of WRONG) {
  test(`${what} is refused by the name of the setting`, () => {
    assert.throws(
      () => parseSettings(config),
      (error: TributaryError) => error.kind === 'config' && error.parts.where === where,
    );
  });
}
