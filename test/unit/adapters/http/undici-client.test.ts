import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { undiciClient } from '../../../../src/adapters/http/undici-client.ts';
import { TributaryError } from '../../../../src/core/errors.ts';

test('closing does not wait for an answer that does not come', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = undiciClient();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const failure = client.send({ method: 'GET', url, headers: {}, timeoutMs: 600_000 }).then(
    () => null,
    (error: unknown) => error,
  );
  await once(server, 'request');

  await client.close();

  assert.ok((await failure) instanceof TributaryError);
  server.closeAllConnections();
  server.close();
});
