// What a join may be: the criteria of ON, the kind that follows from its sides, and windows that go together (joins.md §1, §2).
import { type Expr, moveColumns, sameExpr, walk } from '../plan/expr.ts';
import type { JoinNode, PlanNode } from '../plan/nodes.ts';
import type { ExpressionNode, JoinNode as JoinSyntax } from '../syntax/ast.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type Binding, fragment, pasteName, reject } from './environment.ts';
import { bindExpression, contextFor } from './expression.ts';
import type { FromResult } from './from-result.ts';
import type { Scope } from './scope.ts';

/** The two sides of ON. */
export interface Criteria {
  readonly left: Expr;
  /** Over the right node's own columns. */
  readonly right: Expr;
  readonly type: SqlType;
}
export function bindCriteria(
  binding: Binding,
  scope: Scope,
  left: FromResult,
  right: FromResult,
  syntax: JoinSyntax,
): Criteria {
  const on = syntax.on;
  if (on.kind === 'logical') {
    reject(
      binding,
      'JOIN-2',
      on.span,
      `ON takes one equality, not several conditions joined by ${on.operator}.`,
      'Leave the first condition and move the rest to WHERE.',
    );
  }
  if (on.kind !== 'comparison') {
    reject(binding, 'JOIN-3', on.span, `ON takes an equality of two columns, not ${fragment(binding, on.span)}.`);
  }
  if (on.operator !== '=')
    reject(binding, 'JOIN-1', on.span, `ON takes =, not ${on.operator}.`, 'Move other conditions to WHERE.');
  const context = contextFor(binding, scope, 'JOIN ON');
  const exprs = [bindExpression(context, on.left), bindExpression(context, on.right)] as const;
  const rightFirst = left.node.columns.length;
  const sides = [side(binding, scope, on.left, exprs[0]), side(binding, scope, on.right, exprs[1])] as const;
  const rightAlias = right.scope.sources[0]!.alias;
  if (sides[0] === sides[1]) {
    reject(
      binding,
      'JOIN-5',
      on.span,
      `Both sides of ON refer to ${pasteName(sides[0])}.`,
      `One side must refer to ${pasteName(sides[0] === rightAlias ? left.scope.sources[0]!.alias : rightAlias)}.`,
    );
  }
  if (!sides.includes(rightAlias)) {
    reject(
      binding,
      'JOIN-6',
      on.span,
      `ON refers to ${sides.map(pasteName).join(' and ')}, but not to ${pasteName(rightAlias)}, which is joined here.`,
    );
  }
  const rightFirstWritten = sides[0] === rightAlias;
  const leftExpr = rightFirstWritten ? exprs[1] : exprs[0];
  const rightExpr = moveColumns(rightFirstWritten ? exprs[0] : exprs[1], (index) => index - rightFirst);
  if (leftExpr.type === null || rightExpr.type === null) {
    reject(binding, 'JOIN-4', on.span, 'NULL is no side of ON.');
  }
  return { left: leftExpr, right: rightExpr, type: leftExpr.type };
}

/** The one source that a side refers to. */
function side(binding: Binding, scope: Scope, node: ExpressionNode, expr: Expr): string {
  const aliases = new Set<string>();
  walk(expr, (part) => {
    if (part.op === 'column') aliases.add(scope.columns[part.index]!.source ?? '');
  });
  if (aliases.size !== 1) {
    reject(
      binding,
      'JOIN-4',
      node.span,
      `${fragment(binding, node.span)} refers to ${aliases.size === 0 ? 'no source' : [...aliases].map(pasteName).join(' and ')}.`,
      'Each side of ON must refer to exactly one source.',
    );
  }
  return [...aliases][0]!;
}

