// What makes two key rows the same key, as something a Map can hold.
//
// Law: within one store two rows have the same identity exactly when all their cells are equal. Cells are typed statically, so
// a number and a text never meet in one place; the `Long` law (core/data/schema.ts) makes 64-bit numbers comparable as they are.
import type { Decimal, Row, Value } from '../core/data/schema.ts';

export type KeyIdentity = string | number | bigint | boolean | null;

/** The identity of a key row. A single plain cell is its own identity: no text is built for it. */
export function keyIdentity(key: Row): KeyIdentity {
  if (key.length === 1) {
    const cell = key[0] as Value;
    return typeof cell === 'object' && cell !== null ? textOf(cell) : cell;
  }
  let text = '';
  for (let i = 0; i < key.length; i++) text += textOf(key[i] as Value);
  return text;
}

/** A text that no other value of the same type has, and that never is the beginning of another one's. */
function textOf(cell: Value): string {
  if (cell === null) return 'n;';
  switch (typeof cell) {
    case 'string':
      return `${cell.length}:${cell}`;
    case 'number':
    case 'bigint':
    case 'boolean':
      return `${cell};`;
    default:
      return textOfObject(cell);
  }
}

function textOfObject(cell: object): string {
  if (Array.isArray(cell)) {
    let text = `[${cell.length};`;
    for (const item of cell as Value[]) text += textOf(item);
    return text;
  }
  if (cell instanceof Map) {
    const entries = [...(cell as Map<Value, Value>)].map(([key, value]) => textOf(key) + textOf(value)).sort();
    return `{${entries.length};${entries.join('')}`;
  }
  if (cell instanceof Uint8Array)
    return `b${Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString('hex')};`;
  const { unscaled, scale } = cell as Decimal;
  return `d${unscaled}e${scale};`;
}
