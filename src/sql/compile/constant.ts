// Constant expressions: evaluated once, at planning (INSERT … VALUES, key look-ups).
import type { Value } from '../../core/data/schema.ts';
import type { FunctionContext, Functions } from '../functions/registry.ts';
import type { Expr } from '../plan/expr.ts';
import { ExpressionCompiler } from './expression.ts';
import { Failures, Unit } from './unit.ts';

/** The value of an expression without columns; `failure` says why there is none. */
export function evaluateConstant(
  expr: Expr,
  functions: Functions,
  context: FunctionContext,
): { readonly value: Value; readonly failure: string | null } {
  if (expr.op === 'literal') return { value: expr.value, failure: null };
  const unit = new Unit();
  const failures = new Failures();
  const compiler = new ExpressionCompiler(unit, functions, context);
  const code = compiler.compile(expr, () => {
    throw new Error('a constant expression has no columns');
  });
  const run = unit.build<() => Value | undefined>(`return () => ${code.text};`, 'constant', { failures });
  const value = run();
  const { samples } = failures.take();
  if (value === undefined) return { value: null, failure: samples[0] ?? 'an operand is null' };
  return { value, failure: samples[0] ?? null };
}
