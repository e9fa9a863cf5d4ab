// Typed expressions: what the binder makes of the syntax tree and the compiler turns into JavaScript. Plain data.
//
// A column is an index into the columns of the node below (nodes.ts). Conversions are explicit (`convert`), so the compiler never
// decides about types. `type` null: the NULL literal, which takes the type of its place.
import type { Value } from '../../core/data/schema.ts';
import type { CallTypes } from '../functions/registry.ts';
import type { ArithmeticOperator, ComparisonOperator } from '../syntax/ast.ts';
import type { SqlType } from '../types/sql-type.ts';

interface Typed {
  readonly type: SqlType | null;
}
export type ColumnExpr = Typed & { readonly op: 'column'; readonly index: number };
export type LiteralExpr = Typed & { readonly op: 'literal'; readonly value: Value };
/** A parameter of an enclosing lambda; ids are unique within an expression. */
export type ParameterExpr = Typed & { readonly op: 'parameter'; readonly id: number };
export type CallExpr = Typed & {
  readonly op: 'call';
  readonly name: string;
  readonly variant: number;
  readonly call: CallTypes;
  readonly returns: SqlType;
  readonly args: readonly Expr[];
};
export type LambdaExpr = Typed & { readonly op: 'lambda'; readonly parameters: readonly number[]; readonly body: Expr };
export type UnitExpr = Typed & { readonly op: 'unit'; readonly unit: string };
export type FieldExpr = Typed & {
  readonly op: 'field';
  readonly of: Expr;
  readonly index: number;
  readonly name: string;
};
/** `array[i]` (1-based, negative from the end) or `map[k]`, by the type of `of`. */
export type ItemExpr = Typed & { readonly op: 'item'; readonly of: Expr; readonly at: Expr };
/** Operands have been converted to `type` (or to the wider decimal), but for decimals, which keep theirs. */
export type ArithmeticExpr = Typed & {
  readonly op: 'arithmetic';
  readonly operator: ArithmeticOperator;
  readonly left: Expr;
  readonly right: Expr;
};
export type NegateExpr = Typed & { readonly op: 'negate'; readonly of: Expr };
export type CompareExpr = Typed & {
  readonly op: 'compare';
  readonly operator: ComparisonOperator;
  readonly left: Expr;
  readonly right: Expr;
};
export type LogicExpr = Typed & { readonly op: 'and' | 'or'; readonly left: Expr; readonly right: Expr };
export type NotExpr = Typed & { readonly op: 'not'; readonly of: Expr };
/** Items have the type of `of`. */
export type InExpr = Typed & { readonly op: 'in'; readonly of: Expr; readonly items: readonly Expr[] };
export type LikeExpr = Typed & {
  readonly op: 'like';
  readonly of: Expr;
  readonly pattern: Expr;
  readonly escape: string | null;
};
export type IsNullExpr = Typed & { readonly op: 'isNull'; readonly of: Expr; readonly negated: boolean };
export type CaseExpr = Typed & {
  readonly op: 'case';
  readonly whens: readonly { readonly condition: Expr; readonly result: Expr }[];
  readonly otherwise: Expr | null;
};
/** CAST as written: a boundary of failures (types.md §8). */
export type CastExpr = Typed & { readonly op: 'cast'; readonly of: Expr };
/** Implicit conversion: same values as CAST, but no boundary. */
export type ConvertExpr = Typed & { readonly op: 'convert'; readonly of: Expr };
export type ArrayExpr = Typed & { readonly op: 'array'; readonly items: readonly Expr[] };
export type MapExpr = Typed & {
  readonly op: 'map';
  readonly entries: readonly { readonly key: Expr; readonly value: Expr }[];
};
export type StructExpr = Typed & { readonly op: 'struct'; readonly values: readonly Expr[] };
/** Result of the query's aggregate call of that number. Only between binding and planning. */
export type AggregateExpr = Typed & { readonly op: 'aggregate'; readonly index: number };
/** Cell of the query's table function call of that number. Only between binding and planning. */
export type TableCellExpr = Typed & { readonly op: 'tableCell'; readonly index: number };
/** Bounds of the window that this query's aggregation makes. Only between binding and planning. */
export type WindowBoundExpr = Typed & { readonly op: 'windowBound'; readonly bound: 'start' | 'end' };

