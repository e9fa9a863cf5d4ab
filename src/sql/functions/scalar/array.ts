// Arrays.
import type { Value } from '../../../core/data/schema.ts';
import { evaluationError } from '../../errors.ts';
import { addLong } from '../../types/arithmetic.ts';
import { textOf } from '../../types/cast.ts';
import { equalCode, identityCode, orderCode } from '../../types/compare.ts';
import { arrayType, type SqlType } from '../../types/sql-type.ts';
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  INTEGER,
  lenient,
  param,
  primitiveParam,
  STRING,
  scalar,
  strict,
  T,
  variable,
} from '../define.ts';
import type { CallTypes, Evaluate, Parameter, Pattern, ScalarFunction, ScalarVariant } from '../registry.ts';

type List = readonly Value[];
const array = param('array', arrayOf(T));

/** An overload whose code needs the element type. */
function typed(
  params: readonly Parameter[],
  returns: Pattern,
  nulls: ScalarVariant['nulls'],
  make: (items: SqlType) => Evaluate,
): ScalarVariant {
  return { params, returns, nulls, bind: (call: CallTypes) => make(variable(call, 'T')) };
}

export const arrayConcat = scalar({
  name: 'ARRAY_CONCAT',
  category: 'ARRAY',
  doc: 'The elements of both arrays, the left ones first.',
  nulls: 'The other array when one is NULL; NULL when both are.',
  variants: [
    lenient(
      [param('left', arrayOf(T)), param('right', arrayOf(T))],
      arrayOf(T),
      (left: Value[] | null, right: Value[] | null) =>
        left === null || right === null ? (left ?? right) : [...left, ...right],
    ),
  ],
  examples: [['ARRAY_CONCAT(ARRAY[1, 2], ARRAY[2, 3])', 'ARRAY[1, 2, 2, 3]']],
});

export const arrayContains = scalar({
  name: 'ARRAY_CONTAINS',
  category: 'ARRAY',
  doc: 'Whether the array holds the value.',
  nulls: 'FALSE for a NULL array; a NULL value asks for NULL elements.',
  variants: [
    typed([array, param('value', T)], BOOLEAN, 'handle', (items) => {
      const equal = equalCode(items);
      return (list: List | null, value: Value) => list?.some((item) => equal(item, value)) ?? false;
    }),
  ],
  examples: [
    ['ARRAY_CONTAINS(ARRAY[1, 2], 2)', 'TRUE'],
    ["ARRAY_CONTAINS(ARRAY['a'], 'b')", 'FALSE'],
  ],
});

export const arrayDistinct = scalar({
  name: 'ARRAY_DISTINCT',
  category: 'ARRAY',
  doc: 'The distinct elements in order of their first occurrence.',
  nulls: 'NULL for NULL; one NULL element is kept.',
  variants: [typed([array], arrayOf(T), 'propagate', (items) => (list: List) => distinct(list, items))],
  examples: [['ARRAY_DISTINCT(ARRAY[1, 2, 1, 3, 2])', 'ARRAY[1, 2, 3]']],
});

function distinct(list: List, items: SqlType): Value[] {
  const identity = identityCode(items);
  const seen = new Set<Value>();
  const out: Value[] = [];
  for (const item of list) {
    const key = identity(item);
    if (seen.has(key)) continue;
    seen.add(key);
    out.push(item);
  }
  return out;
}

function chosen(name: string, doc: string, keep: boolean, example: string): ScalarFunction {
  return scalar({
    name,
    category: 'ARRAY',
    doc,
    nulls: 'NULL when an array is NULL.',
    variants: [
      typed([param('left', arrayOf(T)), param('right', arrayOf(T))], arrayOf(T), 'propagate', (items) => {
        const identity = identityCode(items);
        return (left: List, right: List) => {
          const other = new Set(right.map(identity));
          return distinct(left, items).filter((item) => other.has(identity(item)) === keep);
        };
      }),
    ],
    examples: [[`${name}(ARRAY[1, 2, 3, 2], ARRAY[2, 4])`, example]],
  });
}
export const arrayExcept = chosen(
  'ARRAY_EXCEPT',
  'The distinct left elements that are not in the right array.',
  false,
  'ARRAY[1, 3]',
);
export const arrayIntersect = chosen(
  'ARRAY_INTERSECT',
  'The distinct left elements that are in the right array.',
  true,
  'ARRAY[2]',
);

