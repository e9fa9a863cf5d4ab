// Numbers as Java prints them: `Double.toString`, `Float.toString`.

/** `Double.toString`: at least one decimal; an exponent below 0.001 and from ten million on. */
export function doubleText(value: number): string {
  return special(value) ?? javaForm(String(Math.abs(value)), value);
}

/** `Float.toString` of a number that is exact in 32 bits: the fewest digits that name it among floats. */
export function floatText(value: number): string {
  const named = special(value);
  if (named !== null) return named;
  for (let digits = 1; digits < 9; digits++) {
    const text = Math.abs(value).toPrecision(digits);
    if (Math.fround(Number(text)) === Math.abs(value)) return javaForm(text, value);
  }
  return javaForm(Math.abs(value).toPrecision(9), value);
}

function special(value: number): string | null {
  if (Number.isNaN(value)) return 'NaN';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  if (Number.isFinite(value)) return null;
  return value > 0 ? 'Infinity' : '-Infinity';
}

function javaForm(text: string, value: number): string {
  const [mantissa, exponentText] = text.split('e') as [string, string | undefined];
  const [whole, fraction = ''] = mantissa.split('.') as [string, string | undefined];
  const leading = /^0*/.exec(whole + fraction)![0].length;
  const digits = (whole + fraction).slice(leading).replace(/0+$/, '');
  // value = 0.digits × 10^point
  const point = whole.length - leading + Number(exponentText ?? 0);
  const sign = value < 0 ? '-' : '';
  if (point <= -3 || point > 7) return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${point - 1}`;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  const padded = digits.padEnd(point, '0');
  return `${sign}${padded.slice(0, point)}.${padded.slice(point) || '0'}`;
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
