// TOPK and TOPKDISTINCT: the greatest values, descending.
import type { Row, Value } from '../../../core/data/schema.ts';
import { orderCode } from '../../types/compare.ts';
import { arrayType, type SqlType, structType } from '../../types/sql-type.ts';
import {
  ANY,
  BIGINT,
  BYTES,
  DATE,
  DECIMAL,
  DOUBLE,
  INTEGER,
  literalParam,
  param,
  STRING,
  TIME,
  TIMESTAMP,
} from '../define.ts';
import type { AggregateCode, AggregateFunction, AggregateVariant, CallTypes } from '../registry.ts';

const size = literalParam('k', INTEGER);

/** A sorted list of at most `limit`, descending by `order`; of equal ones the earlier stays in front. */
function topCode(limit: number, order: (left: Value, right: Value) => number, distinct: boolean) {
  const insert = (list: readonly Value[], value: Value): Value[] => {
    let at = list.length;
    while (at > 0 && order(list[at - 1]!, value) < 0) at--;
    if (at >= limit || (distinct && at > 0 && order(list[at - 1]!, value) === 0)) return list as Value[];
    const next = list.length < limit ? list.slice() : list.slice(0, limit - 1);
    next.splice(at, 0, value);
    return next;
  };
  return { insert, merge: (a: Value, b: Value): Value => (b as Value[]).reduce<Value[]>(insert, a as Value[]) };
}

function plain(type: SqlType, limit: number, distinct: boolean): AggregateCode {
  const top = topCode(limit, orderCode(type, type), distinct);
  return {
    state: arrayType(type),
    returns: arrayType(type),
    initial: [],
    add: (state, value) => (value === null ? state : top.insert(state as Value[], value!)),
    undo: null,
    merge: top.merge,
    result: (state) => state,
  };
}

/** The struct of a row of TOPK with companions: `sort_col`, `col0`, `col1`, … in lower case. */
function rowType(call: CallTypes): SqlType {
  const columns = call.args.slice(0, -1);
  return structType(
    columns.map((type, index) => ({ name: index === 0 ? 'sort_col' : `col${index - 1}`, type: type! })),
  );
}

function withCompanions(call: CallTypes, limit: number): AggregateCode {
  const type = call.args[0]!;
  const order = orderCode(type, type);
  const top = topCode(limit, (left, right) => order((left as Row)[0]!, (right as Row)[0]!), false);
  const row = rowType(call);
  const width = call.args.length - 1;
  return {
    state: arrayType(row),
    returns: arrayType(row),
    initial: [],
    add: (state, ...args) => (args[0] === null ? state : top.insert(state as Value[], args.slice(0, width))),
    undo: null,
    merge: top.merge,
    result: (state) => state,
  };
}

function limitOf(literals: readonly (Value | undefined)[]): number {
  return Math.max(0, (literals.at(-1) as number | null) ?? 0);
}

export const topk: AggregateFunction = {
  kind: 'aggregate',
  name: 'TOPK',
  category: 'AGGREGATE',
  doc: 'The k greatest values, descending, duplicates included. Further columns make each a STRUCT with their values.',
  nulls: 'NULLs are ignored.',
  examples: [],
  undoable: false,
  variants: [INTEGER, BIGINT, DOUBLE, STRING].flatMap((type): AggregateVariant[] => [
    {
      params: [param('value', type), size],
      returns: arrayType(type),
      bind: (call) => plain(type, limitOf(call.literals), false),
    },
    {
      params: [param('value', type), param('other', ANY), param('others', ANY), size],
      variadic: 2,
      returns: (call) => arrayType(rowType(call)),
      bind: (call) => withCompanions(call, limitOf(call.literals)),
    },
  ]),
};

export const topkDistinct: AggregateFunction = {
  kind: 'aggregate',
  name: 'TOPKDISTINCT',
  category: 'AGGREGATE',
  doc: 'The k greatest distinct values, descending.',
  nulls: 'NULLs are ignored.',
  examples: [],
  undoable: false,
  variants: [INTEGER, BIGINT, DOUBLE, DECIMAL, STRING, DATE, TIME, TIMESTAMP, BYTES].map(
    (type): AggregateVariant => ({
      params: [param('value', type), size],
      returns: (call) => arrayType(call.args[0]!),
      bind: (call) => plain(call.args[0]!, limitOf(call.literals), true),
    }),
  ),
};
