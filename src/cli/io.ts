// What commands may touch of the process; handed in, so that tests run them without one.

/** Output goes to `out` (data) and `err` (progress, hints, errors). */
export interface CliIo {
  out(text: string): void;
  err(text: string): void;
  /** Whether `err` is a terminal. */
  readonly isTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back at the first Ctrl-C or SIGTERM; a second one ends the process. Answers how to stop listening. */
  onInterrupt(act: () => void): () => void;
}

/** The command line cannot be understood: exit code 2. */
export class UsageError extends Error {}
