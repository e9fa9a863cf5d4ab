// Pull queries on a table that another host keeps: sent on to that host, whose answer comes back as if it were ours.
//
// Law: a query is sent on once. Where the host that gets it does not keep the rows either (they have just moved), it says so.
import type { Request, Response } from 'express';
import { isTransient } from '../../core/errors.ts';
import type { HttpClient } from '../../ports/http-client.ts';
import { TableElsewhere } from '../../queries/index.ts';
import { KsqlError } from './errors.ts';

const SENT_ON = 'x-tributary-sent-on';
const TIMEOUT_MS = 60_000;
const PASSED_ON = ['accept', 'authorization', 'content-type'];

interface Exchange {
  readonly request: Request;
  readonly response: Response;
}

/** Answers here, or has another host answer. Throws 503 while none is known that could. */
export async function sentOn(http: HttpClient | null, exchange: Exchange, answer: () => Promise<void>): Promise<void> {
  try {
    await answer();
  } catch (error) {
    if (!(error instanceof TableElsewhere)) throw error;
    const { url } = error;
    if (url === null || http === null || exchange.request.get(SENT_ON) !== undefined) {
      throw new KsqlError(50300, error.message);
    }
    await pass(http, url, exchange);
  }
}

async function pass(http: HttpClient, url: string, { request, response }: Exchange): Promise<void> {
  const headers: Record<string, string> = { [SENT_ON]: 'true' };
  for (const name of PASSED_ON) {
    const value = request.get(name);
    if (value !== undefined) headers[name] = value;
  }
  const stop = new AbortController();
  response.on('close', () => stop.abort());
  try {
    const answer = await http.send({
      method: request.method,
      url: new URL(request.originalUrl, url).href,
      headers,
      body: typeof request.body === 'string' ? request.body : '',
      timeoutMs: TIMEOUT_MS,
      signal: stop.signal,
    });
    const type = answer.headers['content-type'];
    if (type !== undefined) response.setHeader('Content-Type', type);
    response.status(answer.status).end(answer.body);
  } catch (error) {
    if (stop.signal.aborted) return;
    if (!isTransient(error)) throw error;
    throw new KsqlError(
      50300,
      `The host that keeps the rows (${url}) does not answer: ${(error as Error).message} Its work goes to another host; try again soon.`,
    );
  }
}
