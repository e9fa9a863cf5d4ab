// Rows from a running query to whoever reads them: bounded, so that a slow reader holds the query back.
import type { StreamRow } from './results.ts';

/** Rows that wait before the query is held back. */
const WAITING_ROWS_MAX = 10_000;

export class RowQueue {
  #rows: StreamRow[] = [];
  #limit: number;
  #ended = false;
  #error: unknown = null;
  #onRows: (() => void) | null = null;
  #onRoom: (() => void) | null = null;
  limitReached = false;

  /** @param limit rows at most; null: no limit. */
  constructor(limit: number | null) {
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
    if (this.#limit <= 0) this.#reachLimit();
  }

  /** False: no more rows are wanted. */
  get open(): boolean {
    return !this.#ended;
  }

  add(row: StreamRow): void {
    if (this.#ended) return;
    this.#rows.push(row);
    this.#limit--;
    if (this.#limit <= 0) this.#reachLimit();
  }

  /** Wakes the reader; resolves when there is room again. Answers whether more rows are wanted. */
  async deliver(): Promise<boolean> {
    if (this.#rows.length > 0) this.#onRows?.();
    while (this.#rows.length > WAITING_ROWS_MAX && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    }
    return !this.#ended;
  }

  /** No more rows come. */
  end(error: unknown = null): void {
    this.#ended = true;
    this.#error ??= error;
    this.#onRows?.();
    this.#onRoom?.();
  }

  async *batches(): AsyncIterable<readonly StreamRow[]> {
    for (;;) {
      if (this.#rows.length > 0) {
        const batch = this.#rows;
        this.#rows = [];
        this.#onRoom?.();
        yield batch;
        continue;
      }
      if (this.#error !== null) throw this.#error;
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#onRows = resolve;
      });
      this.#onRows = null;
    }
  }

  #reachLimit(): void {
    this.limitReached = true;
    this.end();
  }
}
