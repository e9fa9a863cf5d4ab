// What a SQL function is, and the registry that the binder asks.
//
// A function is data: parameters as patterns, a result type, and code. The binder calls `resolveScalar`, `resolveAggregate` or
// `resolveTable` with the types of the arguments; the answer says which overload was chosen, to which types the arguments must be
// converted, and holds code bound to those types. Law: bound code is pure but for what `FunctionContext` gives it.
import type { Value } from '../../core/data/schema.ts';
import type { SqlType } from '../types/sql-type.ts';

/** A type with holes. `variable` binds to one type throughout a call; `anyDecimal` takes every precision and scale. */
export type Pattern =
  | SqlType
  | { readonly base: 'anyDecimal' }
  /** Any type, without binding anything. */
  | { readonly base: 'any' }
  | { readonly base: 'variable'; readonly name: string }
  | { readonly base: 'arrayOf'; readonly items: Pattern }
  | { readonly base: 'mapOf'; readonly keys: Pattern; readonly items: Pattern }
  | { readonly base: 'lambda'; readonly inputs: readonly Pattern[]; readonly output: Pattern }
  | { readonly base: 'unit' };

/** One declared parameter. */
export interface Parameter {
  readonly name: string;
  readonly type: Pattern;
  /** A null here makes the whole call null without calling the function (`int!` in the reference). */
  readonly primitive?: boolean;
  /** Aggregates: the argument must be a literal (E-FUNC-5). */
  readonly literal?: boolean;
}

/** What a function may know of the world. Given once when code is bound, not per row. */
export interface FunctionContext {
  nowMs(): number;
  /** In [0, 1). */
  random(): number;
  /** `ksql.functions.…` settings. */
  readonly properties: Readonly<Record<string, string>>;
}

/** Types of one chosen call: those the arguments have after conversion; null for a lambda or a time unit. */
export interface CallTypes {
  readonly args: readonly (SqlType | null)[];
  readonly variables: Readonly<Record<string, SqlType>>;
}

/** Takes the cells by position; a lambda is a JS function, a time unit its text in upper case. Throws when the call fails. */
export type Evaluate = (...args: never[]) => Value;

/** One overload of a scalar function. Exactly one of `evaluate` and `bind` is given. */
export interface ScalarVariant {
  readonly params: readonly Parameter[];
  /** Index of the parameter that may repeat zero or more times; absent: none. */
  readonly variadic?: number;
  readonly returns: Pattern | ((call: CallTypes) => SqlType);
  /** `propagate`: any null argument makes the call null without calling. `handle`: only `primitive` parameters do. */
  readonly nulls: 'propagate' | 'handle';
  readonly evaluate?: Evaluate;
  /** Makes the code for these types: for functions whose work depends on them or on the context. */
  readonly bind?: (call: CallTypes, returns: SqlType, context: FunctionContext) => Evaluate;
  /** JavaScript text for texts of (guarded, hence non-null) arguments; each text is an atom without side effects. */
  readonly inline?: (args: readonly string[]) => string;
}

/** What all kinds have for DESCRIBE FUNCTION and the reference docs. */
export interface FunctionDoc {
  /** Upper case. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly category: string;
  readonly doc: string;
  /** What NULL arguments do, one sentence. */
  readonly nulls: string;
  /** SQL expression → its value as a SQL expression; executed by tests. */
  readonly examples: readonly (readonly [expression: string, result: string])[];
}
export interface ScalarFunction extends FunctionDoc {
  readonly kind: 'scalar';
  readonly variants: readonly ScalarVariant[];
}

/**
 * An aggregate bound to its types. The accumulator is one cell of type `state`, kept in the store and its changelog.
 * Law: accumulators are immutable; `add`, `undo` and `merge` answer a new one (or the same when nothing changed), so rows that
 * were emitted or stored never change under their holder. Argument cells follow by position, literal ones too.
 */
