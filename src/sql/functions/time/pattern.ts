// Patterns of java.time.format.DateTimeFormatter (English): text → elements that print.ts and parse.ts walk.
import { evaluationError } from '../../errors.ts';

/** Fields of date and time, by Java's names. */
export type Field =
  | 'era'
  | 'yearOfEra'
  | 'year'
  | 'quarter'
  | 'month'
  | 'day'
  | 'dayOfYear'
  | 'weekYear'
  | 'weekOfYear'
  | 'weekOfMonth'
  | 'dayOfWeek'
  | 'localDayOfWeek'
  | 'weekInMonth'
  | 'amPm'
  | 'hour'
  | 'hour24'
  | 'hour12'
  | 'hour11'
  | 'minute'
  | 'second'
  | 'nano'
  | 'milliOfDay'
  | 'nanoOfDay';

export type Element =
  | { readonly kind: 'literal'; readonly text: string }
  | {
      readonly kind: 'number';
      readonly field: Field;
      readonly min: number;
      readonly max: number;
      /** More digits than `min` need a plus sign. */
      readonly plusBeyond: boolean;
      /** Two digits from 2000 on. */
      readonly reduced: boolean;
      /** Filled by `p`. */
      readonly padTo: number;
    }
  | { readonly kind: 'fraction'; readonly digits: number }
  | { readonly kind: 'text'; readonly field: Field; readonly style: 'short' | 'full' | 'narrow' }
  | { readonly kind: 'offset'; readonly form: string; readonly zero: string }
  | { readonly kind: 'zoneId' }
  | { readonly kind: 'zoneName'; readonly long: boolean }
  | { readonly kind: 'optional'; readonly elements: readonly Element[] };

const LETTERS: Readonly<Record<string, Field>> = {
  G: 'era',
  y: 'yearOfEra',
  u: 'year',
  Q: 'quarter',
  q: 'quarter',
  M: 'month',
  L: 'month',
  d: 'day',
  D: 'dayOfYear',
  Y: 'weekYear',
  w: 'weekOfYear',
  W: 'weekOfMonth',
  E: 'dayOfWeek',
  e: 'localDayOfWeek',
  c: 'localDayOfWeek',
  F: 'weekInMonth',
  a: 'amPm',
  H: 'hour',
  k: 'hour24',
  K: 'hour11',
  h: 'hour12',
  m: 'minute',
  s: 'second',
  n: 'nano',
  A: 'milliOfDay',
  N: 'nanoOfDay',
};

/** The elements of a pattern. Throws E-EVAL-15 with the offending letter. */
export function compilePattern(pattern: string): readonly Element[] {
  const reader = { pattern, at: 0 };
  const elements = readElements(reader, 0);
  if (reader.at < pattern.length) throw bad(pattern, 'a "]" without "["');
  return elements;
}

interface Reader {
  readonly pattern: string;
  at: number;
}

