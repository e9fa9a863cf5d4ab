// Syntax → typed expressions: names become column indexes, conversions become explicit, every type is known afterwards.
//
// Calls are in calls.ts, predicates in predicates.ts. `BindContext` says what a clause allows.
import type { Expr } from '../plan/expr.ts';
import type { ExpressionNode } from '../syntax/ast.ts';
import { arithmeticType, isNumeric } from '../types/arithmetic.ts';
import { castable } from '../types/coerce.ts';
import { BIGINT, BOOLEAN, STRING } from '../types/sql-type.ts';
import { resolveType, typeText } from '../types/type-text.ts';
import { bindCall } from './calls.ts';
import { bindArray, bindCase, bindMap, bindStruct } from './constructors.ts';
import { type BindContext, nameOf } from './context.ts';
import { type Binding, fragment, pasteName, reject } from './environment.ts';
import { bindBetween, bindComparison, bindIn, bindLike } from './predicates.ts';
import { resolveColumn, type Scope, suggestion } from './scope.ts';
import { converted } from './types.ts';

/** A context for one clause. */
export function contextFor(
  binding: Binding,
  scope: Scope,
  clause: string,
  allows: Partial<Pick<BindContext, 'aggregates' | 'tables' | 'makesWindow'>> = {},
): BindContext {
  return {
    env: binding.env,
    text: binding.text,
    scope,
    clause,
    aggregates: allows.aggregates ?? null,
    tables: allows.tables ?? null,
    makesWindow: allows.makesWindow ?? false,
    inside: { aggregate: null, table: null, isCase: false },
    lambda: null,
    counter: { next: 0 },
    bind: bindExpression,
  };
}

/** The typed form of an expression. Throws the rejections of types.md. */
export function bindExpression(context: BindContext, node: ExpressionNode): Expr {
  switch (node.kind) {
    case 'literal':
      return { op: 'literal', value: node.value, type: node.type };
    case 'column':
      return bindColumn(context, node);
    case 'call':
      return bindCall(context, node);
    case 'lambda':
      return reject(context, 'LAM-3', node.span, 'A lambda may only stand as an argument of a function.');
    case 'unit':
      return reject(context, 'NAME-4', node.span, `Column ${node.unit} in ${context.clause} does not exist.`);
    case 'dereference':
      return bindDereference(context, node);
    case 'subscript':
      return bindSubscript(context, node);
    case 'arithmetic':
      return bindArithmetic(context, node);
    case 'sign':
      return bindSign(context, node);
    case 'comparison':
      return bindComparison(context, node);
    case 'logical': {
      const left = bindBoolean(context, node.left, node.operator);
      const right = bindBoolean(context, node.right, node.operator);
      return { op: node.operator === 'AND' ? 'and' : 'or', left, right, type: BOOLEAN };
    }
    case 'not':
      return { op: 'not', of: bindBoolean(context, node.operand, 'NOT'), type: BOOLEAN };
    case 'between':
      return bindBetween(context, node);
    case 'in':
      return bindIn(context, node);
    case 'like':
      return bindLike(context, node);
    case 'isNull':
      return { op: 'isNull', of: bindExpression(context, node.operand), negated: node.negated, type: BOOLEAN };
    case 'case':
      return bindCase(context, node);
    case 'cast':
      return bindCast(context, node);
    case 'array':
      return bindArray(context, node);
    case 'map':
      return bindMap(context, node);
    case 'struct':
      return bindStruct(context, node);
    case 'atTimeZone':
      return reject(
        context,
        'EXPR-1',
        node.span,
        'AT TIME ZONE is not supported.',
        "Use CONVERT_TZ(timestamp, 'from zone', 'to zone').",
      );
  }
}

type Node<K extends ExpressionNode['kind']> = Extract<ExpressionNode, { kind: K }>;

function bindColumn(context: BindContext, node: Node<'column'>): Expr {
  const { qualifier } = node;
  if (qualifier === null) {
    for (let frame = context.lambda; frame !== null; frame = frame.outer) {
      const parameter = frame.names.get(node.name.text);
      if (parameter !== undefined) return { op: 'parameter', id: parameter.id, type: parameter.type };
    }
  }
  if (qualifier === null || context.scope.sources.some(({ alias }) => alias === qualifier.text)) {
    const bound = node.name.text === 'WINDOWSTART' ? 'start' : node.name.text === 'WINDOWEND' ? 'end' : null;
    const inSource = context.scope.columns.some(({ name }) => name === node.name.text);
    if (bound !== null && context.makesWindow && !inSource) {
      if (context.clause !== 'SELECT' || context.inside.aggregate !== null) {
        reject(
          context,
          'WIN-1',
          node.span,
          `${node.name.text} cannot be used in ${context.inside.aggregate ?? context.clause}: the window is made by this very aggregation.`,
          'It may stand in the SELECT list outside of aggregate arguments.',
        );
      }
      return { op: 'windowBound', bound, type: BIGINT };
    }
  }
  const index = resolveColumn(context, context.scope, node, context.clause);
  return { op: 'column', index, type: context.scope.columns[index]!.type };
}

