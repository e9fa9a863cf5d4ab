// Shorthands for declaring functions.

import {
  BIGINT,
  BOOLEAN,
  BYTES,
  DATE,
  DOUBLE,
  INTEGER,
  type SqlType,
  STRING,
  TIME,
  TIMESTAMP,
} from '../types/sql-type.ts';
import type { CallTypes, Evaluate, Parameter, Pattern, ScalarFunction, ScalarVariant } from './registry.ts';

export { BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, INTEGER, STRING, TIME, TIMESTAMP };

/** Type variables. */
export const T: Pattern = { base: 'variable', name: 'T' };
export const K: Pattern = { base: 'variable', name: 'K' };
export const V: Pattern = { base: 'variable', name: 'V' };
export const R: Pattern = { base: 'variable', name: 'R' };
export const S: Pattern = { base: 'variable', name: 'S' };
export const ANY: Pattern = { base: 'any' };
export const DECIMAL: Pattern = { base: 'anyDecimal' };
export const UNIT: Pattern = { base: 'unit' };
export const NUMBERS: readonly SqlType[] = [INTEGER, BIGINT, DOUBLE];

/** ARRAY<items>. */
export function arrayOf(items: Pattern): Pattern {
  return { base: 'arrayOf', items };
}
/** MAP<keys, items>. */
export function mapOf(keys: Pattern, items: Pattern): Pattern {
  return { base: 'mapOf', keys, items };
}
/** (inputs) => output. */
export function lambdaOf(inputs: readonly Pattern[], output: Pattern): Pattern {
  return { base: 'lambda', inputs, output };
}
/** An ordinary parameter. */
export function param(name: string, type: Pattern): Parameter {
  return { name, type };
}
/** A parameter whose null makes the call null. */
export function primitiveParam(name: string, type: SqlType): Parameter {
  return { name, type, primitive: true };
}
/** An aggregate's parameter that takes only literals. */
export function literalParam(name: string, type: SqlType): Parameter {
  return { name, type, literal: true };
}

/** A scalar function. */
export function scalar(spec: Omit<ScalarFunction, 'kind'>): ScalarFunction {
  return { kind: 'scalar', ...spec };
}

/** An overload whose null arguments all make the call null. */
export function strict(
  params: readonly Parameter[],
  returns: ScalarVariant['returns'],
  evaluate: Evaluate,
  inline?: ScalarVariant['inline'],
): ScalarVariant {
  return { params, returns, nulls: 'propagate', evaluate, ...(inline === undefined ? {} : { inline }) };
}

/** An overload that sees nulls (but for primitive parameters). */
export function lenient(
  params: readonly Parameter[],
  returns: ScalarVariant['returns'],
  evaluate: Evaluate,
): ScalarVariant {
  return { params, returns, nulls: 'handle', evaluate };
}

/** The type of argument `index` after conversion. */
export function argumentType(index: number): (call: CallTypes) => SqlType {
  return (call) => call.args[index]!;
}

/** What a variable was bound to. */
export function variable(call: CallTypes, name: string): SqlType {
  return call.variables[name] ?? STRING;
}
