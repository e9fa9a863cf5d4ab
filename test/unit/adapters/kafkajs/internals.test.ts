// The contract with the inside of kafkajs: when one of these fails, the installed kafkajs is not the one we know.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { checkConnection, connector } from '../../../../src/adapters/kafkajs/internals.ts';
import type { TributaryError } from '../../../../src/core/errors.ts';

const require = createRequire(import.meta.url);

function connection(options: object = {}): Record<string, unknown> {
  const Connection = require('kafkajs/src/network/connection') as new (options: object) => Record<string, unknown>;
  const silent = { debug() {}, error() {}, info() {}, warn() {}, namespace: () => silent };
  return new Connection({
    host: 'nowhere',
    port: 1,
    logger: silent,
    socketFactory() {},
    requestTimeout: 1000,
    ...options,
  });
}

test('kafkajs is 2.2.4, the last one looked into', () => {
  assert.equal((require('kafkajs/package.json') as { version: string }).version, '2.2.4');
});

test('the private way to a cluster is there', () => {
  const options = { brokers: ['nowhere:1'], clientId: 'test', connectionTimeoutMs: 1, requestTimeoutMs: 1, log() {} };

  assert.equal(typeof connector({ ...options, ssl: undefined, sasl: undefined }).connect, 'function');
});

test('a connection and its request queue have what is used of them', () => {
  assert.doesNotThrow(() => checkConnection(connection()));
});

test('a changed connection is told plainly', () => {
  const changed = connection();
  (changed['requestQueue'] as Record<string, unknown>)['push'] = undefined;

  assert.throws(
    () => checkConnection(changed),
    (error: TributaryError) =>
      error.code === 'TRIB_KAFKAJS_CHANGED' && error.message.includes('a request queue has push()'),
  );
});

test('a request pushed into the queue is sent at once and settled by its correlation id', () => {
  const queue = connection()['requestQueue'] as {
    push(request: object): void;
    fulfillRequest(answer: object): void;
    scheduleCheckPendingRequests(): void;
    inflight: Map<number, unknown>;
  };
  queue.scheduleCheckPendingRequests = () => {};
  const seen: unknown[] = [];
  const entry = { correlationId: 7, apiKey: 0, apiName: 'x', apiVersion: 0, reject() {} };
  const resolve = (answer: { payload: Buffer }): number => seen.push(answer.payload.toString());

  queue.push({
    entry: { ...entry, resolve },
    expectResponse: true,
    requestTimeout: 1,
    sendRequest: () => seen.push('sent'),
  });
  const underWay = queue.inflight.size;
  queue.fulfillRequest({ correlationId: 7, payload: Buffer.from('answer'), size: 6 });

  assert.deepEqual([seen, underWay, queue.inflight.size], [['sent', 'answer'], 1, 0]);
});
