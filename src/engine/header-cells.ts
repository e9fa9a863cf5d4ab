// Header columns.
import type { Row, Value } from '../core/data/schema.ts';
import type { Headers } from '../ports/broker.ts';

/** All headers in order, as ARRAY<STRUCT<KEY STRING, VALUE BYTES>>. */
export function allHeaders(headers: Headers | null): Value {
  return headers === null ? [] : headers.map(([name, value]): Value => [name, value]);
}

/** The value of the last header of that name; null when there is none. */
export function lastHeader(headers: Headers | null, name: string): Value {
  if (headers === null) return null;
  for (let index = headers.length - 1; index >= 0; index--) {
    if (headers[index]![0] === name) return headers[index]![1];
  }
  return null;
}

/** Appends the header columns' cells to a table's row. `wanted`: names; null is all headers. */
export function addHeaderCells(row: Row, headers: Headers, wanted: readonly (string | null)[]): void {
  // Copied, because they stay in a store: the headers are slices of the whole fetched batch.
  const own = headers.map(([name, value]): Headers[number] => [name, value === null ? null : Buffer.from(value)]);
  for (const name of wanted) row.push(name === null ? allHeaders(own) : lastHeader(own, name));
}
