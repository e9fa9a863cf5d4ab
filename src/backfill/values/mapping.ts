// Which source column fills which target column, found once a file, and the function that turns a row's cells into key and value.

import { timestampSchema } from '../../core/data/logical.ts';
import type { Row, Schema } from '../../core/data/schema.ts';
import { nearest, TributaryError } from '../../core/errors.ts';
import type { BackfillDefinition, ColumnSource } from '../definition.ts';
import { type Cell, indexOfColumn } from '../rows/row-source.ts';
import { BadCell, type Convert, converterTo } from './convert.ts';

/** How one side of the target topic is written; the engine's `SerdeRef` fits. */
export interface TargetSide {
  readonly format: string;
  readonly schema: Schema;
  readonly unwrapped: boolean;
  readonly properties: Readonly<Record<string, string>>;
}

/** What a stream or table name stands for. */
export interface Target {
  readonly topic: string;
  readonly key: TargetSide;
  readonly value: TargetSide;
  readonly partitions: number;
}

/** A file's rows to rows of the target. */
export interface Mapping {
  /** Source columns to read, in the order `convert` expects their cells. */
  readonly wanted: readonly string[];
  /** The converted cells of the row read last; owned by the mapping, good until the next call. */
  readonly key: Row;
  readonly value: Row;
  /** Record time of the row read last; null: the time of loading. */
  readonly timeMs: () => number | null;
  /** Throws a {@link BadRow}. */
  convert(cells: readonly Cell[]): void;
}

/** What is wrong with a row, and in which column. */
export class BadRow extends Error {
  readonly column: string;
  constructor(column: string, reason: string) {
    super(reason);
    this.column = column;
  }
}

interface Step {
  readonly to: 'key' | 'value' | 'time';
  readonly at: number;
  readonly source: number;
  readonly column: string;
  readonly convert: Convert;
}

/**
 * Matches names without regard to case. Throws `config` when a column that is mapped, or a target column that is not, is missing in
 * the file: a renamed column must fail before a row is sent, not load as NULLs. `columns` null: rows bring their own names.
 */
export function mappingOf(
  definition: BackfillDefinition,
  target: Target,
  columns: readonly string[] | null,
  path: string,
): Mapping {
  const key: Row = (target.key.schema.fields ?? []).map(() => null);
  const value: Row = (target.value.schema.fields ?? []).map(() => null);
  const builder = new MappingBuilder(definition, columns, path);
  const given = new Map(Object.entries(definition.columns).map(([name, source]) => [name.toLowerCase(), source]));
  checkTargets(definition, target, path);
  for (const [to, side, cells] of [['key', target.key, key] as const, ['value', target.value, value] as const]) {
    for (const field of side.schema.fields ?? []) {
      const source = given.get(field.name.toLowerCase());
      builder.column({ to, at: field.index, schema: field.schema, column: field.name, cells }, source);
    }
  }
  if (definition.timestamp !== null) builder.time(definition.timestamp);
  const { steps, wanted } = builder;
  let timeMs: number | null = null;
  return {
    ...{ wanted, key, value },
    timeMs: () => timeMs,
    convert(cells) {
      for (let i = 0; i < steps.length; i++) {
        const step = steps[i]!;
        const converted = convertCell(step, cells[step.source]!);
        if (step.to === 'key') key[step.at] = converted;
        else if (step.to === 'value') value[step.at] = converted;
        else timeMs = converted as number | null;
      }
    },
  };
}

function convertCell(step: Step, cell: Cell): Row[number] {
  try {
    return step.convert(cell);
  } catch (error) {
    if (error instanceof BadCell) throw new BadRow(step.column, error.message);
    throw error;
  }
}

interface Place {
  readonly to: 'key' | 'value';
  readonly at: number;
  readonly schema: Schema;
  readonly column: string;
  readonly cells: Row;
}

class MappingBuilder {
  readonly steps: Step[] = [];
  readonly wanted: string[] = [];
  readonly #definition: BackfillDefinition;
  readonly #columns: readonly string[] | null;
  readonly #path: string;

  constructor(definition: BackfillDefinition, columns: readonly string[] | null, path: string) {
    this.#definition = definition;
    this.#columns = columns;
    this.#path = path;
  }

  column(place: Place, source: ColumnSource | undefined): void {
    if (source === null) return;
    const convert = converterTo(place.schema, this.#definition.subMillisecond);
    if (typeof source === 'object') {
      place.cells[place.at] = this.#constant(source.value, convert, place.column);
      return;
    }
    const { to, at, column } = place;
    this.steps.push({ to, at, column, convert, source: this.#source(source ?? column, column, source === undefined) });
  }

  time(source: string): void {
    const convert = converterTo(timestampSchema(), this.#definition.subMillisecond);
    const at = this.#source(source, 'timestamp', false);
    this.steps.push({ to: 'time', at: 0, column: source, convert, source: at });
  }

  #source(name: string, target: string, implied: boolean): number {
    if (this.#columns !== null && indexOfColumn(this.#columns, name) < 0) {
      const near = nearest(name, this.#columns);
      const hint = near === null ? `it has ${this.#columns.slice(0, 20).join(', ')}` : `did you mean ${near}?`;
      throw new TributaryError('TRIB_BACKFILL_COLUMN_MISSING', 'config', {
        what: implied
          ? `The file has no column for ${target}: ${hint}.`
          : `The file has no column ${name}, from which ${target} is to be filled: ${hint}.`,
        where: this.#path,
        fix: `Map it in "columns": {"${target}": "…"}; null fills it with NULL.`,
      });
    }
    const known = this.wanted.findIndex((column) => column.toLowerCase() === name.toLowerCase());
    if (known >= 0) return known;
    this.wanted.push(name);
    return this.wanted.length - 1;
  }

  #constant(value: string | number | boolean, convert: Convert, column: string): Row[number] {
    try {
      return convert(value);
    } catch (error) {
      throw new TributaryError('TRIB_BACKFILL_INVALID', 'config', {
        what: `columns.${column}: ${error instanceof Error ? error.message : error}.`,
        where: `back-fill ${this.#definition.name}`,
        cause: error,
      });
    }
  }
}

function checkTargets(definition: BackfillDefinition, target: Target, path: string): void {
  const names = [...(target.key.schema.fields ?? []), ...(target.value.schema.fields ?? [])].map((field) => field.name);
  for (const name of Object.keys(definition.columns)) {
    if (names.some((known) => known.toLowerCase() === name.toLowerCase())) continue;
    const near = nearest(name, names);
    throw new TributaryError('TRIB_BACKFILL_COLUMN_MISSING', 'config', {
      what: `${definition.into} has no column ${name}: ${near === null ? `it has ${names.join(', ')}` : `did you mean ${near}?`}`,
      where: `back-fill ${definition.name}, ${path}`,
      fix: 'Mend the name in "columns" (target column on the left, source column on the right).',
    });
  }
}
