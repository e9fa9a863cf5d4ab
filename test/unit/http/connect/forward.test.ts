import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { TributaryError } from '../../../../src/connect/index.ts';
import { Redactor } from '../../../../src/core/redact.ts';
import type { Place, Worker } from '../../../../src/host/index.ts';
import { forwarded } from '../../../../src/http/connect/forward.ts';
import { errorHandler } from '../../../../src/http/errors.ts';
import { resources } from '../../../../src/http/resource.ts';
import { listen, makeApp } from '../../../../src/http/server.ts';
import type { HttpAnswer, HttpClient } from '../../../../src/ports/http-client.ts';
import { turningClock } from '../../../support/turning-clock.ts';

type Sent = Parameters<HttpClient['send']>[0];

/** A worker that knows only where others are, and what it sends them. */
async function world(places: Place[], answers: (HttpAnswer | TributaryError)[]) {
  const sent: Sent[] = [];
  const asked: unknown[] = [];
  const worker = {
    environment: {
      settings: { group: {} },
      clock: turningClock(),
      http: {
        send: async (request: Sent) => {
          sent.push(request);
          const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
          if (answer instanceof TributaryError) throw answer;
          return answer;
        },
      },
    },
    placeOf: (what: unknown) => {
      asked.push(what);
      return places.length > 1 ? places.shift() : places[0];
    },
    catchUp: async () => {},
  } as unknown as Worker;
  const here = () => ({ answeredBy: 'this worker' });
  const list = forwarded(worker, [
    { path: '/connectors', on: { post: here }, body: ['post'], at: { post: 'leader' } },
    { path: '/connectors/:name/tasks/:task/restart', on: { post: here }, at: { post: 'owner' } },
  ]);
  const app = makeApp({ routers: [resources(list)], onError: errorHandler(new Redactor(), () => {}) });
  const listener = await listen('http://127.0.0.1:0', 'listeners', app);
  after(() => listener.close());
  const call = async (path: string, headers: Record<string, string> = {}) => {
    const body = path.startsWith('/connectors?') || path === '/connectors' ? '{"name" : "a"}' : null;
    const given = body === null ? headers : { 'content-type': 'application/json', ...headers };
    const response = await fetch(`${listener.url}${path}`, { method: 'POST', headers: given, body });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  return { call, sent, asked, url: listener.url };
}

const THERE: Place = { at: 'there', url: 'http://leader:8083' };
const CREATED: HttpAnswer = {
  status: 201,
  headers: { 'content-type': 'application/json', location: 'http://leader:8083/connectors/a' },
  body: '{"name":"a"}',
};

test('a call goes to the leader as it came, and its answer comes back with our host in Location', async () => {
  const { call, sent, url } = await world([THERE], [CREATED]);

  const { status, body, headers } = await call('/connectors', { authorization: 'Basic abc' });

  assert.deepEqual([status, body, headers.get('location')], [201, { name: 'a' }, `${url}/connectors/a`]);
  const [request] = sent;
  assert.deepEqual(
    [request?.method, request?.url, String(request?.body), request?.headers['authorization']],
    ['POST', 'http://leader:8083/connectors?forward=true', '{"name" : "a"}', 'Basic abc'],
  );
});

test('a call that was sent on once goes one step more at most', async () => {
  const { call, sent } = await world([THERE], [CREATED]);

  await call('/connectors?forward=true');
  const refused = await call('/connectors?forward=false');

  assert.deepEqual(
    sent.map(({ url }) => url),
    ['http://leader:8083/connectors?forward=false'],
  );
  assert.deepEqual(
    [refused.status, refused.headers.get('retry-after'), refused.body],
    [
      409,
      '1',
      {
        error_code: 409,
        message: 'Cannot complete request because of a conflicting operation (e.g. worker rebalance)',
        reason: 'rebalance',
      },
    ],
  );
});

test('a call waits while the group settles, and fails only when that takes long', async () => {
  const settling = await world([{ at: 'unknown' }, { at: 'unknown' }, { at: 'here' }], [CREATED]);
  const stuck = await world([{ at: 'unknown' }], [CREATED]);

  const answered = await settling.call('/connectors');
  const refused = await stuck.call('/connectors');

  assert.deepEqual([answered.status, answered.body], [200, { answeredBy: 'this worker' }]);
  assert.equal(
    (refused.body as { message: string }).message,
    'Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway.',
  );
});

test('a call that did not reach the leader is sent again, and one that may have is not', async () => {
  const fault = (code: string) => new TributaryError(code, 'transient', { what: 'no.' });
  const down = await world([THERE], [fault('TRIB_HTTP_UNREACHABLE'), CREATED]);
  const broken = await world([THERE], [fault('TRIB_HTTP_BROKEN'), CREATED]);

  assert.equal((await down.call('/connectors')).status, 201);
  assert.equal((await broken.call('/connectors')).status, 503);
  assert.deepEqual([down.sent.length, broken.sent.length], [2, 1]);
});

test('a restart of a task goes to the worker that runs it', async () => {
  const { call, asked } = await world([{ at: 'here' }], [CREATED]);

  await call('/connectors/my%20sink/tasks/3/restart');

  assert.deepEqual(asked, [{ connector: 'my sink', task: 3 }]);
});
