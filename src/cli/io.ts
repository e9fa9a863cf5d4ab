// What commands may touch of the process; handed in, so that tests run them without one.
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { nearest } from '../core/errors.ts';

/** Output goes to `out` (data) and `err` (progress, hints, errors). */
export interface CliIo {
  out(text: string): void;
  err(text: string): void;
  /** Whether `err` is a terminal. */
  readonly isTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls back at the first Ctrl-C or SIGTERM, with the exit code of a command that it cuts short; a second one ends the process.
   * Answers how to stop listening.
   */
  onInterrupt(act: (exitCode: 130 | 143) => void): () => void;
}

/** The command line cannot be understood: exit code 2. */
export class UsageError extends Error {}

/** Node's `parseArgs`; an option that is not there is answered with the one that was probably meant. Throws {@link UsageError}. */
export function readArgs<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw error;
    const given = /'(-[^']*)'/.exec((error as Error).message)?.[1] ?? '';
    const near = nearest(given.replace(/^-+/, ''), Object.keys(config.options ?? {}));
    const hint = near === null ? 'See --help.' : `Did you mean --${near}?`;
    throw new UsageError(`${given} is not an option here. ${hint}`);
  }
}
