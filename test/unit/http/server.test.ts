import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listen } from '../../../src/http/server.ts';

test('a port in use is told with the port and the setting', async () => {
  const first = await listen('http://127.0.0.1:0', 'listeners', (_request, response) => response.end());
  const port = new URL(first.url).port;

  await assert.rejects(
    listen(`127.0.0.1:${port}`, 'ksql.listeners', () => {}),
    new RegExp(
      `Port ${port} is in use \\(ksql\\.listeners = 127\\.0\\.0\\.1:${port}\\)\\. Stop the other process, or set "ksql\\.listeners" to another port \\(or leave it empty`,
    ),
  );
  await first.close();
});

test('an address that is none is refused with an example', async () => {
  await assert.rejects(
    listen('localhost', 'listeners', () => {}),
    /listeners is "localhost"\. Write it as http:\/\/host:port/,
  );
});