export interface AggregateCode {
  readonly state: SqlType;
  readonly returns: SqlType;
  readonly initial: Value;
  /** Throws when the aggregate itself fails (decimal overflow): fatal for the query (E-RUN-10). */
  add(state: Value, ...args: Value[]): Value;
  /** Takes an earlier `add` of the same arguments back; null: not possible, so not for table sources (E-AGG-9). */
  readonly undo: ((state: Value, ...args: Value[]) => Value) | null;
  /** Joins the states of two sessions, the earlier first. */
  merge(earlier: Value, later: Value): Value;
  result(state: Value): Value;
}
export interface AggregateVariant {
  readonly params: readonly Parameter[];
  readonly variadic?: number;
  readonly returns: Pattern | ((call: CallTypes) => SqlType);
  /** Refuses literal arguments by throwing a `sql` error (E-FUNC-6). */
  readonly bind: (call: AggregateCall, context: FunctionContext) => AggregateCode;
}
export interface AggregateCall extends CallTypes {
  readonly returns: SqlType;
  /** By argument position; undefined where the argument is not a literal. */
  readonly literals: readonly (Value | undefined)[];
}
export interface AggregateFunction extends FunctionDoc {
  readonly kind: 'aggregate';
  /** May be applied to a table source. */
  readonly undoable: boolean;
  readonly variants: readonly AggregateVariant[];
}

export interface TableVariant {
  readonly params: readonly Parameter[];
  readonly variadic?: number;
  /** Type of one produced cell. */
  readonly returns: Pattern | ((call: CallTypes) => SqlType);
  /** The produced cells in order; [] for none. Sees nulls. */
  readonly evaluate: (...args: never[]) => readonly Value[];
}
export interface TableFunction extends FunctionDoc {
  readonly kind: 'table';
  readonly variants: readonly TableVariant[];
}
export type SqlFunction = ScalarFunction | AggregateFunction | TableFunction;

// ── What the binder hands in and gets back ──────────────────────────────────────────────────────────────────────────

/** An argument as far as overload resolution is concerned. */
export interface Argument {
  /** Null: the NULL literal, a lambda or a time unit. */
  readonly type: SqlType | null;
  /** Present when the argument is a literal (a sign before a number belongs to it); aggregates need it for literal parameters. */
  readonly literal?: Value;
  readonly lambda?: {
    readonly arity: number;
    /** Types the lambda's body when its parameters have these types; null: NULL. Called at most once, for the chosen overload. */
    typeBody(inputs: readonly SqlType[]): SqlType | null;
  };
  /** DAY, DAYS, MONTH …: the argument is a bare time unit. */
  readonly unit?: string;
}

export interface ResolvedScalar {
  readonly kind: 'scalar';
  readonly name: string;
  /** Index into the function's variants: with `name` and `call` it is all a stored plan needs (`Functions.bindScalar`). */
  readonly variant: number;
  readonly call: CallTypes;
  readonly returns: SqlType;
  /** Types of lambda parameters and bodies, by argument position; null at ordinary arguments. */
  readonly lambdas: readonly ({ readonly inputs: readonly SqlType[]; readonly output: SqlType } | null)[];
}
/** Code of a scalar call. `guards[i]`: the call is null, and must not be made, when argument i is null. */
export interface ScalarCode {
  readonly guards: readonly boolean[];
  readonly evaluate: (...args: Value[]) => Value;
  readonly inline: ((args: readonly string[]) => string) | null;
}
export interface ResolvedAggregate {
  readonly kind: 'aggregate';
  readonly name: string;
  readonly variant: number;
  readonly call: AggregateCall;
  readonly returns: SqlType;
  /** Of the accumulator. E-AGG-11 looks at it: only a primitive state can be kept in DELIMITED. */
  readonly state: SqlType;
  readonly undoable: boolean;
}
export interface ResolvedTable {
  readonly kind: 'table';
  readonly name: string;
  readonly variant: number;
  readonly call: CallTypes;
  readonly returns: SqlType;
}

/** The functions of an engine. Names are taken in any case. Resolving throws a `sql` error whose code tells E-FUNC-1…6. */
export interface Functions {
  find(name: string): SqlFunction | null;
  /** All, sorted by name (LIST FUNCTIONS). */
  all(): readonly SqlFunction[];
  resolveScalar(name: string, args: readonly Argument[]): ResolvedScalar;
  /** COUNT(*) is COUNT without arguments. */
  resolveAggregate(name: string, args: readonly Argument[]): ResolvedAggregate;
  resolveTable(name: string, args: readonly Argument[]): ResolvedTable;
  bindScalar(call: Pick<ResolvedScalar, 'name' | 'variant' | 'call' | 'returns'>, context: FunctionContext): ScalarCode;
  bindAggregate(call: Pick<ResolvedAggregate, 'name' | 'variant' | 'call'>, context: FunctionContext): AggregateCode;
  bindTable(call: Pick<ResolvedTable, 'name' | 'variant'>): (...args: Value[]) => readonly Value[];
}
