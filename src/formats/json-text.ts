// JSON without loss: integers of any size, decimals digit by digit.
//
// Law: `printJson(parseJson(text))` is `text` but for white space, escapes and repeated members. How numbers are kept: json-value.ts.
// JSON.parse does the work unless the text may hold a number that it would change; that is one look with a regular expression.
import { decimalText } from '../core/data/decimal.ts';
import { isDecimal } from '../core/data/logical.ts';
import type { Decimal } from '../core/data/schema.ts';
import { quoted, TributaryError } from '../core/errors.ts';
import { parseExactly } from './json-parser.ts';
import { isJsonObject, JsonNumber, type JsonObject, type JsonValue } from './json-value.ts';

// A number may change when it has 16 digits and more, ends in a zero after its point, has an exponent, is a negative zero, or is a
// small fraction (JavaScript prints 0.0000001 as 1e-7). A hit inside a string costs only time.
const MAY_CHANGE = /[0-9.]{16}|\.[0-9]*0(?![0-9])|[0-9][eE][-+0-9]|-0|0\.000000/;

/** Parses JSON text. Throws a `data` error that says what was wrong and at which character. */
export function parseJson(text: string): JsonValue {
  if (MAY_CHANGE.test(text)) return parseExactly(text);
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // Our parser words the fault: what it found, where, and what it wanted.
    return parseExactly(text);
  }
}

/** An object, or a `data` error that names what is none. For settings and schemas, not for rows. */
export function parseJsonObject(text: string, what: string): JsonObject {
  const value = parseJson(text);
  if (isJsonObject(value)) return value;
  throw new TributaryError('TRIB_JSON_NOT_OBJECT', 'data', { what: `${what} is no JSON object but ${quoted(text)}.` });
}

/** What {@link printJson} takes: JSON values, and decimals, bytes (as base64) and maps with text keys besides. */
export type Printable =
  | JsonValue
  | Decimal
  | Uint8Array
  | undefined
  | readonly Printable[]
  | ReadonlyMap<string, Printable>
  | { readonly [name: string]: Printable };

/**
 * Compact JSON text. Numbers print as JavaScript does (for Java's text of a double: `new JsonNumber(doubleText(x))`), bigints and
 * decimals with all their digits, NaN and infinities as strings. Members that are `undefined` are left out.
 */
export function printJson(value: Printable): string {
  if (typeof value === 'string') return quoteJson(value);
  if (value === null || value === undefined) return 'null';
  if (typeof value !== 'object') {
    return typeof value === 'number' && !Number.isFinite(value) ? `"${value}"` : String(value);
  }
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(printJson).join(',')}]`;
  if (value instanceof Uint8Array) return `"${base64Of(value)}"`;
  if (value instanceof Map) return printMembers(value);
  if (isDecimal(value)) return decimalText(value);
  return printMembers(Object.entries(value as JsonObject));
}

function printMembers(members: Iterable<readonly [string, Printable]>): string {
  let text = '';
  for (const [name, item] of members) {
    if (item !== undefined) text += `${text === '' ? '' : ','}${quoteJson(name)}:${printJson(item)}`;
  }
  return `{${text}}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those must be escaped.
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/;

/** A JSON string literal. */
export function quoteJson(text: string): string {
  return NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/** Base64 with padding. */
export function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** Bytes of a base64 text as Java's basic decoder takes it (padding may be absent, never wrong); null when it is none. */
export function parseBase64(text: string): Buffer | null {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const rest = (text.length - padding) % 4;
  if (rest === 1 || (padding > 0 && rest + padding !== 4)) return null;
  return Buffer.from(text, 'base64');
}
