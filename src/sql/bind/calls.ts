// Calls: scalar ones become expressions; aggregates and table functions are gathered for the plan and leave a placeholder.

import type { Value } from '../../core/data/schema.ts';
import { nearest, TributaryError } from '../../core/errors.ts';
import { sqlError } from '../errors.ts';
import type { Argument, ResolvedScalar } from '../functions/registry.ts';
import type { Expr } from '../plan/expr.ts';
import type { CallNode, ExpressionNode, LambdaNode, Span } from '../syntax/ast.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { BindContext } from './context.ts';
import { isOn, reject } from './environment.ts';
import { converted } from './types.ts';

/** Binds a call of any kind. */
export function bindCall(context: BindContext, node: CallNode): Expr {
  const name = node.name.text;
  const found = context.env.functions.find(name);
  if (found === null) {
    const known = context.env.functions.all().map((each) => each.name);
    const close = nearest(name, known);
    reject(
      context,
      'FUNC-1',
      node.name.span,
      `There is no function ${name}.`,
      close === null ? 'LIST FUNCTIONS shows all.' : `Did you mean ${close}?`,
    );
  }
  if (found.kind === 'aggregate') return bindAggregate(context, node);
  if (found.kind === 'table') return bindTable(context, node);
  const bound = bindArguments(context, node);
  const resolved = resolving(context, node.span, () => context.env.functions.resolveScalar(name, bound.arguments));
  return scalarExpr(resolved, bound.exprs());
}

function scalarExpr(resolved: ResolvedScalar, exprs: readonly Expr[]): Expr {
  const args = exprs.map((expr, index) => {
    const type = resolved.call.args[index];
    return type === null || type === undefined || expr.op === 'lambda' || expr.op === 'unit'
      ? expr
      : converted(expr, type);
  });
  return {
    op: 'call',
    name: resolved.name,
    variant: resolved.variant,
    call: resolved.call,
    returns: resolved.returns,
    args,
    type: resolved.returns,
  };
}

interface BoundArguments {
  readonly arguments: readonly Argument[];
  /** After resolving: lambda bodies are bound by then. */
  exprs(): readonly Expr[];
}

function bindArguments(context: BindContext, node: CallNode): BoundArguments {
  const slots: (Expr | null)[] = [];
  const list: Argument[] = node.args.map((arg, index) => {
    if (arg.kind === 'lambda') {
      slots.push(null);
      return lambdaArgument(context, arg, (expr) => {
        slots[index] = expr;
      });
    }
    if (arg.kind === 'unit') {
      slots.push({ op: 'unit', unit: arg.unit, type: null });
      return { type: null, unit: arg.unit };
    }
    const expr = context.bind(context, arg);
    slots.push(expr);
    return argumentOf(arg, expr);
  });
  return { arguments: list, exprs: () => slots.map((slot) => slot ?? { op: 'literal', value: null, type: null }) };
}

function argumentOf(node: ExpressionNode, expr: Expr): Argument {
  const literal = literalValue(node, expr);
  return literal === undefined ? { type: expr.type } : { type: expr.type, literal };
}

/** The value of a literal argument; a sign before a number belongs to it. */
function literalValue(node: ExpressionNode, expr: Expr): Value | undefined {
  if (expr.op === 'literal') return expr.value;
  if (node.kind === 'sign' && expr.op === 'negate' && expr.of.op === 'literal') {
    const value = expr.of.value;
    if (typeof value === 'number') return -value;
    if (typeof value === 'bigint') return -value;
  }
  return undefined;
}

