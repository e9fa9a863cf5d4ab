// Texts: case, parts, padding, searching. Positions and lengths count UTF-16 code units, as in Java.
import { createHash } from 'node:crypto';
import { evaluationError } from '../../errors.ts';
import { BYTES, INTEGER, lenient, param, primitiveParam, STRING, scalar, strict } from '../define.ts';
import type { ScalarFunction } from '../registry.ts';

const text = param('text', STRING);

export const ucase = scalar({
  name: 'UCASE',
  category: 'STRING',
  doc: 'The text in upper case.',
  nulls: 'NULL for NULL.',
  variants: [
    strict(
      [text],
      STRING,
      (value: string) => value.toUpperCase(),
      ([value]) => `${value}.toUpperCase()`,
    ),
  ],
  examples: [["UCASE('aBc')", "'ABC'"]],
});

export const lcase = scalar({
  name: 'LCASE',
  category: 'STRING',
  doc: 'The text in lower case.',
  nulls: 'NULL for NULL.',
  variants: [
    strict(
      [text],
      STRING,
      (value: string) => value.toLowerCase(),
      ([value]) => `${value}.toLowerCase()`,
    ),
  ],
  examples: [["LCASE('aBc')", "'abc'"]],
});

export const len = scalar({
  name: 'LEN',
  category: 'STRING',
  doc: 'The length of a text or of bytes.',
  nulls: 'NULL for NULL.',
  variants: [
    strict(
      [text],
      INTEGER,
      (value: string) => value.length,
      ([value]) => `${value}.length`,
    ),
    strict(
      [param('bytes', BYTES)],
      INTEGER,
      (value: Uint8Array) => value.length,
      ([value]) => `${value}.length`,
    ),
  ],
  examples: [
    ["LEN('abc')", '3'],
    ["LEN(TO_BYTES('0102', 'hex'))", '2'],
  ],
});

export const trim = scalar({
  name: 'TRIM',
  category: 'STRING',
  doc: 'The text without blanks and control characters at both ends.',
  nulls: 'NULL for NULL.',
  variants: [strict([text], STRING, trimmed)],
  examples: [["TRIM('  a b ')", "'a b'"]],
});

function trimmed(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && value.charCodeAt(start) <= 32) start++;
  while (end > start && value.charCodeAt(end - 1) <= 32) end--;
  return value.slice(start, end);
}

export const initcap = scalar({
  name: 'INITCAP',
  category: 'STRING',
  doc: 'The first letter of each word in upper case, all others in lower case; leading blanks are lost.',
  nulls: 'NULL for NULL.',
  variants: [
    strict([text], STRING, (value: string) =>
      value
        .replace(/^\s+/, '')
        .toLowerCase()
        .replace(/(^|\s)(\S)/gu, (_, before: string, letter: string) => before + letter.toUpperCase()),
    ),
  ],
  examples: [["INITCAP(' the   Quick fOx')", "'The   Quick Fox'"]],
});

export const concat = scalar({
  name: 'CONCAT',
  category: 'STRING',
  doc: 'The arguments one after the other; also the operator ||.',
  nulls: 'NULLs are skipped; an empty value when all are NULL.',
  variants: [
    {
      params: [param('texts', STRING)],
      variadic: 0,
      returns: STRING,
      nulls: 'handle',
      evaluate: (...texts: (string | null)[]) => {
        let out = '';
        for (const each of texts) if (each !== null) out += each;
        return out;
      },
      inline: (args) => `('' + ${args.map((arg) => `(${arg} ?? '')`).join(' + ')})`,
    },
    {
      params: [param('bytes', BYTES)],
      variadic: 0,
      returns: BYTES,
      nulls: 'handle',
      evaluate: (...parts: (Uint8Array | null)[]) => joinBytes(parts.filter((part) => part !== null)),
    },
  ],
  examples: [
    ["CONCAT('a', CAST(NULL AS STRING), 'b')", "'ab'"],
    ["'a' || 'b' || 'c'", "'abc'"],
    ["FROM_BYTES(CONCAT(TO_BYTES('01', 'hex'), TO_BYTES('02', 'hex')), 'hex')", "'0102'"],
  ],
});

