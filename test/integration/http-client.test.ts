// The HTTP client against a server of our own.

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { undiciClient } from '../../src/adapters/http/undici-client.ts';
import type { TributaryError } from '../../src/core/errors.ts';

const client = undiciClient();
let server: Server;
let base = '';

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

before(async () => {
  server = createServer(async (request, response) => {
    if (request.url === '/never') return;
    if (request.url === '/break') {
      request.socket.destroy();
      return;
    }
    const body = await bodyOf(request);
    response.writeHead(429, { 'x-seen': `${request.method} ${request.headers['x-key']}`, 'retry-after': '3' });
    response.end(`got ${body}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
});

function fault(code: string, text: string): (error: TributaryError) => boolean {
  return (error) => {
    assert.deepEqual([error.code, error.kind], [code, 'transient'], error.message);
    assert.ok(error.parts.what.includes(text), error.parts.what);
    return true;
  };
}

test('method, headers and body go out; status, headers and body come back, whatever the status', async () => {
  const answer = await client.send({
    method: 'POST',
    url: `${base}/x?y=1`,
    headers: { 'x-key': 'k' },
    body: 'text',
    timeoutMs: 5000,
  });

  assert.deepEqual([answer.status, answer.body], [429, 'got text']);
  assert.deepEqual([answer.headers['x-seen'], answer.headers['retry-after']], ['POST k', '3']);
});

test('no answer in time is transient and says that the request may have been received', async () => {
  const request = { method: 'GET', url: `${base}/never`, headers: {}, timeoutMs: 100 };

  await assert.rejects(client.send(request), fault('TRIB_HTTP_TIMEOUT', 'may have been received'));
});

test('a connection that breaks is transient and says that the request may have been received', async () => {
  const request = { method: 'POST', url: `${base}/break`, headers: {}, body: 'x', timeoutMs: 5000 };

  await assert.rejects(client.send(request), fault('TRIB_HTTP_BROKEN', 'may have been received'));
});

test('a server that cannot be reached is transient and says that the request was not received', async () => {
  const request = { method: 'GET', url: 'http://127.0.0.1:1/', headers: {}, timeoutMs: 5000 };

  await assert.rejects(client.send(request), fault('TRIB_HTTP_UNREACHABLE', 'was not received'));
});

test('a stopped sender gives the request up', async () => {
  const stop = new AbortController();
  const sending = client.send({
    method: 'GET',
    url: `${base}/never`,
    headers: {},
    timeoutMs: 5000,
    signal: stop.signal,
  });
  stop.abort();

  await assert.rejects(sending, fault('TRIB_HTTP_ABORTED', 'stopping'));
});

test('a text that is no URL is the user’s to mend', async () => {
  const request = { method: 'GET', url: 'nonsense', headers: {}, timeoutMs: 5000 };

  await assert.rejects(client.send(request), (error: TributaryError) => error.kind === 'config');
});
