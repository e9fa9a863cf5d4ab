import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restApp } from '../../../src/http/rest-app.ts';
import { listen } from '../../../src/http/server.ts';
import { hostWorld } from '../../support/host-world.ts';

const WEB = new URL('../../../web', import.meta.url).pathname;

test('the page takes browsers from the root, and nothing else from the API', async () => {
  const { worker, environment, close } = await hostWorld([]);
  const app = restApp({
    api: { worker, logs: environment.logs, metrics: environment.metrics, version: '4.1.0', commit: 'c' },
    services: [],
    overview: {
      facts: async () => ({ connectors: [], queries: [], backfills: [] }),
      recentErrors: () => [],
      version: '1.0.0',
      startedMs: 0,
      adapters: {},
    },
    web: WEB,
    redactor: environment.redactor,
    log: environment.logs.logger('test'),
    now: () => 0,
  });
  const { url, close: stop } = await listen('http://127.0.0.1:0', 'listeners', app);
  const ask = (method: string, accept: string) => fetch(`${url}/`, { method, headers: { accept }, redirect: 'manual' });

  const browser = await ask('GET', 'text/html,application/xhtml+xml');
  const client = await ask('GET', 'application/json');
  const options = await ask('OPTIONS', '*/*');

  assert.deepEqual([browser.status, browser.headers.get('location')], [302, '/ui/']);
  assert.equal(((await client.json()) as { version: string }).version, '4.1.0');
  assert.equal(options.headers.get('allow'), 'HEAD, GET, OPTIONS');
  await stop();
  await close();
});
