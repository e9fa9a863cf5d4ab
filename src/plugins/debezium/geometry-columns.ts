// Where a value holds geometries (Debezium's Geometry structs: `wkb` and `srid`), and rewriting those without touching the rest.
//
// Law: the record that comes in stays as it is, and a value in which nothing changes comes out as the same object.

import type { ConnectRecord } from '../../connect/records.ts';
import { fieldOf, primitive, type Schema, Struct, structOf, type Value } from '../../core/data/schema.ts';
import { dataFault } from '../faults.ts';
import { perSchema } from '../per-schema.ts';
import { structSample } from '../sample.ts';
import { MalformedWkb } from './wkb.ts';

const GEOMETRY = 'io.debezium.data.geometry.Geometry';

/** New bytes for a geometry; the same array where nothing is to change. */
export type Rewrite = (wkb: Uint8Array, srid: number | null) => Uint8Array;

type Place =
  | { readonly kind: 'geometry'; readonly path: string; readonly wkb: number; readonly srid: number }
  | { readonly kind: 'struct'; readonly cells: readonly PlacedCell[] }
  | { readonly kind: 'array' | 'map'; readonly items: Place };
interface PlacedCell {
  readonly index: number;
  readonly place: Place;
}

/**
 * A transform that rewrites the geometries in a record's value, wherever they are below its top: in a row, or in both rows of a
 * change event. `intoLists`: also in arrays and maps. Point and Geography are other types, and stay, as in Debezium.
 */
export function rewriteGeometries(rewrite: Rewrite, intoLists: boolean): (record: ConnectRecord) => ConnectRecord {
  const planOf = perSchema((schema) => (schema.kind === 'struct' ? structPlace(schema, '', intoLists) : null));
  return (record) => {
    const { value, valueSchema } = record;
    if (valueSchema === null || !(value instanceof Struct)) return record;
    const place = planOf(valueSchema);
    if (place === null) return record;
    const rewritten = rewriteCell(value, place, rewrite);
    return rewritten === value ? record : record.withValue(valueSchema, rewritten);
  };
}

function structPlace(schema: Schema, path: string, intoLists: boolean): Place | null {
  const cells: PlacedCell[] = [];
  for (const { name, index, schema: inner } of schema.fields ?? []) {
    const place = placeOf(inner, path === '' ? name : `${path}.${name}`, intoLists);
    if (place !== null) cells.push({ index, place });
  }
  return cells.length === 0 ? null : { kind: 'struct', cells };
}

function placeOf(schema: Schema, path: string, intoLists: boolean): Place | null {
  if (schema.kind === 'struct') {
    return schema.name === GEOMETRY ? geometryPlace(schema, path) : structPlace(schema, path, intoLists);
  }
  if ((schema.kind !== 'array' && schema.kind !== 'map') || !intoLists || schema.items === undefined) return null;
  const items = placeOf(schema.items, path, intoLists);
  return items === null ? null : { kind: schema.kind, items };
}

function geometryPlace(schema: Schema, path: string): Place | null {
  const wkb = fieldOf(schema, 'wkb');
  return wkb === undefined
    ? null
    : { kind: 'geometry', path, wkb: wkb.index, srid: fieldOf(schema, 'srid')?.index ?? -1 };
}

function rewriteCell(cell: Value, place: Place, rewrite: Rewrite): Value {
  switch (place.kind) {
    case 'geometry':
      return cell instanceof Struct ? rewriteGeometry(cell, place, rewrite) : cell;
    case 'struct':
      return cell instanceof Struct ? rewriteStruct(cell, place.cells, rewrite) : cell;
    case 'array':
      return Array.isArray(cell) ? rewriteArray(cell, place.items, rewrite) : cell;
    case 'map':
      return cell instanceof Map ? rewriteMap(cell, place.items, rewrite) : cell;
  }
}

function rewriteGeometry(geometry: Struct, place: Place & { kind: 'geometry' }, rewrite: Rewrite): Struct {
  const wkb = geometry.cells[place.wkb];
  if (!(wkb instanceof Uint8Array)) return geometry;
  const srid = geometry.cells[place.srid];
  try {
    const rewritten = rewrite(wkb, typeof srid === 'number' ? srid : null);
    return rewritten === wkb ? geometry : withCell(geometry, place.wkb, rewritten);
  } catch (error) {
    if (!(error instanceof MalformedWkb)) throw error;
    throw dataFault(
      `The geometry in ${place.path} ${error.message}.`,
      'Look at what the source wrote into this column; errors.tolerance=all sets such records aside.',
    );
  }
}

function rewriteStruct(struct: Struct, cells: readonly PlacedCell[], rewrite: Rewrite): Struct {
  let changed = struct;
  for (let i = 0; i < cells.length; i++) {
    const { index, place } = cells[i]!;
    const cell = struct.cells[index] ?? null;
    if (cell === null) continue;
    const rewritten = rewriteCell(cell, place, rewrite);
    if (rewritten === cell) continue;
    if (changed === struct) changed = withCell(struct, index, rewritten);
    else changed.cells[index] = rewritten;
  }
  return changed;
}

function rewriteArray(items: Value[], place: Place, rewrite: Rewrite): Value[] {
  const rewritten = items.map((item) => rewriteCell(item, place, rewrite));
  return rewritten.some((item, index) => item !== items[index]) ? rewritten : items;
}

function rewriteMap(map: Map<Value, Value>, place: Place, rewrite: Rewrite): Map<Value, Value> {
  let changed = map;
  for (const [key, item] of map) {
    const rewritten = rewriteCell(item, place, rewrite);
    if (rewritten === item) continue;
    if (changed === map) changed = new Map(map);
    changed.set(key, rewritten);
  }
  return changed;
}

function withCell(struct: Struct, index: number, cell: Value): Struct {
  const cells = struct.cells.slice();
  cells[index] = cell;
  return new Struct(struct.schema, cells);
}

const SAMPLE = structOf(
  [
    { name: 'wkb', schema: primitive('bytes') },
    { name: 'srid', schema: primitive('int32', { optional: true }) },
  ],
  { name: GEOMETRY, version: 1 },
);

/** For the examples: a row with one geometry, given in hexadecimal. */
export function geometrySample(hex: string, srid: number | null): ConnectRecord {
  return structSample({ place: [SAMPLE, new Struct(SAMPLE, [new Uint8Array(Buffer.from(hex, 'hex')), srid])] });
}
