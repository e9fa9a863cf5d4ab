// What every call is held to: it is answered within the time that Kafka Connect gives it, and says so when the brokers are what it
// waits for. Reads that need no broker never wait for any of this.
//
// Law: who asks is answered, whatever is down. What was asked may go on after the answer, as in the reference.
import type { Response } from 'express';
import { TributaryError } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';

/** Kafka Connect's. */
export const CALL_LIMIT_MS = 90_000;

/** Holds calls to their time. */
export interface CallLimit {
  readonly clock: Clock;
  /** What is wrong with the brokers; null: they answer. */
  outage(): Promise<string | null>;
}

/** Refusals that an outage of the brokers explains better than they do themselves: nobody leads, nothing can be written. */
const PERHAPS_OUTAGE: ReadonlySet<string> = new Set(['TRIB_REBALANCE', 'TRIB_HOST_CLOSED']);

/** Waits for the work of a call. Throws `fatal` when it does not end in time; an answer that is being sent is waited for. */
export async function limited(work: unknown, response: Response, limit: CallLimit | null): Promise<unknown> {
  if (limit === null || !(work instanceof Promise)) return work;
  const over = new AbortController();
  const late = limit.clock.sleep(CALL_LIMIT_MS, over.signal).then(() => LATE);
  try {
    const first: unknown = await Promise.race([work, late]);
    if (first !== LATE || response.headersSent) return await work;
  } catch (error) {
    throw await explained(error, limit);
  } finally {
    over.abort();
    work.catch(() => {});
  }
  throw timedOut(await limit.outage());
}

const LATE = Symbol('late');

async function explained(error: unknown, limit: CallLimit): Promise<unknown> {
  if (!(error instanceof TributaryError) || !PERHAPS_OUTAGE.has(error.code)) return error;
  const outage = await limit.outage();
  if (outage === null) return error;
  return new TributaryError('TRIB_KAFKA_UNREACHABLE', 'transient', {
    what: `${error.parts.what} ${outage}`,
    fix: 'Look at the brokers, and ask again when they are back.',
    cause: error,
  });
}

function timedOut(outage: string | null): TributaryError {
  if (outage === null) {
    return new TributaryError('TRIB_REQUEST_TIMEOUT', 'fatal', {
      what: `Request timed out. The worker has not ended it within ${CALL_LIMIT_MS / 1000} s, and goes on with it.`,
      fix: 'Look at what has come of it before you ask again.',
    });
  }
  return new TributaryError('TRIB_REQUEST_TIMEOUT', 'fatal', {
    what: `Request timed out. The worker is currently waiting for Kafka. ${outage}`,
    fix: 'Look at the brokers; when they are back, look at what has come of it before you ask again.',
  });
}
