// Columns that a change event does not carry: Postgres (and Oracle) leave large values out of an update that did not touch them,
// and Debezium puts a placeholder in their place. Written on, it destroys the value that the target still has.
//
// Law: a placeholder never leaves the unwrapping unless it is asked for. `merge` takes the value from the row before the change
// where that has it, and leaves the column out where it has not; `drop` always leaves it out; `keep` is the reference.

import { type Schema, Struct, structOf, type Value } from '../../core/data/schema.ts';
import { schemaBasics } from '../cells.ts';
import { configFault } from '../faults.ts';

export type UnavailableMode = 'merge' | 'drop' | 'keep';

const MODES: readonly string[] = ['merge', 'drop', 'keep'] satisfies readonly UnavailableMode[];
export const UNAVAILABLE_VALUE = '__debezium_unavailable_value';
/** Whose connectors use placeholders. */
const SOURCES = /\.(?:postgresql|oracle)\./;
const KINDS: ReadonlySet<string> = new Set(['string', 'bytes', 'array', 'map']);

/** The mode that a setting names. */
export function unavailableMode(text: string | null | undefined): UnavailableMode {
  const mode = (text ?? 'merge').trim().toLowerCase();
  if (MODES.includes(mode)) return mode as UnavailableMode;
  throw configFault(`unavailable.values is "${text}".`, `Use one of: ${MODES.join(', ')}.`);
}

/** Columns of a row schema that may hold a placeholder; none unless the event comes from a database that uses them. */
export function columnsToWatch(row: Schema, sourceName: string | undefined): readonly number[] {
  if (sourceName === undefined || !SOURCES.test(sourceName)) return [];
  return (row.fields ?? []).filter(({ schema }) => KINDS.has(schema.kind)).map(({ index }) => index);
}

/** True for a placeholder: the text, its bytes, or a list or map of it alone. */
export function isUnavailable(value: Value | undefined): boolean {
  if (typeof value === 'string') return value === UNAVAILABLE_VALUE;
  if (value instanceof Uint8Array) {
    return value.length === UNAVAILABLE_VALUE.length && Buffer.from(value).toString('latin1') === UNAVAILABLE_VALUE;
  }
  if (Array.isArray(value)) return value.length === 1 && isUnavailable(value[0]);
  return value instanceof Map && value.size === 1 && value.has(UNAVAILABLE_VALUE);
}

/** Rows without their placeholders. One for each row schema: it remembers the schemas it makes. */
export class AvailableRows {
  readonly #watched: readonly number[];
  readonly #merge: boolean;
  readonly #schemas = new Map<string, Schema>();

  constructor(watched: readonly number[], mode: UnavailableMode) {
    this.#watched = watched;
    this.#merge = mode === 'merge';
  }

  /** The same row when nothing is missing in it. */
  of(row: Struct, before: Value): Struct {
    let lacking: number[] | null = null;
    for (let i = 0; i < this.#watched.length; i++) {
      const column = this.#watched[i]!;
      if (isUnavailable(row.cells[column])) {
        lacking ??= [];
        lacking.push(column);
      }
    }
    return lacking === null ? row : this.#without(row, before, lacking);
  }

  #without(row: Struct, before: Value, lacking: readonly number[]): Struct {
    const cells = row.cells.slice();
    const gone: number[] = [];
    for (const column of lacking) {
      const old = this.#merge && before instanceof Struct ? (before.cells[column] ?? null) : null;
      if (old === null || isUnavailable(old)) gone.push(column);
      else cells[column] = old;
    }
    if (gone.length === 0) return new Struct(row.schema, cells);
    const key = gone.join();
    let schema = this.#schemas.get(key);
    if (schema === undefined) {
      schema = structOf(
        row.schema.fields!.filter(({ index }) => !gone.includes(index)),
        { ...schemaBasics(row.schema), optional: row.schema.optional },
      );
      this.#schemas.set(key, schema);
    }
    return new Struct(
      schema,
      cells.filter((_, index) => !gone.includes(index)),
    );
  }
}

/** The same for a row without schema: changes the copy it is given. */
export function settleUnavailable(row: Map<Value, Value>, before: Value, mode: UnavailableMode): void {
  if (mode === 'keep') return;
  for (const [name, value] of row) {
    if (!isUnavailable(value)) continue;
    const old = mode === 'merge' && before instanceof Map ? (before.get(name) ?? null) : null;
    if (old === null || isUnavailable(old)) row.delete(name);
    else row.set(name, old);
  }
}
