// The one schema of a list's items, or of a map's keys or values, that were read each for itself.
import type { SchemaAndValue } from '../../connect/plugins.ts';
import { sameSchema } from '../../core/data/same-schema.ts';
import { arrayOf, type Kind, LOGICAL, mapOf, type Schema, type Value } from '../../core/data/schema.ts';
import { typed } from '../../core/data/typed.ts';
import { headerText } from './header-text.ts';

const DAY_MS = 86_400_000;
const WIDTHS: readonly Kind[] = ['int8', 'int16', 'int32', 'int64', 'float32', 'float64'];

/** The schema of what was read so far and one more: the wider of two numbers, the later of one kind; null (and open again) when they differ. */
export function commonSchema(before: Schema | null, latest: SchemaAndValue): Schema | null {
  const after = latest.schema;
  if (after === null || before === null) return after ?? before;
  const [left, right] = [WIDTHS.indexOf(before.kind), WIDTHS.indexOf(after.kind)];
  if (left >= 0 && right >= 0) return left > right ? before : after;
  return before.kind === after.kind ? after : null;
}

/** The list under its common schema; null when a member does not fit it. */
export function alignedList(
  common: Schema | null,
  values: readonly Value[],
  schemas: readonly (Schema | null)[],
): SchemaAndValue | null {
  if (common === null) {
    const free = values.map((value, index) => freeForm(schemas[index] ?? null, value));
    return { schema: { kind: 'array', optional: false }, value: free };
  }
  const items: Value[] = [];
  for (let i = 0; i < values.length; i++) {
    const item = converted(common, schemas[i] ?? null, values[i]!);
    if (item === undefined) return null;
    items.push(item);
  }
  return { schema: arrayOf(common), value: items };
}

/** The map under its common schemas; null when a member does not fit them. */
export function alignedMap(
  keys: Schema | null,
  items: Schema | null,
  entries: readonly (readonly [SchemaAndValue, SchemaAndValue])[],
): SchemaAndValue | null {
  const map = new Map<Value, Value>();
  for (const [key, item] of entries) {
    const newKey = keys === null ? freeForm(key.schema, key.value) : converted(keys, key.schema, key.value);
    const newItem =
      keys === null || items === null ? freeForm(item.schema, item.value) : converted(items, item.schema, item.value);
    if (newKey === undefined || newItem === undefined) return null;
    map.set(newKey, newItem);
  }
  if (keys !== null && items !== null) return { schema: mapOf(keys, items), value: map };
  return {
    schema: keys === null ? { kind: 'map', optional: false } : { kind: 'map', optional: false, keys },
    value: map,
  };
}

/** The value under another schema; undefined when it does not go. */
function converted(to: Schema, from: Schema | null, value: Value): Value | undefined {
  if (value === null || from === null) return undefined;
  if (sameSchema(to, from) || (to.kind === from.kind && WIDTHS.includes(to.kind))) return value;
  if (to.kind === 'array' && from.kind === 'array' && to.items === undefined) return freeForm(from, value);
  if (WIDTHS.includes(to.kind) && WIDTHS.includes(from.kind) && typeof value !== 'object') {
    if (to.kind === 'float32' || to.kind === 'float64') return Number(value);
    return value;
  }
  if (to.kind === 'string') return headerText(from, value);
  return to.kind === from.kind ? value : undefined;
}

/** A member without an element schema keeps its own type, and what is inside it too. */
function freeForm(schema: Schema | null | undefined, value: Value): Value {
  if (schema === null || schema === undefined) return value;
  if (typeof value === 'number' || typeof value === 'bigint') {
    if (schema.name === LOGICAL.date) return typed('timestamp', Number(value) * DAY_MS);
    if (schema.name === LOGICAL.time || schema.name === LOGICAL.timestamp) return typed('timestamp', value);
    return WIDTHS.includes(schema.kind) ? typed(schema.kind as 'int8', value) : value;
  }
  if (Array.isArray(value)) return value.map((item) => freeForm(schema.items, item));
  if (!(value instanceof Map)) return value;
  return new Map([...value].map(([key, item]) => [freeForm(schema.keys, key), freeForm(schema.items, item)]));
}
