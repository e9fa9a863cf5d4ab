// A stand-in for Braze's REST endpoint: a real HTTP server, strict about `/users/track`, for the demo and the tests.
//
// It keeps what it accepted in a file, one line an object, written before the answer leaves, and one line a request that tells whether the
// answer could be handed to the peer: so a test can tell a repeat after a lost answer from a repeat without a cause.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';

export interface StandInOptions {
  readonly port: number;
  readonly host: string;
  readonly apiKey: string;
  /** File that keeps what was accepted; null keeps it in memory only. */
  readonly file: string | null;
  /** Objects of one request over all arrays. */
  readonly objectsMax?: number;
  /** Answers before anything is looked at; for tests of refusals. Null: go on. `drop` cuts the connection after accepting. */
  readonly fault?: (request: number) => StandInFault | null;
  /** Told when an answer has been handed over to the peer's connection. */
  readonly onAnswered?: (request: number) => void;
  /** Delay before the answer. */
  readonly delayMs?: number;
}

export type StandInFault =
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  | 'drop-before'
  | 'drop-after';

/** One accepted object, in order. */
export interface Accepted {
  readonly request: number;
  readonly kind: 'attributes' | 'events' | 'purchases';
  readonly object: Readonly<Record<string, unknown>>;
}

interface Fault {
  readonly type: string;
  readonly input_array: string;
  readonly index: number;
}

const BODY_BYTES_MAX = 4 * 1024 * 1024;
const KINDS = ['attributes', 'events', 'purchases'] as const;
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** The running stand-in. */
export class BrazeStandIn {
  readonly accepted: Accepted[] = [];
  /** Requests whose answer was handed over to the peer's connection. */
  readonly answered = new Set<number>();
  readonly #options: StandInOptions;
  readonly #server: Server;
  #requests = 0;

  constructor(options: StandInOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => this.#take(request, response));
    if (options.file !== null) this.#load(options.file);
  }

