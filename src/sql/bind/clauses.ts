// What several clauses share: conditions, and lists of expressions that become keys.
import { type Expr, sameExpr } from '../plan/expr.ts';
import type { ExpressionNode, ListNode } from '../syntax/ast.ts';
import type { SqlType } from '../types/sql-type.ts';
import { typeText } from '../types/type-text.ts';
import type { BindContext } from './context.ts';
import { type Binding, fragment, reject } from './environment.ts';
import { bindExpression, contextFor } from './expression.ts';
import type { FromResult } from './from-result.ts';

/** WHERE and HAVING must be BOOLEAN. */
export function bindCondition(binding: Binding, node: ExpressionNode, context: BindContext): Expr {
  const where = bindExpression(context, node);
  if (where.type?.base !== 'BOOLEAN') {
    reject(
      binding,
      'CMP-9',
      node.span,
      `${context.clause} needs BOOLEAN; ${fragment(binding, node.span)} is ${where.type === null ? 'NULL' : typeText(where.type)}.`,
    );
  }
  return where;
}

/** The expressions of GROUP BY or PARTITION BY. */
export function bindList(
  binding: Binding,
  list: ListNode,
  from: FromResult,
  clause: 'GROUP BY' | 'PARTITION BY',
  ids: { readonly empty: string; readonly twice: string },
): readonly Expr[] {
  if (list.items.length === 0) reject(binding, ids.empty, list.span, `${clause} needs at least one expression.`);
  const context = contextFor(binding, from.scope, clause);
  const exprs: Expr[] = [];
  for (const item of list.items) {
    const expr = bindExpression(context, item);
    if (exprs.some((other) => sameExpr(other, expr))) {
      reject(binding, ids.twice, item.span, `${fragment(binding, item.span)} stands twice in ${clause}.`);
    }
    exprs.push(expr);
  }
  return exprs;
}

/** Keys may not hold maps (E-KEY-9). */
export function refuseMapKey(binding: Binding, type: SqlType, node: ExpressionNode): void {
  if (!holdsMap(type)) return;
  reject(binding, 'KEY-9', node.span, `${fragment(binding, node.span)} is ${typeText(type)}: a key cannot hold a MAP.`);
}

/** True when the type is a map or holds one. */
export function holdsMap(type: SqlType): boolean {
  if (type.base === 'MAP') return true;
  if (type.base === 'ARRAY') return holdsMap(type.items);
  return type.base === 'STRUCT' && type.fields.some((field) => holdsMap(field.type));
}
