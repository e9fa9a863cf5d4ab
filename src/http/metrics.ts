// GET /metrics: the text format of Prometheus, gzipped for those who take it.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Resource } from './resource.ts';

const pack = promisify(gzip);
const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
/** Below this a packed answer saves nothing. */
const PACK_FROM = 2048;

/** @param text makes the answer of one scrape, in pieces. */
export function metricsResource(text: () => Promise<readonly Buffer[]>): Resource {
  return {
    path: '/metrics',
    isText: true,
    on: {
      get: async (request, response) => {
        const body = Buffer.concat(await text());
        response.set('Content-Type', TEXT).set('Vary', 'Accept-Encoding');
        const isPacked = body.length >= PACK_FROM && Boolean(request.acceptsEncodings('gzip'));
        if (isPacked) response.set('Content-Encoding', 'gzip').end(await pack(body, { level: 1 }));
        else response.end(body);
        return undefined;
      },
    },
  };
}
