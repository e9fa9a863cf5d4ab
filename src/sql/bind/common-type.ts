// One type for several expressions: elements of ARRAY, keys and values of MAP, the items of IN.
//
// Rule (types.md §8, §6.2): the first typed expression leads; numbers widen; a literal may become text or number as the leader is;
// constructors are looked into, so ARRAY['1'] fits ARRAY<INTEGER>. Other expressions only widen.
import type { Expr } from '../plan/expr.ts';
import { isNumeric, widerNumeric } from '../types/arithmetic.ts';
import { widens } from '../types/coerce.ts';
import { arrayType, type Column, mapType, type SqlType, sameType, structType } from '../types/sql-type.ts';
import { converted, laxLiteral } from './types.ts';

/** The type all have in common, or the first expression that does not fit. Null type: all are NULL. */
export function commonType(exprs: readonly Expr[]): { readonly type: SqlType | null; readonly misfit: Expr | null } {
  let type: SqlType | null = null;
  for (const expr of exprs) {
    if (expr.type === null) continue;
    if (type === null) {
      type = expr.type;
      continue;
    }
    const joined = joinTypes(type, expr);
    if (joined === null) return { type, misfit: expr };
    type = joined;
  }
  return { type, misfit: null };
}

function joinTypes(type: SqlType, expr: Expr): SqlType | null {
  const other = expr.type!;
  const plain = joinPlain(type, other);
  if (plain !== null) return plain;
  if (expr.op === 'literal') return laxLiteral(expr, type) === undefined ? wideEnough(type, expr) : type;
  if (expr.op === 'array' && type.base === 'ARRAY') {
    const items = joinAll(type.items, expr.items);
    return items === null ? null : arrayType(items);
  }
  if (expr.op === 'map' && type.base === 'MAP') {
    const keys = joinAll(
      type.keys,
      expr.entries.map(({ key }) => key),
    );
    const items = joinAll(
      type.items,
      expr.entries.map(({ value }) => value),
    );
    return keys === null || items === null ? null : mapType(keys, items);
  }
  if (expr.op === 'struct' && type.base === 'STRUCT' && other.base === 'STRUCT') {
    const { values } = expr;
    return joinFields(type.fields, other.fields, (field, _own, at) =>
      values[at]!.type === null ? field : joinTypes(field, values[at]!),
    );
  }
  return null;
}

/** A text literal that holds a larger number than the leader takes widens the leader. */
function wideEnough(type: SqlType, expr: Expr): SqlType | null {
  if (expr.op !== 'literal' || !isNumeric(type)) return null;
  for (const base of ['BIGINT', 'DOUBLE'] as const) {
    const wider: SqlType = { base };
    if (widens(type, wider) && laxLiteral(expr, wider) !== undefined) return wider;
  }
  return null;
}

function joinAll(type: SqlType, exprs: readonly Expr[]): SqlType | null {
  let joined: SqlType | null = type;
  for (const expr of exprs) {
    if (joined === null) return null;
    if (expr.type !== null) joined = joinTypes(joined, expr);
  }
  return joined;
}

/** The type both widen to. */
export function joinPlain(left: SqlType, right: SqlType): SqlType | null {
  if (sameType(left, right)) return left;
  if (isNumeric(left) && isNumeric(right)) return widerNumeric(left, right);
  if (left.base === 'ARRAY' && right.base === 'ARRAY') {
    const items = joinPlain(left.items, right.items);
    return items === null ? null : arrayType(items);
  }
  if (left.base === 'MAP' && right.base === 'MAP') {
    const keys = joinPlain(left.keys, right.keys);
    const items = joinPlain(left.items, right.items);
    return keys === null || items === null ? null : mapType(keys, items);
  }
  if (left.base === 'STRUCT' && right.base === 'STRUCT') return joinFields(left.fields, right.fields, joinPlain);
  return null;
}

/** Fields of both, by name; those of one side only are null on the other. */
function joinFields(
  left: readonly Column[],
  right: readonly Column[],
  join: (left: SqlType, right: SqlType, index: number) => SqlType | null,
): SqlType | null {
  const fields: Column[] = [];
  for (const field of left) {
    const at = right.findIndex(({ name }) => name === field.name);
    const type = at < 0 ? field.type : join(field.type, right[at]!.type, at);
    if (type === null) return null;
    fields.push({ name: field.name, type });
  }
  return structType([...fields, ...right.filter(({ name }) => !left.some((field) => field.name === name))]);
}

/** The expression as `type`, constructors converted inside. */
export function fitted(expr: Expr, type: SqlType): Expr {
  if (expr.type === null) return converted(expr, type);
  if (sameType(expr.type, type)) return expr;
  if (expr.op === 'literal') return laxLiteral(expr, type) ?? converted(expr, type);
  if (expr.op === 'array' && type.base === 'ARRAY') {
    return { ...expr, items: expr.items.map((item) => fitted(item, type.items)), type };
  }
  if (expr.op === 'map' && type.base === 'MAP') {
    const entries = expr.entries.map(({ key, value }) => ({
      key: fitted(key, type.keys),
      value: fitted(value, type.items),
    }));
    return { ...expr, entries, type };
  }
  if (expr.op === 'struct' && type.base === 'STRUCT' && expr.type.base === 'STRUCT') {
    const own = expr.type.fields;
    const values = type.fields.map((field): Expr => {
      const at = own.findIndex(({ name }) => name === field.name);
      return at < 0 ? { op: 'literal', value: null, type: field.type } : fitted(expr.values[at]!, field.type);
    });
    return { ...expr, values, type };
  }
  return converted(expr, type);
}
