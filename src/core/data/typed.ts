// Helpers of `Typed`, the schemaless numbers (the law stands with the class in schema.ts).
import { type Long, Typed, type TypedKind, type Value } from './schema.ts';

/** The schemaless value of a number of the given type: plain where plain shows the type, else a {@link Typed}. */
export function typed(kind: TypedKind | 'int64', value: Long): Long | Typed {
  if (kind === 'int64') return value;
  if (kind === 'float64' && typeof value === 'number' && !Number.isInteger(value)) return value;
  return new Typed(kind, value);
}

/** The type of a schemaless number; null for what is no number. */
export function typeOfNumber(value: Value): TypedKind | 'int64' | null {
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return value instanceof Typed ? value.kind : null;
}

/** The value without its wrapper; anything else as it is. */
export function untyped(value: Value): Value {
  return value instanceof Typed ? value.value : value;
}
