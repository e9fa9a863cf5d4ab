// Connect values as Java's `toString` shows them: what StringConverter writes.
import { decimalScientificText } from '../../core/data/decimal.ts';
import { isDecimal } from '../../core/data/logical.ts';
import { LOGICAL, type Long, type Schema, Struct, Typed, type Value } from '../../core/data/schema.ts';
import { doubleText, floatText } from '../../core/java/number-text.ts';
import { simpleDateFormat } from '../../core/java/simple-date-format.ts';

const DAY_MS = 86400000;
const JAVA_DATE = 'EEE MMM dd HH:mm:ss zzz yyyy';

/** `String.valueOf` of a value. */
export function javaText(schema: Schema | null, value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(schema, value);
  if (typeof value !== 'object') return dateMs(schema, value) ?? String(value);
  if (value instanceof Typed) return typedText(value, javaDate);
  if (value instanceof Struct) return structText(value);
  if (Array.isArray(value)) return `[${value.map((item) => javaText(schema?.items ?? null, item)).join(', ')}]`;
  if (value instanceof Map) {
    const entries = [...value].map(
      ([key, item]) => `${javaText(schema?.keys ?? null, key)}=${javaText(schema?.items ?? null, item)}`,
    );
    return `{${entries.join(', ')}}`;
  }
  if (isDecimal(value)) return decimalScientificText(value);
  // Java shows an array's identity, which means nothing: its content as text is the nearest useful thing.
  return Buffer.from(value as Uint8Array).toString('base64');
}

function numberText(schema: Schema | null, value: number): string {
  if (schema?.kind === 'float32') return floatText(value);
  if (schema?.kind === 'float64' || !Number.isInteger(value)) return doubleText(value);
  return dateMs(schema, value) ?? String(value);
}

/** The text of an instant when the schema is one of Connect's times. */
function dateMs(schema: Schema | null, value: number | bigint | boolean): string | null {
  switch (schema?.name) {
    case LOGICAL.date:
      return javaDate(Number(value) * DAY_MS);
    case LOGICAL.time:
    case LOGICAL.timestamp:
      return javaDate(value as Long);
    default:
      return null;
  }
}

function javaDate(ms: Long): string {
  return simpleDateFormat(JAVA_DATE).format(ms);
}

/** A number whose type stands beside it; an instant as the caller writes instants. */
export function typedText(value: Typed, instantText: (ms: Long) => string): string {
  switch (value.kind) {
    case 'float32':
      return floatText(Number(value.value));
    case 'float64':
      return doubleText(Number(value.value));
    case 'timestamp':
      return instantText(value.value);
    default:
      return String(value.value);
  }
}

/** Fields that are null are left out. */
function structText(struct: Struct): string {
  const fields = (struct.schema.fields ?? []).flatMap((field) => {
    const cell = struct.cells[field.index] ?? null;
    return cell === null ? [] : [`${field.name}=${javaText(field.schema, cell)}`];
  });
  return `Struct{${fields.join(',')}}`;
}
