// What statements answer: entities in the shapes of ksqlDB's API (HTTP, CLI and connectors share them) and streams of rows.
import type { Row } from '../core/data/schema.ts';
import type { TributaryError } from '../core/errors.ts';
import type { SqlType } from '../sql/types/sql-type.ts';

/** One answer of a statement, ready to be sent as JSON. */
export type Entity = Readonly<Record<string, unknown>> & { readonly '@type': string; readonly statementText: string };

/** What comes with statements. */
export interface StatementOptions {
  /** Session properties, with or without the prefix `ksql.streams.`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Values of `${name}`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The connector that owns the queries made here: it starts and stops them. Absent: the server itself does. */
  readonly owner?: string;
}

/** What became of a list of statements. Those before a failed one stay done. */
export interface ExecuteResult {
  readonly entities: readonly Entity[];
  readonly failure: StatementFailure | null;
}
export interface StatementFailure {
  readonly error: TributaryError;
  readonly statementText: string;
  /** Place among the statements of the text, from 0, and offset of the statement in it. */
  readonly statementIndex: number;
  readonly statementStart: number;
}

/** A column of a row stream. */
export interface RowColumn {
  readonly name: string;
  readonly type: SqlType;
  readonly isKey: boolean;
}
export interface StreamRow {
  readonly cells: Row;
  /** The row's key was deleted from the table. */
  readonly tombstone: boolean;
}

/** Rows of one SELECT. Close it when done, whatever happened. */
export interface RowStream {
  readonly kind: 'push' | 'pull';
  readonly queryId: string;
  readonly columns: readonly RowColumn[];
  /** Batches until the limit, the end, or `close`; throws what went wrong. To be walked once. */
  rows(): AsyncIterable<readonly StreamRow[]>;
  /** Why the rows ended; null: they have not. */
  readonly ended: 'limit' | 'completed' | 'closed' | null;
  close(): Promise<void>;
}

/** Lines of a PRINT. */
export interface LineStream {
  lines(): AsyncIterable<readonly string[]>;
  close(): Promise<void>;
}
