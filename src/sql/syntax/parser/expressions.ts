// Expressions, by precedence climbing: OR, AND, NOT, predicate, ||, + −, * / %, sign, AT TIME ZONE, primary.
import type { ArithmeticOperator, ComparisonOperator, ExpressionNode, Name } from '../ast.ts';
import type { Cursor } from '../cursor.ts';
import { parseCall } from './calls.ts';
import { type Parts, parseArray, parseCase, parseCast, parseMap, parseStruct, several } from './constructors.ts';
import { literalOf, negativeLiteral } from './literals.ts';

/** A chain of operators of one level becomes a tree as deep as it is long; the walkers of later stages recurse over it. */
const CHAIN_MAX = 1500;

/** Any expression. */
export function parseExpression(cursor: Cursor): ExpressionNode {
  return cursor.nested(() => {
    const start = cursor.start;
    let left = parseAnd(cursor);
    for (let count = 0; cursor.accept('OR'); count++) {
      checkChain(cursor, count);
      const right = parseAnd(cursor);
      left = { kind: 'logical', operator: 'OR', left, right, span: cursor.spanFrom(start) };
    }
    return left;
  });
}

function parseAnd(cursor: Cursor): ExpressionNode {
  const start = cursor.start;
  let left = parseNot(cursor);
  for (let count = 0; cursor.accept('AND'); count++) {
    checkChain(cursor, count);
    const right = parseNot(cursor);
    left = { kind: 'logical', operator: 'AND', left, right, span: cursor.spanFrom(start) };
  }
  return left;
}

function checkChain(cursor: Cursor, count: number): void {
  if (count < CHAIN_MAX) return;
  throw cursor.error('PARSE-18', {
    what: `More than ${CHAIN_MAX} operands stand in one chain.`,
    fix: 'Use IN (…) or split the expression.',
  });
}

function parseNot(cursor: Cursor): ExpressionNode {
  const start = cursor.start;
  if (!cursor.accept('NOT')) return parsePredicate(cursor);
  const operand = cursor.nested(() => parseNot(cursor));
  return { kind: 'not', operand, span: cursor.spanFrom(start) };
}

function parsePredicate(cursor: Cursor): ExpressionNode {
  const start = cursor.start;
  const left = parseValue(cursor);
  const predicate = parsePredicateTail(cursor, left, start);
  if (predicate === null) return left;
  const chained = comparisonOperator(cursor) !== null || ['BETWEEN', 'IN', 'LIKE', 'IS'].some((w) => cursor.sees(w));
  if (chained) {
    throw cursor.error('PARSE-10', {
      what: `A comparison cannot be compared again: ${cursor.shown(cursor.token)} follows a complete predicate.`,
      fix: 'Join two comparisons with AND, or put the first into brackets.',
    });
  }
  return predicate;
}

function comparisonOperator(cursor: Cursor): ComparisonOperator | null {
  const token = cursor.token;
  if (token.kind !== 'operator') return null;
  switch (token.text) {
    case '!=':
      return '<>';
    case '=':
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return token.text;
    default:
      return null;
  }
}

function parsePredicateTail(cursor: Cursor, left: ExpressionNode, start: number): ExpressionNode | null {
  const operator = comparisonOperator(cursor);
  if (operator !== null) {
    cursor.advance();
    const right = parseValue(cursor);
    return { kind: 'comparison', operator, left, right, span: cursor.spanFrom(start) };
  }
  cursor.note('an operator');
  if (cursor.accept('IS')) return parseIs(cursor, left, start);
  const negated = cursor.sees('NOT') && ['BETWEEN', 'IN', 'LIKE'].some((word) => cursor.sees(word, 1));
  if (negated) cursor.advance();
  if (cursor.accept('BETWEEN')) {
    const low = parseValue(cursor);
    cursor.expectWord('AND');
    const high = parseValue(cursor);
    return { kind: 'between', value: left, low, high, negated, span: cursor.spanFrom(start) };
  }
  if (cursor.accept('IN')) return parseIn(cursor, left, { start, negated });
  if (cursor.accept('LIKE')) {
    const pattern = parseValue(cursor);
    const escapeMark = cursor.accept('ESCAPE') ? parseEscape(cursor) : null;
    return { kind: 'like', value: left, pattern, escape: escapeMark, negated, span: cursor.spanFrom(start) };
  }
  return null;
}

