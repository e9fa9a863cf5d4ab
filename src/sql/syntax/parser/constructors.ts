// CASE, CAST and the constructors of arrays, maps and structs.
import type { CaseNode, ExpressionNode, Name } from '../ast.ts';
import type { Cursor } from '../cursor.ts';
import { parseType } from './types.ts';

/** How the parts of these forms are parsed; handed in, because expressions contain these forms in turn. */
export interface Parts {
  readonly expression: (cursor: Cursor) => ExpressionNode;
  readonly value: (cursor: Cursor) => ExpressionNode;
}

export function parseCase(cursor: Cursor, parts: Parts): CaseNode {
  const start = cursor.start;
  cursor.advance();
  const operand = cursor.isWord('WHEN') ? null : parts.value(cursor);
  const whens: { condition: ExpressionNode; result: ExpressionNode }[] = [];
  cursor.expectWord('WHEN');
  do {
    const condition = parts.expression(cursor);
    cursor.expectWord('THEN');
    whens.push({ condition, result: parts.expression(cursor) });
  } while (cursor.accept('WHEN'));
  const otherwise = cursor.accept('ELSE') ? parts.expression(cursor) : null;
  cursor.expectWord('END');
  return { kind: 'case', operand, whens, otherwise, span: cursor.spanFrom(start) };
}

export function parseCast(cursor: Cursor, parts: Parts): ExpressionNode {
  const start = cursor.start;
  cursor.advance();
  cursor.open('(');
  const operand = parts.expression(cursor);
  cursor.expectWord('AS');
  const to = parseType(cursor);
  cursor.close(')');
  return { kind: 'cast', operand, to, span: cursor.spanFrom(start) };
}

export function parseArray(cursor: Cursor, parts: Parts): ExpressionNode {
  const start = cursor.start;
  cursor.advance();
  cursor.open('[');
  const items = cursor.isOperator(']') ? [] : several(cursor, parts.expression);
  cursor.close(']');
  return { kind: 'array', items, span: cursor.spanFrom(start) };
}

export function parseMap(cursor: Cursor, parts: Parts): ExpressionNode {
  const start = cursor.start;
  cursor.advance();
  cursor.open('(');
  const entries: { key: ExpressionNode; value: ExpressionNode }[] = [];
  if (!cursor.isOperator(')')) {
    do {
      const key = parts.expression(cursor);
      cursor.expectOperator(':=');
      entries.push({ key, value: parts.expression(cursor) });
    } while (cursor.acceptOperator(','));
  }
  cursor.close(')');
  return { kind: 'map', entries, span: cursor.spanFrom(start) };
}

export function parseStruct(cursor: Cursor, parts: Parts): ExpressionNode {
  const start = cursor.start;
  cursor.advance();
  cursor.open('(');
  const fields: { name: Name; value: ExpressionNode }[] = [];
  if (!cursor.isOperator(')')) {
    do {
      const name = cursor.name();
      cursor.expectOperator(':=');
      fields.push({ name, value: parts.expression(cursor) });
    } while (cursor.acceptOperator(','));
  }
  cursor.close(')');
  return { kind: 'struct', fields, span: cursor.spanFrom(start) };
}

/** One or more, separated by commas. */
export function several<T>(cursor: Cursor, one: (cursor: Cursor) => T): T[] {
  const items: T[] = [];
  do items.push(one(cursor));
  while (cursor.acceptOperator(','));
  return items;
}
