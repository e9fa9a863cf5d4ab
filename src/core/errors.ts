// The one error class of the product, and what each kind asks of whoever catches it.

/**
 * Who acts on an error (`docs/design/architecture.md`):
 * config, sql — the user's text is wrong · notFound, conflict — the caller · data — this record cannot be handled ·
 * transient — may pass, retry with back-off · fenced — another owner has taken over, close quietly ·
 * fatal — this task cannot go on · bug — a belief of ours broke.
 */
export type ErrorKind = 'config' | 'sql' | 'notFound' | 'conflict' | 'data' | 'transient' | 'fenced' | 'fatal' | 'bug';

/** What a message holds: what happened, where, and what to do. Secrets never stand in any of them. */
export interface ErrorParts {
  /** What happened, one sentence, quoting the value (shortened to 80 characters). */
  readonly what: string;
  /** File, line and column, config key, or topic-partition@offset. */
  readonly where?: string;
  /** What to do about it. */
  readonly fix?: string;
  readonly cause?: unknown;
  /** Position in the user's text, 1-based, within the statement. */
  readonly line?: number;
  readonly column?: number;
  /** Index of the failing statement within its script, 0-based. */
  readonly statementIndex?: number;
}

/** Thrown by all code of the product. `code` is `TRIB_…` and stands in `docs/reference/errors.md`. */
export class TributaryError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly parts: ErrorParts;

  constructor(code: string, kind: ErrorKind, parts: ErrorParts) {
    super(messageOf(parts), parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = 'TributaryError';
    this.code = code;
    this.kind = kind;
    this.parts = parts;
  }
}

function messageOf(parts: ErrorParts): string {
  const where = parts.where === undefined ? '' : `${parts.where}: `;
  const fix = parts.fix === undefined ? '' : ` ${parts.fix}`;
  // A quoted message brings its own full stop: one is enough. One without any is ended before advice follows.
  const what = parts.what.replace(/([^.])\.\.$/, '$1.');
  const stop = fix === '' || /[.?!…:;)\]}\n]\s*$/.test(what) ? '' : '.';
  return `${where}${what}${stop}${fix}`;
}

/** True for errors that a retry may cure. */
export function isTransient(error: unknown): boolean {
  return error instanceof TributaryError && error.kind === 'transient';
}

/** A value as it may stand in a message: one line, at most 80 characters. */
export function quoted(value: unknown): string {
  const text = String(value).replace(/\s+/g, ' ');
  return `"${text.length > 80 ? `${text.slice(0, 77)}...` : text}"`;
}

/** The candidate nearest to `name` by edit distance, when near enough to be a likely slip; else null. */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  const limit = Math.max(2, Math.floor(name.length / 3));
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(left: string, right: string): number {
  let above = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let j = 1; j <= right.length; j++) {
      const substitution = above[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      row.push(Math.min(above[j]! + 1, row[j - 1]! + 1, substitution));
    }
    above = row;
  }
  return above[right.length]!;
}

/** A broken belief of ours: always on. */
export function assert(holds: boolean, belief: string): asserts holds {
  if (!holds) {
    throw new TributaryError('TRIB_BUG', 'bug', { what: `Broken belief: ${belief}.`, fix: 'Please report this.' });
  }
}