export type Expr =
  | ColumnExpr
  | LiteralExpr
  | ParameterExpr
  | CallExpr
  | LambdaExpr
  | UnitExpr
  | FieldExpr
  | ItemExpr
  | ArithmeticExpr
  | NegateExpr
  | CompareExpr
  | LogicExpr
  | NotExpr
  | InExpr
  | LikeExpr
  | IsNullExpr
  | CaseExpr
  | CastExpr
  | ConvertExpr
  | ArrayExpr
  | MapExpr
  | StructExpr
  | AggregateExpr
  | TableCellExpr
  | WindowBoundExpr;

/** The direct parts of an expression, in order of evaluation. */
export function partsOf(expr: Expr): readonly Expr[] {
  switch (expr.op) {
    case 'call':
      return expr.args;
    case 'lambda':
      return [expr.body];
    case 'field':
    case 'negate':
    case 'not':
    case 'isNull':
    case 'cast':
    case 'convert':
      return [expr.of];
    case 'item':
      return [expr.of, expr.at];
    case 'arithmetic':
    case 'compare':
    case 'and':
    case 'or':
      return [expr.left, expr.right];
    case 'in':
      return [expr.of, ...expr.items];
    case 'like':
      return [expr.of, expr.pattern];
    case 'case': {
      const parts = expr.whens.flatMap((when) => [when.condition, when.result]);
      return expr.otherwise === null ? parts : [...parts, expr.otherwise];
    }
    case 'array':
      return expr.items;
    case 'map':
      return expr.entries.flatMap((entry) => [entry.key, entry.value]);
    case 'struct':
      return expr.values;
    default:
      return [];
  }
}

/** The same expression over other parts; the very same when all parts are. */
export function withParts(expr: Expr, parts: readonly Expr[]): Expr {
  const old = partsOf(expr);
  if (old.every((part, index) => part === parts[index])) return expr;
  switch (expr.op) {
    case 'call':
      return { ...expr, args: parts };
    case 'lambda':
      return { ...expr, body: parts[0]! };
    case 'field':
    case 'negate':
    case 'not':
    case 'isNull':
    case 'cast':
    case 'convert':
      return { ...expr, of: parts[0]! };
    case 'item':
      return { ...expr, of: parts[0]!, at: parts[1]! };
    case 'arithmetic':
    case 'compare':
    case 'and':
    case 'or':
      return { ...expr, left: parts[0]!, right: parts[1]! };
    case 'in':
      return { ...expr, of: parts[0]!, items: parts.slice(1) };
    case 'like':
      return { ...expr, of: parts[0]!, pattern: parts[1]! };
    case 'case':
      return {
        ...expr,
        whens: expr.whens.map((_, index) => ({ condition: parts[index * 2]!, result: parts[index * 2 + 1]! })),
        otherwise: expr.otherwise === null ? null : parts.at(-1)!,
      };
    case 'array':
      return { ...expr, items: parts };
    case 'map':
      return { ...expr, entries: expr.entries.map((_, i) => ({ key: parts[i * 2]!, value: parts[i * 2 + 1]! })) };
    case 'struct':
      return { ...expr, values: parts };
    default:
      return expr;
  }
}

/** Rewrites from the top: `change` answers a replacement, which is not looked into, or null to go into the parts. */
export function rewrite(expr: Expr, change: (expr: Expr) => Expr | null): Expr {
  const changed = change(expr);
  if (changed !== null) return changed;
  const parts = partsOf(expr);
  return parts.length === 0
    ? expr
    : withParts(
        expr,
        parts.map((part) => rewrite(part, change)),
      );
}

/** Calls `visit` for the expression and everything in it. */
export function walk(expr: Expr, visit: (expr: Expr) => void): void {
  visit(expr);
  for (const part of partsOf(expr)) walk(part, visit);
}

/** True when any part holds. */
export function someExpr(expr: Expr, test: (expr: Expr) => boolean): boolean {
  return test(expr) || partsOf(expr).some((part) => someExpr(part, test));
}

/** The expression with its columns renumbered. */
export function moveColumns(expr: Expr, to: (index: number) => number): Expr {
  return rewrite(expr, (part) => (part.op === 'column' ? { ...part, index: to(part.index) } : null));
}

/** A reference to column `index`. */
export function column(index: number, type: SqlType): ColumnExpr {
  return { op: 'column', index, type };
}

/** A text that is equal exactly for structurally equal expressions. */
export function exprKey(expr: Expr): string {
  return JSON.stringify(expr, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    if (value instanceof Uint8Array) return { bytes: Array.from(value) };
    if (value instanceof Map) return { map: [...value] };
    return value;
  });
}

/** Structural equality. */
export function sameExpr(left: Expr, right: Expr): boolean {
  return left === right || exprKey(left) === exprKey(right);
}
