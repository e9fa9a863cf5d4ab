// Folds storms of one log line: an outage that a thousand tasks meet is told a few times, and then counted.
//
// Law: nothing vanishes uncounted. What is held back is told in one line with its count when the window ends. A line counts as the
// same when level, message and error agree, numbers aside; who wrote it only decides how often it is told at first.

/** Lines that were held back. */
export interface Folded {
  readonly level: string;
  readonly message: string;
  readonly error: string | null;
  readonly count: number;
  /** Some of those who wrote them, and how many there were. */
  readonly loggers: readonly string[];
  readonly loggerCount: number;
  readonly windowMs: number;
}

const WINDOW_MS = 30_000;
/** So many loggers may tell the same within a window. */
const TOLD_MAX = 5;
const NAMED_MAX = 5;
const KEYS_MAX = 500;

interface Window {
  readonly sinceMs: number;
  readonly level: string;
  readonly message: string;
  readonly error: string | null;
  readonly told: Set<string>;
  readonly held: Set<string>;
  count: number;
}

/** What is to be written for one line: first what was held back before it, then the line itself or not. */
export interface Verdict {
  readonly before: Folded | null;
  readonly write: boolean;
}

/** Decides for each line whether it is written now or counted. */
export class LogFold {
  readonly #windows = new Map<string, Window>();

  take(
    line: { readonly level: string; readonly logger: string; readonly message: string; readonly error: string | null },
    nowMs: number,
  ): Verdict {
    const { level, logger, message, error } = line;
    const key = `${level} ${message} ${(error ?? '').replace(/\d+/g, '#')}`;
    const open = this.#windows.get(key);
    if (open !== undefined && nowMs - open.sinceMs < WINDOW_MS) {
      if (!open.told.has(logger) && open.told.size < TOLD_MAX) {
        open.told.add(logger);
        return { before: null, write: true };
      }
      open.count++;
      open.held.add(logger);
      return { before: null, write: false };
    }
    this.#windows.delete(key);
    // The oldest windows stand first. A key that is pushed out loses its count only when hundreds of others are open.
    if (this.#windows.size >= KEYS_MAX) this.#windows.delete(this.#windows.keys().next().value!);
    const told = new Set([logger]);
    this.#windows.set(key, { sinceMs: nowMs, level, message, error, told, held: new Set(), count: 0 });
    return { before: open === undefined ? null : folded(open), write: true };
  }

  /** Closes windows that are over (all of them with `all`); answers what was held back in them. */
  flush(nowMs: number, all: boolean): readonly Folded[] {
    const done: Folded[] = [];
    for (const [key, open] of this.#windows) {
      if (!all && nowMs - open.sinceMs < WINDOW_MS) continue;
      this.#windows.delete(key);
      const summary = folded(open);
      if (summary !== null) done.push(summary);
    }
    return done;
  }
}

function folded({ level, message, error, held, count }: Window): Folded | null {
  if (count === 0) return null;
  return {
    level,
    message,
    error,
    count,
    loggers: [...held].slice(0, NAMED_MAX),
    loggerCount: held.size,
    windowMs: WINDOW_MS,
  };
}
