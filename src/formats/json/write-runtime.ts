// What generated JSON writers call: digits, text and the rest of JSON's tokens as bytes.
import { decimalText, rescale } from '../../core/data/decimal.ts';
import { isDecimal } from '../../core/data/logical.ts';
import type { Long, Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { doubleText } from '../../core/java/number-text.ts';
import { base64Of, quoteJson } from '../json-text.ts';
import { writeText } from '../text-bytes.ts';

export const WRITE_RUNTIME = {
  put,
  writeInteger,
  writeAscii,
  writeJsonString,
  doubleToken,
  decimalToken,
  base64Token,
  keyText,
};

/** Copies constant bytes. */
function put(b: Buffer, at: number, constant: Uint8Array): number {
  const { length } = constant;
  for (let i = 0; i < length; i++) b[at + i] = constant[i]!;
  return at + length;
}

/** The digits of an integer; room for 20 bytes must be there. */
export function writeInteger(b: Buffer, at: number, value: Long): number {
  if (typeof value !== 'number') return writeAscii(b, at, value.toString());
  let position = at;
  let rest = value;
  if (rest < 0) {
    b[position++] = 45;
    rest = -rest;
  }
  if (rest < 2147483648) return writeDigits(b, position, rest | 0, 0);
  // Two parts of 9 digits at most hold all below 10^18.
  const high = Math.floor(rest / 1000000000);
  position = writeDigits(b, position, high | 0, 0);
  return writeDigits(b, position, (rest - high * 1000000000) | 0, 9);
}

/** Digits of a 32-bit integer that is not negative, with leading zeros up to `width`. */
function writeDigits(b: Buffer, at: number, value: number, width: number): number {
  let count = width === 0 ? 1 : width;
  if (width === 0) for (let limit = 10; count < 10 && value >= limit; limit *= 10) count++;
  let rest = value;
  for (let i = at + count - 1; i >= at; i--) {
    const next = (rest / 10) | 0;
    b[i] = 48 + rest - next * 10;
    rest = next;
  }
  return at + count;
}

/** Writes text that is known to be ASCII. */
function writeAscii(b: Buffer, at: number, text: string): number {
  const { length } = text;
  for (let i = 0; i < length; i++) b[at + i] = text.charCodeAt(i);
  return at + length;
}

/** Writes a string literal; room for six bytes a UTF-16 unit and two must be there. */
export function writeJsonString(b: Buffer, at: number, text: string): number {
  const { length } = text;
  if (length > 64) return writeLongString(b, at, text);
  let position = at;
  b[position++] = 34;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127 || code < 32 || code === 34 || code === 92) return writeLongString(b, at, text);
    b[position++] = code;
  }
  b[position++] = 34;
  return position;
}

function writeLongString(b: Buffer, at: number, text: string): number {
  return writeText(b, at, quoteJson(text));
}

/** NaN and infinities have no number in JSON: they are written as strings, as Java's writers do. */
function doubleToken(value: number): string {
  return Number.isFinite(value) ? doubleText(value) : `"${value}"`;
}

function decimalToken(value: Value, scale: number, path: string): string {
  const fit = isDecimal(value) ? (value.scale === scale ? value : rescale(value, scale)) : null;
  if (fit !== null) return decimalText(fit);
  throw new TributaryError('TRIB_FORMAT_VALUE_WRONG', 'data', {
    what: `The field ${path} holds ${quoted(isDecimal(value) ? decimalText(value) : value)} where a decimal of scale ${scale} is expected.`,
  });
}

function base64Token(value: Uint8Array): string {
  return `"${base64Of(value)}"`;
}

function keyText(value: Value): string {
  return typeof value === 'string' ? value : String(value);
}