function lambdaArgument(context: BindContext, node: LambdaNode, keep: (expr: Expr) => void): Argument {
  if (!isOn(context.env, 'ksql.lambdas.enabled', true)) {
    reject(context, 'LAM-4', node.span, 'Lambdas are switched off.', 'Set ksql.lambdas.enabled to true.');
  }
  for (const parameter of node.parameters) {
    if (context.scope.columns.some(({ name }) => name === parameter.text)) {
      reject(
        context,
        'LAM-1',
        parameter.span,
        `The lambda parameter ${parameter.text} has the name of a column.`,
        'Give it another name.',
      );
    }
    for (let frame = context.lambda; frame !== null; frame = frame.outer) {
      if (frame.names.has(parameter.text)) {
        reject(
          context,
          'LAM-2',
          parameter.span,
          `The lambda parameter ${parameter.text} is one of an enclosing lambda.`,
          'Give it another name.',
        );
      }
    }
  }
  return {
    type: null,
    lambda: {
      arity: node.parameters.length,
      typeBody(inputs: readonly SqlType[]): SqlType | null {
        const names = new Map<string, { readonly id: number; readonly type: SqlType }>();
        const ids: number[] = [];
        node.parameters.forEach((parameter, index) => {
          const id = context.counter.next++;
          ids.push(id);
          names.set(parameter.text, { id, type: inputs[index]! });
        });
        const body = context.bind({ ...context, lambda: { names, outer: context.lambda } }, node.body);
        keep({ op: 'lambda', parameters: ids, body, type: body.type });
        return body.type;
      },
    },
  };
}

function bindAggregate(context: BindContext, node: CallNode): Expr {
  const name = node.name.text;
  if (context.inside.aggregate !== null) {
    reject(context, 'AGG-5', node.span, `${name} stands inside the aggregate ${context.inside.aggregate}.`);
  }
  if (context.aggregates === null) {
    const id = context.clause === 'GROUP BY' ? 'AGG-4' : context.clause === 'pull query' ? 'PULL-5' : 'AGG-13';
    reject(
      context,
      id,
      node.span,
      `The aggregate ${name} cannot stand in ${context.clause}.`,
      context.clause === 'WHERE' ? 'Filter on aggregates with HAVING.' : undefined,
    );
  }
  const inner: BindContext = { ...context, inside: { ...context.inside, aggregate: name } };
  const bound = bindArguments(inner, node);
  const resolved = resolving(context, node.span, () => context.env.functions.resolveAggregate(name, bound.arguments));
  const args = bound.exprs().map((expr, index) => {
    const type = resolved.call.args[index];
    return type === null || type === undefined ? expr : converted(expr, type);
  });
  context.aggregates.push({
    name: resolved.name,
    variant: resolved.variant,
    call: resolved.call,
    args,
    returns: resolved.returns,
    state: resolved.state,
    undoable: resolved.undoable,
    span: node.span,
  });
  return { op: 'aggregate', index: context.aggregates.length - 1, type: resolved.returns };
}

function bindTable(context: BindContext, node: CallNode): Expr {
  const name = node.name.text;
  if (context.clause === 'pull query') {
    reject(context, 'PULL-5', node.span, `The table function ${name} cannot stand in a pull query.`);
  }
  if (context.tables === null) {
    reject(
      context,
      'UDTF-5',
      node.span,
      `The table function ${name} cannot stand in ${context.clause}.`,
      'Table functions belong in the SELECT list.',
    );
  }
  if (context.inside.table !== null) {
    reject(context, 'UDTF-2', node.span, `${name} stands inside the table function ${context.inside.table}.`);
  }
  if (context.inside.isCase) reject(context, 'UDTF-4', node.span, `The table function ${name} stands inside CASE.`);
  if (context.inside.aggregate !== null) {
    reject(context, 'UDTF-3', node.span, `${name} stands inside the aggregate ${context.inside.aggregate}.`);
  }
  const inner: BindContext = { ...context, inside: { ...context.inside, table: name } };
  const bound = bindArguments(inner, node);
  const resolved = resolving(context, node.span, () => context.env.functions.resolveTable(name, bound.arguments));
  const args = bound.exprs().map((expr, index) => {
    const type = resolved.call.args[index];
    return type === null || type === undefined ? expr : converted(expr, type);
  });
  context.tables.push({
    name: resolved.name,
    variant: resolved.variant,
    call: resolved.call,
    args,
    returns: resolved.returns,
    span: node.span,
  });
  return { op: 'tableCell', index: context.tables.length - 1, type: resolved.returns };
}

/** Gives a fault of overload resolution the place of the call. */
function resolving<T>(context: BindContext, span: Span, resolve: () => T): T {
  try {
    return resolve();
  } catch (error) {
    if (!(error instanceof TributaryError) || error.parts.line !== undefined) throw error;
    throw sqlError(error.code.replace('TRIB_SQL_', ''), {
      what: error.parts.what,
      ...(error.parts.fix === undefined ? {} : { fix: error.parts.fix }),
      span,
      text: context.text,
    });
  }
}
