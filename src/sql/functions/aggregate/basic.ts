// COUNT, SUM, AVG, MIN, MAX, SUM_LIST.
import { decimalText, precisionOf, rescale } from '../../../core/data/decimal.ts';
import type { Decimal, Long, Row, Value } from '../../../core/data/schema.ts';
import { evaluationError } from '../../errors.ts';
import { addLong, subtractLong } from '../../types/arithmetic.ts';
import { orderCode } from '../../types/compare.ts';
import { arrayType, type SqlType, structType } from '../../types/sql-type.ts';
import {
  argumentType,
  BIGINT,
  BYTES,
  DATE,
  DECIMAL,
  DOUBLE,
  INTEGER,
  param,
  STRING,
  T,
  TIME,
  TIMESTAMP,
} from '../define.ts';
import type { AggregateCode, AggregateFunction, AggregateVariant } from '../registry.ts';

/** Addition and subtraction of one numeric type, and its zero. */
interface Adder {
  readonly zero: Value;
  add(left: Value, right: Value): Value;
  subtract(left: Value, right: Value): Value;
}

/** How values of a numeric type add up: integers wrap, decimals fail when they leave their precision. */
export function adderOf(type: SqlType): Adder {
  switch (type.base) {
    case 'INTEGER':
      return {
        zero: 0,
        add: (left, right) => ((left as number) + (right as number)) | 0,
        subtract: (left, right) => ((left as number) - (right as number)) | 0,
      };
    case 'BIGINT':
      return {
        zero: 0,
        add: (left, right) => addLong(left as Long, right as Long),
        subtract: (left, right) => subtractLong(left as Long, right as Long),
      };
    case 'DECIMAL':
      return decimalAdder(type.precision, type.scale);
    default:
      return {
        zero: 0,
        add: (left, right) => (left as number) + (right as number),
        subtract: (left, right) => (left as number) - (right as number),
      };
  }
}

function decimalAdder(precision: number, scale: number): Adder {
  const sum = (left: Decimal, right: Decimal, sign: bigint): Decimal => {
    const fitted = rescale(right, scale) ?? right;
    const result = { unscaled: left.unscaled + sign * fitted.unscaled, scale };
    if (precisionOf(result) <= precision) return result;
    throw evaluationError('RUN-10', `SUM has reached ${decimalText(result)}, beyond DECIMAL(${precision}, ${scale}).`);
  };
  return {
    zero: { unscaled: 0n, scale },
    add: (left, right) => sum(left as Decimal, right as Decimal, 1n),
    subtract: (left, right) => sum(left as Decimal, right as Decimal, -1n),
  };
}

const counting: Omit<AggregateCode, 'add' | 'undo'> = {
  state: BIGINT,
  returns: BIGINT,
  initial: 0,
  merge: (earlier, later) => (earlier as number) + (later as number),
  result: (state) => state,
};

export const count: AggregateFunction = {
  kind: 'aggregate',
  name: 'COUNT',
  category: 'AGGREGATE',
  doc: 'Counts the rows, or with an argument those where it is not NULL.',
  nulls: 'NULL arguments are not counted; COUNT(*) counts rows.',
  examples: [],
  undoable: true,
  variants: [
    {
      params: [],
      returns: BIGINT,
      bind: () => ({
        ...counting,
        add: (state) => (state as number) + 1,
        undo: (state) => (state as number) - 1,
      }),
    },
    {
      params: [param('value', T)],
      returns: BIGINT,
      bind: () => ({
        ...counting,
        add: (state, value) => (value === null ? state : (state as number) + 1),
        undo: (state, value) => (value === null ? state : (state as number) - 1),
      }),
    },
  ],
};

