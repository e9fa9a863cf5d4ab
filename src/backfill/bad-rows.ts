// The bad rows of a file: counted all, shown some, and too many are the end of it.

import { TributaryError } from '../core/errors.ts';

/** A bad row as it is reported. */
export interface BadRowReport {
  readonly file: string;
  readonly line: number;
  /** Target column (or source column of the record time); null when the row could not be read at all. */
  readonly column: string | null;
  readonly reason: string;
}

export const REPORTS_MAX = 100;

export class BadRows {
  count = 0;
  readonly reports: BadRowReport[] = [];
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** Throws `data` when this is one more than allowed. */
  add(report: BadRowReport): void {
    this.count++;
    if (this.reports.length < REPORTS_MAX) this.reports.push(report);
    if (this.count <= this.#max) return;
    const column = report.column === null ? '' : `column ${report.column}: `;
    const first = this.reports[0]!;
    const others = this.count === 1 ? '' : ` The first of ${this.count} stands in line ${first.line}.`;
    throw new TributaryError('TRIB_BACKFILL_BAD_ROW', 'data', {
      what: `${column}${report.reason}.${others}`,
      where: `${report.file}:${report.line}`,
      fix: 'Mend the export and retry, or let bad rows be skipped and reported: "bad.rows.max".',
    });
  }
}
