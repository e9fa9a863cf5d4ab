// A worker behind its REST API, on a port that the system picks.
import { after } from 'node:test';
import type { PluginDef } from '../../src/connect/index.ts';
import { errorHandler } from '../../src/http/errors.ts';
import { resources } from '../../src/http/resource.ts';
import { restResources } from '../../src/http/rest-app.ts';
import { listen, makeApp } from '../../src/http/server.ts';
import { type HostWorld, hostWorld } from './host-world.ts';

/** One answer: status and parsed body. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

export interface RestWorld extends HostWorld {
  readonly url: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export async function restWorld(plugins: readonly PluginDef[]): Promise<RestWorld> {
  const world = await hostWorld(plugins);
  const { worker, environment } = world;
  const app = makeApp({
    routers: [
      resources(
        restResources({
          api: { worker, logs: environment.logs, metrics: environment.metrics, version: '4.1.0', commit: 'c' },
          services: [],
          overview: OVERVIEW,
          now: () => 0,
        }),
      ),
    ],
    onError: errorHandler(environment.redactor, () => {}),
  });
  const listener = await listen('http://127.0.0.1:0', 'listeners', app);
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= listener.close().then(world.close);
    return closing;
  };
  after(close);
  return {
    ...world,
    url: listener.url,
    call: (method, path, body, headers) => call(`${listener.url}${path}`, method, body, headers),
    close,
  };
}

const OVERVIEW = {
  facts: async () => ({ connectors: [], queries: [], backfills: [] }),
  recentErrors: () => [],
  version: '1.0.0',
  startedMs: 0,
  adapters: {},
};

async function call(url: string, method: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  let parsed: unknown = text === '' ? null : text;
  try {
    parsed = JSON.parse(text);
  } catch {
    // not JSON: the text itself
  }
  return { status: response.status, body: parsed, headers: response.headers };
}
