// The STRICT conversions (types.md §9): what INSERT … VALUES and key look-ups do to values without CAST.
import { parseDecimal, precisionOf, rescale } from '../../core/data/decimal.ts';
import type { Decimal, Value } from '../../core/data/schema.ts';
import { castCode } from '../types/cast.ts';
import { type SqlType, sameType } from '../types/sql-type.ts';
import { typeText } from '../types/type-text.ts';

export type Strict = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly why: string };

/** Converts, or says why not. No narrowing, even where the value would fit. */
export function strictValue(value: Value, from: SqlType, to: SqlType): Strict {
  if (value === null || sameType(from, to)) return { ok: true, value };
  if (to.base === 'DECIMAL') return strictDecimal(value, from, to);
  if (to.base === 'ARRAY' && from.base === 'ARRAY') {
    const items: Value[] = [];
    for (const item of value as Value[]) {
      const each = strictValue(item, from.items, to.items);
      if (!each.ok) return each;
      items.push(each.value);
    }
    return { ok: true, value: items };
  }
  if (to.base === 'MAP' && from.base === 'MAP') return strictMap(value as Map<Value, Value>, from, to);
  if (to.base === 'STRUCT' && from.base === 'STRUCT') return strictStruct(value as Value[], from, to);
  if (!isAllowed(from, to)) return { ok: false, why: '' };
  try {
    return { ok: true, value: castCode(from, to)(value) };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}

function isAllowed(from: SqlType, to: SqlType): boolean {
  switch (to.base) {
    case 'BIGINT':
      return from.base === 'INTEGER';
    case 'DOUBLE':
      return from.base === 'INTEGER' || from.base === 'BIGINT' || from.base === 'DECIMAL';
    case 'TIMESTAMP':
    case 'TIME':
    case 'DATE':
    case 'BYTES':
      return from.base === 'STRING';
    default:
      return false;
  }
}

function strictDecimal(value: Value, from: SqlType, to: Extract<SqlType, { base: 'DECIMAL' }>): Strict {
  if (from.base !== 'INTEGER' && from.base !== 'BIGINT' && from.base !== 'DECIMAL') return { ok: false, why: '' };
  const decimal = typeof value === 'object' ? (value as Decimal) : parseDecimal(String(value))!;
  const scaled = rescale(decimal, to.scale);
  if (scaled === null || precisionOf(scaled) > to.precision) {
    return { ok: false, why: `it does not fit into ${typeText(to)} exactly` };
  }
  return { ok: true, value: scaled };
}

function strictMap(
  value: Map<Value, Value>,
  from: Extract<SqlType, { base: 'MAP' }>,
  to: Extract<SqlType, { base: 'MAP' }>,
): Strict {
  const entries = new Map<Value, Value>();
  for (const [key, item] of value) {
    const newKey = strictValue(key, from.keys, to.keys);
    const newItem = strictValue(item, from.items, to.items);
    if (!newKey.ok) return newKey;
    if (!newItem.ok) return newItem;
    entries.set(newKey.value, newItem.value);
  }
  return { ok: true, value: entries };
}

function strictStruct(
  value: Value[],
  from: Extract<SqlType, { base: 'STRUCT' }>,
  to: Extract<SqlType, { base: 'STRUCT' }>,
): Strict {
  const extra = from.fields.find(({ name }) => !to.fields.some((field) => field.name === name));
  if (extra !== undefined) return { ok: false, why: `there is no field ${extra.name}` };
  const cells: Value[] = [];
  for (const field of to.fields) {
    const at = from.fields.findIndex(({ name }) => name === field.name);
    const each: Strict =
      at < 0 ? { ok: true, value: null } : strictValue(value[at]!, from.fields[at]!.type, field.type);
    if (!each.ok) return each;
    cells.push(each.value);
  }
  return { ok: true, value: cells };
}
