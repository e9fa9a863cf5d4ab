// Text → statements. A fault never hides the statements after it: parsing goes on at the next semicolon.
import { TributaryError } from '../../core/errors.ts';
import { sqlError } from '../errors.ts';
import type { ExpressionNode, Statement, TypeNode } from './ast.ts';
import { Cursor } from './cursor.ts';
import { splitStatements, tokenize } from './lexer.ts';
import { parseExpression } from './parser/expressions.ts';
import { parseStatementAt } from './parser/statements.ts';
import { parseType } from './parser/types.ts';
import { substituteVariables } from './variables.ts';

export { splitStatements } from './lexer.ts';

/** One statement of a script, parsed. */
export interface ParsedStatement {
  readonly statement: Statement;
  /** The statement's text after variable substitution: what the spans count in. */
  readonly text: string;
  /** 0-based place among the script's statements, faulty ones included. */
  readonly index: number;
  /** Offset of the unsubstituted statement in the script. */
  readonly start: number;
}
export interface ParsedScript {
  readonly statements: readonly ParsedStatement[];
  /** One a faulty statement, in order; `parts.statementIndex` is set. */
  readonly errors: readonly TributaryError[];
}
export interface ParseOptions {
  /** Values of `${name}`; undefined switches substitution off. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** All statements of a script. DEFINE and UNDEFINE count for the statements after them. */
export function parseScript(script: string, options: ParseOptions = {}): ParsedScript {
  const statements: ParsedStatement[] = [];
  const errors: TributaryError[] = [];
  let variables = options.variables;
  for (const [index, piece] of splitStatements(script).entries()) {
    try {
      const text = variables === undefined ? piece.text : substituteVariables(piece.text, variables);
      const statement = parseStatement(text);
      statements.push({ statement, text, index, start: piece.start });
      if (variables !== undefined) variables = variablesAfter(variables, statement);
    } catch (error) {
      if (!(error instanceof TributaryError)) throw error;
      errors.push(new TributaryError(error.code, error.kind, { ...error.parts, statementIndex: index }));
    }
  }
  return { statements, errors };
}

/** The session variables after a statement. */
export function variablesAfter(
  variables: Readonly<Record<string, string>>,
  statement: Statement,
): Readonly<Record<string, string>> {
  if (statement.kind === 'define') return { ...variables, [statement.name]: statement.value };
  if (statement.kind !== 'undefine') return variables;
  const { [statement.name]: _gone, ...rest } = variables;
  return rest;
}

/** One statement with its semicolon. Substitute variables first. Throws on the first fault. */
export function parseStatement(text: string): Statement {
  const cursor = new Cursor(text, tokenize(text));
  const statement = parseStatementAt(cursor);
  endOfStatement(cursor);
  return statement;
}

/** One expression and nothing else. */
export function parseExpressionText(text: string): ExpressionNode {
  const cursor = new Cursor(text, tokenize(text));
  const expression = parseExpression(cursor);
  if (!cursor.atEnd) cursor.fail();
  return expression;
}

/** One type and nothing else. */
export function parseTypeText(text: string): TypeNode {
  const cursor = new Cursor(text, tokenize(text));
  const type = parseType(cursor);
  if (!cursor.atEnd) cursor.fail();
  return type;
}

/** What could stand at the end of an unfinished statement: keywords, `"operators"` and descriptions such as `a name`. */
export function expectedAfter(text: string): readonly string[] {
  const cursor = new Cursor(text, tokenize(text));
  try {
    parseStatementAt(cursor);
    cursor.isOperator(';');
  } catch (error) {
    if (!(error instanceof TributaryError)) throw error;
  }
  return cursor.expected;
}

function endOfStatement(cursor: Cursor): void {
  if (cursor.atEnd) {
    throw sqlError('PARSE-12', {
      what: 'The statement does not end with ";".',
      fix: 'Add ";".',
      span: cursor.token.span,
      text: cursor.text,
    });
  }
  cursor.expectOperator(';');
  if (!cursor.atEnd) cursor.fail();
}
