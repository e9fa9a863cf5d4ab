// Maps. Where an array is made of one, its order is that of Java's hash map, as the reference's is.
import type { Value } from '../../../core/data/schema.ts';
import { inHashOrder } from '../../../core/java/hash-order.ts';
import { arrayType, mapType, type SqlType, structType } from '../../types/sql-type.ts';
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  DOUBLE,
  INTEGER,
  lenient,
  mapOf,
  param,
  primitiveParam,
  STRING,
  scalar,
  strict,
  T,
} from '../define.ts';
import type { ScalarVariant } from '../registry.ts';

type Entries = ReadonlyMap<Value, Value>;
const texts = mapOf(STRING, T);

/** The entries as the reference walks them. */
export function walked(map: Entries): (readonly [key: Value, value: Value])[] {
  return inHashOrder([...map], ([key]) => (typeof key === 'string' ? key : null));
}

export const asMap = scalar({
  name: 'AS_MAP',
  category: 'MAP',
  doc: 'A map of an array of keys and one of values. A later duplicate wins; values without a key are ignored.',
  nulls: 'NULL when an array is NULL; missing values are NULL.',
  variants: [
    strict([param('keys', arrayType(STRING)), param('values', arrayOf(T))], texts, (keys: Value[], values: Value[]) => {
      const out = new Map<Value, Value>();
      for (const [index, key] of keys.entries()) out.set(key, values[index] ?? null);
      return out;
    }),
  ],
  examples: [["AS_MAP(ARRAY['a', 'b'], ARRAY[1, 2])", "MAP('a' := 1, 'b' := 2)"]],
});

export const mapKeys = scalar({
  name: 'MAP_KEYS',
  category: 'MAP',
  doc: 'The keys.',
  nulls: 'NULL for NULL.',
  variants: [strict([param('map', texts)], arrayType(STRING), (map: Entries) => walked(map).map(([key]) => key))],
  examples: [["MAP_KEYS(MAP('b' := 1, 'a' := 2))", "ARRAY['a', 'b']"]],
});

export const mapValues = scalar({
  name: 'MAP_VALUES',
  category: 'MAP',
  doc: 'The values.',
  nulls: 'NULL for NULL.',
  variants: [strict([param('map', texts)], arrayOf(T), (map: Entries) => walked(map).map(([, value]) => value))],
  examples: [["MAP_VALUES(MAP('b' := 1, 'a' := 2))", 'ARRAY[2, 1]']],
});

export const mapUnion = scalar({
  name: 'MAP_UNION',
  category: 'MAP',
  doc: 'The entries of both maps; the second wins on equal keys.',
  nulls: 'The other map when one is NULL; NULL when both are.',
  variants: [
    lenient([param('first', texts), param('second', texts)], texts, (first: Entries | null, second: Entries | null) => {
      if (first === null && second === null) return null;
      const out = new Map(first ?? []);
      for (const [key, value] of second ?? []) out.set(key, value);
      return out;
    }),
  ],
  examples: [["MAP_UNION(MAP('a' := 1, 'b' := 1), MAP('b' := 2))", "MAP('a' := 1, 'b' := 2)"]],
});

function entriesOf(type: SqlType): ScalarVariant {
  const entry = structType([
    { name: 'K', type: STRING },
    { name: 'V', type },
  ]);
  return lenient(
    [param('map', mapType(STRING, type)), primitiveParam('sorted', BOOLEAN)],
    arrayType(entry),
    (map: Entries | null, sorted: boolean) => {
      if (map === null) return null;
      const list = sorted
        ? ([...map] as [string, Value][]).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
        : walked(map);
      return list.map(([key, value]) => [key, value] as Value[]);
    },
  );
}

export const entries = scalar({
  name: 'ENTRIES',
  category: 'MAP',
  doc: 'The entries as structs of K and V, sorted by key when asked.',
  nulls: 'NULL when an argument is NULL.',
  variants: [INTEGER, BIGINT, DOUBLE, BOOLEAN, STRING].map(entriesOf),
  examples: [["ENTRIES(MAP('b' := 1, 'a' := 2), TRUE)", "ARRAY[STRUCT(K := 'a', V := 2), STRUCT(K := 'b', V := 1)]"]],
});