export const arrayUnion = scalar({
  name: 'ARRAY_UNION',
  category: 'ARRAY',
  doc: 'The distinct elements of both arrays, the left ones first.',
  nulls: 'NULL when an array is NULL.',
  variants: [
    typed([param('left', arrayOf(T)), param('right', arrayOf(T))], arrayOf(T), 'propagate', (items) => {
      return (left: List, right: List) => distinct([...left, ...right], items);
    }),
  ],
  examples: [['ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3])', 'ARRAY[1, 2, 3]']],
});

export const arrayRemove = scalar({
  name: 'ARRAY_REMOVE',
  category: 'ARRAY',
  doc: 'The array without the elements equal to the value.',
  nulls: 'NULL for a NULL array; a NULL value removes NULL elements.',
  variants: [
    typed([array, param('value', T)], arrayOf(T), 'handle', (items) => {
      const equal = equalCode(items);
      return (list: List | null, value: Value) => list?.filter((item) => !equal(item, value)) ?? null;
    }),
  ],
  examples: [['ARRAY_REMOVE(ARRAY[1, 2, 1], 1)', 'ARRAY[2]']],
});

const JOINABLE = ['BOOLEAN', 'INTEGER', 'BIGINT', 'DOUBLE', 'DECIMAL', 'STRING'];

export const arrayJoin = scalar({
  name: 'ARRAY_JOIN',
  category: 'ARRAY',
  doc: 'The elements as one text, with a delimiter (a comma by default) between them.',
  nulls: 'NULL for a NULL array; NULL elements print as null; a NULL delimiter is an empty one.',
  variants: [
    typed([array], STRING, 'handle', (items) => (list: List | null) => joined(list, ',', items)),
    typed([array, param('delimiter', STRING)], STRING, 'handle', (items) => {
      return (list: List | null, delimiter: string | null) => joined(list, delimiter ?? '', items);
    }),
  ],
  examples: [
    ['ARRAY_JOIN(ARRAY[1, 2])', "'1,2'"],
    ["ARRAY_JOIN(ARRAY['a', 'b'], '-')", "'a-b'"],
  ],
});

function joined(list: List | null, delimiter: string, items: SqlType): string | null {
  if (!JOINABLE.includes(items.base)) {
    throw evaluationError('EVAL-12', `ARRAY_JOIN joins ${JOINABLE.join(', ')}, not ${items.base}.`);
  }
  const text = textOf(items);
  return list?.map((item) => (item === null ? 'null' : text(item))).join(delimiter) ?? null;
}

export const arrayLength = scalar({
  name: 'ARRAY_LENGTH',
  category: 'ARRAY',
  doc: 'The count of elements.',
  nulls: 'NULL for NULL.',
  variants: [
    strict(
      [array],
      INTEGER,
      (list: List) => list.length,
      ([list]) => `${list}.length`,
    ),
  ],
  examples: [['ARRAY_LENGTH(ARRAY[1, 2, 3])', '3']],
});

const UNCOMPARABLE = ['ARRAY', 'MAP', 'STRUCT'];

/** Resolution lets any element type pass, so what cannot be ordered fails when it is called. */
function orderOf(items: SqlType, name: string): (left: Value, right: Value) => number {
  if (!UNCOMPARABLE.includes(items.base)) return orderCode(items, items);
  return () => {
    throw evaluationError('EVAL-12', `${name} cannot order ${items.base} values.`);
  };
}

function extreme(name: 'ARRAY_MAX' | 'ARRAY_MIN'): ScalarFunction {
  const wanted = name === 'ARRAY_MAX' ? 1 : -1;
  return scalar({
    name,
    category: 'ARRAY',
    doc: `The ${name === 'ARRAY_MAX' ? 'greatest' : 'least'} element.`,
    nulls: 'NULL elements are ignored; NULL for NULL and when there is no other element.',
    variants: [
      typed([array], T, 'propagate', (items) => {
        const order = orderOf(items, name);
        return (list: List) => {
          let best: Value = null;
          for (const item of list) if (item !== null && (best === null || order(item, best) * wanted > 0)) best = item;
          return best;
        };
      }),
    ],
    examples: [[`${name}(ARRAY[2, 3, 1])`, wanted === 1 ? '3' : '1']],
  });
}
export const arrayMax = extreme('ARRAY_MAX');
export const arrayMin = extreme('ARRAY_MIN');

