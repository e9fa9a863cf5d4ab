// Literals and their types. A sign directly before a number belongs to it: −2^63 is a literal, 2^63 is not.
import { parseDecimal, precisionOf } from '../../../core/data/decimal.ts';
import { LONG_MAX, LONG_MIN, longOf } from '../../../core/data/long.ts';
import type { Decimal, Value } from '../../../core/data/schema.ts';
import { BIGINT, BOOLEAN, DOUBLE, decimalType, INTEGER, type SqlType, STRING } from '../../types/sql-type.ts';
import type { LiteralNode, Span } from '../ast.ts';
import type { Cursor } from '../cursor.ts';

/** The literal at the cursor; null when there is none. */
export function literalOf(cursor: Cursor): LiteralNode | null {
  const token = cursor.token;
  switch (token.kind) {
    case 'text':
      cursor.advance();
      return literal(token.text, STRING, token.span);
    case 'integer':
    case 'decimal':
    case 'float':
      cursor.advance();
      return number(cursor, { text: token.text, kind: token.kind, span: token.span });
    case 'word':
      return wordLiteral(cursor, token.text);
    default:
      return null;
  }
}

/** At `-` followed by a number: the negative literal; else null and nothing taken. */
export function negativeLiteral(cursor: Cursor): LiteralNode | null {
  const next = cursor.peek(1);
  if (!cursor.sees('-') || (next.kind !== 'integer' && next.kind !== 'decimal' && next.kind !== 'float')) return null;
  const start = cursor.start;
  cursor.advance();
  cursor.advance();
  return number(cursor, { text: `-${next.text}`, kind: next.kind, span: [start, next.span[1]] });
}

/** A literal where nothing else may stand (WITH values). */
export function expectLiteral(cursor: Cursor): LiteralNode {
  const found = negativeLiteral(cursor) ?? literalOf(cursor);
  if (found !== null) return found;
  cursor.note('a text, number, TRUE, FALSE or NULL');
  cursor.fail();
}

/** DECIMAL(p, s) of a decimal literal: trailing zeros count. */
export function literalDecimalType(value: Decimal): SqlType {
  const magnitude = value.unscaled < 0n ? -value.unscaled : value.unscaled;
  const precision = precisionOf(value);
  return magnitude < 10n ** BigInt(value.scale)
    ? decimalType(value.scale + 1, value.scale)
    : decimalType(precision, value.scale);
}

function wordLiteral(cursor: Cursor, word: string): LiteralNode | null {
  const token = cursor.token;
  if (word === 'NULL') {
    cursor.advance();
    return literal(null, null, token.span);
  }
  if (word === 'TRUE' || word === 'FALSE') {
    cursor.advance();
    return literal(word === 'TRUE', BOOLEAN, token.span);
  }
  if (word !== 'DECIMAL' || cursor.peek(1).kind !== 'text') return null;
  cursor.advance();
  const text = cursor.advance();
  const span: Span = [token.span[0], text.span[1]];
  const value = parseDecimal(text.text.trim());
  if (value === null || value.scale < 0) {
    throw cursor.error('TYPE-4', { what: `'${text.text}' is not a decimal number.`, span });
  }
  return literal(value, literalDecimalType(value), span);
}

function number(
  cursor: Cursor,
  token: { readonly text: string; readonly kind: 'integer' | 'decimal' | 'float'; readonly span: Span },
): LiteralNode {
  if (token.kind === 'decimal') {
    const value = parseDecimal(token.text)!;
    return literal(value, literalDecimalType(value), token.span);
  }
  if (token.kind === 'float') {
    const value = Number(token.text);
    if (Number.isFinite(value)) return literal(value, DOUBLE, token.span);
    throw cursor.error('LEX-4', {
      what: `${token.text} is beyond what a DOUBLE holds.`,
      fix: 'The largest finite value is 1.7976931348623157E308.',
      span: token.span,
    });
  }
  const exact = BigInt(token.text);
  if (exact > LONG_MAX || exact < LONG_MIN) {
    throw cursor.error('LEX-3', {
      what: `${token.text} does not fit 64 bits (${LONG_MIN} to ${LONG_MAX}).`,
      fix: 'A decimal point makes it a DECIMAL.',
      span: token.span,
    });
  }
  const small = exact >= -2147483648n && exact <= 2147483647n;
  return literal(longOf(exact), small ? INTEGER : BIGINT, token.span);
}

function literal(value: Value, type: SqlType | null, span: Span): LiteralNode {
  return { kind: 'literal', value, type, span };
}
