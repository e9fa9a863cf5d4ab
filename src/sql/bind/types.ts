// Conversions that the binder puts in, and literals that are converted on the spot.
import { decimalText, parseDecimal, rescale } from '../../core/data/decimal.ts';
import { parseInt32, parseLong } from '../../core/data/long.ts';
import type { Decimal, Value } from '../../core/data/schema.ts';
import type { Expr, LiteralExpr } from '../plan/expr.ts';
import { isNumeric } from '../types/arithmetic.ts';
import { type SqlType, STRING, sameType } from '../types/sql-type.ts';

/** DATE, TIME or TIMESTAMP. */
export function isTime(type: SqlType): boolean {
  return type.base === 'DATE' || type.base === 'TIME' || type.base === 'TIMESTAMP';
}

/** The expression as `to`; the very same when it is that already. A number literal is converted now. */
export function converted(expr: Expr, to: SqlType): Expr {
  if (expr.type === null) return { ...expr, type: to } as Expr;
  if (sameType(expr.type, to)) return expr;
  if (expr.op === 'literal' && isNumeric(expr.type) && isNumeric(to)) {
    const value = numberAs(expr.value, to);
    if (value !== undefined) return { op: 'literal', value, type: to };
  }
  return { op: 'convert', of: expr, type: to };
}

/** A number as another number type; undefined when it does not fit. */
export function numberAs(value: Value, to: SqlType): Value | undefined {
  if (value === null) return null;
  const text = typeof value === 'object' ? decimalText(value as Decimal) : String(value);
  switch (to.base) {
    case 'INTEGER':
      return parseInt32(text) ?? undefined;
    case 'BIGINT':
      return parseLong(text) ?? undefined;
    case 'DOUBLE':
      return Number(text);
    case 'DECIMAL': {
      const parsed = parseDecimal(text);
      return parsed === null ? undefined : (rescale(parsed, to.scale) ?? undefined);
    }
    default:
      return undefined;
  }
}

/** A literal as another type under the lax rules of lists (types.md §9); undefined when it does not convert. */
export function laxLiteral(literal: LiteralExpr, to: SqlType): LiteralExpr | undefined {
  const from = literal.type;
  if (from === null) return { ...literal, type: to };
  if (sameType(from, to)) return literal;
  if (to.base === 'STRING' && (isNumeric(from) || from.base === 'BOOLEAN')) {
    const value = literal.value;
    const text = typeof value === 'object' && value !== null ? decimalText(value as Decimal) : String(value);
    return { op: 'literal', value: text, type: STRING };
  }
  if (from.base === 'STRING' && typeof literal.value === 'string') return literalOfText(literal.value.trim(), to);
  if (isNumeric(from) && isNumeric(to)) {
    const value = numberAs(literal.value, to);
    return value === undefined ? undefined : { op: 'literal', value, type: to };
  }
  return undefined;
}

function literalOfText(text: string, to: SqlType): LiteralExpr | undefined {
  if (to.base === 'BOOLEAN') {
    // Words of truth and falsehood, or the beginning of one.
    const lower = text.toLowerCase();
    const begins = (word: string) => lower !== '' && word.startsWith(lower);
    const value = begins('true') || begins('yes');
    return value || begins('false') || begins('no') ? { op: 'literal', value, type: to } : undefined;
  }
  if (!isNumeric(to) || !/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) return undefined;
  const value = numberAs(text, to);
  return value === undefined ? undefined : { op: 'literal', value, type: to };
}
