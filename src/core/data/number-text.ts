// Text of doubles and floats as Java prints them, which is what users of ksqlDB and Connect see.

/** Java's `Double.toString`: shortest digits, at least one decimal, an exponent below 10^-3 and from 10^7. */
export function javaDouble(value: number): string {
  if (Number.isInteger(value) && value > -10000000 && value < 10000000) {
    return value === 0 && 1 / value < 0 ? '-0.0' : `${value}.0`;
  }
  if (!Number.isFinite(value)) return String(value);
  return javaDigits(value, value.toExponential());
}

/** Java's `Float.toString` of a number of 32 bits. */
export function javaFloat(value: number): string {
  if (!Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) < 10000000)) return javaDouble(value);
  for (let digits = 0; digits < 8; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return javaDigits(value, text);
  }
  return javaDigits(value, value.toExponential(8));
}

/** The double that a float's text shows: 0.1 for the float 0.1, whose exact value is 0.10000000149…. */
export function doubleOfFloat(value: number): number {
  return Number.isFinite(value) ? Number(javaFloat(value)) : value;
}

/** Lays out digits, given as `d.ddde±n`, as Java does. */
function javaDigits(value: number, exponential: string): string {
  const magnitude = Math.abs(value);
  const mark = exponential.indexOf('e');
  const mantissa = exponential.slice(0, mark);
  if (magnitude >= 0.001 && magnitude < 10000000) {
    const plain = String(Number(exponential));
    return plain.includes('.') ? plain : `${plain}.0`;
  }
  // A single digit is shown as two, the nearest two: 4.9E-324, not 5.0E-324.
  const shown = mantissa.includes('.') ? mantissa : value.toExponential(1).split('e')[0];
  return `${shown}E${Number(exponential.slice(mark + 1))}`;
}
