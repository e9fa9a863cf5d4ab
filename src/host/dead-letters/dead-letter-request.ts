// What a client may ask of dead letters: which ones, and what is to be done with them.
import { nearest, quoted, TributaryError } from '../../core/errors.ts';
import type { Letter } from './dead-letter-form.ts';

/** Which letters are meant; what is left out does not restrict. */
export interface LetterFilter {
  /** Times of the records, in milliseconds; `to` exclusive. */
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly stage?: string;
  /** A part of the exception's class name, in any case. */
  readonly exception?: string;
  /** Original topic and partition. */
  readonly topic?: string;
  readonly partition?: number;
  readonly replayed?: boolean;
}

const FILTERS = ['from', 'to', 'stage', 'exception', 'topic', 'partition', 'replayed'] as const;

/** Reads a filter from named texts, as a query string or a JSON object gives them. Throws `config`. */
export function letterFilter(given: Readonly<Record<string, unknown>>): LetterFilter {
  for (const name of Object.keys(given)) {
    if (FILTERS.some((known) => known === name)) continue;
    const near = nearest(name, FILTERS);
    throw malformed(
      `"${name}" is not a filter of dead letters.`,
      near === null ? `Use: ${FILTERS.join(', ')}.` : `Did you mean "${near}"?`,
    );
  }
  const { from, to, stage, exception, topic, partition, replayed } = given;
  return {
    ...(from === undefined ? {} : { fromMs: timeOf('from', from) }),
    ...(to === undefined ? {} : { toMs: timeOf('to', to) }),
    ...(stage === undefined ? {} : { stage: String(stage).toUpperCase() }),
    ...(exception === undefined ? {} : { exception: String(exception).toLowerCase() }),
    ...(topic === undefined ? {} : { topic: String(topic) }),
    ...(partition === undefined ? {} : { partition: wholeNumber('partition', partition) }),
    ...(replayed === undefined ? {} : { replayed: truth('replayed', replayed) }),
  };
}

/** Whether a letter is meant. */
export function matches(filter: LetterFilter, letter: Letter, replayed: boolean): boolean {
  const { fromMs, toMs, stage, exception, topic, partition } = filter;
  if (fromMs !== undefined && (letter.timestampMs ?? 0) < fromMs) return false;
  if (toMs !== undefined && (letter.timestampMs ?? 0) >= toMs) return false;
  if (stage !== undefined && letter.stage !== stage) return false;
  if (exception !== undefined && !(letter.exception ?? '').toLowerCase().includes(exception)) return false;
  if (topic !== undefined && letter.origin?.topic !== topic) return false;
  if (partition !== undefined && letter.origin?.partition !== partition) return false;
  return filter.replayed === undefined || filter.replayed === replayed;
}

/** What `POST …/dead-letters/replay` is asked. */
export interface ReplayRequest {
  /** Names of letters, or a filter (all: an empty one). */
  readonly what: { readonly letters: readonly string[] } | { readonly filter: LetterFilter };
  /** `connector`, `original`, or a topic. */
  readonly to: string;
  readonly dryRun: boolean;
  readonly again: boolean;
  /** Most letters of this call. */
  readonly limit: number;
  readonly cursor: string | null;
}

const MEMBERS = ['letters', 'filter', 'all', 'to', 'dryRun', 'again', 'limit', 'cursor'] as const;
const LIMIT_DEFAULT = 1000;
const LIMIT_MAX = 10_000;
const LETTERS_MAX = 1000;

/** Reads the body. Throws `config`. */
export function replayRequest(body: unknown): ReplayRequest {
  if (!isObject(body)) throw malformed('The body must be a JSON object.', 'For example {"all": true}.');
  for (const name of Object.keys(body)) {
    if (MEMBERS.some((known) => known === name)) continue;
    const near = nearest(name, MEMBERS);
    throw malformed(
      `"${name}" is not a member of a replay.`,
      near === null ? `Use: ${MEMBERS.join(', ')}.` : `Did you mean "${near}"?`,
    );
  }
  const { to, dryRun, again, limit, cursor } = body;
  const most = limit === undefined ? LIMIT_DEFAULT : wholeNumber('limit', limit);
  return {
    what: chosen(body),
    to: to === undefined ? 'connector' : String(to),
    dryRun: dryRun !== undefined && truth('dryRun', dryRun),
    again: again !== undefined && truth('again', again),
    limit: Math.min(LIMIT_MAX, Math.max(1, most)),
    cursor: cursor === undefined || cursor === null ? null : String(cursor),
  };
}

function chosen({ letters, filter, all }: Record<string, unknown>): ReplayRequest['what'] {
  if ([letters, filter, all].filter((member) => member !== undefined).length !== 1) {
    throw malformed('A replay says which letters it means in one way.', 'Give one of "letters", "filter" or "all".');
  }
  if (letters !== undefined) {
    if (!Array.isArray(letters) || letters.length === 0 || !letters.every((name) => typeof name === 'string')) {
      throw malformed('"letters" must be an array of names.', 'For example ["orders-dlq-0-17"].');
    }
    if (letters.length > LETTERS_MAX) throw malformed(`"letters" names more than ${LETTERS_MAX}.`, 'Use "filter".');
    return { letters };
  }
  if (filter !== undefined) {
    if (!isObject(filter)) throw malformed('"filter" must be an object.', 'For example {"stage": "TASK_PUT"}.');
    return { filter: letterFilter(filter) };
  }
  if (!truth('all', all)) throw malformed('"all" is false.', 'Give true, or "letters" or "filter" instead.');
  return { filter: {} };
}

/** Milliseconds since the epoch, or ISO 8601. */
function timeOf(name: string, value: unknown): number {
  const text = String(value).trim();
  const ms = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw malformed(`${name} is ${quoted(value)}.`, 'Write a time as 2026-11-24T14:00:00Z, or as milliseconds.');
}

/** A number from 0 on, as text or number. Throws `config`. */
export function wholeNumber(name: string, value: unknown): number {
  const text = String(value).trim();
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw malformed(`${name} is ${quoted(value)}.`, 'Write a whole number from 0 on.');
}

function truth(name: string, value: unknown): boolean {
  const text = String(value).toLowerCase();
  if (text === 'true' || text === 'false') return text === 'true';
  throw malformed(`${name} is ${quoted(value)}.`, 'Write true or false.');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(what: string, fix: string): TributaryError {
  return new TributaryError('TRIB_REQUEST_MALFORMED', 'config', { what, fix });
}

/** A place to go on from, as clients hand it back. */
export function cursorText(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** What a cursor holds. Throws `config` when it is not one of ours. */
export function cursorValue(text: string): Readonly<Record<string, readonly number[]>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    const isOurs =
      isObject(value) && Object.values(value).every((pair) => Array.isArray(pair) && pair.every(Number.isInteger));
    if (isOurs) return value as Record<string, readonly number[]>;
  } catch {
    // told below
  }
  throw malformed(`cursor is ${quoted(text)}.`, 'Use the cursor of the former answer, or none.');
}
