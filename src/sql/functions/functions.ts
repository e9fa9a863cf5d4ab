// The functions of an engine: look-up, overload resolution with its messages, and binding of code.

import type { Value } from '../../core/data/schema.ts';
import { nearest } from '../../core/errors.ts';
import { sqlError } from '../errors.ts';
import { type SqlType, STRING } from '../types/sql-type.ts';
import { typeText } from '../types/type-text.ts';
import { parameterOf, resolve, type Signature, substitute } from './patterns.ts';
import type {
  AggregateFunction,
  Argument,
  CallTypes,
  FunctionContext,
  Functions,
  Pattern,
  ResolvedAggregate,
  ScalarCode,
  ScalarFunction,
  ScalarVariant,
  SqlFunction,
  TableFunction,
} from './registry.ts';

/** The registry of these functions. Names and aliases must be unique. */
export function createFunctions(list: readonly SqlFunction[]): Functions {
  const byName = new Map<string, SqlFunction>();
  for (const entry of list) for (const name of [entry.name, ...(entry.aliases ?? [])]) byName.set(name, entry);
  const sorted = [...list].sort((a, b) => (a.name < b.name ? -1 : 1));
  const find = (name: string) => byName.get(name.toUpperCase()) ?? null;
  const need = <K extends SqlFunction['kind']>(name: string, kind: K): Extract<SqlFunction, { kind: K }> => {
    const found = find(name);
    if (found?.kind === kind) return found as Extract<SqlFunction, { kind: K }>;
    throw unknownFunction(name, byName, found);
  };
  return {
    find,
    all: () => sorted,
    resolveScalar(name, args) {
      const entry = need(name, 'scalar');
      const { variant, call, lambdas } = chosen(entry, args, true);
      const returns = resultType(entry.variants[variant]!.returns, call);
      return { kind: 'scalar', name: entry.name, variant, call, returns, lambdas };
    },
    resolveAggregate: (name, args) => resolveAggregate(need(name, 'aggregate'), args),
    resolveTable(name, args) {
      const entry = need(name, 'table');
      const { variant, call } = chosen(entry, args, true);
      return {
        kind: 'table',
        name: entry.name,
        variant,
        call,
        returns: resultType(entry.variants[variant]!.returns, call),
      };
    },
    bindScalar: ({ name, variant, call, returns }, context) =>
      bindScalar(need(name, 'scalar').variants[variant]!, { call, returns }, context),
    bindAggregate: ({ name, variant, call }, context) => need(name, 'aggregate').variants[variant]!.bind(call, context),
    bindTable: ({ name, variant }) =>
      need(name, 'table').variants[variant]!.evaluate as unknown as (...args: Value[]) => readonly Value[],
  };
}

function resultType(returns: Pattern | ((call: CallTypes) => SqlType), call: CallTypes): SqlType {
  if (typeof returns === 'function') return returns(call);
  return substitute(returns, new Map(Object.entries(call.variables))) ?? STRING;
}

function bindScalar(
  variant: ScalarVariant,
  types: { readonly call: CallTypes; readonly returns: SqlType },
  context: FunctionContext,
): ScalarCode {
  const params = parameterOf(variant, types.call.args.length)!;
  const guards = params.map(({ type, primitive }) => {
    if (type.base === 'lambda' || type.base === 'unit') return false;
    return primitive === true || variant.nulls === 'propagate';
  });
  const evaluate = variant.bind?.(types.call, types.returns, context) ?? variant.evaluate!;
  return {
    guards,
    evaluate: evaluate as unknown as (...args: Value[]) => Value,
    inline: variant.inline ?? null,
  };
}

function resolveAggregate(entry: AggregateFunction, args: readonly Argument[]): ResolvedAggregate {
  const { variant, call } = chosen(entry, args, false);
  const chosenVariant = entry.variants[variant]!;
  const params = parameterOf(chosenVariant, args.length)!;
  for (const [position, parameter] of params.entries()) {
    if (parameter.literal === true && args[position]!.literal === undefined) {
      throw sqlError('FUNC-5', {
        what: `Argument ${position + 1} (${parameter.name}) of ${entry.name} must be a literal.`,
        fix: 'Write the value itself; columns, calls and arithmetic are not possible here.',
      });
    }
  }
  const returns = resultType(chosenVariant.returns, call);
  const full = { ...call, returns, literals: args.map(({ literal }) => literal) };
  // Bound once now, so that literals are judged before anything runs; the code is made again where it runs.
  const code = chosenVariant.bind(full, { nowMs: () => 0, random: () => 0, properties: {} });
  return {
    kind: 'aggregate',
    name: entry.name,
    variant,
    call: full,
    returns,
    state: code.state,
    undoable: entry.undoable,
  };
}

