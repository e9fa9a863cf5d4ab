// Overload resolution: parameter patterns against argument types.
//
// Two passes: arguments must equal the parameters; failing that they may widen. A variable binds to one type throughout a call. Of
// several overloads that remain one must be best by the order of `preference`, else the call is ambiguous.
import { asDecimalType } from '../types/arithmetic.ts';
import { arrayType, decimalType, mapType, type SqlType, STRING, sameType } from '../types/sql-type.ts';
import type { Argument, CallTypes, Parameter, Pattern } from './registry.ts';

/** What resolution needs of any kind of overload. */
export interface Signature {
  readonly params: readonly Parameter[];
  readonly variadic?: number;
}
export interface Match {
  readonly variant: number;
  readonly call: CallTypes;
  readonly lambdas: readonly ({ readonly inputs: readonly SqlType[]; readonly output: SqlType } | null)[];
}
export type Resolution =
  | { readonly kind: 'match'; readonly match: Match }
  | { readonly kind: 'ambiguous'; readonly variants: readonly number[] }
  | { readonly kind: 'none' };

/** Chooses an overload. `mayWiden`: whether a second pass lets arguments widen (aggregates never do). */
export function resolve(variants: readonly Signature[], args: readonly Argument[], mayWiden: boolean): Resolution {
  for (const widening of mayWiden ? [false, true] : [false]) {
    const matches: { readonly index: number; readonly match: Match }[] = [];
    for (const [index, variant] of variants.entries()) {
      const match = matchVariant(variant, args, { index, widening });
      if (match !== null) matches.push({ index, match });
    }
    if (matches.length === 0) continue;
    const best = bestOf(variants, matches);
    if (best.length > 1) return { kind: 'ambiguous', variants: best.map(({ index }) => index) };
    const lambdas = typeLambdas(variants[best[0]!.index]!, args, best[0]!.match);
    return lambdas === null ? { kind: 'none' } : { kind: 'match', match: lambdas };
  }
  return { kind: 'none' };
}

function bestOf<T extends { readonly index: number }>(variants: readonly Signature[], matches: readonly T[]): T[] {
  let best: T[] = [];
  for (const match of matches) {
    const order = best.length === 0 ? 1 : preference(variants[match.index]!, variants[best[0]!.index]!);
    if (order > 0) best = [match];
    else if (order === 0) best.push(match);
  }
  return best;
}

/** Positive when `left` is to be preferred. */
function preference(left: Signature, right: Signature): number {
  const fixed = Number(left.variadic === undefined) - Number(right.variadic === undefined);
  if (fixed !== 0) return fixed;
  if (left.params.length !== right.params.length) return left.params.length - right.params.length;
  const variables = variableCount(right) - variableCount(left);
  if (variables !== 0) return variables;
  return (left.variadic ?? 0) - (right.variadic ?? 0);
}

function variableCount(signature: Signature): number {
  return signature.params.filter(({ type }) => hasVariable(type)).length;
}
function hasVariable(pattern: Pattern): boolean {
  switch (pattern.base) {
    case 'variable':
    case 'any':
      return true;
    case 'arrayOf':
      return hasVariable(pattern.items);
    case 'mapOf':
      return hasVariable(pattern.keys) || hasVariable(pattern.items);
    default:
      return false;
  }
}

/** The parameter each argument goes to; null when the count does not fit. */
export function parameterOf(signature: Signature, argumentCount: number): readonly Parameter[] | null {
  const { params, variadic } = signature;
  if (variadic === undefined) return params.length === argumentCount ? params : null;
  const repeats = argumentCount - params.length + 1;
  if (repeats < 0) return null;
  return [
    ...params.slice(0, variadic),
    ...Array.from({ length: repeats }, () => params[variadic]!),
    ...params.slice(variadic + 1),
  ];
}

