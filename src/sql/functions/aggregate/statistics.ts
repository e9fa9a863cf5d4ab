// STDDEV_SAMP, STDDEV_SAMPLE, CORRELATION.
import type { Long, Row, Value } from '../../../core/data/schema.ts';
import { structType } from '../../types/sql-type.ts';
import { BIGINT, DOUBLE, INTEGER, param } from '../define.ts';
import type { AggregateFunction, AggregateVariant } from '../registry.ts';
import { adderOf } from './basic.ts';

/** Running variance: sum, count and the sum of squared distances from the mean (M2), kept so that one row can be undone. */
function spread(name: string, doc: string, finish: (variance: number) => number): AggregateFunction {
  return {
    kind: 'aggregate',
    name,
    category: 'AGGREGATE',
    doc,
    nulls: 'NULLs are ignored; with fewer than two values the result is 0.0.',
    examples: [],
    undoable: true,
    variants: [INTEGER, BIGINT, DOUBLE].map((type): AggregateVariant => {
      const adder = adderOf(type);
      return {
        params: [param('value', type)],
        returns: DOUBLE,
        bind: () => ({
          state: structType([
            { name: 'SUM', type },
            { name: 'COUNT', type: BIGINT },
            { name: 'M2', type: DOUBLE },
          ]),
          returns: DOUBLE,
          initial: [adder.zero, 0, 0],
          add: (state, value) => {
            if (value === null) return state;
            const [sum, count, m2] = state as [Long, number, number];
            const x = Number(value as Long);
            const delta = x * (count + 1) - (Number(sum) + x);
            const grown = count < 1 ? m2 : m2 + (delta * delta) / ((count + 1) * count);
            return [adder.add(sum, value!), count + 1, grown];
          },
          undo: (state, value) => {
            if (value === null) return state;
            const [sum, count, m2] = state as [Long, number, number];
            const x = Number(value as Long);
            const left = count - 1;
            const delta = x * count - Number(sum);
            return [adder.subtract(sum, value!), left, left < 1 ? 0 : m2 - (delta * delta) / (left * (left + 1))];
          },
          merge: mergeSpread(adder.add),
          result: (state) => {
            const [, count, m2] = state as [Long, number, number];
            return count < 2 ? 0 : finish(m2 / (count - 1));
          },
        }),
      };
    }),
  };
}

function mergeSpread(add: (left: Value, right: Value) => Value): (a: Value, b: Value) => Value {
  return (a, b) => {
    const [sumA, countA, m2A] = a as [Long, number, number];
    const [sumB, countB, m2B] = b as [Long, number, number];
    if (countA === 0 || countB === 0) return countA === 0 ? b : a;
    const delta = Number(sumB) / countB - Number(sumA) / countA;
    const m2 = m2A + m2B + (delta * delta * countA * countB) / (countA + countB);
    return [add(sumA, sumB), countA + countB, m2];
  };
}

export const stddevSamp = spread(
  'STDDEV_SAMP',
  'The sample variance of the values (despite its name, as in the reference).',
  (variance) => variance,
);
export const stddevSample = spread('STDDEV_SAMPLE', 'The sample standard deviation of the values.', Math.sqrt);

const SUMS = ['COUNT', 'SUM_X', 'SUM_Y', 'SUM_XX', 'SUM_YY', 'SUM_XY'];

export const correlation: AggregateFunction = {
  kind: 'aggregate',
  name: 'CORRELATION',
  category: 'AGGREGATE',
  doc: "Pearson's correlation coefficient of two columns.",
  nulls: 'Pairs with a NULL are ignored; without data or variance the result is NaN.',
  examples: [],
  undoable: true,
  variants: [INTEGER, BIGINT, DOUBLE].map((type): AggregateVariant => {
    const step = (state: Value, xCell: Value, yCell: Value, sign: number): Value => {
      if (xCell === null || yCell === null) return state;
      const [n, sumX, sumY, sumXx, sumYy, sumXy] = state as number[];
      const x = Number(xCell as Long);
      const y = Number(yCell as Long);
      return [
        n! + sign,
        sumX! + sign * x,
        sumY! + sign * y,
        sumXx! + sign * x * x,
        sumYy! + sign * y * y,
        sumXy! + sign * x * y,
      ];
    };
    return {
      params: [param('x', type), param('y', type)],
      returns: DOUBLE,
      bind: () => ({
        state: structType(SUMS.map((name) => ({ name, type: name === 'COUNT' ? BIGINT : DOUBLE }))),
        returns: DOUBLE,
        initial: SUMS.map(() => 0),
        add: (state, x, y) => step(state, x!, y!, 1),
        undo: (state, x, y) => step(state, x!, y!, -1),
        merge: (a, b) => (a as Row).map((cell, index) => (cell as number) + ((b as Row)[index] as number)),
        result: (state) => {
          const [n, sumX, sumY, sumXx, sumYy, sumXy] = state as number[];
          const variance = (n! * sumXx! - sumX! * sumX!) * (n! * sumYy! - sumY! * sumY!);
          return (n! * sumXy! - sumX! * sumY!) / Math.sqrt(variance);
        },
      }),
    };
  }),
};
