// Errors of SQL text. The code of each is `TRIB_SQL_` and the condition's id in the catalogue of rejections: E-PARSE-2 is
// TRIB_SQL_PARSE_2. The topic (LEX, PARSE, VAR) tells faults of grammar from those that need a catalogue.
import { TributaryError } from '../core/errors.ts';
import type { Span } from './syntax/ast.ts';

/** What a rejection says. `span` and `text` (of the statement) give line and column and the fragment as written. */
export interface SqlFault {
  readonly what: string;
  readonly fix?: string;
  readonly span?: Span;
  readonly text?: string;
  readonly cause?: unknown;
}

/** An error for condition `id` ('PARSE-2', 'NAME-4', …) of the catalogue. */
export function sqlError(id: string, fault: SqlFault): TributaryError {
  const at = fault.span !== undefined && fault.text !== undefined ? positionOf(fault.text, fault.span[0]) : null;
  return new TributaryError(`TRIB_SQL_${id.replaceAll('-', '_')}`, 'sql', {
    what: fault.what,
    ...(fault.fix === undefined ? {} : { fix: fault.fix }),
    ...(fault.cause === undefined ? {} : { cause: fault.cause }),
    ...(at === null ? {} : { where: `line ${at.line}:${at.column}`, line: at.line, column: at.column }),
  });
}

/** A function, cast or operator that fails on a row: the nearest boundary turns it into NULL. `id` as in `EVAL-6`. */
export function evaluationError(id: string, what: string, cause?: unknown): TributaryError {
  return new TributaryError(
    `TRIB_SQL_${id.replaceAll('-', '_')}`,
    'data',
    cause === undefined ? { what } : { what, cause },
  );
}

/** True for faults that the grammar alone finds. */
export function isParseError(error: unknown): boolean {
  return error instanceof TributaryError && /^TRIB_SQL_(LEX|PARSE|VAR)_/.test(error.code);
}

/** Line and column, both from 1, of an offset into a text. */
export function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1 };
}
