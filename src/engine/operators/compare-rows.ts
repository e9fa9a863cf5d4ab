// An order of key rows, for places where the order of output must not depend on chance.
import type { Row, Value } from '../../core/data/schema.ts';

/** Cell by cell; nulls first. */
export function compareRows(left: Row, right: Row): number {
  for (let i = 0; i < left.length; i++) {
    const order = compareCells(left[i]!, right[i] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

function compareCells(left: Value, right: Value): number {
  if (left === right) return 0;
  if (left === null) return -1;
  if (right === null) return 1;
  if (typeof left === 'object') return String(left) < String(right) ? -1 : 1;
  return left < right ? -1 : 1;
}
