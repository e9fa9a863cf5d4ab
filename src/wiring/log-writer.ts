// Where the lines of the log go: to the file of the settings, else to the terminal.
//
// Law: a log that cannot be written harms nobody. Lines go to the terminal instead, which is told once why, and again to the file
// as soon as it takes them: a disk that was full is cleared one day.
import { appendFileSync } from 'node:fs';
import type { RecentErrors } from './recent-errors.ts';
import type { WorkerSettings } from './worker-settings.ts';

/** A writer of log lines that never throws. */
export function logWriter(
  settings: Pick<WorkerSettings, 'parsed'>,
  errors: RecentErrors,
  terminal: (line: string) => void,
): (line: string) => void {
  const file = settings.parsed['log.file'] as string | null;
  let isFailing = false;
  return (line) => {
    errors.see(line);
    if (file === null) return terminal(line);
    try {
      appendFileSync(file, `${line}\n`);
      isFailing = false;
    } catch (error) {
      if (!isFailing)
        terminal(`problem: log.file ${file} cannot be written: ${reasonOf(error)}. The log goes on here.`);
      isFailing = true;
      terminal(line);
    }
  };
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