function bindDereference(context: BindContext, node: Node<'dereference'>): Expr {
  const of = bindExpression(context, node.base);
  if (of.type?.base !== 'STRUCT') {
    reject(
      context,
      'ACC-2',
      node.span,
      `${fragment(context, node.base.span)} is ${nameOf(of.type)}, no STRUCT: it has no field ${node.field.text}.`,
    );
  }
  const index = of.type.fields.findIndex(({ name }) => name === node.field.text);
  if (index < 0) {
    const names = of.type.fields.map(({ name }) => name);
    reject(
      context,
      'ACC-1',
      node.field.span,
      `${fragment(context, node.base.span)} has no field ${node.field.text}.${suggestion(node.field, names)}`,
      `Fields: ${names.map(pasteName).join(', ')}.`,
    );
  }
  return { op: 'field', of, index, name: node.field.text, type: of.type.fields[index]!.type };
}

function bindSubscript(context: BindContext, node: Node<'subscript'>): Expr {
  const of = bindExpression(context, node.base);
  const at = bindExpression(context, node.index);
  if (of.type?.base === 'ARRAY') {
    if (at.type !== null && at.type.base !== 'INTEGER' && at.type.base !== 'BIGINT') {
      reject(
        context,
        'ACC-4',
        node.index.span,
        `An array index must be INTEGER or BIGINT, not ${typeText(at.type)}.`,
        'The first element is 1.',
      );
    }
    return { op: 'item', of, at, type: of.type.items };
  }
  if (of.type?.base === 'MAP') {
    return { op: 'item', of, at: at.type === null ? at : converted(at, of.type.keys), type: of.type.items };
  }
  return reject(
    context,
    'ACC-3',
    node.span,
    `${fragment(context, node.base.span)} is ${nameOf(of.type)}: only ARRAY and MAP take a subscript.`,
  );
}

function bindArithmetic(context: BindContext, node: Node<'arithmetic'>): Expr {
  const left = bindExpression(context, node.left);
  const right = bindExpression(context, node.right);
  if (left.type === null || right.type === null) {
    reject(
      context,
      'ARITH-2',
      (left.type === null ? node.left : node.right).span,
      `NULL is no operand of ${node.operator}.`,
      'Write CAST(NULL AS …) if it is meant.',
    );
  }
  if (left.type.base === 'STRING' && right.type.base === 'STRING' && node.operator === '+') {
    return { op: 'arithmetic', operator: '+', left, right, type: STRING };
  }
  if (!isNumeric(left.type) || !isNumeric(right.type)) {
    reject(
      context,
      'ARITH-1',
      node.span,
      `${node.operator} does not go with ${typeText(left.type)} (${fragment(context, node.left.span)}) and ${typeText(right.type)} (${fragment(context, node.right.span)}).`,
      'Both must be numbers, or both STRING with +.',
    );
  }
  const type = arithmeticType(node.operator, left.type, right.type)!;
  // Decimals keep their own precision: the operation is exact and only its result is fitted. All else runs in the result's type.
  if (type.base === 'DECIMAL')
    return {
      op: 'arithmetic',
      operator: node.operator,
      left: decimalOperand(left),
      right: decimalOperand(right),
      type,
    };
  return {
    op: 'arithmetic',
    operator: node.operator,
    left: converted(left, type),
    right: converted(right, type),
    type,
  };
}

function decimalOperand(expr: Expr): Expr {
  if (expr.type?.base === 'INTEGER') return converted(expr, { base: 'DECIMAL', precision: 10, scale: 0 });
  if (expr.type?.base === 'BIGINT') return converted(expr, { base: 'DECIMAL', precision: 19, scale: 0 });
  return expr;
}

function bindSign(context: BindContext, node: Node<'sign'>): Expr {
  const of = bindExpression(context, node.operand);
  if (of.type === null || !isNumeric(of.type)) {
    reject(
      context,
      of.type === null ? 'ARITH-2' : 'ARITH-1',
      node.span,
      `The sign ${node.operator} needs a number; ${fragment(context, node.operand.span)} is ${nameOf(of.type)}.`,
    );
  }
  return node.operator === '+' ? of : { op: 'negate', of, type: of.type };
}

/** Binds an operand that must be BOOLEAN. */
export function bindBoolean(context: BindContext, node: ExpressionNode, operator: string): Expr {
  const expr = bindExpression(context, node);
  if (expr.type !== null && expr.type.base !== 'BOOLEAN') {
    reject(
      context,
      'CMP-10',
      node.span,
      `${operator} needs BOOLEAN; ${fragment(context, node.span)} is ${typeText(expr.type)}.`,
    );
  }
  return expr.type === null ? { ...expr, type: BOOLEAN } : expr;
}

function bindCast(context: BindContext, node: Node<'cast'>): Expr {
  const of = bindExpression(context, node.operand);
  const type = resolveType(node.to, context.env.catalog.types, context.text);
  if (of.type === null) return { op: 'cast', of: { ...of, type } as Expr, type };
  if (!castable(of.type, type)) {
    reject(context, 'CAST-1', node.span, `${typeText(of.type)} cannot be cast to ${typeText(type)}.`);
  }
  return { op: 'cast', of, type };
}
