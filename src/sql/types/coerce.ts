// Which types convert to which: implicit widening, CAST, and the comparison of pairs. Pure questions about types; the values are
// converted by cast.ts.
import type { ComparisonOperator } from '../syntax/ast.ts';
import { asDecimalType, isNumeric } from './arithmetic.ts';
import { type SqlType, sameType } from './sql-type.ts';

const NUMBER_CASTS = ['INTEGER', 'BIGINT', 'DECIMAL', 'DOUBLE', 'STRING'];
const CASTS: Readonly<Record<string, readonly string[]>> = {
  BOOLEAN: ['STRING'],
  INTEGER: NUMBER_CASTS,
  BIGINT: NUMBER_CASTS,
  DECIMAL: NUMBER_CASTS,
  DOUBLE: NUMBER_CASTS,
  STRING: ['BOOLEAN', ...NUMBER_CASTS, 'TIMESTAMP', 'TIME', 'DATE', 'BYTES'],
  ARRAY: ['STRING'],
  MAP: ['STRING'],
  STRUCT: ['STRING'],
  TIMESTAMP: ['STRING', 'TIME', 'DATE'],
  DATE: ['STRING', 'TIMESTAMP'],
  TIME: ['STRING'],
  BYTES: [],
};

/** May CAST turn `from` (null: the NULL literal) into `to`? Judged through elements, keys, values and fields of the same name. */
export function castable(from: SqlType | null, to: SqlType): boolean {
  if (from === null || sameType(from, to)) return true;
  if (from.base === 'ARRAY' && to.base === 'ARRAY') return castable(from.items, to.items);
  if (from.base === 'MAP' && to.base === 'MAP') return castable(from.keys, to.keys) && castable(from.items, to.items);
  if (from.base === 'STRUCT' && to.base === 'STRUCT') {
    return to.fields.every((field) => {
      const source = from.fields.find(({ name }) => name === field.name);
      return source === undefined || castable(source.type, field.type);
    });
  }
  return CASTS[from.base]!.includes(to.base);
}

/** The simple targets that CAST allows, for messages. */
export function castTargets(from: SqlType): readonly string[] {
  return CASTS[from.base]!;
}

/**
 * May a value of `from` be taken for `to` without a CAST (INSERT … SELECT, lattice of types.md §4)?
 * INTEGER → BIGINT → DECIMAL → DOUBLE; a decimal into one with no fewer whole digits and decimals; the same type.
 */
export function widens(from: SqlType, to: SqlType): boolean {
  if (sameType(from, to)) return true;
  if (to.base === 'DOUBLE') return isNumeric(from);
  if (to.base === 'BIGINT') return from.base === 'INTEGER';
  if (to.base !== 'DECIMAL') return false;
  const source = asDecimalType(from);
  return source !== null && source.scale <= to.scale && source.precision - source.scale <= to.precision - to.scale;
}

const EQUALITY: readonly ComparisonOperator[] = ['=', '<>', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM'];
const TIMES = ['DATE', 'TIMESTAMP'];

/** Do these types compare with this operator (types.md §6.1)? A STRING opposite a time type is parsed at run time. */
export function comparable(operator: ComparisonOperator, left: SqlType, right: SqlType): boolean {
  if (isNumeric(left) && isNumeric(right)) return true;
  const pair = [left.base, right.base];
  if (pair.every((base) => TIMES.includes(base))) return true;
  if (pair.includes('STRING') && pair.some((base) => base === 'TIME' || TIMES.includes(base))) return true;
  if (left.base !== right.base) return false;
  switch (left.base) {
    case 'STRING':
    case 'BYTES':
    case 'TIME':
      return true;
    case 'BOOLEAN':
      return EQUALITY.includes(operator);
    default:
      return EQUALITY.includes(operator) && sameType(left, right);
  }
}
