// FILTER, TRANSFORM, REDUCE. A lambda comes as a JavaScript function; failing inner calls are NULL by then.
import type { Value } from '../../../core/data/schema.ts';
import { evaluationError } from '../../errors.ts';
import { identityCode } from '../../types/compare.ts';
import { arrayOf, BOOLEAN, K, lambdaOf, mapOf, param, R, S, scalar, T, V } from '../define.ts';
import type { ScalarVariant } from '../registry.ts';
import { walked } from './map.ts';

type Lambda = (...values: Value[]) => Value;
type Entries = ReadonlyMap<Value, Value>;

const array = param('array', arrayOf(T));
const map = param('map', mapOf(K, V));

function failed(what: string): Error {
  return evaluationError('EVAL-13', what);
}

export const filter = scalar({
  name: 'FILTER',
  category: 'LAMBDA',
  doc: 'The elements or entries for which the lambda is true.',
  nulls: 'NULL for NULL; a NULL answer of the lambda fails the call.',
  variants: [
    {
      params: [array, param('keep', lambdaOf([T], BOOLEAN))],
      returns: arrayOf(T),
      nulls: 'propagate',
      evaluate: (list: Value[], keep: Lambda) => {
        const out: Value[] = [];
        for (const [index, item] of list.entries()) {
          const kept = keep(item);
          if (kept === null) throw failed(`FILTER: the lambda is NULL for element ${index + 1}.`);
          if (kept) out.push(item);
        }
        return out;
      },
    },
    {
      params: [map, param('keep', lambdaOf([K, V], BOOLEAN))],
      returns: mapOf(K, V),
      nulls: 'propagate',
      evaluate: (entries: Entries, keep: Lambda) => {
        const out = new Map<Value, Value>();
        for (const [key, value] of entries) {
          const kept = keep(key, value);
          if (kept === null || (kept && value === null)) {
            throw failed(`FILTER: the lambda or the value is NULL for key ${key}.`);
          }
          if (kept) out.set(key, value);
        }
        return out;
      },
    },
  ],
  examples: [
    ['FILTER(ARRAY[1, 2, 3], x => x > 1)', 'ARRAY[2, 3]'],
    ["FILTER(MAP('a' := 1, 'b' := 2), (k, v) => v > 1)", "MAP('b' := 2)"],
  ],
});

const transformMap: ScalarVariant = {
  params: [map, param('key', lambdaOf([K, V], R)), param('value', lambdaOf([K, V], T))],
  returns: mapOf(R, T),
  nulls: 'propagate',
  bind: (call) => {
    const identity = identityCode(call.variables['R'] ?? { base: 'STRING' });
    return (entries: Entries, newKey: Lambda, newValue: Lambda) => {
      const out = new Map<Value, Value>();
      const seen = new Set<Value>();
      for (const [key, value] of entries) {
        const made = newKey(key, value);
        const item = newValue(key, value);
        const id = identity(made);
        if (item === null || seen.has(id)) {
          throw failed(`TRANSFORM: a second key or a NULL value was made for key ${key}.`);
        }
        seen.add(id);
        out.set(made, item);
      }
      return out;
    };
  },
};

export const transform = scalar({
  name: 'TRANSFORM',
  category: 'LAMBDA',
  doc: 'What the lambda makes of each element; of a map, what two lambdas make of each key and value.',
  nulls: 'NULL for NULL.',
  variants: [
    {
      params: [array, param('change', lambdaOf([T], R))],
      returns: arrayOf(R),
      nulls: 'propagate',
      evaluate: (list: Value[], change: Lambda) => list.map((item) => change(item)),
    },
    transformMap,
  ],
  examples: [
    ['TRANSFORM(ARRAY[1, 2], x => x * 10)', 'ARRAY[10, 20]'],
    ["TRANSFORM(MAP('a' := 1), (k, v) => UCASE(k), (k, v) => v + 1)", "MAP('A' := 2)"],
  ],
});

export const reduce = scalar({
  name: 'REDUCE',
  category: 'LAMBDA',
  doc: 'Folds the elements or entries into one value, from a start value on.',
  nulls: 'NULL for a NULL start; the start for a NULL collection.',
  variants: [
    {
      params: [array, param('start', S), param('step', lambdaOf([S, T], S))],
      returns: S,
      nulls: 'handle',
      evaluate: (list: Value[] | null, start: Value, step: Lambda) => {
        if (start === null || list === null) return start;
        let state: Value = start;
        for (const item of list) state = step(state, item);
        return state;
      },
    },
    {
      params: [map, param('start', S), param('step', lambdaOf([S, K, V], S))],
      returns: S,
      nulls: 'handle',
      evaluate: (entries: Entries | null, start: Value, step: Lambda) => {
        if (start === null || entries === null) return start;
        let state: Value = start;
        for (const [key, value] of walked(entries)) state = step(state, key, value);
        return state;
      },
    },
  ],
  examples: [
    ['REDUCE(ARRAY[1, 2, 3], 10, (s, x) => s + x)', '16'],
    ["REDUCE(MAP('a' := 1, 'b' := 2), 0, (s, k, v) => s + v)", '3'],
  ],
});
