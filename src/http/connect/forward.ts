// Calls that another worker of the group must answer are sent on to it, and its answer comes back as if it were ours.
//
// Laws. While the group is settling, a call waits and does not fail: clients see a 409 only when that takes unusually long. A call
// is sent on twice at most (to the leader, and from there to the owner): `forward=true` may go one step more, `forward=false` none.
// A call that may have been received is never sent again.
import type { Request, Response } from 'express';
import { TributaryError } from '../../core/errors.ts';
import { ALGORITHM_HEADER, type Place, SIGNATURE_HEADER, type Worker } from '../../host/index.ts';
import type { Method } from '../operation.ts';
import { type At, bodyBytes, type Handle, type Resource, values } from '../resource.ts';

const WAIT_MS = 20_000;
/** Work that nobody owns may be kept for a worker that went away: that can take minutes. */
const OWNER_WAIT_MS = 5000;
const CHECK_MS = 50;
const CALL_TIMEOUT_MS = 95_000;
const PASSED_ON = ['authorization', 'accept', 'content-type', SIGNATURE_HEADER, ALGORITHM_HEADER];
const PASSED_BACK = ['content-type', 'retry-after'];

/** The resources, with calls sent to the worker that answers them. Nothing changes for a worker that stands alone. */
export function forwarded(worker: Worker, list: readonly Resource[]): readonly Resource[] {
  if (worker.environment.settings.group === null) return list;
  return list.map((resource) => {
    const { at } = resource;
    if (at === undefined) return resource;
    const on = Object.entries(resource.on).map(([method, handle]) => {
      const who = at[method as Method];
      return [method, who === undefined ? handle : sentOn(worker, who, handle)] as const;
    });
    return { ...resource, on: Object.fromEntries(on) };
  });
}

function sentOn(worker: Worker, who: At | ((request: Request) => At), handle: Handle): Handle {
  return async (request, response) => {
    const { clock } = worker.environment;
    const at = typeof who === 'function' ? who(request) : who;
    const untilMs = clock.now() + (at === 'leader' ? WAIT_MS : OWNER_WAIT_MS);
    for (;;) {
      const place = await knownPlace(worker, at, request, untilMs);
      try {
        if (place.at === 'here') return await handle(request, response);
        if (place.at === 'unknown') throw conflict(UNKNOWN);
        if (values(request, 'forward').at(-1) === 'false') throw conflict(TOO_FAR);
        return await pass(worker, place.url, request, response);
      } catch (error) {
        if (!isPassing(error) || clock.now() >= untilMs) throw error;
        await clock.sleep(CHECK_MS);
      }
    }
  };
}

/** Waits while it is not known who answers. */
async function knownPlace(worker: Worker, at: At, request: Request, untilMs: number): Promise<Place> {
  const { clock } = worker.environment;
  for (;;) {
    const place = placeOf(worker, at, request);
    if (place.at !== 'unknown' || clock.now() >= untilMs) return place;
    await clock.sleep(CHECK_MS);
  }
}

function placeOf(worker: Worker, at: At, request: Request): Place {
  if (at === 'leader') return worker.placeOf('leader');
  const { name, task } = request.params;
  const number = typeof task === 'string' ? Number(task) : null;
  return worker.placeOf({ connector: String(name), task: number });
}

async function pass(worker: Worker, url: string, request: Request, response: Response): Promise<void> {
  const { http } = worker.environment;
  const target = new URL(request.originalUrl, url);
  target.searchParams.set('forward', values(request, 'forward').length === 0 ? 'true' : 'false');
  const headers: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = request.get(name);
    if (value !== undefined) headers[name] = value;
  }
  const body = bodyBytes(request);
  const answer = await http.send({
    method: request.method,
    url: target.href,
    headers,
    ...(body.length === 0 ? {} : { body }),
    timeoutMs: CALL_TIMEOUT_MS,
  });
  // Who writes through this worker reads what it wrote through this worker.
  if (answer.status < 300) await worker.catchUp();
  response.status(answer.status);
  for (const name of PASSED_BACK) if (answer.headers[name] !== undefined) response.set(name, answer.headers[name]);
  const location = answer.headers['location'];
  if (location !== undefined) response.set('location', ownLocation(location, request));
  response.send(answer.body === '' ? undefined : Buffer.from(answer.body));
}

/** The client knows the host that it called, and perhaps no other. */
function ownLocation(location: string, request: Request): string {
  const path = location.replace(/^https?:\/\/[^/]*/, '');
  return `${request.protocol}://${request.get('host')}${path}`;
}

const UNKNOWN =
  'Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway.';
const TOO_FAR = 'Cannot complete request because of a conflicting operation (e.g. worker rebalance)';

function conflict(what: string): TributaryError {
  return new TributaryError('TRIB_REBALANCE', 'conflict', { what });
}

/** The leader has just changed, or the other worker does not listen (yet, or any more): nothing was done. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof TributaryError)) return false;
  return ['TRIB_NOT_LEADER', 'TRIB_NOT_OWNER', 'TRIB_HOST_CLOSED', 'TRIB_HTTP_UNREACHABLE'].includes(error.code);
}