function readElements(reader: Reader, depth: number): Element[] {
  const { pattern } = reader;
  const elements: Element[] = [];
  while (reader.at < pattern.length) {
    const char = pattern[reader.at]!;
    if (char === ']' && depth > 0) {
      reader.at++;
      return elements;
    }
    if (char === ']') throw bad(pattern, 'a "]" without "["');
    if (char === '[') {
      reader.at++;
      elements.push({ kind: 'optional', elements: readElements(reader, depth + 1) });
    } else if (char === "'") elements.push({ kind: 'literal', text: readQuoted(reader) });
    else if (/[A-Za-z]/.test(char)) elements.push(readLetters(reader));
    else if (/[{}#]/.test(char)) throw bad(pattern, `the reserved character "${char}"`);
    else {
      elements.push({ kind: 'literal', text: char });
      reader.at++;
    }
  }
  return elements;
}

function readQuoted(reader: Reader): string {
  const { pattern } = reader;
  let text = '';
  for (let at = reader.at + 1; at < pattern.length; at++) {
    if (pattern[at] !== "'") text += pattern[at];
    else if (pattern[at + 1] === "'") {
      text += "'";
      at++;
    } else {
      reader.at = at + 1;
      return text === '' ? "'" : text;
    }
  }
  throw bad(pattern, 'a quote that is not closed');
}

function readLetters(reader: Reader): Element {
  const { pattern } = reader;
  const run = () => {
    const letter = pattern[reader.at]!;
    const start = reader.at;
    while (pattern[reader.at] === letter) reader.at++;
    return { letter, count: reader.at - start };
  };
  const first = run();
  if (first.letter !== 'p') return elementOf(pattern, first.letter, first.count);
  if (reader.at >= pattern.length || !/[A-Za-z]/.test(pattern[reader.at]!))
    throw bad(pattern, 'a "p" that pads nothing');
  const padded = run();
  const element = elementOf(pattern, padded.letter, padded.count);
  return element.kind === 'number' ? { ...element, padTo: first.count } : element;
}

function elementOf(pattern: string, letter: string, count: number): Element {
  if (letter === 'S') {
    if (count > 9) throw bad(pattern, 'more than nine "S"');
    return { kind: 'fraction', digits: count };
  }
  if ('VzOXxZ'.includes(letter)) return zoneElement(pattern, letter, count);
  const field = LETTERS[letter];
  if (field === undefined) throw bad(pattern, `the unknown letter "${letter}"`);
  const asText = textElement(pattern, { letter, count, field });
  return asText ?? numberElement(pattern, { letter, count, field });
}

interface Letters {
  readonly letter: string;
  readonly count: number;
  readonly field: Field;
}

function textElement(pattern: string, { letter, count, field }: Letters): Element | null {
  if (letter === 'a') {
    if (count > 1) throw bad(pattern, 'more than one "a"');
    return { kind: 'text', field, style: 'short' };
  }
  const always = letter === 'G' || letter === 'E';
  const orNumber = 'QqMLec'.includes(letter);
  if (!always && (!orNumber || count < 3)) return null;
  if (count > 5) throw bad(pattern, `more than five "${letter}"`);
  const of = letter === 'e' || letter === 'c' ? 'dayOfWeek' : field;
  return { kind: 'text', field: of, style: count === 5 ? 'narrow' : count === 4 ? 'full' : 'short' };
}

function numberElement(pattern: string, { letter, count, field }: Letters): Element {
  const number = (min: number, max: number, more: { plusBeyond?: boolean; reduced?: boolean } = {}): Element => ({
    kind: 'number',
    field,
    min,
    max,
    plusBeyond: more.plusBeyond ?? false,
    reduced: more.reduced ?? false,
    padTo: 0,
  });
  if ('yuY'.includes(letter)) {
    if (count === 2) return number(2, 2, { reduced: true });
    return number(count, 19, { plusBeyond: count > 3 });
  }
  if (letter === 'D') {
    if (count > 3) throw bad(pattern, 'more than three "D"');
    return number(count, 3);
  }
  if ('nAN'.includes(letter)) return number(count, 19);
  const most = letter === 'F' || letter === 'W' || letter === 'c' ? 1 : 2;
  if (count > most) throw bad(pattern, `more than ${most} "${letter}"`);
  return count === 1 && most === 2 ? number(1, 19) : number(count, count);
}

function zoneElement(pattern: string, letter: string, count: number): Element {
  if (letter === 'V') {
    if (count !== 2) throw bad(pattern, '"V" that is not "VV"');
    return { kind: 'zoneId' };
  }
  if (letter === 'z') {
    if (count > 4) throw bad(pattern, 'more than four "z"');
    return { kind: 'zoneName', long: count === 4 };
  }
  if (letter === 'O') {
    if (count !== 1 && count !== 4) throw bad(pattern, '"O" that is neither "O" nor "OOOO"');
    return { kind: 'offset', form: count === 1 ? 'GMT+H' : 'GMT+HH:MM', zero: 'GMT' };
  }
  if (count > 5) throw bad(pattern, `more than five "${letter}"`);
  if (letter === 'Z') {
    if (count < 4) return { kind: 'offset', form: '+HHMM', zero: '+0000' };
    return count === 4
      ? { kind: 'offset', form: 'GMT+HH:MM', zero: 'GMT' }
      : { kind: 'offset', form: '+HH:MM:ss', zero: 'Z' };
  }
  const form = ['+HHmm', '+HHMM', '+HH:MM', '+HHMMss', '+HH:MM:ss'][count - 1]!;
  const zero = letter === 'X' ? 'Z' : ['+00', '+0000', '+00:00', '+0000', '+00:00'][count - 1]!;
  return { kind: 'offset', form, zero };
}

function bad(pattern: string, what: string): Error {
  return evaluationError('EVAL-15', `The pattern "${pattern.slice(0, 80)}" holds ${what}.`);
}

export const MONTHS: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
/** Monday first. */
export const WEEKDAYS: readonly string[] = [
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Sunday',
];

/** The texts of a field from its least value on, in a style. */
export function textsOf(
  field: Field,
  style: 'short' | 'full' | 'narrow',
): { readonly first: number; readonly texts: readonly string[] } {
  const cut = (names: readonly string[]) =>
    style === 'full' ? names : names.map((name) => name.slice(0, style === 'narrow' ? 1 : 3));
  switch (field) {
    case 'month':
      return { first: 1, texts: cut(MONTHS) };
    case 'dayOfWeek':
      return { first: 1, texts: cut(WEEKDAYS) };
    case 'amPm':
      return { first: 0, texts: ['AM', 'PM'] };
    case 'era':
      return {
        first: 0,
        texts: style === 'full' ? ['Before Christ', 'Anno Domini'] : style === 'narrow' ? ['B', 'A'] : ['BC', 'AD'],
      };
    default:
      return {
        first: 1,
        texts:
          style === 'full'
            ? ['1st quarter', '2nd quarter', '3rd quarter', '4th quarter']
            : [1, 2, 3, 4].map((n) => (style === 'narrow' ? String(n) : `Q${n}`)),
      };
  }
}