function chosen(
  entry: ScalarFunction | AggregateFunction | TableFunction,
  args: readonly Argument[],
  mayWiden: boolean,
) {
  const resolution = resolve(entry.variants, args, mayWiden);
  if (resolution.kind === 'match') return resolution.match;
  const given = `(${args.map(argumentText).join(', ')})`;
  if (resolution.kind === 'ambiguous') {
    throw sqlError('FUNC-3', {
      what: `${entry.name}${given} fits several overloads equally well: ${overloads(entry, resolution.variants)}.`,
      fix: 'Decide by a CAST of an argument.',
    });
  }
  if (!mayWiden && resolve(entry.variants, args, true).kind !== 'none') {
    throw sqlError('FUNC-4', {
      what: `${entry.name}${given}: arguments of an aggregate are not converted by themselves. It takes ${overloads(entry)}.`,
      fix: 'CAST the argument to one of these types.',
    });
  }
  throw sqlError('FUNC-2', {
    what: `${entry.name} does not take ${given}. It takes ${overloads(entry)}.`,
    fix: closest(entry, args) ?? `DESCRIBE FUNCTION ${entry.name} tells more.`,
  });
}

/** The first argument that breaks the overload which gets furthest. */
function closest(entry: SqlFunction, args: readonly Argument[]): string | null {
  const variants: readonly Signature[] = entry.variants;
  let best: { readonly position: number; readonly parameter: string } | null = null;
  for (const variant of variants) {
    const params = parameterOf(variant, args.length);
    if (params === null) continue;
    const position = params.findIndex((parameter, at) => {
      const alone = resolve([{ params: [parameter] }], [args[at]!], entry.kind !== 'aggregate');
      return alone.kind === 'none';
    });
    if (position >= 0 && (best === null || position > best.position)) {
      best = { position, parameter: patternText(params[position]!.type) };
    }
  }
  if (best === null) return null;
  return `Argument ${best.position + 1} is ${argumentText(args[best.position]!)} where ${best.parameter} is wanted.`;
}

function argumentText(argument: Argument): string {
  if (argument.lambda !== undefined) return 'lambda';
  if (argument.unit !== undefined) return argument.unit;
  return argument.type === null ? 'NULL' : typeText(argument.type);
}

function overloads(entry: SqlFunction, which?: readonly number[]): string {
  const variants: readonly Signature[] = entry.variants;
  return variants
    .filter((_, index) => which === undefined || which.includes(index))
    .map((variant) => signatureText(entry.name, variant))
    .join(' or ');
}

/** `LPAD(STRING input, INTEGER length, STRING padding)`, for messages, DESCRIBE FUNCTION and docs. */
export function signatureText(name: string, signature: Signature): string {
  const params = signature.params.map((parameter, index) => {
    const dots = signature.variadic === index ? '...' : '';
    return `${patternText(parameter.type)}${dots} ${parameter.name}`;
  });
  return `${name}(${params.join(', ')})`;
}

/** A pattern as signatures show it. */
export function patternText(pattern: Pattern): string {
  switch (pattern.base) {
    case 'variable':
      return pattern.name;
    case 'anyDecimal':
      return 'DECIMAL';
    case 'any':
      return 'ANY';
    case 'arrayOf':
      return `ARRAY<${patternText(pattern.items)}>`;
    case 'mapOf':
      return `MAP<${patternText(pattern.keys)}, ${patternText(pattern.items)}>`;
    case 'lambda':
      return `LAMBDA (${pattern.inputs.map(patternText).join(', ')}) => ${patternText(pattern.output)}`;
    case 'unit':
      return 'INTERVALUNIT';
    default:
      return typeText(pattern);
  }
}

function unknownFunction(name: string, byName: ReadonlyMap<string, SqlFunction>, other: SqlFunction | null): Error {
  if (other !== null) {
    return sqlError('FUNC-1', {
      what: `${other.name} is ${other.kind === 'aggregate' ? 'an aggregate' : `a ${other.kind} function`} and cannot be used here.`,
      fix:
        other.kind === 'table'
          ? 'Table functions stand in the select list only.'
          : 'Aggregates stand in the select list and in HAVING.',
    });
  }
  const near = nearest(name, byName.keys());
  return sqlError('FUNC-1', {
    what: `There is no function ${name.toUpperCase()}.`,
    fix: near === null ? 'SHOW FUNCTIONS lists them.' : `Did you mean ${near}?`,
  });
}
