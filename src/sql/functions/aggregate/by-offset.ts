// EARLIEST_BY_OFFSET and LATEST_BY_OFFSET: the first or last values by order of processing.
//
// Each value is kept with a processing number, so that merging sessions knows which came first. Law: numbers of one aggregation only
// grow, also over restarts: they begin at the clock and step over every number met in a state.
import type { Value } from '../../../core/data/schema.ts';
import { sqlError } from '../../errors.ts';
import { arrayType, type SqlType, structType } from '../../types/sql-type.ts';
import { argumentType, BIGINT, BOOLEAN, INTEGER, literalParam, param, T } from '../define.ts';
import type {
  AggregateCall,
  AggregateCode,
  AggregateFunction,
  AggregateVariant,
  FunctionContext,
} from '../registry.ts';

/** A remembered value: processing number and value. */
type Entry = [number: number, value: Value];

interface Sequence {
  after(seen: number): number;
}
function sequenceFrom(context: FunctionContext): Sequence {
  // A thousand numbers a millisecond stay within 2^53 for the next two centuries.
  let next = context.nowMs() * 1000;
  return {
    after(seen) {
      if (seen >= next) next = seen + 1;
      return next++;
    },
  };
}

function entryType(value: SqlType): SqlType {
  return structType([
    { name: 'SEQ', type: BIGINT },
    { name: 'VAL', type: value },
  ]);
}

type Side = 'earliest' | 'latest';

function single(side: Side, call: AggregateCall, context: FunctionContext, ignoreNulls: boolean): AggregateCode {
  const of = call.args[0]!;
  const sequence = sequenceFrom(context);
  return {
    state: entryType(of),
    returns: of,
    initial: null,
    add: (state, value) => {
      if (ignoreNulls && value === null) return state;
      const seen = state === null ? -1 : (state as Entry)[0];
      const number = sequence.after(seen);
      return side === 'earliest' && state !== null ? state : [number, value!];
    },
    undo: null,
    merge: (a, b) => {
      if (a === null || b === null) return a ?? b;
      const first = (a as Entry)[0] <= (b as Entry)[0];
      return first === (side === 'earliest') ? a : b;
    },
    result: (state) => (state === null ? null : (state as Entry)[1]),
  };
}

function several(side: Side, call: AggregateCall, context: FunctionContext, ignoreNulls: boolean): AggregateCode {
  const of = call.args[0]!;
  const count = call.literals[1] as number;
  if (!(count >= 1)) {
    throw sqlError('FUNC-6', {
      what: `The count of ${side.toUpperCase()}_BY_OFFSET is ${count}.`,
      fix: 'It must be 1 or more.',
    });
  }
  const sequence = sequenceFrom(context);
  return {
    state: arrayType(entryType(of)),
    returns: arrayType(of),
    initial: [],
    add: (state, value) => {
      const entries = state as Entry[];
      if ((ignoreNulls && value === null) || (side === 'earliest' && entries.length >= count)) return state;
      const number = sequence.after(entries.length === 0 ? -1 : entries.at(-1)![0]);
      const next: Entry[] = entries.length >= count ? entries.slice(entries.length - count + 1) : entries.slice();
      next.push([number, value!]);
      return next;
    },
    undo: null,
    merge: (a, b) => {
      const all = [...(a as Entry[]), ...(b as Entry[])].sort((x, y) => x[0] - y[0]);
      if (all.length <= count) return all;
      return side === 'earliest' ? all.slice(0, count) : all.slice(all.length - count);
    },
    result: (state) => (state as Entry[]).map((entry) => entry[1]),
  };
}

function byOffset(side: Side, doc: string): AggregateFunction {
  const value = param('value', T);
  const count = literalParam('count', INTEGER);
  const ignore = literalParam('ignoreNulls', BOOLEAN);
  const array: AggregateVariant['returns'] = (call) => arrayType(call.args[0]!);
  return {
    kind: 'aggregate',
    name: side === 'earliest' ? 'EARLIEST_BY_OFFSET' : 'LATEST_BY_OFFSET',
    category: 'AGGREGATE',
    doc,
    nulls: 'NULLs are ignored unless ignoreNulls is FALSE.',
    examples: [],
    undoable: false,
    variants: [
      { params: [value], returns: argumentType(0), bind: (call, context) => single(side, call, context, true) },
      {
        params: [value, ignore],
        returns: argumentType(0),
        bind: (call, context) => single(side, call, context, call.literals[1] !== false),
      },
      { params: [value, count], returns: array, bind: (call, context) => several(side, call, context, true) },
      {
        params: [value, count, ignore],
        returns: array,
        bind: (call, context) => several(side, call, context, call.literals[2] !== false),
      },
    ],
  };
}

export const earliestByOffset = byOffset('earliest', 'The first value by order of processing, or the first so many.');
export const latestByOffset = byOffset(
  'latest',
  'The last value by order of processing, or the last so many, oldest first.',
);
