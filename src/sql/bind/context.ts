// What binding one clause knows, and what it gathers.
import type { AggregateCall, CallTypes } from '../functions/registry.ts';
import type { Expr } from '../plan/expr.ts';
import type { ExpressionNode, Span } from '../syntax/ast.ts';
import type { SqlType } from '../types/sql-type.ts';
import { typeText } from '../types/type-text.ts';
import type { Binding } from './environment.ts';
import type { Scope } from './scope.ts';

/** An aggregate call of the query, with its arguments over the columns below the aggregation. */
export interface BoundAggregate {
  readonly name: string;
  readonly variant: number;
  readonly call: AggregateCall;
  readonly args: readonly Expr[];
  readonly returns: SqlType;
  readonly state: SqlType;
  readonly undoable: boolean;
  readonly span: Span;
}
export interface BoundTableCall {
  readonly name: string;
  readonly variant: number;
  readonly call: CallTypes;
  readonly args: readonly Expr[];
  readonly returns: SqlType;
  readonly span: Span;
}
interface LambdaFrame {
  readonly names: ReadonlyMap<string, { readonly id: number; readonly type: SqlType }>;
  readonly outer: LambdaFrame | null;
}
export interface BindContext extends Binding {
  readonly scope: Scope;
  /** For messages: SELECT, WHERE, GROUP BY, … */
  readonly clause: string;
  /** Where aggregate calls are gathered; null: not allowed here. */
  readonly aggregates: BoundAggregate[] | null;
  /** Where table functions are gathered; null: not allowed here. */
  readonly tables: BoundTableCall[] | null;
  /** This query's aggregation makes a window, and its bounds may be named here. */
  readonly makesWindow: boolean;
  /** What encloses the present node. */
  readonly inside: { readonly aggregate: string | null; readonly table: string | null; readonly isCase: boolean };
  readonly lambda: LambdaFrame | null;
  /** Source of ids for lambda parameters. */
  readonly counter: { next: number };
  /** Binds a part: `bindExpression`. */
  bind(context: BindContext, node: ExpressionNode): Expr;
}

/** A type for a message; NULL has none. */
export function nameOf(type: SqlType | null): string {
  return type === null ? 'NULL' : typeText(type);
}
