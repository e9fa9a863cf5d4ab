// Scripts of files: how many queries they hold, and faults with their place in the file.
import { TributaryError } from '../core/errors.ts';
import { positionOf } from '../sql/errors.ts';
import { parseScript } from '../sql/syntax/parse.ts';
import type { StatementFailure } from './results.ts';

/** Persistent queries that a script makes. Statements that cannot be parsed count as none. */
export function queryCount(text: string): number {
  const { statements } = parseScript(text, { variables: {} });
  return statements.filter(({ statement }) => statement.kind === 'createAs' || statement.kind === 'insertSelect')
    .length;
}

/**
 * The error of a statement with file, line and column of the file that holds the script, so that an editor can jump to it.
 * @param file null: the script stands in a setting; the place is given within it.
 */
export function faultInFile(failure: StatementFailure, script: string, file: string | null): TributaryError {
  const { error, statementStart } = failure;
  const { line, column } = error.parts;
  const start = positionOf(script, statementStart);
  const inScript = (place: { readonly line: number; readonly column: number }) => ({
    line: start.line + place.line - 1,
    column: place.line === 1 ? start.column + place.column - 1 : place.column,
  });
  const at = line === undefined || column === undefined ? start : inScript({ line, column });
  return new TributaryError(error.code, error.kind, {
    ...error.parts,
    // Messages that name a second place count from the statement, too.
    what: error.parts.what.replace(/\bline (\d+):(\d+)/g, (_, onLine: string, onColumn: string) => {
      const other = inScript({ line: Number(onLine), column: Number(onColumn) });
      return `line ${other.line}:${other.column}`;
    }),
    where: file === null ? `line ${at.line}:${at.column}` : `${file}:${at.line}:${at.column}`,
    line: at.line,
    column: at.column,
    statementIndex: failure.statementIndex,
    cause: error.parts.cause ?? error,
  });
}

/** Faults that pass when somebody else has done their part: a source, topic or schema that is not there yet. */
const NOT_YET = new Set([
  'TRIB_SQL_NAME_1',
  'TRIB_SQL_NAME_2',
  'TRIB_SQL_SR_1',
  'TRIB_SQL_TOPIC_1',
  'TRIB_TOPIC_MISSING',
  'TRIB_NOT_READY',
]);

/** True when the statement may do later what it cannot do now. */
export function mayComeTrue(error: TributaryError): boolean {
  return NOT_YET.has(error.code) || error.kind === 'transient';
}
