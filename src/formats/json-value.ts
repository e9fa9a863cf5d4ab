// What JSON text is parsed into.
//
// Law: a parsed number is a JavaScript number exactly when `String(number)` gives its text back; a plain integer beyond 2^53 is a
// bigint; every other number (1.0, 10.10, 1e3, -0, more than 17 digits) is a `JsonNumber`, which keeps the text.

/** A number whose text a JavaScript number would not give back. */
export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export interface JsonObject {
  [name: string]: JsonValue;
}
export type JsonValue = null | boolean | number | bigint | string | JsonNumber | JsonValue[] | JsonObject;

/** True for `{…}`. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** True for numbers in all their forms. */
export function isJsonNumber(value: JsonValue | undefined): value is number | bigint | JsonNumber {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof JsonNumber;
}

/** The digits of a number as they stood in the text. */
export function numberText(value: number | bigint | JsonNumber): string {
  return value instanceof JsonNumber ? value.text : String(value);
}

/** The nearest double. */
export function numberOf(value: number | bigint | JsonNumber): number {
  return value instanceof JsonNumber ? Number(value.text) : Number(value);
}

/** True when the number was written as an integer: no point, no exponent. */
export function isIntegerText(value: number | bigint | JsonNumber): boolean {
  if (typeof value === 'bigint') return true;
  if (typeof value === 'number') return Number.isInteger(value);
  return /^-?\d+$/.test(value.text);
}
