// Shapes of rows that formats share: the single column of a bare side, and the wanted cells of whole rows.
import type { Row, Schema, Value } from '../core/data/schema.ts';
import { assert } from '../core/errors.ts';
import type { SerdeSpec } from './format.ts';

/** The wanted cells of whole rows; a path through a null struct gives null. */
export function pick(cells: Row, wanted: readonly (readonly number[])[]): Row {
  const picked: Row = [];
  for (let i = 0; i < wanted.length; i++) {
    const path = wanted[i]!;
    let value: Value = cells[path[0]!] ?? null;
    for (let depth = 1; depth < path.length && value !== null; depth++) value = (value as Row)[path[depth]!] ?? null;
    picked.push(value);
  }
  return picked;
}

/** The single column of a bare side. */
export function columnOf(spec: SerdeSpec): Schema {
  const fields = spec.schema.fields ?? [];
  assert(fields.length === 1, 'a bare side has one column');
  return fields[0]!.schema;
}
