// Equality of schemas and values, structural, as Connect's `equals`.
import { compareDecimals } from './decimal.ts';
import { isDecimal } from './logical.ts';
import { type Schema, Struct, Typed, type Value } from './schema.ts';

/** True when both describe the same data: kind, optionality, name, version, doc, default, parameters, fields in order, keys, items. */
export function sameSchema(left: Schema | null, right: Schema | null): boolean {
  if (left === right) return true;
  if (left === null || right === null) return false;
  return (
    left.kind === right.kind &&
    left.optional === right.optional &&
    left.name === right.name &&
    left.version === right.version &&
    left.doc === right.doc &&
    sameParameters(left.parameters, right.parameters) &&
    sameValue(left.defaultValue ?? null, right.defaultValue ?? null) &&
    sameFields(left, right) &&
    sameSchema(left.keys ?? null, right.keys ?? null) &&
    sameSchema(left.items ?? null, right.items ?? null)
  );
}

function sameFields(left: Schema, right: Schema): boolean {
  const fields = left.fields ?? [];
  const others = right.fields ?? [];
  return (
    fields.length === others.length &&
    fields.every((field, index) => {
      const other = others[index]!;
      return field.name === other.name && sameSchema(field.schema, other.schema);
    })
  );
}

type Parameters = Readonly<Record<string, string>> | undefined;

function sameParameters(left: Parameters, right: Parameters): boolean {
  const names = Object.keys(left ?? {});
  return names.length === Object.keys(right ?? {}).length && names.every((name) => left![name] === right?.[name]);
}

/** True when both values are the same data: decimals with their scale, bytes by content, maps without regard to order. */
export function sameValue(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
    return Number.isNaN(left) && Number.isNaN(right);
  }
  if (left instanceof Struct) {
    return right instanceof Struct && sameSchema(left.schema, right.schema) && sameItems(left.cells, right.cells);
  }
  if (left instanceof Typed) {
    return right instanceof Typed && left.kind === right.kind && Object.is(left.value, right.value);
  }
  if (Array.isArray(left)) return Array.isArray(right) && sameItems(left, right);
  if (left instanceof Uint8Array) return right instanceof Uint8Array && Buffer.compare(left, right) === 0;
  if (left instanceof Map) return right instanceof Map && sameEntries(left, right);
  return isDecimal(left) && isDecimal(right) && left.scale === right.scale && compareDecimals(left, right) === 0;
}

function sameItems(left: readonly Value[], right: readonly Value[]): boolean {
  return left.length === right.length && left.every((item, index) => sameValue(item, right[index] ?? null));
}

function sameEntries(left: ReadonlyMap<Value, Value>, right: ReadonlyMap<Value, Value>): boolean {
  if (left.size !== right.size) return false;
  for (const [key, value] of left) {
    if (right.has(key)) {
      if (!sameValue(value, right.get(key)!)) return false;
    } else if (![...right].some(([other, item]) => sameValue(key, other) && sameValue(value, item))) return false;
  }
  return true;
}