export function joinKind(
  binding: Binding,
  left: FromResult,
  right: FromResult,
  criteria: Criteria,
  syntax: JoinSyntax,
): JoinNode['join'] {
  const names = `${left.scope.sources.map(({ alias }) => pasteName(alias)).join(', ')} and ${pasteName(right.scope.sources[0]!.alias)}`;
  const kinds = [left.node.shape, right.node.shape] as const;
  if (kinds[0] === 'table' && kinds[1] === 'stream') {
    reject(
      binding,
      'JOIN-11',
      syntax.span,
      `A table cannot be joined with a stream (${names}).`,
      'Write the stream first.',
    );
  }
  if (kinds[0] === 'stream' && kinds[1] === 'stream') {
    if (syntax.within === null)
      reject(
        binding,
        'JOIN-9',
        syntax.span,
        `A join of two streams (${names}) needs WITHIN.`,
        'For example: JOIN … WITHIN 1 HOUR ON ….',
      );
    return 'streamStream';
  }
  if (syntax.within !== null) {
    reject(binding, 'JOIN-10', syntax.within.span, 'WITHIN only goes with a join of two streams.', 'Remove it.');
  }
  if (kinds[0] === 'stream') return streamTable(binding, right, criteria, syntax);
  const rightKey = right.node.key;
  if (rightKey.length !== 1 || !isColumn(criteria.right, rightKey[0]!)) {
    reject(
      binding,
      'JOIN-15',
      syntax.on.span,
      `The right side of a table join must be the primary key of ${pasteName(right.scope.sources[0]!.alias)} (${keyNames(right)}).`,
    );
  }
  const isKeyJoin =
    left.viable === null
      ? left.node.key.length === 1 && isColumn(criteria.left, left.node.key[0]!)
      : left.equivalents.some((each) => sameExpr(each, criteria.left));
  if (isKeyJoin) return 'tableTable';
  foreignKeyRules(binding, left, right, syntax);
  return 'foreignKey';
}

function streamTable(binding: Binding, right: FromResult, criteria: Criteria, syntax: JoinSyntax): 'streamTable' {
  if (syntax.type === 'full')
    reject(binding, 'JOIN-12', syntax.span, 'A stream and a table cannot be joined FULL OUTER.', 'Use LEFT or INNER.');
  if (syntax.type === 'right')
    reject(binding, 'JOIN-13', syntax.span, 'A stream and a table cannot be joined RIGHT.', 'Use LEFT or INNER.');
  const key = right.node.key;
  if (key.length !== 1 || !isColumn(criteria.right, key[0]!)) {
    reject(
      binding,
      'JOIN-14',
      syntax.on.span,
      `A stream must be joined on the table's primary key, a single column. ${pasteName(right.scope.sources[0]!.alias)} has ${keyNames(right)}.`,
    );
  }
  return 'streamTable';
}

function foreignKeyRules(binding: Binding, left: FromResult, right: FromResult, syntax: JoinSyntax): void {
  if (left.sources.length > 1)
    reject(
      binding,
      'JOIN-18',
      syntax.span,
      'A foreign-key join can only be the first of several joins.',
      'Split it into two statements.',
    );
  if (syntax.type === 'full')
    reject(binding, 'JOIN-16', syntax.span, 'A foreign-key join cannot be FULL OUTER.', 'Use LEFT or INNER.');
  if (syntax.type === 'right')
    reject(binding, 'JOIN-17', syntax.span, 'A foreign-key join cannot be RIGHT.', 'Use LEFT or INNER.');
  if (left.node.window !== null || right.node.window !== null) {
    reject(binding, 'JOIN-19', syntax.span, 'Windowed tables cannot be joined by a foreign key.');
  }
}

export function checkWindows(binding: Binding, left: PlanNode, right: PlanNode, syntax: JoinSyntax): void {
  const kinds = [left.window?.kind ?? 'none', right.window?.kind ?? 'none'];
  if ((left.window === null) !== (right.window === null)) {
    reject(
      binding,
      'JOIN-23',
      syntax.span,
      `A windowed source cannot be joined with one that is not (windows: ${kinds.join(', ')}).`,
    );
  }
  if ((kinds[0] === 'SESSION') !== (kinds[1] === 'SESSION')) {
    reject(
      binding,
      'JOIN-24',
      syntax.span,
      `A session-windowed source can only be joined with another one (windows: ${kinds.join(', ')}).`,
    );
  }
}

/** True for a plain reference to that column. */
export function isColumn(expr: Expr, index: number): boolean {
  return sameExpr(expr, { op: 'column', index, type: expr.type });
}

function keyNames(from: FromResult): string {
  return `primary key ${from.node.key.map((index) => pasteName(from.scope.columns[index]!.name)).join(', ') || '(none)'}`;
}
