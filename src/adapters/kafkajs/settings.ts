// Kafka's client settings, under Kafka's own names, as this adapter understands them.

import { readFileSync } from 'node:fs';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { KafkaConfig } from 'kafkajs';
import { quoted, TributaryError } from '../../core/errors.ts';
import type { Address } from './link.ts';

/** Plain settings, such as `bootstrap.servers` and `security.protocol`. Unknown names are left to others. */
export type KafkaSettings = Readonly<Record<string, string | undefined>>;

export interface ParsedSettings {
  readonly seeds: readonly Address[];
  readonly clientId: string;
  readonly ssl: KafkaConfig['ssl'] | undefined;
  readonly sasl: KafkaConfig['sasl'] | undefined;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly retryForMs: number;
  readonly deliveryTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  readonly recordBytesMax: number;
}

export function parseSettings(config: KafkaSettings): ParsedSettings {
  const protocol = (config['security.protocol'] ?? 'PLAINTEXT').toUpperCase();
  if (!['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'].includes(protocol)) {
    throw invalid('security.protocol', protocol, 'Use PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.');
  }
  return {
    seeds: parseSeeds(config['bootstrap.servers']),
    clientId: config['client.id'] ?? 'tributary',
    ssl: protocol.endsWith('SSL') ? tlsOptions(config) : undefined,
    sasl: protocol.startsWith('SASL') ? saslOptions(config) : undefined,
    connectionTimeoutMs: milliseconds(config, 'socket.connection.setup.timeout.ms', 10_000),
    requestTimeoutMs: milliseconds(config, 'request.timeout.ms', 30_000),
    retryForMs: milliseconds(config, 'default.api.timeout.ms', 15_000),
    deliveryTimeoutMs: milliseconds(config, 'delivery.timeout.ms', 120_000),
    transactionTimeoutMs: milliseconds(config, 'transaction.timeout.ms', 60_000),
    recordBytesMax: milliseconds(config, 'max.request.size', 1_000_000),
  };
}

function parseSeeds(text: string | undefined): readonly Address[] {
  const parts = (text ?? '').split(',').map((part) => part.trim());
  const seeds = parts.filter((part) => part !== '').map(parseSeed);
  if (seeds.length === 0) throw invalid('bootstrap.servers', text ?? '', 'Give host:port, several with commas.');
  return seeds;
}

function parseSeed(text: string): Address {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(text.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw invalid('bootstrap.servers', text, 'Give host:port, several with commas.');
  }
  return { host, port };
}

function saslOptions(config: KafkaSettings): NonNullable<KafkaConfig['sasl']> {
  const mechanism = (config['sasl.mechanism'] ?? 'PLAIN').toUpperCase();
  const jaas = config['sasl.jaas.config'] ?? '';
  const username = config['sasl.username'] ?? jaasOption(jaas, 'username');
  const password = config['sasl.password'] ?? jaasOption(jaas, 'password');
  if (username === undefined || password === undefined) {
    throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
      what: 'security.protocol asks for SASL, but there is no user name or no password.',
      where: 'sasl.jaas.config',
      fix: 'Give sasl.jaas.config=… required username="…" password="…"; or sasl.username and sasl.password.',
    });
  }
  if (mechanism === 'PLAIN') return { mechanism: 'plain', username, password };
  if (mechanism === 'SCRAM-SHA-256') return { mechanism: 'scram-sha-256', username, password };
  if (mechanism === 'SCRAM-SHA-512') return { mechanism: 'scram-sha-512', username, password };
  throw invalid('sasl.mechanism', mechanism, 'Use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.');
}

// `org.apache.kafka.…PlainLoginModule required username="alice" password="with \"quotes\"";`
function jaasOption(jaas: string, name: string): string | undefined {
  const found = new RegExp(`\\b${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|'((?:[^'\\\\]|\\\\.)*)'|([^\\s;]+))`).exec(
    jaas,
  );
  const value = found?.[1] ?? found?.[2] ?? found?.[3];
  return value?.replace(/\\(.)/g, '$1');
}

function tlsOptions(config: KafkaSettings): TlsOptions {
  const options: TlsOptions = {};
  const authority = pem(config, 'ssl.truststore', 'ssl.truststore.certificates');
  if (authority !== undefined) options.ca = authority;
  const keystore = config['ssl.keystore.location'];
  if (config['ssl.keystore.type']?.toUpperCase() === 'PKCS12' && keystore !== undefined) {
    options.pfx = readOption('ssl.keystore.location', keystore);
    const password = config['ssl.keystore.password'];
    if (password !== undefined) options.passphrase = password;
  } else {
    const chain = pem(config, 'ssl.keystore', 'ssl.keystore.certificate.chain');
    const key = config['ssl.keystore.key'] ?? chain;
    if (chain !== undefined) options.cert = chain;
    if (chain !== undefined && key !== undefined) options.key = key;
    const password = config['ssl.key.password'];
    if (password !== undefined) options.passphrase = password;
  }
  if (config['ssl.endpoint.identification.algorithm'] === '') options.checkServerIdentity = () => undefined;
  return options;
}

// PEM text given directly, or in a file. A PEM keystore file holds the key and the chain.
function pem(config: KafkaSettings, store: string, inline: string): string | undefined {
  const text = config[inline];
  if (text !== undefined) return text;
  const path = config[`${store}.location`];
  if (path === undefined) return undefined;
  const type = config[`${store}.type`]?.toUpperCase() ?? 'PEM';
  if (type !== 'PEM') throw invalid(`${store}.type`, type, 'Use PEM: convert the store with keytool and openssl.');
  return readOption(`${store}.location`, path).toString('utf8');
}

function readOption(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
      what: `${name} names ${quoted(path)}, which cannot be read.`,
      where: name,
      fix: 'Give the path of a file this process may read.',
      cause,
    });
  }
}

function milliseconds(config: KafkaSettings, name: string, standard: number): number {
  const text = config[name];
  if (text === undefined) return standard;
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value > 0) return value;
  throw invalid(name, text, 'Give a whole number above 0.');
}

function invalid(name: string, value: string, fix: string): TributaryError {
  return new TributaryError('TRIB_CONFIG_INVALID', 'config', {
    what: `${name} is ${quoted(value)}.`,
    where: name,
    fix,
  });
}
