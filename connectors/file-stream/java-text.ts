// How Java prints Connect values: the FileStream sink's lines are compared with it by its users.
import { Struct, Typed, type Value } from 'tributary/connect';

/** `value.toString()` as Java would say it. */
export function javaText(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(javaText).join(', ')}]`;
  if (value instanceof Map) {
    return `{${[...value].map(([key, item]) => `${javaText(key)}=${javaText(item)}`).join(', ')}}`;
  }
  if (value instanceof Struct) return structText(value);
  if (value instanceof Typed) return cellText(value.value, value.kind);
  if (value instanceof Uint8Array) return `java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]`;
  return decimalText(value.unscaled, value.scale);
}

/** Without its schema a double cannot be told from an integer; whole numbers print as integers. */
function numberText(value: number): string {
  if (Number.isInteger(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return String(value).replace(/e\+?/, 'E');
}

/** Null fields are left out, as Struct.toString does. */
function structText(struct: Struct): string {
  const parts: string[] = [];
  for (const field of struct.schema.fields ?? []) {
    const cell = struct.cells[field.index] ?? null;
    if (cell !== null) parts.push(`${field.name}=${cellText(cell, field.schema.kind)}`);
  }
  return `Struct{${parts.join(',')}}`;
}

function cellText(cell: Value, kind: string): string {
  const text = javaText(cell);
  return (kind === 'float64' || kind === 'float32') && /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
