// Table functions: one row in, any number of rows out.
import type { Value } from '../../core/data/schema.ts';
import { evaluationError } from '../errors.ts';
import { arrayOf, param, T } from './define.ts';
import type { TableFunction } from './registry.ts';

const CUBE_COLUMNS_MAX = 20;

export const explode: TableFunction = {
  kind: 'table',
  name: 'EXPLODE',
  category: 'TABLE',
  doc: 'One row for each element of an array, in order.',
  nulls: 'A NULL or empty array gives no rows; NULL elements give rows.',
  examples: [],
  variants: [
    {
      params: [param('array', arrayOf(T))],
      returns: T,
      evaluate: (array: Value[] | null) => array ?? [],
    },
  ],
};

export const cubeExplode: TableFunction = {
  kind: 'table',
  name: 'CUBE_EXPLODE',
  category: 'TABLE',
  doc: 'One array for each way of keeping elements or replacing them by NULL, the all-NULL one first.',
  nulls: 'A NULL array gives no rows; NULL elements give no duplicates.',
  examples: [],
  variants: [{ params: [param('columns', arrayOf(T))], returns: arrayOf(T), evaluate: cube }],
};

function cube(columns: Value[] | null): readonly Value[] {
  if (columns === null) return [];
  if (columns.length > CUBE_COLUMNS_MAX) {
    throw evaluationError('EVAL-12', `CUBE_EXPLODE takes at most ${CUBE_COLUMNS_MAX} elements, not ${columns.length}.`);
  }
  // Only elements that are not null already make a difference; the last one is the lowest bit.
  const positions = columns.flatMap((value, index) => (value === null ? [] : [index]));
  const rows: Value[] = [];
  for (let mask = 0; mask < 2 ** positions.length; mask++) {
    const row: Value[] = columns.map(() => null);
    for (const [order, index] of positions.entries()) {
      if (mask & (1 << (positions.length - 1 - order))) row[index] = columns[index]!;
    }
    rows.push(row);
  }
  return rows;
}
