// HTTP over kept connections: one undici pool per origin. `Pool.request`, never `fetch`, which costs seven times the CPU.

import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { errors, Pool } from 'undici';
import { quoted, TributaryError } from '../../core/errors.ts';
import type { HttpAnswer, HttpClient } from '../../ports/http-client.ts';

type Request = Parameters<HttpClient['send']>[0];

/** Limits of the client. */
export interface HttpClientSettings {
  /** Connections kept to one origin; further requests wait for one. Default 32. */
  readonly connectionsMax?: number;
  /** Keys, certificates and trust of TLS connections. Default: those of the process. */
  readonly tls?: TlsOptions;
}

export function undiciClient(settings: HttpClientSettings = {}): HttpClient {
  return new UndiciClient(settings.connectionsMax ?? 32, settings.tls ?? null);
}

class UndiciClient implements HttpClient {
  private readonly connectionsMax: number;
  private readonly tls: TlsOptions | null;
  private readonly pools = new Map<string, Pool>();

  constructor(connectionsMax: number, tls: TlsOptions | null) {
    this.connectionsMax = connectionsMax;
    this.tls = tls;
  }

  async send(request: Request): Promise<HttpAnswer> {
    const url = parse(request.url);
    const limit = AbortSignal.timeout(request.timeoutMs);
    try {
      const answer = await this.pool(url.origin).request({
        method: request.method as 'GET',
        path: url.pathname + url.search,
        headers: request.headers as Record<string, string>,
        body: request.body ?? null,
        signal: request.signal === undefined ? limit : AbortSignal.any([limit, request.signal]),
      });
      return { status: answer.statusCode, headers: flat(answer.headers), body: await answer.body.text() };
    } catch (error) {
      throw explain(error, request, url, limit);
    }
  }

  async close(): Promise<void> {
    const pools = [...this.pools.values()];
    this.pools.clear();
    // Who still waits has had its time to stop: an answer that may take until its time-out must not hold the process.
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  private pool(origin: string): Pool {
    const found = this.pools.get(origin);
    if (found !== undefined) return found;
    // The limit of the whole request is ours (`timeoutMs`); undici's own limits of its parts are off.
    const options = { connections: this.connectionsMax, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 };
    const made = new Pool(origin, this.tls === null ? options : { ...options, connect: { ...this.tls } as object });
    this.pools.set(origin, made);
    return made;
  }
}

function parse(url: string): URL {
  try {
    return new URL(url);
  } catch (cause) {
    const what = `${quoted(url)} is not a URL.`;
    throw new TributaryError('TRIB_HTTP_URL', 'config', { what, fix: 'Give it as https://host/path.', cause });
  }
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const single: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) single[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return single;
}

// Faults before a connection stood: the other side cannot have seen the request.
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function explain(error: unknown, request: Request, url: URL, limit: AbortSignal): TributaryError {
  const code = codeOf(error);
  const where = `${request.method} ${url.origin}${url.pathname}`;
  if (request.signal?.aborted === true) {
    const what = 'The request was given up because its sender is stopping; it may have been received.';
    return new TributaryError('TRIB_HTTP_ABORTED', 'transient', { what, where, cause: error });
  }
  if (limit.aborted) {
    const what = `No answer within ${request.timeoutMs} ms; the request may have been received.`;
    return new TributaryError('TRIB_HTTP_TIMEOUT', 'transient', {
      what,
      where,
      fix: 'It is sent again.',
      cause: error,
    });
  }
  if (NEVER_SENT.has(code)) {
    const what = `${url.host} cannot be reached (${code}); the request was not received.`;
    const fix = 'Check the host name, the port and the network.';
    return new TributaryError('TRIB_HTTP_UNREACHABLE', 'transient', { what, where, fix, cause: error });
  }
  if (error instanceof errors.InvalidArgumentError) {
    const what = `The request cannot be sent: ${error.message}.`;
    return new TributaryError('TRIB_HTTP_REQUEST', 'config', { what, where, cause: error });
  }
  if (code.startsWith('CERT_') || code.includes('CERT') || code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const what = `The certificate of ${url.host} is not trusted (${code}); the request was not received.`;
    const fix = 'Add its authority with NODE_EXTRA_CA_CERTS, or correct the host name.';
    return new TributaryError('TRIB_HTTP_UNREACHABLE', 'transient', { what, where, fix, cause: error });
  }
  const what = `The connection broke (${code}); the request may have been received.`;
  return new TributaryError('TRIB_HTTP_BROKEN', 'transient', { what, where, fix: 'It is sent again.', cause: error });
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : String((error as Error | null)?.message ?? error);
}
