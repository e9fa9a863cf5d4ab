// How work that fails and is tried again is told to people, in one line.

/**
 * E.g. `retrying since 12:03:11Z (7 times): The registry does not answer.`, with the day where `nowMs` is of another one. Times are UTC,
 * as in the log.
 */
export function retryText(
  retrying: { readonly sinceMs: number; readonly attempts: number; readonly message: string },
  nowMs: number,
): string {
  const { sinceMs, attempts, message } = retrying;
  const since = `${new Date(sinceMs).toISOString().slice(0, 19)}Z`;
  const isToday = since.slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10);
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  return `retrying since ${isToday ? since.slice(11) : since} (${times}): ${message.split('\n', 1)[0]}`;
}
