// What is told of a back-fill, and the figures that follow from its files.

import type { BadRowReport } from './bad-rows.ts';
import type { PlannedFile } from './files.ts';
import type { FileResult } from './run-file.ts';

/** Steps in their order, and the two ways to end early. */
export type BackfillState = 'planned' | 'checking' | 'loading' | 'waiting' | 'released' | 'failed' | 'cancelled';
export type FileState = 'planned' | 'checking' | 'checked' | 'loading' | 'loaded' | 'failed';

/** A file of a job as it stands. */
export interface FileStatus {
  readonly path: string;
  readonly state: FileState;
  readonly rows: number;
  /** Null until the file is checked. */
  readonly rowsTotal: number | null;
  readonly bytes: number;
  readonly bytesTotal: number;
  readonly bad: number;
  readonly error: string | null;
}

/** A job as it stands. */
export interface BackfillStatus {
  readonly name: string;
  /** Stands in the header `__trib.backfill` of its rows. */
  readonly id: string;
  readonly source: readonly string[];
  readonly into: string;
  readonly state: BackfillState;
  /** What it waits for or does, for people; null when the state says all. */
  readonly note: string | null;
  readonly error: string | null;
  readonly rows: number;
  readonly rowsTotal: number | null;
  /** Bytes of files read in this step, and of all files. */
  readonly bytes: number;
  readonly bytesTotal: number;
  readonly rowsPerSecond: number;
  readonly secondsLeft: number | null;
  readonly badRows: number;
  readonly badRowReports: readonly BadRowReport[];
  readonly waitingFor: readonly string[];
  readonly files: readonly FileStatus[];
  readonly submittedMs: number;
  readonly finishedMs: number | null;
}

/** A file while its job lives. */
export interface HeldFile {
  plan: PlannedFile;
  state: FileState;
  rows: number;
  bytes: number;
  bad: number;
  error: string | null;
  checked: FileResult | null;
  reports: readonly BadRowReport[];
}

/** A file at its start. */
export function heldFile(plan: PlannedFile): HeldFile {
  return { plan, state: 'planned', rows: 0, bytes: 0, bad: 0, error: null, checked: null, reports: [] };
}

/** The file as it is told. */
export function fileStatus(file: HeldFile): FileStatus {
  const rowsTotal = file.checked?.rows ?? (file.state === 'loaded' ? file.rows : null);
  const { state, rows, bytes, bad, error } = file;
  return { path: file.plan.path, state, rows, rowsTotal, bytes, bytesTotal: file.plan.bytes, bad, error };
}

/** Rows all files hold; null while one is not known. */
export function rowsTotalOf(files: readonly HeldFile[]): number | null {
  let total = 0;
  for (const file of files) {
    const { rowsTotal } = fileStatus(file);
    if (rowsTotal === null) return null;
    total += rowsTotal;
  }
  return files.length === 0 ? null : total;
}

const WINDOW_MS = 15_000;

/** Rows and bytes a second over the last quarter of a minute. */
export class Pace {
  readonly #samples: { readonly atMs: number; readonly rows: number; readonly bytes: number }[] = [];

  add(atMs: number, rows: number, bytes: number): void {
    const last = this.#samples.at(-1);
    // A step that starts over counts from nothing again.
    if (last !== undefined && rows < last.rows) this.#samples.length = 0;
    this.#samples.push({ atMs, rows, bytes });
    while (this.#samples.length > 2 && this.#samples[0]!.atMs < atMs - WINDOW_MS) this.#samples.shift();
  }

  clear(): void {
    this.#samples.length = 0;
  }

  perSecond(): { rows: number; bytes: number } {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs === first.atMs) return { rows: 0, bytes: 0 };
    const seconds = (last.atMs - first.atMs) / 1000;
    return { rows: (last.rows - first.rows) / seconds, bytes: (last.bytes - first.bytes) / seconds };
  }
}