  #load(file: string): void {
    mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(file)) return;
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (!line.endsWith('}')) continue;
      const entry = JSON.parse(line) as Accepted | { answered: number };
      if ('answered' in entry) this.answered.add(entry.answered);
      else {
        this.accepted.push(entry);
        this.#requests = Math.max(this.#requests, entry.request);
      }
    }
  }

  #keep(entries: readonly (Accepted | { answered: number })[]): void {
    if (this.#options.file === null || entries.length === 0) return;
    appendFileSync(this.#options.file, `${entries.map((entry) => JSON.stringify(entry)).join('\n')}\n`);
  }

  /** Starts listening; rejects when the port is taken. Answers the URL. */
  listen(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        const address = this.#server.address();
        const port = typeof address === 'object' && address !== null ? address.port : this.#options.port;
        resolve(`http://${this.#options.host}:${port}`);
      });
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
    });
    request.on('error', () => response.destroy());
    request.on('end', () => {
      if (bytes > BODY_BYTES_MAX) answer(response, 413, { message: 'Request body too large' });
      else this.#route(request, response, Buffer.concat(chunks).toString());
    });
  }

  #route(request: IncomingMessage, response: ServerResponse, body: string): void {
    const path = (request.url ?? '').split('?')[0];
    if (request.method === 'GET' && path === '/accepted') return answer(response, 200, this.accepted);
    if (path !== '/users/track') return answer(response, 404, { message: 'Invalid URL' });
    if (request.method !== 'POST') return answer(response, 405, { message: 'Method not allowed' });
    const id = ++this.#requests;
    const fault = this.#options.fault?.(id) ?? null;
    if (fault === 'drop-before') return void response.destroy();
    if (fault !== null && fault !== 'drop-after') {
      response.writeHead(fault.status, fault.headers);
      return void response.end(fault.body);
    }
    if (request.headers.authorization !== `Bearer ${this.#options.apiKey}`)
      return answer(response, 401, { message: 'Invalid API Key' });
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
      return answer(response, 400, { message: 'Content-Type must be application/json' });
    this.#track(id, body, response, fault === 'drop-after');
  }

  #track(id: number, body: string, response: ServerResponse, drop: boolean): void {
    let data: Record<string, unknown>;
    try {
      data = JSON.parse(body) as Record<string, unknown>;
    } catch {
      return answer(response, 400, { message: 'Bad syntax in the request body' });
    }
    const arrays = KINDS.filter((kind) => Array.isArray(data[kind]) && (data[kind] as unknown[]).length > 0);
    const count = arrays.reduce((sum, kind) => sum + (data[kind] as unknown[]).length, 0);
    const invalid = "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields.";
    if (count === 0) return answer(response, 400, { message: invalid });
    if (count > (this.#options.objectsMax ?? 75))
      return answer(response, 400, { message: 'Max input length exceeded' });
    const { taken, errors } = sorted(id, arrays, data);
    if (taken.length === 0) return answer(response, 400, { message: invalid, errors });
    this.accepted.push(...taken);
    this.#keep(taken);
    if (drop) return void response.destroy();
    response.once('finish', () => {
      this.answered.add(id);
      this.#options.onAnswered?.(id);
      this.#keep([{ answered: id }]);
    });
    const processed = Object.fromEntries(
      arrays.map((kind) => [`${kind}_processed`, taken.filter((entry) => entry.kind === kind).length]),
    );
    const reply = { message: 'success', ...processed, ...(errors.length > 0 ? { errors } : {}) };
    if (this.#options.delayMs) setTimeout(() => answer(response, 201, reply), this.#options.delayMs);
    else answer(response, 201, reply);
  }
}

function sorted(
  request: number,
  arrays: readonly (typeof KINDS)[number][],
  data: Readonly<Record<string, unknown>>,
): { readonly taken: Accepted[]; readonly errors: Fault[] } {
  const taken: Accepted[] = [];
  const errors: Fault[] = [];
  for (const kind of arrays) {
    (data[kind] as unknown[]).forEach((object, index) => {
      const type = faultOf(kind, object);
      if (type === null) taken.push({ request, kind, object: object as Record<string, unknown> });
      else errors.push({ type, input_array: kind, index });
    });
  }
  return { taken, errors };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** What is wrong with an object; null when Braze would take it. */
function faultOf(kind: (typeof KINDS)[number], given: unknown): string | null {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return 'an object is required';
  const object = given as Record<string, unknown>;
  return identifierFault(object) ?? (kind === 'attributes' ? null : eventFault(kind, object));
}

function identifierFault(object: Record<string, unknown>): string | null {
  const primary = ['external_id', 'user_alias', 'braze_id'].filter(
    (name) => object[name] !== undefined && object[name] !== null,
  );
  if (primary.length === 0) return "'external_id' or 'braze_id' or 'user_alias' is required";
  if (primary.length > 1) return 'more than one primary identifier';
  const id = object['external_id'];
  if (id !== undefined && (typeof id !== 'string' || id === '')) return "'external_id' must be a string";
  if (typeof id === 'string' && Buffer.byteLength(id) > 987) return "'external_id' must be fewer than 988 bytes";
  return null;
}

function eventFault(kind: 'events' | 'purchases', object: Record<string, unknown>): string | null {
  const time = object['time'];
  if (typeof time !== 'string' || !ISO_TIME.test(time) || Number.isNaN(Date.parse(time)))
    return "'time' is not a valid datetime";
  if (kind === 'events') {
    const name = object['name'];
    if (typeof name !== 'string' || name === '' || name.length > 255 || name.startsWith('$'))
      return "'name' is not valid";
  } else {
    const { product_id: product, currency, price, quantity } = object;
    if (typeof product !== 'string' || product === '' || product.length > 255) return "'product_id' is not valid";
    if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) return "'currency' is not valid";
    if (typeof price !== 'number') return "'price' is not valid";
    if (quantity !== undefined && !(Number.isInteger(quantity) && Number(quantity) >= 1 && Number(quantity) <= 100))
      return "'quantity' is not valid";
  }
  return propertiesFault(object['properties']);
}

function propertiesFault(properties: unknown): string | null {
  if (properties === undefined) return null;
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties))
    return "'properties' must be an object";
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'time' || name === 'event_name') return `'${name}' is a reserved property`;
    if (name === '' || name.length > 255 || name.startsWith('$')) return 'a property name is not valid';
    if (typeof value === 'string' && value.length > 255) return 'a property value is too long';
  }
  return null;
}
