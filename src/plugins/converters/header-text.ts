// Text of header values, as Connect's SimpleHeaderConverter and InsertHeader write it.
import { decimalScientificText } from '../../core/data/decimal.ts';
import { isDecimal } from '../../core/data/logical.ts';
import { LOGICAL, type Schema, Struct, Typed, type Value } from '../../core/data/schema.ts';
import { doubleText, floatText } from '../../core/java/number-text.ts';
import { isoText } from '../../core/java/simple-date-format.ts';
import { base64Of } from '../../formats/json-text.ts';
import { cellOrDefault } from '../cells.ts';
import { typedText } from './java-text.ts';

const DAY_MS = 86400000;

/** The text of a value: a string and the base64 of bytes stand bare, inside lists, maps and structs in quotes. */
export function headerText(schema: Schema | null, value: Value): string {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? base64Of(value) : embedded(schema, value);
}

function embedded(schema: Schema | null, value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return `"${value.replace(/[\\"]/g, '\\$&')}"`;
  if (typeof value === 'number' || typeof value === 'bigint') return numberText(schema, value);
  if (typeof value === 'boolean') return String(value);
  if (value instanceof Typed) return typedText(value, isoText);
  if (value instanceof Uint8Array) return `"${base64Of(value)}"`;
  if (Array.isArray(value)) return `[${value.map((item) => embedded(schema?.items ?? null, item)).join(',')}]`;
  if (value instanceof Map) {
    const entries = [...value].map(
      ([key, item]) => `${embedded(schema?.keys ?? null, key)}:${embedded(schema?.items ?? null, item)}`,
    );
    return `{${entries.join(',')}}`;
  }
  if (value instanceof Struct) {
    const fields = (value.schema.fields ?? []).map(
      (field) => `${embedded(null, field.name)}:${embedded(field.schema, cellOrDefault(value, field, true))}`,
    );
    return `{${fields.join(',')}}`;
  }
  return isDecimal(value) ? decimalScientificText(value) : '';
}

function numberText(schema: Schema | null, value: number | bigint): string {
  switch (schema?.name) {
    case LOGICAL.date:
      return isoText(Number(value) * DAY_MS);
    case LOGICAL.time:
    case LOGICAL.timestamp:
      return isoText(value);
    default:
      if (schema?.kind === 'float32') return floatText(Number(value));
      if (schema?.kind === 'float64') return doubleText(Number(value));
      return typeof value === 'number' && !Number.isInteger(value) ? doubleText(value) : String(value);
  }
}
