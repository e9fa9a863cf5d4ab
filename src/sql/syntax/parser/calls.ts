// Calls, their arguments and lambdas.
import type { ExpressionNode, LambdaNode, Name } from '../ast.ts';
import type { Cursor } from '../cursor.ts';
import { PLURAL_UNITS } from '../tokens.ts';

const DATE_ARITHMETIC = /^(?:DATE|TIME|TIMESTAMP)(?:ADD|SUB)$/;
const SINGULAR_UNITS = new Set(['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND', 'MILLISECOND']);
type ParseExpression = (cursor: Cursor) => ExpressionNode;

/** A call, at its bracket. `expression` is handed in, because expressions contain calls in turn. */
export function parseCall(cursor: Cursor, written: Name, start: number, expression: ParseExpression): ExpressionNode {
  const name: Name = { ...written, text: written.text.toUpperCase() };
  cursor.open('(');
  if (cursor.acceptOperator('*')) {
    cursor.close(')');
    return { kind: 'call', name, star: true, args: [], span: cursor.spanFrom(start) };
  }
  const args: ExpressionNode[] = [];
  if (!cursor.isOperator(')')) {
    do args.push(parseArgument(cursor, name, args, expression));
    while (cursor.acceptOperator(','));
  }
  if (name.text.startsWith('SUBSTR') && cursor.sees('FROM')) {
    throw cursor.error('PARSE-15', {
      what: `${name.text}(text FROM start FOR length) is not in the grammar.`,
      fix: `Write ${name.text}(text, start, length).`,
    });
  }
  cursor.close(')');
  return { kind: 'call', name, star: false, args, span: cursor.spanFrom(start) };
}

function parseArgument(
  cursor: Cursor,
  call: Name,
  before: readonly ExpressionNode[],
  expression: ParseExpression,
): ExpressionNode {
  const token = cursor.token;
  if (token.text === 'DISTINCT' && token.kind === 'word') {
    throw cursor.error('PARSE-15', {
      what: 'DISTINCT cannot stand inside a call.',
      fix: call.text === 'COUNT' ? 'Use COUNT_DISTINCT(…).' : 'Use COLLECT_SET or COUNT_DISTINCT.',
    });
  }
  const lambda = lambdaAhead(cursor);
  if (lambda) {
    if (before.length === 0) {
      throw cursor.error('PARSE-14', {
        what: 'A lambda cannot be the first argument.',
        fix: `Write the collection first: ${call.text}(collection, x => …).`,
      });
    }
    return parseLambda(cursor, expression);
  }
  if (before.some((argument) => argument.kind === 'lambda')) {
    throw cursor.error('PARSE-14', {
      what: 'An ordinary argument cannot follow a lambda.',
      fix: 'Put all lambdas at the end of the argument list.',
    });
  }
  const delimited = cursor.sees(',', 1) || cursor.sees(')', 1);
  const plural = token.kind === 'word' && PLURAL_UNITS.has(token.text);
  const singular = before.length === 0 && DATE_ARITHMETIC.test(call.text) && SINGULAR_UNITS.has(token.text);
  if (delimited && token.kind === 'word' && (plural || singular)) {
    cursor.advance();
    return { kind: 'unit', unit: token.text, span: token.span };
  }
  return expression(cursor);
}

/** True at `x =>` and `(x, y) =>`. */
function lambdaAhead(cursor: Cursor): boolean {
  if (cursor.sees('=>', 1)) return true;
  if (!cursor.sees('(')) return false;
  let ahead = 1;
  while (cursor.peek(ahead).kind === 'word' || cursor.peek(ahead).kind === 'quoted') {
    if (!cursor.sees(',', ahead + 1)) return cursor.sees(')', ahead + 1) && cursor.sees('=>', ahead + 2);
    ahead += 2;
  }
  return false;
}

function parseLambda(cursor: Cursor, expression: ParseExpression): LambdaNode {
  const start = cursor.start;
  const parameters: Name[] = [];
  if (cursor.sees('(')) {
    cursor.open('(');
    do parameters.push(cursor.name());
    while (cursor.acceptOperator(','));
    cursor.close(')');
  } else parameters.push(cursor.name());
  cursor.expectOperator('=>');
  const body = expression(cursor);
  return { kind: 'lambda', parameters, body, span: cursor.spanFrom(start) };
}