function parseIs(cursor: Cursor, left: ExpressionNode, start: number): ExpressionNode {
  const negated = cursor.accept('NOT');
  if (cursor.accept('DISTINCT')) {
    cursor.expectWord('FROM');
    const right = parseValue(cursor);
    const operator = negated ? 'IS NOT DISTINCT FROM' : 'IS DISTINCT FROM';
    return { kind: 'comparison', operator, left, right, span: cursor.spanFrom(start) };
  }
  cursor.expectWord('NULL');
  return { kind: 'isNull', operand: left, negated, span: cursor.spanFrom(start) };
}

function parseIn(cursor: Cursor, value: ExpressionNode, at: { start: number; negated: boolean }): ExpressionNode {
  const listStart = cursor.start;
  cursor.open('(');
  if (cursor.sees(')')) {
    cursor.advance();
    throw cursor.error('PARSE-6', {
      what: 'The list of IN is empty.',
      fix: 'Name at least one value.',
      span: cursor.spanFrom(listStart),
    });
  }
  const items = several(cursor, parseExpression);
  cursor.close(')');
  return { kind: 'in', value, items, negated: at.negated, span: cursor.spanFrom(at.start) };
}

function parseEscape(cursor: Cursor): string {
  const span = cursor.token.span;
  const text = cursor.expectText();
  if (text.length !== 1) {
    throw cursor.error('CMP-8', {
      what: `ESCAPE takes exactly one character, this text has ${text.length}.`,
      fix: "Write for example ESCAPE '!'.",
      span,
    });
  }
  return text;
}

/** An expression without predicates at its top: `a || b`, sums, products, primaries. */
export function parseValue(cursor: Cursor): ExpressionNode {
  return cursor.nested(() => {
    const start = cursor.start;
    let left = parseSum(cursor);
    for (let count = 0; cursor.sees('||'); count++) {
      checkChain(cursor, count);
      const operator = cursor.advance();
      const right = parseSum(cursor);
      const name: Name = { text: 'CONCAT', raw: '||', quoted: false, span: operator.span };
      left = { kind: 'call', name, star: false, args: [left, right], span: cursor.spanFrom(start) };
    }
    return left;
  });
}

function parseSum(cursor: Cursor): ExpressionNode {
  return parseChain(cursor, ['+', '-'], parseProduct);
}
function parseProduct(cursor: Cursor): ExpressionNode {
  return parseChain(cursor, ['*', '/', '%'], parseSigned);
}
function parseChain(
  cursor: Cursor,
  operators: readonly ArithmeticOperator[],
  operand: (cursor: Cursor) => ExpressionNode,
): ExpressionNode {
  const start = cursor.start;
  let left = operand(cursor);
  for (let count = 0; ; count++) {
    const operator = operators.find((candidate) => cursor.sees(candidate));
    if (operator === undefined) return left;
    checkChain(cursor, count);
    cursor.advance();
    const right = operand(cursor);
    left = { kind: 'arithmetic', operator, left, right, span: cursor.spanFrom(start) };
  }
}

function parseSigned(cursor: Cursor): ExpressionNode {
  const start = cursor.start;
  const sign = cursor.sees('-') ? '-' : cursor.sees('+') ? '+' : null;
  if (sign === null) return parseTimeZone(cursor);
  const literal = sign === '-' ? negativeLiteral(cursor) : null;
  if (literal !== null) return parsePostfix(cursor, literal, start);
  cursor.advance();
  const operand = cursor.nested(() => parseSigned(cursor));
  return { kind: 'sign', operator: sign, operand, span: cursor.spanFrom(start) };
}

