import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../src/core/errors.ts';
import { Redactor } from '../../../src/core/redact.ts';
import { errorHandler } from '../../../src/http/errors.ts';
import { type Handle, resources } from '../../../src/http/resource.ts';
import { listen, makeApp } from '../../../src/http/server.ts';
import type { Clock } from '../../../src/ports/clock.ts';

const AWAY = 'The brokers named in bootstrap.servers (k:9092) do not answer: Kafka at k:9092 cannot be reached.';

/** Asks a resource once; `late`: its time is over at once. */
async function asked(handle: Handle, { outage = null as string | null, late = true } = {}) {
  const sleeps: number[] = [];
  const clock: Clock = {
    now: () => 0,
    sleep: (ms) => {
      sleeps.push(ms);
      return late ? Promise.resolve() : new Promise(() => {});
    },
  };
  const app = makeApp({
    routers: [resources([{ path: '/x', on: { get: handle } }], { clock, outage: async () => outage })],
    onError: errorHandler(new Redactor(), () => {}),
  });
  const { url, close } = await listen('http://127.0.0.1:0', 'listeners', app);
  const answer = await fetch(`${url}/x`);
  const body: unknown = await answer.json();
  await close();
  return { status: answer.status, body, sleeps };
}

const never = () => new Promise<never>(() => {});

test('a call that does not end is answered after 90 s in Connect’s form, and names the brokers that do not answer', async () => {
  assert.deepEqual(await asked(never, { outage: AWAY }), {
    status: 500,
    body: {
      error_code: 500,
      message: `Request timed out. The worker is currently waiting for Kafka. ${AWAY} Look at the brokers; when they are back, look at what has come of it before you ask again.`,
    },
    sleeps: [90_000],
  });
});

test('where the brokers answer, it is the worker that has not ended it', async () => {
  const { status, body } = await asked(never);

  assert.equal(status, 500);
  assert.match((body as { message: string }).message, /^Request timed out\. The worker has not ended it within 90 s/);
});

test('what needs no waiting is answered without a look at the clock', async () => {
  assert.deepEqual(await asked(() => ['a'], { outage: AWAY }), { status: 200, body: ['a'], sleeps: [] });
});

test('an answer that is being sent already is sent to its end', async () => {
  const slow: Handle = async (_request, response) => {
    response.type('application/json').write('["a"');
    await new Promise((resolve) => setImmediate(resolve));
    response.end(']');
  };

  const { status, body } = await asked(slow);

  assert.deepEqual([status, body], [200, ['a']]);
});

test('that nobody leads, or nothing can be written, is put down to the brokers when they are away', async () => {
  const refusal = (code: string) => async () => {
    throw new TributaryError(code, code === 'TRIB_REBALANCE' ? 'conflict' : 'transient', { what: 'Nobody leads.' });
  };
  const message = `Nobody leads. ${AWAY} Look at the brokers, and ask again when they are back.`;

  for (const code of ['TRIB_REBALANCE', 'TRIB_HOST_CLOSED']) {
    const { status, body } = await asked(refusal(code), { outage: AWAY, late: false });
    assert.deepEqual([status, body], [503, { error_code: 503, message }]);
  }
  const { status, body } = await asked(refusal('TRIB_REBALANCE'), { late: false });
  assert.deepEqual([status, body], [409, { error_code: 409, message: 'Nobody leads.', reason: 'rebalance' }]);
});
