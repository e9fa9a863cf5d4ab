// What FROM hands to the clauses after it.
import type { Source } from '../catalog/catalog.ts';
import type { Expr } from '../plan/expr.ts';
import type { PlanNode } from '../plan/nodes.ts';
import type { Scope } from './scope.ts';

/** Hands out node ids: `join-2` is the second join of the statement. */
export type NextId = (kind: string) => string;

/** What FROM offers to the clauses after it. */
export interface FromResult {
  readonly node: PlanNode;
  readonly scope: Scope;
  readonly sources: readonly Source[];
  /** Joins: columns equal to the key, in source order; any of them may stand for it. Null: a single source or a foreign-key join. */
  readonly viable: readonly number[] | null;
  /** Joins: all expressions that are equal to the key, columns or not. */
  readonly equivalents: readonly Expr[];
  /** Name of a synthetic join key. */
  readonly synthetic: string | null;
}
