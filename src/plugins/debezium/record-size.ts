// How large a record is, about: what its values take, without names, schemas and framing, which depend on the converter.
//
// Law: cheap enough for every record. A text counts one byte a character (its bytes are not counted one by one), and of a
// struct only the cells are looked at whose size varies; a number counts its full width, null or not.

import type { ConnectRecord } from '../../connect/records.ts';
import { type Kind, type Schema, Struct, type Value } from '../../core/data/schema.ts';

const WIDTHS: Readonly<Partial<Record<Kind, number>>> = {
  boolean: 1,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  float32: 4,
  float64: 8,
};

/** What a struct schema says of its size. */
export interface SizePlan {
  /** Bytes of all cells of fixed width. */
  readonly fixed: number;
  /** Indices of the other cells. */
  readonly varying: readonly number[];
  /** By position in `varying`: the plan of a struct cell, null for others. */
  readonly inner: readonly (SizePlan | null)[];
}

/** The plan of a struct schema. */
export function planSize(schema: Schema): SizePlan {
  let fixed = 0;
  const varying: number[] = [];
  const inner: (SizePlan | null)[] = [];
  for (const { index, schema: field } of schema.fields ?? []) {
    const width = WIDTHS[field.kind];
    if (width !== undefined) fixed += width;
    else {
      varying.push(index);
      inner.push(field.kind === 'struct' ? planSize(field) : null);
    }
  }
  return { fixed, varying, inner };
}

/** Bytes of a record: topic, key, headers, and the value, which is a struct of this plan's schema. */
export function recordSize(record: ConnectRecord, value: Struct, plan: SizePlan): number {
  let size = record.topic.length + valueSize(record.key) + structSize(value, plan);
  const { headers } = record;
  for (let i = 0; i < headers.length; i++) size += headers[i]!.key.length + valueSize(headers[i]!.value);
  return size;
}

function structSize(struct: Struct, plan: SizePlan): number {
  const { varying, inner } = plan;
  let size = plan.fixed;
  for (let i = 0; i < varying.length; i++) {
    const cell = struct.cells[varying[i]!] ?? null;
    const innerPlan = inner[i]!;
    size += innerPlan !== null && cell instanceof Struct ? structSize(cell, innerPlan) : valueSize(cell);
  }
  return size;
}

function valueSize(value: Value): number {
  if (value === null) return 0;
  if (typeof value === 'string') return value.length;
  if (typeof value === 'boolean') return 1;
  if (typeof value !== 'object') return 8;
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof Struct) return listSize(value.cells);
  if (Array.isArray(value)) return listSize(value);
  if (!(value instanceof Map)) return 8; // a decimal, or a number with its type
  let size = 0;
  for (const [key, item] of value) size += valueSize(key) + valueSize(item);
  return size;
}

function listSize(values: readonly Value[]): number {
  let size = 0;
  for (let i = 0; i < values.length; i++) size += valueSize(values[i] ?? null);
  return size;
}
