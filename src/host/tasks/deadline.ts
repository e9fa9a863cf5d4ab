// Waiting with an end: the control plane never hangs on plugin code.
import type { Clock } from '../../ports/clock.ts';

/** What came first. */
export type Outcome<T> = { readonly done: true; readonly value: T } | { readonly done: false };

/** Waits for `work` up to `limitMs`. Work that is still going on is let go: its later result or failure is ignored. */
export async function within<T>(work: Promise<T>, limitMs: number, clock: Clock): Promise<Outcome<T>> {
  const stop = new AbortController();
  const timeout = clock.sleep(limitMs, stop.signal).then((): Outcome<T> => ({ done: false }));
  try {
    return await Promise.race([work.then((value): Outcome<T> => ({ done: true, value })), timeout]);
  } finally {
    stop.abort();
    work.catch(() => {});
  }
}

/** Waits for `work` or for `signal`; `done: false` when the signal came first. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<Outcome<T>> {
  if (signal.aborted) {
    work.catch(() => {});
    return { done: false };
  }
  let onAbort: () => void = () => {};
  const aborted = new Promise<Outcome<T>>((resolve) => {
    onAbort = () => resolve({ done: false });
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work.then((value): Outcome<T> => ({ done: true, value })), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => {});
  }
}
