// What an answer of `/users/track` means for each object that was sent. Pure.
//
// Law: an object is reported by its position in the array that was sent; nothing is matched by error text, which Braze words freely.
import type { HttpAnswer } from 'tributary/connect';

/** What to do with the objects of one request. */
export type Verdict =
  | { readonly kind: 'taken'; readonly rejected: ReadonlyMap<number, string>; readonly unclear: string | null }
  /** None was taken, some are known to be bad: send the others again. */
  | { readonly kind: 'without'; readonly rejected: ReadonlyMap<number, string> }
  /** None was taken, too large or some unknown one is bad: send in two halves. */
  | { readonly kind: 'split'; readonly why: string; readonly overLimit: boolean }
  /** None was taken: the same again after `waitMs` (null: back off). */
  | { readonly kind: 'wait'; readonly waitMs: number | null; readonly why: string }
  /** May have been taken. */
  | { readonly kind: 'unknown'; readonly why: string }
  /** The configuration is wrong: nothing can be delivered. */
  | { readonly kind: 'stop'; readonly status: number; readonly why: string };

interface AnswerBody {
  readonly message?: unknown;
  readonly errors?: unknown;
}

/** Below this a reset header is a span in seconds, above it an epoch time: Braze uses both styles. */
const EPOCH_SECONDS_LEAST = 1_000_000_000;

/** Reads an answer to a request whose one array was `array` with `count` objects. */
export function judge(answer: HttpAnswer, array: string, count: number, nowMs: number): Verdict {
  const { status } = answer;
  const body = parsed(answer.body);
  const message = typeof body?.message === 'string' ? body.message.slice(0, 200) : `HTTP ${status}`;
  if (status === 201 || status === 200 || status === 202) {
    if (body === null && isForeign(status, answer.body)) return { kind: 'stop', status, why: FOREIGN };
    return taken(status, body, array, count, message);
  }
  if (status === 400) return refused(body, array, count, message);
  if (status === 401 || status === 403 || status === 404) return { kind: 'stop', status, why: message };
  if (status === 413) return { kind: 'split', why: 'the body is too large (413)', overLimit: false };
  if (status === 429) return { kind: 'wait', waitMs: waitOf(answer.headers, nowMs), why: 'rate limit (429)' };
  if (status === 502) return { kind: 'wait', waitMs: null, why: 'HTTP 502: did not reach Braze' };
  if (status >= 500) return { kind: 'unknown', why: `HTTP ${status}` };
  const target = status >= 300 && status < 400 ? answer.headers['location'] : undefined;
  return { kind: 'stop', status, why: target === undefined ? message : `moved to ${target.slice(0, 200)}` };
}

const FOREIGN = 'a page that is no answer of the Braze API';

/**
 * True when something else than Braze answered: a dashboard, a proxy or a page of log-in. What it "took" would be lost without trace.
 * A cut answer of Braze still begins as JSON, and a 201 or 202 without any body is one that a proxy emptied.
 */
function isForeign(status: number, body: string): boolean {
  const text = body.trimStart();
  return text.startsWith('<') || (status === 200 && !text.startsWith('{'));
}

function taken(status: number, body: AnswerBody | null, array: string, count: number, message: string): Verdict {
  // A 2xx whose body cannot be read was still accepted: the status line is what Braze promises.
  const { rejected, unclear } = errorsOf(body, array, count);
  return { kind: 'taken', rejected, unclear: unclear ?? (body === null && status !== 202 ? message : null) };
}

function refused(body: AnswerBody | null, array: string, count: number, message: string): Verdict {
  const { rejected } = errorsOf(body, array, count);
  if (rejected.size > 0) return { kind: 'without', rejected };
  if (count === 1) return { kind: 'without', rejected: new Map([[0, message]]) };
  return { kind: 'split', why: message, overLimit: /max input length/i.test(message) };
}

function errorsOf(
  body: AnswerBody | null,
  array: string,
  count: number,
): { readonly rejected: Map<number, string>; readonly unclear: string | null } {
  const rejected = new Map<number, string>();
  let unclear: string | null = null;
  const errors: unknown[] = Array.isArray(body?.errors) ? body.errors : [];
  for (const error of errors as { type?: unknown; input_array?: unknown; index?: unknown }[]) {
    const type = String(error?.type ?? error).slice(0, 200);
    const index = error?.index;
    const known = error?.input_array === undefined || error.input_array === array;
    if (known && typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < count)
      rejected.set(index, type);
    else unclear = type;
  }
  return { rejected, unclear };
}

function parsed(text: string): AnswerBody | null {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as AnswerBody) : null;
  } catch {
    // Proxies answer HTML, and connections are cut: the status alone decides then.
    return null;
  }
}

/** How long a 429 asks to wait, in both header styles; null when it does not say. */
export function waitOf(headers: Readonly<Record<string, string>>, nowMs: number): number | null {
  for (const name of ['x-ratelimit-retry-after', 'retry-after', 'x-ratelimit-reset']) {
    const seconds = Number(headers[name]);
    if (headers[name] === undefined || !Number.isFinite(seconds)) continue;
    const waitMs = seconds < EPOCH_SECONDS_LEAST ? seconds * 1000 : seconds * 1000 - nowMs;
    return Math.max(0, Math.min(waitMs, 3_600_000));
  }
  return null;
}
