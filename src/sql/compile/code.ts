// Pieces of generated code, and what their makers share.
import type { FunctionContext, Functions } from '../functions/registry.ts';
import type { Expr } from '../plan/expr.ts';
import type { Unit } from './unit.ts';

/** A piece of code and what its value may be. */
export interface Code {
  readonly text: string;
  /** May be null. */
  readonly nullable: boolean;
  /** May be undefined: failed. */
  readonly fails: boolean;
}
/** Where columns come from: names of variables, made on demand. `path`: field indexes into the column's structs. */
export type Cells = (index: number, path: readonly number[]) => Code;

/** A value under a name: `set` is the text that computes it, at its first use; `ref` the text of all later uses. */
export interface Named {
  readonly set: string;
  readonly ref: string;
}
/** The compiler, as the makers of single operators see it. */
export interface Making {
  readonly unit: Unit;
  readonly functions: Functions;
  readonly context: FunctionContext;
  compile(expr: Expr, cells: Cells): Code;
  named(code: Code): Named;
  /** A boundary: failure becomes null. */
  bounded(code: Code): Code;
  /** An operator that fails on null. */
  unary(of: Code, make: (text: string) => string): Code;
  /** An operator of two operands that fails when one is null. `throws`: its code may fail, and is guarded already. */
  binary(left: Code, right: Code, throws: boolean, make: (left: string, right: string) => string): Code;
}
