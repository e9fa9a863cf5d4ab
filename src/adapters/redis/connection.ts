// One Redis connection, and what its failures mean.

import { createHash } from 'node:crypto';
import { Command, Redis } from 'ioredis';
import { TributaryError } from '../../core/errors.ts';

type Argument = string | number | Buffer;

/**
 * Opens a connection. Commands wait for a reconnect for a few seconds and then fail as `transient`; commands in flight when
 * the connection breaks fail at once and are never repeated behind the caller's back, since half a MULTI must not run again.
 */
export function connectRedis(url: string): Redis {
  let client: Redis;
  try {
    client = new Redis(url, {
      lazyConnect: true,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 4,
      connectTimeout: 5_000,
      retryStrategy: (times) => Math.min(50 * 2 ** times, 2_000),
    });
  } catch (cause) {
    throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
      what: `state.store.url is not a Redis URL: ${hideSecrets(url)}.`,
      fix: 'Write redis://host:6379 or rediss://user:password@host:6379/0.',
      cause,
    });
  }
  // Each failed command rejects with its reason; without a listener ioredis would print the same to the console.
  client.on('error', () => {});
  return client;
}

/** The URL without user and password, for messages. */
export function hideSecrets(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}

/** Sends one command with raw replies (Buffers). */
export function send(client: Redis, name: string, parameters: Argument[]): Promise<unknown> {
  return client.sendCommand(new Command(name, parameters, { replyEncoding: null })) as Promise<unknown>;
}

/** A Lua script under its digest, loaded on demand: Redis forgets scripts when it restarts. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** Prepares a script. */
export function scriptOf(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Runs a script by its digest, loading it when Redis does not know it. */
export async function run(
  client: Redis,
  script: Script,
  keys: readonly string[],
  parameters: readonly Argument[],
): Promise<unknown> {
  const call = [script.sha, keys.length, ...keys, ...parameters];
  try {
    return await send(client, 'evalsha', call);
  } catch (error) {
    if (!isUnknownScript(error)) throw error;
    await client.script('LOAD', script.text);
    return await send(client, 'evalsha', call);
  }
}

export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/** A failure of Redis as the product knows it. */
export function redisFailure(error: unknown, doing: string): TributaryError {
  if (error instanceof TributaryError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/^(NOAUTH|WRONGPASS|NOPERM)/.test(message)) {
    return new TributaryError('TRIB_REDIS_REFUSED', 'fatal', {
      what: `Redis refused the credentials while ${doing}.`,
      fix: 'Check user and password in state.store.url and the rights of the user.',
      cause: error,
    });
  }
  if (message.startsWith('OOM')) {
    return new TributaryError('TRIB_REDIS_FULL', 'transient', {
      what: `Redis is out of memory while ${doing}.`,
      fix: 'Raise maxmemory of Redis; its policy must stay noeviction.',
      cause: error,
    });
  }
  // The client's own advice names an option that nobody here can set.
  const why = /max retries per request/i.test(message) ? 'it cannot be reached' : message;
  return new TributaryError('TRIB_REDIS_UNREACHABLE', 'transient', {
    what: `Redis failed while ${doing}: ${why}.`,
    fix: 'Retried by itself; check that Redis runs and that state.store.url is right.',
    cause: error,
  });
}
