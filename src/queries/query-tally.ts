// What a query has done so far, for status pages: rows, skipped records, failures, errors, and how fast it goes.
import type { Clock } from '../ports/clock.ts';

/** An error of a query, as EXPLAIN shows it. */
export interface QueryError {
  readonly atMs: number;
  readonly message: string;
  readonly type: 'USER' | 'SYSTEM' | 'UNKNOWN';
}

const ERRORS_MAX = 10;
const SAMPLES_MAX = 10;
/** Rates are measured over about this span. */
const RATE_SPAN_MS = 10_000;

export class QueryTally {
  rowsIn = 0;
  rowsOut = 0;
  skippedCount = 0;
  /** Place and reason of the first record that was skipped. */
  firstSkipped: { readonly where: string; readonly message: string } | null = null;
  failedCount = 0;
  readonly #clock: Clock;
  readonly #samples: string[] = [];
  readonly #errors: QueryError[] = [];
  readonly #pace: { readonly atMs: number; readonly rowsIn: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get failureSamples(): readonly string[] {
    return this.#samples;
  }

  get errors(): readonly QueryError[] {
    return this.#errors;
  }

  counted(rowsIn: number, rowsOut: number): void {
    this.rowsIn += rowsIn;
    this.rowsOut += rowsOut;
    const atMs = this.#clock.now();
    const last = this.#pace.at(-1);
    if (last === undefined || atMs - last.atMs >= 500) this.#pace.push({ atMs, rowsIn: this.rowsIn });
    while (this.#pace.length > 2 && atMs - this.#pace[0]!.atMs > RATE_SPAN_MS) this.#pace.shift();
  }

  /** Answers true for the first one, which is worth a line in the log. */
  skipped(where: string, error: Error): boolean {
    this.skippedCount++;
    if (this.firstSkipped !== null) return false;
    this.firstSkipped = { where, message: error.message };
    return true;
  }

  failed(count: number, samples: readonly string[]): void {
    this.failedCount += count;
    for (const sample of samples) if (this.#samples.length < SAMPLES_MAX) this.#samples.push(sample);
  }

  error(error: Error): void {
    this.#errors.push({ atMs: this.#clock.now(), message: error.message, type: errorClass(error) });
    if (this.#errors.length > ERRORS_MAX) this.#errors.shift();
  }

  /** Rows read a second, lately. */
  get rowsPerSecond(): number {
    const first = this.#pace[0];
    if (first === undefined) return 0;
    const spanMs = this.#clock.now() - first.atMs;
    return spanMs < 200 ? 0 : ((this.rowsIn - first.rowsIn) * 1000) / spanMs;
  }
}

function errorClass(error: Error): QueryError['type'] {
  const kind = (error as { readonly kind?: string }).kind;
  if (kind === 'transient' || kind === 'fenced') return 'SYSTEM';
  return kind === 'data' || kind === 'config' || kind === 'sql' || kind === 'notFound' ? 'USER' : 'UNKNOWN';
}
