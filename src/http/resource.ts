// Resources with JAX-RS manners on express: every path knows its methods, so that a wrong one is a 405, OPTIONS names them all,
// a body must be JSON, and what the client accepts is checked.
import { isUtf8 } from 'node:buffer';
import express, { type Request, type Response, Router } from 'express';
import { type CallLimit, limited } from './call-limit.ts';
import { HttpError, protocolError } from './errors.ts';
import type { Method, Operation } from './operation.ts';

/** Answers one method of a path. What it answers is sent as JSON; `undefined` when it has sent the answer itself. */
export type Handle = (request: Request, response: Response) => unknown;

/** The leader writes connectors and tasks; the owner runs the instance of the connector in the path, or the task. */
export type At = 'leader' | 'owner';

/** One path and what it does by method. `body`: methods that take a JSON body. */
export interface Resource {
  readonly path: string;
  readonly on: Partial<Readonly<Record<Method, Handle>>>;
  readonly body?: readonly Method[];
  /** Which worker of a group answers; any, where nothing is said. */
  readonly at?: Partial<Readonly<Record<Method, At | ((request: Request) => At)>>>;
  /** Answers something other than JSON: what the client accepts is then not checked. */
  readonly isText?: boolean;
  /** Heading in the documentation. */
  readonly tag?: string;
  /** What the documentation says, by method. */
  readonly operations?: Partial<Readonly<Record<Method, Operation>>>;
}

const BODY_LIMIT = '10mb';

/** The router of some resources. Errors go to the listener's last handler. */
export function resources(list: readonly Resource[], limit: CallLimit | null = null): Router {
  const router = Router({ caseSensitive: true });
  const json = express.json({ strict: false, limit: BODY_LIMIT, type: 'application/json', verify: keepBytes });
  for (const resource of list) {
    const { on, body = [] } = resource;
    const methods = Object.keys(on) as Method[];
    const allow = allowed(methods);
    const route = router.route(resource.path);
    route.options((_request, response) => {
      response.set('Allow', allow.join(', ')).type('text/plain').send(allow.join(', '));
    });
    for (const method of methods) {
      const handle = on[method]!;
      if (body.includes(method)) route[method](requireJson, json);
      route[method]((request: Request, response: Response) =>
        answer(handle, request, response, resource.isText === true, limit),
      );
    }
    route.all((_request, response) => {
      response.set('Allow', allow.join(', '));
      throw protocolError(405);
    });
  }
  return router;
}

/** The body as it came: what is signed, and what is sent on to another worker. */
export function bodyBytes(request: Request): Buffer {
  return (request as WithBytes).bodyBytes ?? Buffer.alloc(0);
}

interface WithBytes extends Request {
  bodyBytes?: Buffer;
}

function keepBytes(request: unknown, _response: unknown, bytes: Buffer, encoding: string): void {
  // Else U+FFFD would stand for such bytes in a config, silently.
  if (encoding === 'utf-8' && !isUtf8(bytes)) throw new HttpError(400, 'The body is no text in UTF-8.');
  (request as WithBytes).bodyBytes = bytes;
}

/** A path parameter. */
export function param(request: Request, name: string): string {
  const value = request.params[name];
  return typeof value === 'string' ? value : '';
}

/** A task number; anything but an integer is an unknown path. */
export function integerParam(request: Request, name: string): number {
  const text = param(request, name);
  if (!/^-?\d+$/.test(text)) throw protocolError(404);
  return Number(text);
}

/** A query flag as Java reads it: only `true`, in any case, is true. */
export function flag(request: Request, name: string, fallback = false): boolean {
  const value = request.query[name];
  const last = Array.isArray(value) ? value.at(-1) : value;
  return last === undefined ? fallback : String(last).toLowerCase() === 'true';
}

/** All values of a repeated query parameter. */
export function values(request: Request, name: string): readonly string[] {
  const value = request.query[name];
  return value === undefined ? [] : (Array.isArray(value) ? value : [value]).map(String);
}

async function answer(
  handle: Handle,
  request: Request,
  response: Response,
  isText: boolean,
  limit: CallLimit | null,
): Promise<void> {
  if (!isText && !accepts(request)) throw protocolError(406);
  const result = await limited(handle(request, response), response, limit);
  if (response.headersSent || response.writableEnded) return;
  if (result === undefined) {
    response.end();
    return;
  }
  response.json(result);
}

function accepts(request: Request): boolean {
  return request.headers.accept === undefined || request.accepts('application/json') !== false;
}

function requireJson(request: Request, _response: Response, next: () => void): void {
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== 'application/json') throw protocolError(415);
  if (request.headers['content-length'] === '0') throw new HttpError(400, 'The request has no body.');
  next();
}

function allowed(methods: readonly Method[]): readonly string[] {
  const upper = methods.map((method) => method.toUpperCase());
  return [...(methods.includes('get') ? ['HEAD'] : []), ...upper, 'OPTIONS'];
}
