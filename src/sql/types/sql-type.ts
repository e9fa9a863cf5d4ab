// SQL types, static: run-time values carry no type. Values by type (see core/data/schema.ts `Value`):
// BOOLEAN boolean · INTEGER number · BIGINT Long · DOUBLE number · DECIMAL Decimal · STRING string · BYTES Uint8Array ·
// DATE days · TIME ms of the day · TIMESTAMP ms since the epoch (numbers) · ARRAY Value[] · MAP Map · STRUCT its bare cells (Value[] in field order).

export type SqlType =
  | { readonly base: SimpleBase }
  | { readonly base: 'DECIMAL'; readonly precision: number; readonly scale: number }
  | { readonly base: 'ARRAY'; readonly items: SqlType }
  | { readonly base: 'MAP'; readonly keys: SqlType; readonly items: SqlType }
  | { readonly base: 'STRUCT'; readonly fields: readonly Column[] };

export type SimpleBase =
  | 'BOOLEAN'
  | 'INTEGER'
  | 'BIGINT'
  | 'DOUBLE'
  | 'STRING'
  | 'BYTES'
  | 'DATE'
  | 'TIME'
  | 'TIMESTAMP';

/** A named column or struct field. Names are case-sensitive here: the parser has upper-cased what was not quoted. */
export interface Column {
  readonly name: string;
  readonly type: SqlType;
}

export const BOOLEAN: SqlType = { base: 'BOOLEAN' };
export const INTEGER: SqlType = { base: 'INTEGER' };
export const BIGINT: SqlType = { base: 'BIGINT' };
export const DOUBLE: SqlType = { base: 'DOUBLE' };
export const STRING: SqlType = { base: 'STRING' };
export const BYTES: SqlType = { base: 'BYTES' };
export const DATE: SqlType = { base: 'DATE' };
export const TIME: SqlType = { base: 'TIME' };
export const TIMESTAMP: SqlType = { base: 'TIMESTAMP' };

/** An array type. */
export function arrayType(items: SqlType): SqlType {
  return { base: 'ARRAY', items };
}
/** A map type. */
export function mapType(keys: SqlType, items: SqlType): SqlType {
  return { base: 'MAP', keys, items };
}
/** A struct type. */
export function structType(fields: readonly Column[]): SqlType {
  return { base: 'STRUCT', fields };
}
/** A decimal type. */
export function decimalType(precision: number, scale: number): SqlType {
  return { base: 'DECIMAL', precision, scale };
}

/** Structural equality. */
export function sameType(left: SqlType, right: SqlType): boolean {
  if (left.base === 'DECIMAL' && right.base === 'DECIMAL')
    return left.precision === right.precision && left.scale === right.scale;
  if (left.base === 'ARRAY' && right.base === 'ARRAY') return sameType(left.items, right.items);
  if (left.base === 'MAP' && right.base === 'MAP')
    return sameType(left.keys, right.keys) && sameType(left.items, right.items);
  if (left.base === 'STRUCT' && right.base === 'STRUCT') {
    return (
      left.fields.length === right.fields.length &&
      left.fields.every((field, index) => {
        const other = right.fields[index]!;
        return field.name === other.name && sameType(field.type, other.type);
      })
    );
  }
  return left.base === right.base;
}
