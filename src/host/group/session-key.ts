// The key by which workers sign calls to each other. The leader makes it, and all workers read it from the config topic.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export const SESSION_KEY_RECORD = 'session-key';
export const SIGNATURE_ALGORITHM = 'HmacSHA256';

export interface SessionKey {
  readonly key: Buffer;
  readonly createdMs: number;
}

export function makeSessionKey(nowMs: number): SessionKey {
  return { key: randomBytes(32), createdMs: nowMs };
}

/** Whether the leader should make another one (`inter.worker.key.ttl.ms`). */
export function isExpired(key: SessionKey, nowMs: number, ttlMs: number): boolean {
  return nowMs >= key.createdMs + ttlMs;
}

/** The record's value. */
export function encodeSessionKey(key: SessionKey): Record<string, unknown> {
  return {
    key: key.key.toString('base64'),
    algorithm: SIGNATURE_ALGORITHM,
    'creation-timestamp': key.createdMs,
  };
}

/** Null for a record that is none, or whose key is for another algorithm: until the next one comes there is no key. */
export function parseSessionKey(value: unknown): SessionKey | null {
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Record<string, unknown>;
  const { key: encoded, algorithm } = fields;
  const createdMs = fields['creation-timestamp'];
  if (typeof encoded !== 'string' || algorithm !== SIGNATURE_ALGORITHM || typeof createdMs !== 'number') return null;
  const key = Buffer.from(encoded, 'base64');
  return key.length === 0 ? null : { key, createdMs };
}

/** The signature of a request's body, as base64; a request without a body signs no bytes. */
export function signBody(key: SessionKey, body: Uint8Array): string {
  return mac(key, body).toString('base64');
}

/** Takes the same time whichever byte differs. */
export function verifiesBody(key: SessionKey, body: Uint8Array, signature: string): boolean {
  const given = Buffer.from(signature, 'base64');
  const right = mac(key, body);
  return given.length === right.length && timingSafeEqual(given, right);
}

function mac(key: SessionKey, body: Uint8Array): Buffer {
  return createHmac('sha256', key.key).update(body).digest();
}
