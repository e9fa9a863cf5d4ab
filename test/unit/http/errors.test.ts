import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../src/core/errors.ts';
import { Redactor } from '../../../src/core/redact.ts';
import { errorHandler } from '../../../src/http/errors.ts';
import { listen, makeApp } from '../../../src/http/server.ts';

async function answerTo(error: Error) {
  const fail = () => {
    throw error;
  };
  const app = makeApp({ routers: [fail], onError: errorHandler(new Redactor(), () => {}) });
  const listener = await listen('http://127.0.0.1:0', 'listeners', app);
  const answer = await fetch(listener.url);
  const told = [answer.status, answer.headers.get('retry-after'), await answer.json()];
  await listener.close();
  return told;
}

test('a 409 for a taken name says so, and is not to be repeated', async () => {
  const error = new TributaryError('TRIB_CONNECTOR_EXISTS', 'conflict', { what: 'Connector a already exists' });

  assert.deepEqual(await answerTo(error), [
    409,
    null,
    { error_code: 409, message: 'Connector a already exists', reason: 'exists' },
  ]);
});

test('a 409 for a rebalance says so, and when to ask again', async () => {
  const error = new TributaryError('TRIB_REBALANCE', 'conflict', { what: 'Cannot complete request' });

  const [status, retryAfter, body] = await answerTo(error);

  assert.deepEqual([status, retryAfter, (body as { reason: string }).reason], [409, '1', 'rebalance']);
});
