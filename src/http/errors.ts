// Error bodies of the Connect API, `{"error_code","message"}`: made here and nowhere else.
import type { ErrorRequestHandler, Request, Response } from 'express';
import { type ErrorKind, TributaryError } from '../core/errors.ts';
import type { Redactor } from '../core/redact.ts';

/** An answer that is an error of the protocol itself. */
export class HttpError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const STATUS: Readonly<Record<ErrorKind, number>> = {
  config: 400,
  sql: 400,
  data: 400,
  notFound: 404,
  conflict: 409,
  transient: 503,
  fenced: 409,
  fatal: 500,
  bug: 500,
};

const REBALANCE: ReadonlySet<string> = new Set(['TRIB_REBALANCE', 'TRIB_NOT_LEADER', 'TRIB_NOT_OWNER']);

const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
};

/** The reference's text for protocol errors. */
export function protocolError(status: number): HttpError {
  return new HttpError(status, `HTTP ${status} ${PHRASES[status] ?? 'Error'}`);
}

export function sendError(response: Response, status: number, message: string): void {
  response.status(status).json({ error_code: status, message });
}

/** The last handler of the Connect listener. Secrets that stand in foreign texts are blanked. */
export function errorHandler(
  redactor: Redactor,
  report: (error: unknown, request: Request) => void,
): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const status = statusOf(error);
    if (status >= 500) report(error, request);
    if (response.headersSent) {
      response.end();
      return;
    }
    const message = redactor.redact(messageOf(error, status));
    const reason = reasonOf(error);
    // Clients of the reference must match the text to tell a taken name from a group that is settling: ours need not.
    if (reason === null) sendError(response, status, message);
    else {
      if (reason === 'rebalance') response.set('Retry-After', '1');
      response.status(status).json({ error_code: status, message, reason });
    }
  };
}

/** Why there is a conflict. */
function reasonOf(error: unknown): 'rebalance' | 'exists' | null {
  if (!(error instanceof TributaryError)) return null;
  if (error.code === 'TRIB_CONNECTOR_EXISTS') return 'exists';
  return REBALANCE.has(error.code) ? 'rebalance' : null;
}

function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.status;
  if (error instanceof TributaryError) return STATUS[error.kind];
  // express and its body parser mark errors of the client with a status.
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}

function messageOf(error: unknown, status: number): string {
  if (error instanceof TributaryError || error instanceof HttpError) return error.message;
  const text = error instanceof Error ? error.message : String(error);
  return status < 500 ? `${PHRASES[status] ?? 'Request refused'}: ${text}` : text;
}
