/** One error of late, for the page. */
export interface RecentError {
  readonly atMs: number;
  readonly where: string;
  readonly message: string;
}

const KEPT = 50;

/** Keeps the last error lines of the log. */
export class RecentErrors {
  readonly #errors: RecentError[] = [];

  see(line: string): void {
    if (!line.includes('"level":"error"')) return;
    const { time, connector, task, logger, message, error } = JSON.parse(line) as Record<string, string | undefined>;
    const where = connector === undefined ? (logger ?? '') : task === undefined ? connector : `${connector}-${task}`;
    const text = error === undefined ? (message ?? '') : `${message} ${error}`;
    this.#errors.push({ atMs: Date.parse(time ?? ''), where, message: text });
    if (this.#errors.length > KEPT) this.#errors.shift();
  }

  list(): readonly RecentError[] {
    return this.#errors;
  }
}
