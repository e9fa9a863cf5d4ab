/** Time, from outside. Only `adapters/system-clock.ts` may read the real one. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when `stop` aborts (never rejects). */
  sleep(ms: number, stop?: AbortSignal): Promise<void>;
}
