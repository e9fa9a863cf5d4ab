// COLLECT_LIST, COLLECT_SET, HISTOGRAM, ATTR, COUNT_DISTINCT: aggregates that keep values.
import type { Row, Value } from '../../../core/data/schema.ts';
import { equalCode, identityCode } from '../../types/compare.ts';
import { arrayType, mapType, type SqlType, structType } from '../../types/sql-type.ts';
import { BIGINT, INTEGER, param, STRING, T } from '../define.ts';
import type { AggregateFunction, FunctionContext } from '../registry.ts';
import { estimate, hashOf, joined, withHash } from './distinct.ts';

const HISTOGRAM_KEYS_MAX = 1000;

/** `ksql.functions.collect_list.limit` and the like; unset or negative: no limit. */
function limitOf(context: FunctionContext, name: string): number {
  const text = context.properties[`ksql.functions.${name}.limit`];
  const limit = text === undefined ? -1 : Number(text);
  return Number.isInteger(limit) && limit >= 0 ? limit : Number.POSITIVE_INFINITY;
}

export const collectList: AggregateFunction = {
  kind: 'aggregate',
  name: 'COLLECT_LIST',
  category: 'AGGREGATE',
  doc: 'All values in order of arrival, up to `ksql.functions.collect_list.limit`.',
  nulls: 'NULLs are kept.',
  examples: [],
  undoable: true,
  variants: [
    {
      params: [param('value', T)],
      returns: arrayOfFirst,
      bind: (call, context) => {
        const limit = limitOf(context, 'collect_list');
        const equal = equalCode(call.args[0]!);
        const type = arrayType(call.args[0]!);
        return {
          state: type,
          returns: type,
          initial: [],
          add: (state, value) => {
            const list = state as Value[];
            return list.length >= limit ? list : appended(list, value!);
          },
          undo: (state, value) => {
            const list = state as Value[];
            const at = list.findLastIndex((item) => equal(item, value!));
            return at < 0 ? list : list.toSpliced(at, 1);
          },
          merge: (a, b) => [...(a as Value[]), ...(b as Value[])].slice(0, limit),
          result: (state) => state,
        };
      },
    },
  ],
};

export const collectSet: AggregateFunction = {
  kind: 'aggregate',
  name: 'COLLECT_SET',
  category: 'AGGREGATE',
  doc: 'The distinct values in order of arrival, up to `ksql.functions.collect_set.limit`.',
  nulls: 'One NULL is kept.',
  examples: [],
  undoable: false,
  variants: [
    {
      params: [param('value', T)],
      returns: arrayOfFirst,
      bind: (call, context) => {
        const limit = limitOf(context, 'collect_set');
        const equal = equalCode(call.args[0]!);
        const type = arrayType(call.args[0]!);
        const add = (state: Value, value: Value): Value => {
          const list = state as Value[];
          const known = list.length >= limit || list.some((item) => equal(item, value));
          return known ? list : appended(list, value);
        };
        return {
          state: type,
          returns: type,
          initial: [],
          add: (state, value) => add(state, value!),
          undo: null,
          merge: (a, b) => (b as Value[]).reduce(add, a),
          result: (state) => state,
        };
      },
    },
  ],
};

function arrayOfFirst(call: { readonly args: readonly (SqlType | null)[] }): SqlType {
  return arrayType(call.args[0]!);
}

function appended(list: readonly Value[], value: Value): Value[] {
  const next = list.slice();
  next.push(value);
  return next;
}

export const histogram: AggregateFunction = {
  kind: 'aggregate',
  name: 'HISTOGRAM',
  category: 'AGGREGATE',
  doc: `How often each text came, for the first ${HISTOGRAM_KEYS_MAX} distinct texts.`,
  nulls: 'NULLs are ignored.',
  examples: [],
  undoable: true,
  variants: [
    {
      params: [param('value', STRING)],
      returns: mapType(STRING, BIGINT),
      bind: () => {
        const change = (state: Value, value: Value, by: number): Value => {
          const counts = state as Map<Value, Value>;
          if (value === null || (!counts.has(value) && (by < 0 || counts.size >= HISTOGRAM_KEYS_MAX))) return counts;
          const next = new Map(counts);
          const count = ((counts.get(value) as number | undefined) ?? 0) + by;
          if (count > 0) next.set(value, count);
          else next.delete(value);
          return next;
        };
        return {
          state: mapType(STRING, BIGINT),
          returns: mapType(STRING, BIGINT),
          initial: new Map(),
          add: (state, value) => change(state, value!, 1),
          undo: (state, value) => change(state, value!, -1),
          merge: (a, b) => {
            let merged = a;
            for (const [value, count] of b as Map<Value, Value>) merged = change(merged, value, count as number);
            return merged;
          },
          result: (state) => state,
        };
      },
    },
  ],
};

export const attr: AggregateFunction = {
  kind: 'aggregate',
  name: 'ATTR',
  category: 'AGGREGATE',
  doc: 'The value when all rows have the same, else NULL.',
  nulls: 'NULL counts as a value.',
  examples: [],
  undoable: true,
  variants: [
    {
      params: [param('value', T)],
      returns: (call) => call.args[0]!,
      bind: (call) => {
        const of = call.args[0]!;
        const equal = equalCode(of);
        const change = (state: Value, value: Value, by: number): Value => {
          const entries = state as Row[];
          const at = entries.findIndex((entry) => equal(entry[0]!, value));
          if (at < 0) return by > 0 ? [...entries, [value, by]] : entries;
          const count = (entries[at]![1] as number) + by;
          return count > 0 ? entries.with(at, [entries[at]![0]!, count]) : entries.toSpliced(at, 1);
        };
        return {
          state: arrayType(
            structType([
              { name: 'KEY', type: of },
              { name: 'VALUE', type: INTEGER },
            ]),
          ),
          returns: of,
          initial: [],
          add: (state, value) => change(state, value!, 1),
          undo: (state, value) => change(state, value!, -1),
          merge: (a, b) => (b as Row[]).reduce((merged, entry) => change(merged, entry[0]!, entry[1] as number), a),
          result: (state) => ((state as Row[]).length === 1 ? (state as Row[])[0]![0]! : null),
        };
      },
    },
  ],
};

export const countDistinct: AggregateFunction = {
  kind: 'aggregate',
  name: 'COUNT_DISTINCT',
  category: 'AGGREGATE',
  doc: 'About how many distinct values there are: exact up to a thousand or so, beyond with an error of about 1 %.',
  nulls: 'NULLs are ignored.',
  examples: [],
  undoable: false,
  variants: [
    {
      params: [param('value', T)],
      returns: BIGINT,
      bind: (call) => {
        const identity = identityCode(call.args[0]!);
        return {
          state: arrayType(INTEGER),
          returns: BIGINT,
          initial: [],
          add: (state, value) =>
            value === null ? state : withHash(state as number[], hashOf(String(identity(value!)))),
          undo: null,
          merge: (a, b) => joined(a as number[], b as number[]),
          result: (state) => estimate(state as number[]),
        };
      },
    },
  ],
};
