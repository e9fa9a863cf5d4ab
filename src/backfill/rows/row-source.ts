// Rows of a file, whatever its format: batches of cells, with the line each row stands on.
//
// Law: rows come in file order and bad ones count too, so "the first n rows" always means the same rows. A file that is cut or
// damaged ends with an error, never with fewer rows.

import type { Decimal } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import type { JsonNumber } from '../../formats/json-value.ts';

/** A time with microseconds, as Avro exports hold it. */
export class Moment {
  readonly kind: 'date' | 'time' | 'timestamp';
  /** Since the epoch or midnight. For `date`: days. */
  readonly micros: number | bigint;
  constructor(kind: 'date' | 'time' | 'timestamp', micros: number | bigint) {
    this.kind = kind;
    this.micros = micros;
  }
}

/** What a source holds in a cell: text of a CSV, a JSON value, or an Avro value. */
export type Cell =
  | null
  | string
  | boolean
  | number
  | bigint
  | JsonNumber
  | Decimal
  | Moment
  | Uint8Array
  | Cell[]
  | CellObject;
export interface CellObject {
  [name: string]: Cell;
}

/** Rows in file order. Arrays are the reader's until the next batch is asked for. */
export interface RowBatch {
  /** The wanted cells; null for a row that cannot be read (see `faults`). */
  readonly rows: (readonly Cell[] | null)[];
  /** 1-based line on which the row starts (Avro: its number in the file). */
  readonly lines: number[];
  /** What is wrong with the unreadable rows, by index. */
  readonly faults: Map<number, string>;
}

/** An opened file. */
export interface RowSource {
  /** Names in file order; null when each row brings its own (NDJSON). */
  readonly columns: readonly string[] | null;
  /** The rows' cells of the named columns, in that order. Called once. */
  read(wanted: readonly string[]): AsyncIterable<RowBatch>;
}

/** A file that cannot be read on: no row of it may be called the last. */
export function damaged(path: string, line: number | null, what: string, cause?: unknown): TributaryError {
  return new TributaryError('TRIB_BACKFILL_FILE_DAMAGED', 'data', {
    what,
    where: line === null ? path : `${path}:${line}`,
    fix: 'Export or copy the file again, then retry the back-fill.',
    cause,
  });
}

/** The index of a column by name: exact, else without regard to case; −1 when there is none. */
export function indexOfColumn(columns: readonly string[], name: string): number {
  const exact = columns.indexOf(name);
  if (exact >= 0) return exact;
  const lower = name.toLowerCase();
  return columns.findIndex((column) => column.toLowerCase() === lower);
}
