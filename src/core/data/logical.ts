// Connect's logical types: schemas that give a physical kind a meaning by name. Values stay physical (days, milliseconds),
// but for Decimal, which is a `Decimal`.
import { LOGICAL, primitive, type Schema, type SchemaOptions } from './schema.ts';

/** Parameter of a Decimal schema: count of decimals. */
export const SCALE_PARAMETER = 'scale';
/** Parameter of a Decimal schema: greatest count of digits. Absent when the source did not say. */
export const PRECISION_PARAMETER = 'connect.decimal.precision';
/** What a Decimal without stated precision is taken for. */
export const DEFAULT_PRECISION = 64;

/** A Decimal schema. `precision` null: not stated. */
export function decimalSchema(precision: number | null, scale: number, options: SchemaOptions = {}): Schema {
  const parameters: Record<string, string> = { [SCALE_PARAMETER]: String(scale) };
  if (precision !== null) parameters[PRECISION_PARAMETER] = String(precision);
  return primitive('bytes', { name: LOGICAL.decimal, version: 1, parameters, ...options });
}

/** Days since the epoch. */
export function dateSchema(options: SchemaOptions = {}): Schema {
  return primitive('int32', { name: LOGICAL.date, version: 1, ...options });
}

/** Milliseconds of the day. */
export function timeSchema(options: SchemaOptions = {}): Schema {
  return primitive('int32', { name: LOGICAL.time, version: 1, ...options });
}

/** Milliseconds since the epoch. */
export function timestampSchema(options: SchemaOptions = {}): Schema {
  return primitive('int64', { name: LOGICAL.timestamp, version: 1, ...options });
}

/** True for Connect's Decimal. */
export function isDecimalSchema(schema: Schema): boolean {
  return schema.kind === 'bytes' && schema.name === LOGICAL.decimal;
}

/** True for a value of the shape of `Decimal`; for values whose schema is not at hand. */
export function isDecimal(value: unknown): value is { readonly unscaled: bigint; readonly scale: number } {
  return typeof value === 'object' && value !== null && typeof (value as { unscaled?: unknown }).unscaled === 'bigint';
}

/** Scale of a Decimal schema; null when the parameter is missing or no integer. */
export function scaleOf(schema: Schema): number | null {
  const text = schema.parameters?.[SCALE_PARAMETER];
  return text !== undefined && /^[+-]?\d{1,9}$/.test(text) ? Number(text) : null;
}

/** Precision of a Decimal schema, {@link DEFAULT_PRECISION} when it does not say. */
export function precisionOfSchema(schema: Schema): number {
  const text = schema.parameters?.[PRECISION_PARAMETER];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : DEFAULT_PRECISION;
}
