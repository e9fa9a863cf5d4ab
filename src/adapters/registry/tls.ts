// TLS to the registry from Java's store settings (`ssl.truststore.*`, `ssl.keystore.*`).
//
// A store is told by its content and not by its type setting: the default type is JKS whatever the file is, and since Java 9 a
// "JKS" file is mostly PKCS12. Node reads PEM, and PKCS12 with a private key; what it cannot read is refused with the command
// that converts it.
import { readFileSync } from 'node:fs';
import { createSecureContext, type ConnectionOptions as TlsOptions } from 'node:tls';
import type { RawConfig } from '../../core/config/define.ts';
import { quoted, TributaryError } from '../../core/errors.ts';

/** Settings that would change the connection and have no counterpart here: refused, never ignored. */
const UNSUPPORTED = ['ssl.cipher.suites', 'ssl.provider', 'ssl.trustmanager.algorithm', 'ssl.engine.factory.class'];
const JKS_MAGIC = 0xfeedfeed;
const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** Node's TLS options, null when no `ssl.*` setting is given. Throws `config`. */
export function tlsOptions(ssl: RawConfig): TlsOptions | null {
  const given = Object.keys(ssl).filter((name) => (ssl[name] ?? '') !== '' || name.endsWith('algorithm'));
  if (given.length === 0) return null;
  for (const name of UNSUPPORTED) {
    if ((ssl[name] ?? '') !== '' && ssl[name] !== 'PKIX')
      throw refused(name, ssl[name]!, 'Leave it out: Node chooses.');
  }
  const options: TlsOptions = { ...trusted(ssl), ...ownIdentity(ssl), ...versions(ssl) };
  const names = ssl['ssl.endpoint.identification.algorithm'];
  if (names === '') options.checkServerIdentity = () => undefined;
  try {
    createSecureContext(options);
  } catch (cause) {
    throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
      what: `The keys and certificates for the schema registry cannot be used: ${cause instanceof Error ? cause.message : cause}.`,
      where: 'ssl.keystore',
      fix: 'Check the passwords (ssl.keystore.password, ssl.key.password) and that key and certificate belong together.',
      cause,
    });
  }
  return options;
}

function trusted(ssl: RawConfig): TlsOptions {
  const inline = ssl['ssl.truststore.certificates'];
  if (isGiven(inline)) return { ca: inline };
  const path = ssl['ssl.truststore.location'];
  if (!isGiven(path)) return {};
  const store = storeOf('ssl.truststore.location', path);
  if (store.form === 'PEM') return { ca: store.bytes.toString('utf8') };
  throw unreadable('ssl.truststore', store.form, path, `openssl pkcs12 -in store.p12 -nokeys -out truststore.pem`);
}

function ownIdentity(ssl: RawConfig): TlsOptions {
  const inlineKey = ssl['ssl.keystore.key'];
  const inlineChain = ssl['ssl.keystore.certificate.chain'];
  const keyPassword = ssl['ssl.key.password'];
  const passphrase = isGiven(keyPassword) ? { passphrase: keyPassword } : {};
  if (isGiven(inlineKey) && isGiven(inlineChain)) return { key: inlineKey, cert: inlineChain, ...passphrase };
  const path = ssl['ssl.keystore.location'];
  if (!isGiven(path)) return {};
  const store = storeOf('ssl.keystore.location', path);
  if (store.form === 'PEM') {
    const text = store.bytes.toString('utf8');
    return { key: text, cert: text, ...passphrase };
  }
  if (store.form === 'PKCS12') return { pfx: store.bytes, passphrase: ssl['ssl.keystore.password'] ?? '' };
  throw unreadable('ssl.keystore', store.form, path, 'set ssl.keystore.location to the PKCS12 store');
}

function versions(ssl: RawConfig): TlsOptions {
  const listed = ssl['ssl.enabled.protocols'];
  if (!isGiven(listed)) return {};
  const wanted = listed.split(',').map((name) => VERSIONS.indexOf(name.trim() as (typeof VERSIONS)[number]));
  if (wanted.includes(-1)) throw refused('ssl.enabled.protocols', listed, `Use ${VERSIONS.join(', ')}.`);
  return { minVersion: VERSIONS[Math.min(...wanted)]!, maxVersion: VERSIONS[Math.max(...wanted)]! };
}

function isGiven(value: string | null | undefined): value is string {
  return value !== undefined && value !== null && value !== '';
}

function storeOf(name: string, path: string): { readonly form: 'PEM' | 'PKCS12' | 'JKS'; readonly bytes: Buffer } {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
      what: `${name} names ${quoted(path)}, which cannot be read.`,
      where: name,
      fix: 'Give the path of a file that this process may read.',
      cause,
    });
  }
  if (bytes.length >= 4 && bytes.readUInt32BE(0) === JKS_MAGIC) return { form: 'JKS', bytes };
  return { form: bytes[0] === 0x30 ? 'PKCS12' : 'PEM', bytes };
}

function unreadable(store: string, form: string, path: string, last: string): TributaryError {
  const convert = 'keytool -importkeystore -srckeystore store.jks -destkeystore store.p12 -deststoretype PKCS12';
  return new TributaryError('TRIB_CONFIG_INVALID', 'config', {
    what: `${store}.location names ${quoted(path)}, a ${form} store, which cannot be read here.`,
    where: `${store}.location`,
    fix: `Convert it once: ${form === 'JKS' ? `${convert}, then ` : ''}${last}; PEM needs ${store}.type=PEM.`,
  });
}

function refused(name: string, value: string, fix: string): TributaryError {
  return new TributaryError('TRIB_CONFIG_INVALID', 'config', {
    what: `${name} is ${quoted(value)}.`,
    where: name,
    fix,
  });
}
