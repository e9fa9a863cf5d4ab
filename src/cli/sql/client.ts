// Talks to the SQL API of a worker as ksqlDB's own client does.
import { RestFailure } from '../rest.ts';

/** One answer of a statement. */
export type SqlEntity = Readonly<Record<string, unknown>> & { readonly '@type': string };

/** What goes with each request. */
export interface SqlSession {
  readonly server: string;
  readonly properties: Record<string, string>;
  readonly variables: Record<string, string>;
  /** Of the last command, so that what follows sees it. */
  sequenceNumber: number | null;
}

/** A member of a row stream. */
export type StreamMember =
  | { readonly header: { readonly queryId: string; readonly schema: string } }
  | { readonly row: { readonly columns: readonly unknown[]; readonly tombstone?: boolean } }
  | { readonly finalMessage: string }
  | { readonly errorMessage: { readonly message: string } };

/** Statements that are no queries. Throws {@link RestFailure} with what ran before as `entities`. */
export async function runStatements(session: SqlSession, text: string): Promise<readonly SqlEntity[]> {
  const response = await post(session, '/ksql', {
    ksql: text,
    streamsProperties: session.properties,
    sessionVariables: session.variables,
    ...(session.sequenceNumber === null ? {} : { commandSequenceNumber: session.sequenceNumber }),
  });
  const entities = exactJson(await response.text()) as readonly SqlEntity[];
  for (const entity of entities) {
    const number = entity['commandSequenceNumber'];
    if (number !== undefined) session.sequenceNumber = Number(number);
  }
  return entities;
}

/** The members of a SELECT's answer as they arrive. */
export async function* runQuery(session: SqlSession, text: string, signal: AbortSignal): AsyncIterable<StreamMember> {
  for await (const line of streamLines(session, text, signal, 'application/vnd.ksql.v1+json')) {
    const member = line
      .trim()
      .replace(/^\[/, '')
      .replace(/[,\]]$/, '');
    if (member !== '') yield exactJson(member) as StreamMember;
  }
}

/** The lines of a PRINT. */
export function runPrint(session: SqlSession, text: string, signal: AbortSignal): AsyncIterable<string> {
  return streamLines(session, text, signal, 'application/vnd.ksqlapi.delimited.v1');
}

async function* streamLines(
  session: SqlSession,
  text: string,
  signal: AbortSignal,
  accept: string,
): AsyncIterable<string> {
  const body = { sql: text, properties: session.properties, sessionVariables: session.variables };
  const response = await post(session, '/query-stream', body, { accept, signal });
  if (response.body === null) return;
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of response.body) {
    rest += decoder.decode(piece as Uint8Array, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}

async function post(
  session: SqlSession,
  path: string,
  body: unknown,
  options: { readonly accept?: string; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`${session.server.replace(/\/$/, '')}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: options.accept ?? 'application/vnd.ksql.v1+json' },
      body: JSON.stringify(body),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name;
    throw new RestFailure(
      `cannot reach ${session.server} (${cause}).\n  Start a worker with "trib run", or name another with --server or TRIB_SQL_SERVER.`,
      7,
    );
  }
  if (response.ok) return response;
  const answer = (await response.json().catch(() => null)) as { message?: string } | null;
  throw new RestFailure(answer?.message ?? `HTTP ${response.status}`, response.status < 500 ? 3 : 1);
}

/** A number as it was written: 64-bit keys are shown with all their digits. */
export class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** JSON whose large or fractional numbers keep their text. */
export function exactJson(text: string): unknown {
  const revive = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' && context?.source !== undefined && String(value) !== context.source
      ? new NumberText(context.source)
      : value;
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
}