function matchVariant(
  variant: Signature,
  args: readonly Argument[],
  how: { readonly index: number; readonly widening: boolean },
): Match | null {
  const params = parameterOf(variant, args.length);
  if (params === null) return null;
  const variables = new Map<string, SqlType>();
  const types: (SqlType | null)[] = [];
  for (const [position, argument] of args.entries()) {
    const pattern = params[position]!.type;
    if (pattern.base === 'lambda' || argument.lambda !== undefined) {
      if (pattern.base !== 'lambda' || argument.lambda?.arity !== pattern.inputs.length) return null;
      types.push(null);
    } else if (pattern.base === 'unit' || argument.unit !== undefined) {
      if (pattern.base !== 'unit' || argument.unit === undefined) return null;
      types.push(null);
    } else if (argument.type === null) types.push(null);
    else {
      const taken = accept(pattern, argument.type, variables, how.widening);
      if (taken === null) return null;
      types.push(taken);
    }
  }
  // NULL literals take the type that the other arguments gave their parameter.
  const call: CallTypes = {
    args: types.map((type, position) => {
      if (type !== null || args[position]!.lambda !== undefined || args[position]!.unit !== undefined) return type;
      const pattern = params[position]!.type;
      const decimals = pattern.base === 'anyDecimal' ? types.find((other) => other?.base === 'DECIMAL') : undefined;
      return decimals ?? substitute(pattern, variables) ?? STRING;
    }),
    variables: Object.fromEntries(variables),
  };
  return { variant: how.index, call, lambdas: args.map(() => null) };
}

/** The type the argument has after conversion; null when it does not fit. Binds variables. */
function accept(pattern: Pattern, type: SqlType, variables: Map<string, SqlType>, widening: boolean): SqlType | null {
  switch (pattern.base) {
    case 'variable': {
      const bound = variables.get(pattern.name);
      if (bound === undefined) variables.set(pattern.name, type);
      return bound === undefined || sameType(bound, type) ? type : null;
    }
    case 'anyDecimal': {
      if (type.base === 'DECIMAL') return type;
      const wide = widening ? asDecimalType(type) : null;
      return wide === null ? null : decimalType(wide.precision, wide.scale);
    }
    case 'arrayOf':
      return type.base === 'ARRAY' && accept(pattern.items, type.items, variables, false) !== null ? type : null;
    case 'mapOf':
      return type.base === 'MAP' &&
        accept(pattern.keys, type.keys, variables, false) !== null &&
        accept(pattern.items, type.items, variables, false) !== null
        ? type
        : null;
    case 'any':
      return type;
    case 'lambda':
    case 'unit':
      return null;
    default:
      if (sameType(pattern, type)) return pattern;
      return widening && widensForCall(type, pattern) ? pattern : null;
  }
}

const RANK: Readonly<Record<string, number>> = { INTEGER: 1, BIGINT: 2, DECIMAL: 3, DOUBLE: 4 };
const TEXT_TARGETS = ['TIMESTAMP', 'TIME', 'DATE', 'BYTES'];

function widensForCall(from: SqlType, to: SqlType): boolean {
  if (from.base === 'STRING') return TEXT_TARGETS.includes(to.base);
  const source = RANK[from.base];
  const target = RANK[to.base];
  return source !== undefined && target !== undefined && source < target;
}

/** The pattern with its variables replaced; null when one is not bound. */
export function substitute(pattern: Pattern, variables: ReadonlyMap<string, SqlType>): SqlType | null {
  switch (pattern.base) {
    case 'variable':
      return variables.get(pattern.name) ?? null;
    case 'anyDecimal':
      return decimalType(38, 10);
    case 'any':
      return STRING;
    case 'arrayOf': {
      const items = substitute(pattern.items, variables);
      return items === null ? null : arrayType(items);
    }
    case 'mapOf': {
      const keys = substitute(pattern.keys, variables);
      const items = substitute(pattern.items, variables);
      return keys === null || items === null ? null : mapType(keys, items);
    }
    case 'lambda':
    case 'unit':
      return null;
    default:
      return pattern;
  }
}

/** Types the lambdas of the chosen overload in order; their results bind variables. Null when a result does not fit. */
function typeLambdas(variant: Signature, args: readonly Argument[], match: Match): Match | null {
  if (args.every(({ lambda }) => lambda === undefined)) return match;
  const params = parameterOf(variant, args.length)!;
  const variables = new Map(Object.entries(match.call.variables));
  const lambdas: Match['lambdas'][number][] = [];
  for (const [position, argument] of args.entries()) {
    const pattern = params[position]!.type;
    if (pattern.base !== 'lambda' || argument.lambda === undefined) {
      lambdas.push(null);
      continue;
    }
    const inputs = pattern.inputs.map((input) => substitute(input, variables) ?? STRING);
    const output = argument.lambda.typeBody(inputs);
    if (output !== null && accept(pattern.output, output, variables, false) === null) return null;
    const fallback = substitute(pattern.output, variables) ?? STRING;
    lambdas.push({ inputs, output: output ?? fallback });
  }
  return { ...match, call: { args: match.call.args, variables: Object.fromEntries(variables) }, lambdas };
}
