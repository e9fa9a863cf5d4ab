// The HTTP client of those who most likely send nothing (plugin threads, registries with TLS of their own): its memory comes with
// the first request.
import type { HttpClient } from '../../ports/http-client.ts';
import type { undiciClient } from './undici-client.ts';

export function lazyClient(...options: Parameters<typeof undiciClient>): HttpClient {
  let opened: Promise<HttpClient> | null = null;
  const client = (): Promise<HttpClient> => {
    opened ??= import('./undici-client.ts').then((module) => module.undiciClient(...options));
    return opened;
  };
  return {
    send: async (request) => (await client()).send(request),
    close: async () => (await opened)?.close(),
  };
}
