// Comparisons, BETWEEN, IN and LIKE: which types meet, and what is converted for them (types.md §6).
import type { Expr } from '../plan/expr.ts';
import type {
  BetweenNode,
  ComparisonNode,
  ComparisonOperator,
  ExpressionNode,
  InNode,
  LikeNode,
  Span,
} from '../syntax/ast.ts';
import { comparable } from '../types/coerce.ts';
import { BIGINT, BOOLEAN, type SqlType } from '../types/sql-type.ts';
import { parseTimestampText } from '../types/time-text.ts';
import { typeText } from '../types/type-text.ts';
import { commonType, fitted } from './common-type.ts';
import { type BindContext, nameOf } from './context.ts';
import { fragment, reject } from './environment.ts';
import { converted, isTime } from './types.ts';

/** `left operator right`. */
export function bindComparison(context: BindContext, node: ComparisonNode): Expr {
  const left = context.bind(context, node.left);
  const right = context.bind(context, node.right);
  return compare(
    context,
    { operator: node.operator, span: node.span, nodes: [node.left, node.right] },
    left,
    right,
    'CMP-1',
  );
}

/** `value BETWEEN low AND high` is the two comparisons it stands for. */
export function bindBetween(context: BindContext, node: BetweenNode): Expr {
  const value = context.bind(context, node.value);
  const low = context.bind(context, node.low);
  const high = context.bind(context, node.high);
  const from = compare(
    context,
    { operator: '>=', span: node.low.span, nodes: [node.value, node.low] },
    value,
    low,
    'CMP-6',
  );
  const to = compare(
    context,
    { operator: '<=', span: node.high.span, nodes: [node.value, node.high] },
    value,
    high,
    'CMP-6',
  );
  const both: Expr = { op: 'and', left: from, right: to, type: BOOLEAN };
  return node.negated ? { op: 'not', of: both, type: BOOLEAN } : both;
}

interface Comparison {
  readonly operator: ComparisonOperator;
  readonly span: Span;
  readonly nodes: readonly [ExpressionNode, ExpressionNode];
}

function compare(context: BindContext, of: Comparison, left: Expr, right: Expr, id: string): Expr {
  const magic = systemDates(context, of, left, right);
  if (magic !== null) return { op: 'compare', operator: of.operator, left: magic[0], right: magic[1], type: BOOLEAN };
  if (left.type === null || right.type === null) {
    reject(
      context,
      id === 'CMP-6' ? id : 'CMP-2',
      of.span,
      `${of.operator} with NULL is never true: ${fragment(context, of.span)}.`,
      'Use IS NULL or IS NOT NULL.',
    );
  }
  if (!comparable(of.operator, left.type, right.type)) {
    reject(
      context,
      id,
      of.span,
      `${typeText(left.type)} (${fragment(context, of.nodes[0].span)}) and ${typeText(right.type)} (${fragment(context, of.nodes[1].span)}) do not compare with ${of.operator}.`,
      `Cast one side, for example CAST(${fragment(context, of.nodes[1].span)} AS ${typeText(left.type)}).`,
    );
  }
  const [a, b] = meeting(left, right);
  return { op: 'compare', operator: of.operator, left: a, right: b, type: BOOLEAN };
}

/** Both sides as one kind: text beside a time becomes that time, a DATE beside a TIMESTAMP becomes a TIMESTAMP. */
function meeting(left: Expr, right: Expr): readonly [Expr, Expr] {
  const a = left.type!;
  const b = right.type!;
  if (isTime(a) && b.base === 'STRING') return [left, { op: 'convert', of: right, type: a }];
  if (isTime(b) && a.base === 'STRING') return [{ op: 'convert', of: left, type: b }, right];
  if (a.base === 'DATE' && b.base === 'TIMESTAMP') return [{ op: 'convert', of: left, type: b }, right];
  if (a.base === 'TIMESTAMP' && b.base === 'DATE') return [left, { op: 'convert', of: right, type: a }];
  if (a.base === 'DOUBLE' && b.base !== 'DOUBLE' && b.base !== 'DECIMAL') return [left, converted(right, a)];
  if (b.base === 'DOUBLE' && a.base !== 'DOUBLE' && a.base !== 'DECIMAL') return [converted(left, b), right];
  return [left, right];
}

/** WHERE and HAVING: a text beside a bare ROWTIME, WINDOWSTART or WINDOWEND is a timestamp (types.md §6.3). */
function systemDates(context: BindContext, of: Comparison, left: Expr, right: Expr): readonly [Expr, Expr] | null {
  if (context.clause === 'SELECT') return null;
  if (isSystemTime(of.nodes[0]) && isText(right)) return [left, timeLiteral(context, of.nodes[1], right)];
  if (isSystemTime(of.nodes[1]) && isText(left)) return [timeLiteral(context, of.nodes[0], left), right];
  return null;
}
function isSystemTime(node: ExpressionNode): boolean {
  return node.kind === 'column' && ['ROWTIME', 'WINDOWSTART', 'WINDOWEND'].includes(node.name.text);
}
function isText(expr: Expr): boolean {
  return expr.op === 'literal' && typeof expr.value === 'string';
}
function timeLiteral(context: BindContext, node: ExpressionNode, expr: Expr): Expr {
  const text = expr.op === 'literal' ? String(expr.value) : '';
  try {
    return { op: 'literal', value: parseTimestampText(text), type: BIGINT };
  } catch {
    return reject(
      context,
      'CMP-3',
      node.span,
      `'${text}' is no timestamp.`,
      "Write yyyy-MM-dd'T'HH:mm:ss.SSS, for example '2024-03-01T10:15:00.000'.",
    );
  }
}

/** `value IN (…)`. */
export function bindIn(context: BindContext, node: InNode): Expr {
  const value = context.bind(context, node.value);
  const items = node.items.map((item) => context.bind(context, item));
  const { type, misfit } = commonType([value, ...items]);
  if (type === null) reject(context, 'CMP-2', node.span, 'IN over nothing but NULL.', 'Use IS NULL.');
  if (misfit !== null) {
    const at = node.items[items.indexOf(misfit)] ?? node.value;
    reject(
      context,
      misfit.op === 'literal' ? 'CMP-4' : 'CMP-5',
      at.span,
      `${fragment(context, at.span)} is ${nameOf(misfit.type)} and does not become ${typeText(type)} as the others.`,
      `Cast it: CAST(${fragment(context, at.span)} AS ${typeText(type)}).`,
    );
  }
  const expr: Expr = {
    op: 'in',
    of: fitted(value, type),
    items: items.filter((item) => item.type !== null).map((item) => fitted(item, type)),
    type: BOOLEAN,
  };
  return node.negated ? { op: 'not', of: expr, type: BOOLEAN } : expr;
}

/** `value LIKE pattern`. */
export function bindLike(context: BindContext, node: LikeNode): Expr {
  const of = textOperand(context, node.value, 'value');
  const pattern = textOperand(context, node.pattern, 'pattern');
  const expr: Expr = { op: 'like', of, pattern, escape: node.escape, type: BOOLEAN };
  return node.negated ? { op: 'not', of: expr, type: BOOLEAN } : expr;
}

function textOperand(context: BindContext, node: ExpressionNode, side: string): Expr {
  const expr = context.bind(context, node);
  if (expr.type !== null && expr.type.base !== 'STRING') {
    reject(
      context,
      'CMP-7',
      node.span,
      `The ${side} of LIKE must be STRING; ${fragment(context, node.span)} is ${typeText(expr.type)}.`,
    );
  }
  return expr.type === null ? ({ ...expr, type: { base: 'STRING' } as SqlType } as Expr) : expr;
}
