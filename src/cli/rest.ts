// Calls of a worker's REST API from the command line.

/** The worker answered with an error, or not at all; `code` is the exit code that says which. */
export class RestFailure extends Error {
  readonly code: number;
  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

const EXIT_CODES: Readonly<Record<number, number>> = { 400: 3, 401: 6, 403: 6, 404: 4, 409: 5 };
const TIMEOUT_MS = 30_000;

/** The JSON body of the answer; null when it has none. Throws {@link RestFailure}. */
export async function call(server: string, method: string, path: string, body?: unknown): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`${server.replace(/\/$/, '')}${path}`, {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name;
    throw new RestFailure(
      `cannot reach ${server} (${cause}).\n  Start a worker with "trib run", or name another with --server or TRIB_SERVER.`,
      7,
    );
  }
  const text = await response.text();
  const answer = text === '' ? null : parsed(text);
  if (response.ok) return answer;
  const message = (answer as { message?: unknown } | null)?.message;
  throw new RestFailure(
    typeof message === 'string' ? message : `HTTP ${response.status}`,
    EXIT_CODES[response.status] ?? 1,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
