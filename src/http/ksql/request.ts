// Bodies of requests and forms of answers: what clients may send and ask for.
import type { Request } from 'express';
import { KsqlError } from './errors.ts';

/** Statements with what comes along, in one form for all endpoints. */
export interface StatementRequest {
  readonly text: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  /** Wait until this command was applied; null: no need. */
  readonly sequenceNumber: number | null;
}

/** A: delimited lines · B: one JSON array · C: streamed members of a JSON array. */
export type StreamForm = 'delimited' | 'json' | 'streamed';

export const MEDIA = {
  v1: 'application/vnd.ksql.v1+json',
  json: 'application/json',
  delimited: 'application/vnd.ksqlapi.delimited.v1',
} as const;

/** The JSON object of a request that was read as text. */
export function bodyOf(request: Request): Readonly<Record<string, unknown>> {
  const text = typeof request.body === 'string' ? request.body : '';
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return parsed as Readonly<Record<string, unknown>>;
    }
  } catch (error) {
    throw new KsqlError(40000, `Invalid JSON in request: ${(error as Error).message}`);
  }
  throw new KsqlError(40000, 'Invalid JSON in request: an object is expected.');
}

/** @param field where the statements stand: `ksql`, or `sql` on /query-stream. */
export function statementRequest(body: Readonly<Record<string, unknown>>, field: 'ksql' | 'sql'): StatementRequest {
  const text = body[field];
  if (typeof text !== 'string') {
    throw new KsqlError(40000, `Invalid JSON in request: the field "${field}" with the statement is missing.`);
  }
  const number = body['commandSequenceNumber'];
  return {
    text,
    properties: texts(body[field === 'ksql' ? 'streamsProperties' : 'properties'], true),
    variables: texts(body['sessionVariables'], false),
    sequenceNumber: typeof number === 'number' ? number : null,
  };
}

/** Values may be texts, numbers or booleans. Keys may carry the prefix of Kafka Streams settings. */
function texts(value: unknown, arePropertyNames: boolean): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null && item !== undefined)
      .map(([name, item]) => [
        arePropertyNames && name.startsWith('ksql.streams.') ? name.slice('ksql.streams.'.length) : name,
        typeof item === 'object' ? JSON.stringify(item) : String(item),
      ]),
  );
}

/** The form asked for by Accept, best quality first; throws 406 when none fits. */
export function streamForm(request: Request, fallback: StreamForm): StreamForm {
  const { accept } = request.headers;
  if (accept === undefined || accept === '') return fallback;
  const asked = accept
    .split(',')
    .map((part) => {
      const [type, ...parameters] = part.trim().split(';');
      const quality = parameters.map((text) => /^\s*q=([0-9.]+)\s*$/.exec(text)?.[1]).find((q) => q !== undefined);
      return { type: type!.trim().toLowerCase(), quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((left, right) => right.quality - left.quality);
  for (const { type } of asked) {
    if (type === MEDIA.delimited) return 'delimited';
    if (type === MEDIA.v1) return 'streamed';
    if (type === MEDIA.json) return fallback === 'streamed' ? 'streamed' : 'json';
    if (type === '*/*' || type === 'application/*') return fallback;
  }
  throw new KsqlError(
    40600,
    `None of the forms asked for can be given: ${accept}. Use ${Object.values(MEDIA).join(', ')}.`,
  );
}