export const sum: AggregateFunction = {
  kind: 'aggregate',
  name: 'SUM',
  category: 'AGGREGATE',
  doc: 'Adds the values. INTEGER and BIGINT wrap; a DECIMAL sum beyond its precision fails the query.',
  nulls: 'NULLs are ignored; without any other value the sum is 0.',
  examples: [],
  undoable: true,
  variants: [INTEGER, BIGINT, DOUBLE, DECIMAL].map(
    (type): AggregateVariant => ({
      params: [param('value', type)],
      returns: argumentType(0),
      bind: (call) => {
        const adder = adderOf(call.args[0]!);
        return {
          state: call.args[0]!,
          returns: call.args[0]!,
          initial: adder.zero,
          add: (state, value) => (value === null ? state : adder.add(state, value!)),
          undo: (state, value) => (value === null ? state : adder.subtract(state, value!)),
          merge: adder.add,
          result: (state) => state,
        };
      },
    }),
  ),
};

export const avg: AggregateFunction = {
  kind: 'aggregate',
  name: 'AVG',
  category: 'AGGREGATE',
  doc: 'The mean of the values as DOUBLE.',
  nulls: 'NULLs are ignored; without any other value the mean is 0.0.',
  examples: [],
  undoable: true,
  variants: [INTEGER, BIGINT, DOUBLE].map(
    (type): AggregateVariant => ({
      params: [param('value', type)],
      returns: DOUBLE,
      bind: () => {
        const adder = adderOf(type);
        const step = (state: Value, value: Value, by: 1 | -1): Value => {
          if (value === null) return state;
          const [total, count] = state as [Value, number];
          return [by === 1 ? adder.add(total, value) : adder.subtract(total, value), count + by];
        };
        return {
          state: structType([
            { name: 'SUM', type },
            { name: 'COUNT', type: BIGINT },
          ]),
          returns: DOUBLE,
          initial: [adder.zero, 0],
          add: (state, value) => step(state, value!, 1),
          undo: (state, value) => step(state, value!, -1),
          merge: (earlier, later) => {
            const [a, b] = [earlier as Row, later as Row];
            return [adder.add(a[0]!, b[0]!), (a[1] as number) + (b[1] as number)];
          },
          result: (state) => {
            const [total, count] = state as [Long, number];
            return count === 0 ? 0 : Number(total) / count;
          },
        };
      },
    }),
  ),
};

function extreme(name: 'MIN' | 'MAX', doc: string): AggregateFunction {
  const sign = name === 'MIN' ? -1 : 1;
  return {
    kind: 'aggregate',
    name,
    category: 'AGGREGATE',
    doc,
    nulls: 'NULLs are ignored; without any other value the result is NULL.',
    examples: [],
    undoable: false,
    variants: [INTEGER, BIGINT, DOUBLE, DECIMAL, DATE, TIME, TIMESTAMP, STRING, BYTES].map(
      (type): AggregateVariant => ({
        params: [param('value', type)],
        returns: argumentType(0),
        bind: (call) => {
          const of = call.args[0]!;
          const order = orderCode(of, of);
          const pick = (state: Value, value: Value): Value => {
            if (value === null) return state;
            return state === null || order(value, state) * sign > 0 ? value : state;
          };
          return {
            state: of,
            returns: of,
            initial: null,
            add: (state, value) => pick(state, value!),
            undo: null,
            merge: pick,
            result: (state) => state,
          };
        },
      }),
    ),
  };
}

export const min = extreme('MIN', 'The least value.');
export const max = extreme('MAX', 'The greatest value.');

export const sumList: AggregateFunction = {
  kind: 'aggregate',
  name: 'SUM_LIST',
  category: 'AGGREGATE',
  doc: 'Adds all elements of all arrays.',
  nulls: 'NULL arrays and NULL elements are ignored; without any other element the sum is 0.',
  examples: [],
  undoable: true,
  variants: [INTEGER, BIGINT, DOUBLE].map(
    (type): AggregateVariant => ({
      params: [param('values', arrayType(type))],
      returns: type,
      bind: () => {
        const adder = adderOf(type);
        const fold = (state: Value, list: Value, step: Adder['add']): Value => {
          let total = state;
          if (list !== null) for (const item of list as Value[]) if (item !== null) total = step(total, item);
          return total;
        };
        return {
          state: type,
          returns: type,
          initial: adder.zero,
          add: (state, list) => fold(state, list!, adder.add),
          undo: (state, list) => fold(state, list!, adder.subtract),
          merge: adder.add,
          result: (state) => state,
        };
      },
    }),
  ),
};