function parseTimeZone(cursor: Cursor): ExpressionNode {
  const start = cursor.start;
  let operand = parsePrimary(cursor);
  while (cursor.sees('AT') && cursor.acceptAll('AT', 'TIME', 'ZONE')) {
    const zone = cursor.expectText();
    operand = { kind: 'atTimeZone', operand, zone, span: cursor.spanFrom(start) };
  }
  return operand;
}

/** A primary with its subscripts and field accesses. A following `->*` is left for the select list. */
export function parsePrimary(cursor: Cursor): ExpressionNode {
  const start = cursor.start;
  return parsePostfix(cursor, parseAtom(cursor), start);
}

function parsePostfix(cursor: Cursor, atom: ExpressionNode, start: number): ExpressionNode {
  let base = atom;
  for (let count = 0; ; count++) {
    if (count === CHAIN_MAX) checkChain(cursor, count);
    if (cursor.sees('[')) {
      cursor.open('[');
      const index = parseValue(cursor);
      cursor.close(']');
      base = { kind: 'subscript', base, index, span: cursor.spanFrom(start) };
    } else if (cursor.sees('->') && !cursor.sees('*', 1)) {
      cursor.advance();
      const field = cursor.name();
      base = { kind: 'dereference', base, field, span: cursor.spanFrom(start) };
    } else return base;
  }
}

function parseAtom(cursor: Cursor): ExpressionNode {
  const token = cursor.token;
  const start = cursor.start;
  if (token.kind === 'word') {
    const special = parseWordAtom(cursor, token.text);
    if (special !== null) return special;
  }
  const literal = literalOf(cursor);
  if (literal !== null) return literal;
  if (cursor.sees('(')) {
    cursor.open('(');
    if (cursor.sees('SELECT')) throw subquery(cursor);
    const inner = parseExpression(cursor);
    cursor.close(')');
    return inner;
  }
  if (!cursor.isName()) {
    cursor.note('an expression');
    cursor.fail();
  }
  const name = cursor.name();
  if (cursor.sees('(')) return parseCall(cursor, name, start, parseExpression);
  if (cursor.token.kind === 'text') throw typedLiteral(cursor, name, start);
  if (cursor.sees('.') && !cursor.sees('*', 1)) {
    cursor.advance();
    const column = cursor.name();
    return { kind: 'column', qualifier: name, name: column, span: cursor.spanFrom(start) };
  }
  return { kind: 'column', qualifier: null, name, span: name.span };
}

/** A subquery, wherever it stands: E-PARSE-19. */
export function subquery(cursor: Cursor): Error {
  return cursor.error('PARSE-19', {
    what: 'There are no subqueries in this language.',
    fix: 'Name the inner query with CREATE STREAM … AS or CREATE TABLE … AS, and select from or join that.',
  });
}

function typedLiteral(cursor: Cursor, name: Name, start: number): Error {
  const text = cursor.token.text.replaceAll("'", "''");
  cursor.advance();
  return cursor.error('TYPE-4', {
    what: `Only DECIMAL has typed literals; ${name.raw} has not.`,
    fix: `Write CAST('${text}' AS ${name.text}).`,
    span: cursor.spanFrom(start),
  });
}

/** What the forms in other files are made of. */
const parts: Parts = { expression: parseExpression, value: parseValue };

/** Forms that begin with a word of their own; null when it is an ordinary name or literal. */
function parseWordAtom(cursor: Cursor, word: string): ExpressionNode | null {
  switch (word) {
    case 'CASE':
      return parseCase(cursor, parts);
    case 'CAST':
      return parseCast(cursor, parts);
    case 'ARRAY':
      return cursor.sees('[', 1) ? parseArray(cursor, parts) : null;
    case 'MAP':
      return cursor.sees('(', 1) ? parseMap(cursor, parts) : null;
    case 'STRUCT':
      return cursor.sees('(', 1) ? parseStruct(cursor, parts) : null;
    default:
      return null;
  }
}
