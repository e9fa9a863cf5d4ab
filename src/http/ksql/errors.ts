// Error bodies of the ksqlDB API: made here and nowhere else.
import type { Response } from 'express';
import { TributaryError } from '../../core/errors.ts';
import type { ExecuteResult } from '../../queries/index.ts';

/** An error of the API: HTTP status × 100 + n, and its text. */
export class KsqlError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
  get status(): number {
    return Math.floor(this.code / 100);
  }
}

const STATUS_OF_KIND: Readonly<Record<TributaryError['kind'], number>> = {
  config: 40000,
  sql: 40001,
  data: 40001,
  notFound: 40001,
  conflict: 40001,
  transient: 50000,
  fenced: 50303,
  fatal: 50000,
  bug: 50000,
};

/** The error's number and body. Old clients read `stackTrace` unconditionally, so it is there. */
export function bodyOfError(error: unknown): { readonly code: number; readonly body: object } {
  if (error instanceof KsqlError) return generic(error.code, error.message);
  if (error instanceof TributaryError) {
    if (error.code === 'TRIB_NOT_READY') return generic(50302, error.message);
    return generic(STATUS_OF_KIND[error.kind], error.message);
  }
  return generic(
    50000,
    'The server encountered an internal error when processing the query. Please consult the server logs for more information.',
  );
}

/** The body for a statement that failed in a list. */
export function bodyOfFailure(result: ExecuteResult): { readonly code: number; readonly body: object } {
  const { error, statementText } = result.failure!;
  if (error.code === 'TRIB_SQL_WRONG_ENDPOINT') {
    return {
      code: 40002,
      body: {
        ...generic(40002, error.message).body,
        '@type': 'statement_error',
        statementText,
        entities: result.entities,
      },
    };
  }
  const { code, body } = bodyOfError(error);
  if (code >= 50000) return { code, body };
  const number = error.code.startsWith('TRIB_SQL_ASSERT') ? 41700 : 40001;
  return {
    code: number,
    body: { ...body, '@type': 'statement_error', error_code: number, statementText, entities: result.entities },
  };
}

/** Sends an error as the answer. */
export function sendError(response: Response, error: unknown): void {
  const { code, body } = bodyOfError(error);
  send(response, code, body);
}

export function send(response: Response, code: number, body: object): void {
  if (code === 50302) response.setHeader('Retry-After', '10');
  response.status(Math.floor(code / 100)).json(body);
}

function generic(code: number, message: string): { readonly code: number; readonly body: Record<string, unknown> } {
  return { code, body: { '@type': 'generic_error', error_code: code, message, stackTrace: [] } };
}
