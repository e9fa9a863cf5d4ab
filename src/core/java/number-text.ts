// Numbers as Java prints them: `Double.toString`, `Float.toString`.

/** `Double.toString`: at least one decimal; an exponent below 0.001 and from ten million on. On the data path: integers come first. */
export function doubleText(value: number): string {
  if (Number.isInteger(value) && value > -10000000 && value < 10000000) {
    return value === 0 && 1 / value < 0 ? '-0.0' : `${value}.0`;
  }
  return Number.isFinite(value) ? javaForm(value, value.toExponential()) : String(value);
}

/** `Float.toString` of a number that is exact in 32 bits: the fewest digits that name it among floats. */
export function floatText(value: number): string {
  if (!Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) < 10000000)) return doubleText(value);
  for (let digits = 0; digits < 8; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return javaForm(value, text);
  }
  return javaForm(value, value.toExponential(8));
}

/** Lays out digits, given as `d.ddde±n`, as Java does. */
function javaForm(value: number, exponential: string): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 0.001 && magnitude < 10000000) {
    const plain = String(Number(exponential));
    return plain.includes('.') ? plain : `${plain}.0`;
  }
  const mark = exponential.indexOf('e');
  const mantissa = exponential.slice(0, mark);
  // A single digit is shown as two, the nearest two: 4.9E-324, not 5.0E-324.
  const shown = mantissa.includes('.') ? mantissa : value.toExponential(1).split('e')[0];
  return `${shown}E${Number(exponential.slice(mark + 1))}`;
}

const JAVA_DOUBLE = /^[\0- ]*[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?)[\0- ]*$/;
const JAVA_HEX_DOUBLE = /^[\0- ]*([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?[0-9]+)[fFdD]?[\0- ]*$/;

/** `Double.parseDouble`: white space around, type letters and hexadecimal forms allowed; null when it is no number. */
export function parseDouble(text: string): number | null {
  if (JAVA_DOUBLE.test(text)) return Number(text.trim().replace(/([0-9.])[fFdD]$/, '$1'));
  const hexadecimal = JAVA_HEX_DOUBLE.exec(text);
  if (hexadecimal === null || hexadecimal[2]! + hexadecimal[3]! === '') return null;
  const [, sign, whole, fraction, exponent] = hexadecimal as unknown as readonly string[];
  const magnitude = Number(`0x${whole}${fraction}`) * 2 ** (Number(exponent) - 4 * fraction!.length);
  return sign === '-' ? -magnitude : magnitude;
}
