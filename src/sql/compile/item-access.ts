// Access to items of arrays and maps, and text sums, as generated code calls them.
import type { Value } from '../../core/data/schema.ts';

/** `array[at]`: 1 is the first, −1 the last; anything outside is null. */
export function arrayItem(array: Value, at: Value): Value {
  if (array === null || at === null) return null;
  const items = array as Value[];
  const index = Number(at);
  return (index > 0 ? items[index - 1] : index < 0 ? items[items.length + index] : null) ?? null;
}

/** `map[key]`, null when absent. */
export function mapItem(map: Value, key: Value): Value {
  return map === null ? null : ((map as Map<Value, Value>).get(key) ?? null);
}

/** Text + text: a null prints as `null`. */
export function textSum(left: Value, right: Value): string {
  return `${left}${right}`;
}
