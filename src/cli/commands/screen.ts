// What a person watches: log lines, and below them one table that is drawn over itself.
//
// Law: nothing that was printed is lost. A line takes the table away first, and the next table stands below the line.
import type { CliIo } from '../io.ts';

const QUIET: ReadonlySet<unknown> = new Set(['trace', 'debug', 'info']);

export interface Screen {
  /** A line for people. */
  say(line: string): void;
  /** A line of the log, in JSON. A terminal gets warnings and errors, in short; everything else gets it as it is. */
  log(line: string): void;
  /** Draws the table, over the one before where nothing was printed since. The last one stays. */
  table(text: string, which?: 'last'): void;
}

/** A screen on `io`; `everything` prints each log line as it is, on a terminal too. */
export function screenOn(io: CliIo, everything: boolean): Screen {
  let drawn = 0;
  const clear = (): void => {
    if (drawn > 0) io.err(`\r\u001b[${drawn}A\u001b[J`);
    drawn = 0;
  };
  const say = (line: string): void => {
    clear();
    io.err(`${line}\n`);
  };
  return {
    say,
    log(line) {
      const text = io.isTerminal && !everything ? shortened(line) : line;
      if (text !== null) say(text);
    },
    table(text, which) {
      clear();
      io.err(text);
      if (io.isTerminal && which !== 'last') drawn = text.split('\n').length - 1;
    },
  };
}

function shortened(line: string): string | null {
  let entry: Readonly<Record<string, unknown>>;
  try {
    entry = JSON.parse(line);
  } catch {
    return line;
  }
  const { level, logger, message } = entry as { level?: unknown; logger?: unknown; message?: unknown };
  if (QUIET.has(level)) return null;
  return `${String(level).toUpperCase()}  ${logger}: ${message}`;
}