const ASCENDING = ['ASC', 'ASCENDING'];
const DESCENDING = ['DESC', 'DESCENDING'];

export const arraySort = scalar({
  name: 'ARRAY_SORT',
  category: 'ARRAY',
  doc: 'The elements in ascending order, or descending with DESC. NULLs stand last both ways.',
  nulls: 'NULL for a NULL array and for a direction that is none.',
  variants: [
    typed([array], arrayOf(T), 'propagate', (items) => {
      const order = orderOf(items, 'ARRAY_SORT');
      return (list: List) => sorted(list, order, 1);
    }),
    typed([array, param('direction', STRING)], arrayOf(T), 'propagate', (items) => {
      const order = orderOf(items, 'ARRAY_SORT');
      return (list: List, direction: string) => {
        const name = direction.toUpperCase();
        if (ASCENDING.includes(name)) return sorted(list, order, 1);
        return DESCENDING.includes(name) ? sorted(list, order, -1) : null;
      };
    }),
  ],
  examples: [
    ['ARRAY_SORT(ARRAY[2, 3, 1])', 'ARRAY[1, 2, 3]'],
    ["ARRAY_SORT(ARRAY[2, 3, 1], 'desc')", 'ARRAY[3, 2, 1]'],
  ],
});

function sorted(list: List, order: (left: Value, right: Value) => number, sign: number): Value[] {
  return list.toSorted((left, right) => {
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return order(left, right) * sign;
  });
}

export const slice = scalar({
  name: 'SLICE',
  category: 'ARRAY',
  doc: 'The elements from one position to another, both counted from 1 and inclusive.',
  nulls: 'NULL for a NULL array; a NULL position is the start or the end.',
  variants: [
    lenient(
      [array, param('from', INTEGER), param('to', INTEGER)],
      arrayOf(T),
      (list: List | null, from: number | null, to: number | null) => {
        if (list === null) return null;
        const first = (from ?? 1) - 1;
        const end = to ?? list.length;
        if (first < 0 || end > list.length || end < 0 || first > list.length) return null;
        if (first > end) throw evaluationError('EVAL-12', `SLICE from ${first + 1} to ${end} runs backwards.`);
        return list.slice(first, end);
      },
    ),
  ],
  examples: [
    ['SLICE(ARRAY[1, 2, 3, 4], 2, 3)', 'ARRAY[2, 3]'],
    ['SLICE(ARRAY[1, 2], 1, 5)', 'NULL'],
  ],
});

const SERIES_MAX = 10_000_000;

function series(start: number | bigint, end: number | bigint, step: number): Value[] {
  const distance = BigInt(end) - BigInt(start);
  if (step === 0 || (distance > 0n && step < 0) || (distance < 0n && step > 0)) {
    throw evaluationError('EVAL-12', `A series from ${start} to ${end} does not go by steps of ${step}.`);
  }
  const count = Number(distance / BigInt(step)) + 1;
  if (count > SERIES_MAX) throw evaluationError('EVAL-12', `A series of ${count} numbers is too long.`);
  const out: Value[] = [];
  let each: number | bigint = start;
  for (let i = 0; i < count; i++) {
    out.push(each);
    each = addLong(each, step);
  }
  return out;
}

function seriesVariants(type: typeof INTEGER): ScalarVariant[] {
  const bounds = [primitiveParam('start', type), primitiveParam('end', type)];
  return [
    lenient(bounds, arrayType(type), (start: number | bigint, end: number | bigint) =>
      series(start, end, end > start ? 1 : -1),
    ),
    lenient([...bounds, primitiveParam('step', INTEGER)], arrayType(type), series),
  ];
}

export const generateSeries = scalar({
  name: 'GENERATE_SERIES',
  category: 'ARRAY',
  doc: 'The numbers from one to another, both inclusive, by steps of 1 or −1 or as given.',
  nulls: 'NULL when an argument is NULL.',
  variants: [...seriesVariants(INTEGER), ...seriesVariants(BIGINT)],
  examples: [
    ['GENERATE_SERIES(1, 4)', 'ARRAY[1, 2, 3, 4]'],
    ['GENERATE_SERIES(5, 1, -2)', 'ARRAY[5, 3, 1]'],
  ],
});