/** One array of all parts. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export const concatWs = scalar({
  name: 'CONCAT_WS',
  category: 'STRING',
  doc: 'The arguments after the first, which stands between them.',
  nulls: 'NULL when the separator is; other NULLs are skipped.',
  variants: [
    {
      params: [param('separator', STRING), param('texts', STRING)],
      variadic: 1,
      returns: STRING,
      nulls: 'handle',
      evaluate: (separator: string | null, ...texts: (string | null)[]) => {
        atLeastOne(texts);
        return separator === null ? null : texts.filter((each) => each !== null).join(separator);
      },
    },
    {
      params: [param('separator', BYTES), param('bytes', BYTES)],
      variadic: 1,
      returns: BYTES,
      nulls: 'handle',
      evaluate: (separator: Uint8Array | null, ...parts: (Uint8Array | null)[]) => {
        atLeastOne(parts);
        if (separator === null) return null;
        const kept = parts.filter((part) => part !== null);
        return joinBytes(kept.flatMap((part, index) => (index === 0 ? [part] : [separator, part])));
      },
    },
  ],
  examples: [["CONCAT_WS('-', 'a', CAST(NULL AS STRING), 'b')", "'a-b'"]],
});

function atLeastOne(parts: readonly unknown[]): void {
  if (parts.length === 0) throw evaluationError('EVAL-12', 'CONCAT_WS takes a separator and at least one value.');
}

export const elt = scalar({
  name: 'ELT',
  category: 'STRING',
  doc: 'The nth of the texts, counted from 1.',
  nulls: 'NULL when n is NULL or there is no such text.',
  variants: [
    {
      params: [primitiveParam('n', INTEGER), param('texts', STRING)],
      variadic: 1,
      returns: STRING,
      nulls: 'handle',
      evaluate: (n: number, ...texts: (string | null)[]) => texts[n - 1] ?? null,
    },
  ],
  examples: [
    ["ELT(2, 'a', 'b')", "'b'"],
    ["ELT(3, 'a', 'b')", 'NULL'],
  ],
});

export const field = scalar({
  name: 'FIELD',
  category: 'STRING',
  doc: 'Where the first text stands among the others, counted from 1; 0 when it does not.',
  nulls: '0 when the first text is NULL.',
  variants: [
    {
      params: [param('text', STRING), param('texts', STRING)],
      variadic: 1,
      returns: INTEGER,
      nulls: 'handle',
      evaluate: (value: string | null, ...texts: (string | null)[]) => (value === null ? 0 : texts.indexOf(value) + 1),
    },
  ],
  examples: [
    ["FIELD('b', 'a', 'b')", '2'],
    ["FIELD('x', 'a', 'b')", '0'],
  ],
});

const subtext = param('part', STRING);
const position = primitiveParam('position', INTEGER);

export const instr = scalar({
  name: 'INSTR',
  category: 'STRING',
  doc: 'Where a text holds another, counted from 1; 0 when it does not. A negative position searches back from the end.',
  nulls: '0 when a text is NULL; NULL when a number is.',
  variants: [
    lenient([text, subtext], INTEGER, (value: string | null, part: string | null) => find(value, part, 1, 1)),
    lenient([text, subtext, position], INTEGER, (value: string | null, part: string | null, at: number) =>
      find(value, part, at, 1),
    ),
    lenient([text, subtext, position, primitiveParam('occurrence', INTEGER)], INTEGER, find),
  ],
  examples: [
    ["INSTR('corporate floor', 'or')", '2'],
    ["INSTR('corporate floor', 'or', 3)", '5'],
    ["INSTR('corporate floor', 'or', -3, 2)", '2'],
  ],
});

function find(value: string | null, part: string | null, position: number, occurrence: number): number {
  if (value === null || part === null || Math.abs(position) > value.length || occurrence < 1) return 0;
  const backwards = position < 0;
  let at = backwards ? value.length + position : Math.max(position - 1, 0);
  for (let count = 1; ; count++) {
    at = backwards ? value.lastIndexOf(part, at) : value.indexOf(part, at);
    if (at < 0 || count === occurrence) return at + 1;
    at += backwards ? -1 : 1;
    if (at < 0) return 0;
  }
}

const length = param('length', INTEGER);

function pad(name: 'LPAD' | 'RPAD'): ScalarFunction {
  const left = name === 'LPAD';
  const filled = (size: number, padding: { readonly length: number }) => size >= 0 && padding.length > 0;
  return scalar({
    name,
    category: 'STRING',
    doc: `Fills text or bytes from the ${left ? 'left' : 'right'} with \`padding\` up to \`length\`, or cuts it there.`,
    nulls: 'NULL when an argument is NULL, `padding` is empty or `length` is negative.',
    variants: [
      strict([text, length, param('padding', STRING)], STRING, (value: string, size: number, padding: string) => {
        if (!filled(size, padding)) return null;
        if (value.length >= size) return value.slice(0, size);
        return left ? value.padStart(size, padding) : value.padEnd(size, padding);
      }),
      strict(
        [param('bytes', BYTES), length, param('padding', BYTES)],
        BYTES,
        (value: Uint8Array, size: number, padding: Uint8Array) => {
          if (!filled(size, padding)) return null;
          if (value.length >= size) return value.slice(0, size);
          const fill = Uint8Array.from({ length: size - value.length }, (_, index) => padding[index % padding.length]!);
          return joinBytes(left ? [fill, value] : [value, fill]);
        },
      ),
    ],
    examples: [
      [`${name}('7', 3, '0')`, left ? "'007'" : "'700'"],
      [`${name}('tributary', 4, '-')`, "'trib'"],
      [`${name}('7', 3, '')`, 'NULL'],
    ],
  });
}

export const lpad = pad('LPAD');
export const rpad = pad('RPAD');

export const replace = scalar({
  name: 'REPLACE',
  category: 'STRING',
  doc: 'The text with each occurrence of one text replaced by another.',
  nulls: 'NULL when an argument is NULL.',
  variants: [
    strict([text, param('old', STRING), param('new', STRING)], STRING, (value: string, old: string, by: string) =>
      value.replaceAll(old, () => by),
    ),
  ],
  examples: [["REPLACE('a.b.c', '.', '-')", "'a-b-c'"]],
});

export const substring = scalar({
  name: 'SUBSTRING',
  category: 'STRING',
  doc: 'A part of a text or of bytes, from a position counted from 1; a negative one counts from the end.',
  nulls: 'NULL when an argument is NULL.',
  variants: [
    strict([text, param('position', INTEGER)], STRING, (value: string, at: number) => value.slice(begin(value, at))),
    strict([text, param('position', INTEGER), length], STRING, part<string>),
    strict([param('bytes', BYTES), param('position', INTEGER)], BYTES, (value: Uint8Array, at: number) =>
      value.slice(begin(value, at)),
    ),
    strict([param('bytes', BYTES), param('position', INTEGER), length], BYTES, part<Uint8Array>),
  ],
  examples: [
    ["SUBSTRING('stream', 2)", "'tream'"],
    ["SUBSTRING('stream', 0, 2)", "'st'"],
    ["SUBSTRING('stream', -3, 2)", "'ea'"],
    ["SUBSTRING('stream', 9)", "''"],
  ],
});

function begin(value: { readonly length: number }, position: number): number {
  if (position > 0) return position - 1;
  return position === 0 ? 0 : Math.max(value.length + position, 0);
}

function part<V extends string | Uint8Array>(value: V, position: number, size: number): V {
  const start = begin(value, position);
  return value.slice(start, start + Math.max(size, 0)) as V;
}

export const chr = scalar({
  name: 'CHR',
  category: 'STRING',
  doc: 'The character of a code point, given as a number or as \\uXXXX.',
  nulls: 'NULL for NULL and for what is no code point.',
  variants: [
    strict([param('code', INTEGER)], STRING, (code: number) =>
      code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : null,
    ),
    strict([param('escape', STRING)], STRING, (value: string) => {
      if (value.length < 6 || !value.startsWith('\\u')) return null;
      return value.replace(/\\u+([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    }),
  ],
  examples: [
    ['CHR(75)', "'K'"],
    ["CHR('\\u597d')", "'好'"],
    ['CHR(-1)', 'NULL'],
  ],
});

export const md5 = scalar({
  name: 'MD5',
  category: 'STRING',
  doc: 'The MD5 sum of the UTF-8 text, in lower-case hexadecimal.',
  nulls: 'NULL for NULL.',
  variants: [strict([text], STRING, (value: string) => createHash('md5').update(value, 'utf8').digest('hex'))],
  examples: [["MD5('abc')", "'900150983cd24fb0d6963f7d28e17f72'"]],
});
