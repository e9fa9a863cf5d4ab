// Exact decimals: text, bytes and scales. Arithmetic of SQL stands in the SQL layer; here is what every format needs.
import type { Decimal } from './schema.ts';

const POWERS: readonly bigint[] = Array.from({ length: 40 }, (_, exponent) => 10n ** BigInt(exponent));

/** 10^exponent. */
export function powerOfTen(exponent: number): bigint {
  return POWERS[exponent] ?? 10n ** BigInt(exponent);
}

/** A decimal of its two parts. */
export function decimal(unscaled: bigint, scale: number): Decimal {
  return { unscaled, scale };
}

const PLAIN = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/;

/** Decimal text as Java's `BigDecimal` takes it (sign, point, exponent; the count of decimals is the scale); null when it is anything else. */
export function parseDecimal(text: string): Decimal | null {
  const match = PLAIN.exec(text);
  if (match === null) return null;
  const whole = match[2]!;
  const fraction = match[3] ?? '';
  if (whole.length + fraction.length === 0) return null;
  const magnitude = BigInt(whole + fraction);
  const scale = fraction.length - (match[4] === undefined ? 0 : Number(match[4]));
  return { unscaled: match[1] === '-' ? -magnitude : magnitude, scale };
}

/** The decimal of a number's shortest text: 0.1 is 0.1. NaN and infinities: null. */
export function decimalOfNumber(value: number): Decimal | null {
  return Number.isFinite(value) ? parseDecimal(String(value)) : null;
}

/** The exact binary value of a double, as Java's `new BigDecimal(double)`. NaN and infinities: null. */
export function decimalOfDoubleExactly(value: number): Decimal | null {
  if (!Number.isFinite(value)) return null;
  let mantissa = value;
  let halvings = 0;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    halvings++;
  }
  // m / 2^k = m × 5^k / 10^k
  return { unscaled: BigInt(mantissa) * 5n ** BigInt(halvings), scale: halvings };
}

/** Plain text with exactly its scale of decimals, never an exponent: `10.10`. */
export function decimalText(value: Decimal): string {
  const { unscaled, scale } = value;
  if (scale === 0) return unscaled.toString();
  if (scale < 0) return unscaled === 0n ? '0' : unscaled.toString() + '0'.repeat(-scale);
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Java's `BigDecimal.toString`: with an exponent when the scale is negative or the value very small, so that the scale can be read back. */
export function decimalScientificText(value: Decimal): string {
  const { unscaled, scale } = value;
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  const exponent = digits.length - 1 - scale;
  if (scale >= 0 && exponent >= -6) return decimalText(value);
  const sign = unscaled < 0n ? '-' : '';
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${sign}${mantissa}E${exponent < 0 ? '' : '+'}${exponent}`;
}

/** The count of digits of the unscaled value; 1 for zero. */
export function precisionOf(value: Decimal): number {
  const magnitude = value.unscaled < 0n ? -value.unscaled : value.unscaled;
  if (magnitude < 9007199254740992n) return String(Number(magnitude)).length;
  return magnitude.toString().length;
}

/** The same value at another scale; null when that would lose digits. */
export function rescale(value: Decimal, scale: number): Decimal | null {
  const change = scale - value.scale;
  if (change === 0) return value;
  if (change > 0) return { unscaled: value.unscaled * powerOfTen(change), scale };
  const divisor = powerOfTen(-change);
  return value.unscaled % divisor === 0n ? { unscaled: value.unscaled / divisor, scale } : null;
}

/** The value rounded HALF_UP to a scale. */
export function roundHalfUp(value: Decimal, scale: number): Decimal {
  const change = scale - value.scale;
  if (change >= 0) return change === 0 ? value : { unscaled: value.unscaled * powerOfTen(change), scale };
  const divisor = powerOfTen(-change);
  const magnitude = value.unscaled < 0n ? -value.unscaled : value.unscaled;
  const rounded = (magnitude * 2n + divisor) / (divisor * 2n);
  return { unscaled: value.unscaled < 0n ? -rounded : rounded, scale };
}

/** The value as it stands in a column of that precision and scale: rescaled without loss and within the precision; null when it does not fit. */
export function fitDecimal(value: Decimal, precision: number, scale: number): Decimal | null {
  const rescaled = rescale(value, scale);
  return rescaled !== null && precisionOf(rescaled) <= precision ? rescaled : null;
}

/** −1, 0, 1 by value; scales do not count. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  const change = left.scale - right.scale;
  const a = change >= 0 ? left.unscaled : left.unscaled * powerOfTen(-change);
  const b = change <= 0 ? right.unscaled : right.unscaled * powerOfTen(change);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The nearest double. */
export function decimalToNumber(value: Decimal): number {
  return Number(`${value.unscaled}e${-value.scale}`);
}

/** The integer part, cut towards zero. */
export function integerPart(value: Decimal): bigint {
  return value.scale >= 0 ? value.unscaled / powerOfTen(value.scale) : value.unscaled * powerOfTen(-value.scale);
}

/** The integer in `bytes[start..end]`: big-endian two's complement. Empty is 0. */
export function integerOfBytes(bytes: Uint8Array, start: number, end: number): bigint {
  const count = end - start;
  if (count === 0) return 0n;
  let high = bytes[start]! >= 128 ? bytes[start]! - 256 : bytes[start]!;
  const small = count < 6 ? end : start + 6;
  for (let i = start + 1; i < small; i++) high = high * 256 + bytes[i]!;
  let value = BigInt(high);
  for (let i = small; i < end; i++) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

/** The decimal whose unscaled value stands in `bytes[start..end]`. */
export function decimalOfBytes(bytes: Uint8Array, start: number, end: number, scale: number): Decimal {
  return { unscaled: integerOfBytes(bytes, start, end), scale };
}

/** The fewest bytes of big-endian two's complement; at least one. */
export function integerBytes(value: bigint): Buffer {
  const magnitude = value < 0n ? ~value : value;
  // One bit more than the magnitude holds the sign.
  let count = 1;
  for (let limit = 128n; magnitude >= limit; limit <<= 8n) count++;
  const bytes = Buffer.allocUnsafe(count);
  let rest = BigInt.asUintN(count * 8, value);
  for (let i = count - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}

/** The bytes of the unscaled value, as Connect's and Avro's decimals are written. */
export function decimalBytes(value: Decimal): Buffer {
  return integerBytes(value.unscaled);
}
