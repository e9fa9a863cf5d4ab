// Regular expressions in Java's syntax, and splitting of texts.
import type { Value } from '../../../core/data/schema.ts';
import { compileJavaRegex, compileReplacement } from '../../../core/java/regex.ts';
import { evaluationError } from '../../errors.ts';
import { arrayType, mapType } from '../../types/sql-type.ts';
import { BYTES, INTEGER, param, STRING, scalar } from '../define.ts';
import type { Evaluate, Parameter, ScalarVariant } from '../registry.ts';

const pattern = param('pattern', STRING);
const input = param('input', STRING);
const group = param('group', INTEGER);

/** Keeps what the last pattern became: a query's pattern hardly ever changes from row to row. */
function lastOnly<T>(make: (source: string) => T): (source: string) => T {
  let last: string | null = null;
  let made: T;
  return (source) => {
    if (source !== last) {
      made = make(source);
      last = source;
    }
    return made;
  };
}

function compile(source: string): RegExp {
  try {
    return compileJavaRegex(source, 'g');
  } catch (cause) {
    throw evaluationError('EVAL-12', `"${source.slice(0, 80)}" is not a regular expression.`, cause);
  }
}

function overload(
  params: readonly Parameter[],
  returns: ScalarVariant['returns'],
  make: (regex: (source: string) => RegExp) => Evaluate,
): ScalarVariant {
  return { params, returns, nulls: 'propagate', bind: () => make(lastOnly(compile)) };
}

/** Group count by the alternative of the empty match: it gives one entry a group. */
function groupCount(regex: RegExp): number {
  return new RegExp(`${regex.source}|`, regex.flags.replace('g', '')).exec('')!.length - 1;
}

function firstMatch(regex: RegExp, text: string, index: number): string | null {
  regex.lastIndex = 0;
  const match = regex.exec(text);
  return match === null || index < 0 || index >= match.length ? null : (match[index] ?? null);
}

export const regexpExtract = scalar({
  name: 'REGEXP_EXTRACT',
  category: 'REGULAR EXPRESSION',
  doc: 'The first match of a pattern, or a group of it.',
  nulls: 'NULL when an argument is NULL, nothing matches or there is no such group.',
  variants: [
    overload([pattern, input], STRING, (regex) => (source: string, text: string) => firstMatch(regex(source), text, 0)),
    overload(
      [pattern, input, group],
      STRING,
      (regex) => (source: string, text: string, index: number) => firstMatch(regex(source), text, index),
    ),
  ],
  examples: [
    ["REGEXP_EXTRACT('[0-9]+', 'a12b3')", "'12'"],
    ["REGEXP_EXTRACT('([a-z])([0-9]+)', 'a12b3', 2)", "'12'"],
    ["REGEXP_EXTRACT('x', 'abc')", 'NULL'],
  ],
});

function allMatches(regex: RegExp, text: string, index: number): Value {
  if (index < 0 || index > groupCount(regex)) return null;
  return Array.from(text.matchAll(regex), (match) => match[index] ?? null);
}

export const regexpExtractAll = scalar({
  name: 'REGEXP_EXTRACT_ALL',
  category: 'REGULAR EXPRESSION',
  doc: 'All matches of a pattern, or a group of each.',
  nulls: 'NULL when an argument is NULL or there is no such group; an empty array when nothing matches.',
  variants: [
    overload(
      [pattern, input],
      arrayType(STRING),
      (regex) => (source: string, text: string) => allMatches(regex(source), text, 0),
    ),
    overload(
      [pattern, input, group],
      arrayType(STRING),
      (regex) => (source: string, text: string, index: number) => allMatches(regex(source), text, index),
    ),
  ],
  examples: [
    ["REGEXP_EXTRACT_ALL('[0-9]+', 'a12b3')", "ARRAY['12', '3']"],
    ["REGEXP_EXTRACT_ALL('([a-z])[0-9]+', 'a12b3', 1)", "ARRAY['a', 'b']"],
  ],
});

export const regexpReplace = scalar({
  name: 'REGEXP_REPLACE',
  category: 'REGULAR EXPRESSION',
  doc: 'The text with each match replaced; $1 stands for a group, a backslash makes the next character literal.',
  nulls: 'NULL when an argument is NULL.',
  variants: [
    {
      params: [param('text', STRING), pattern, param('replacement', STRING)],
      returns: STRING,
      nulls: 'propagate',
      bind: () => {
        const regex = lastOnly(compile);
        const replacement = lastOnly(compileReplacement);
        return (text: string, source: string, by: string) => replaceAll(text, regex(source), replacement(by));
      },
    },
  ],
  examples: [
    ["REGEXP_REPLACE('a12b3', '[0-9]+', '#')", "'a#b#'"],
    ["REGEXP_REPLACE('a12', '([a-z])([0-9]+)', '$2$1')", "'12a'"],
  ],
});

function replaceAll(text: string, regex: RegExp, replacement: (match: RegExpExecArray) => string): string {
  let out = '';
  let at = 0;
  for (const match of text.matchAll(regex)) {
    try {
      out += text.slice(at, match.index) + replacement(match as RegExpExecArray);
    } catch (cause) {
      throw evaluationError('EVAL-12', 'The replacement of REGEXP_REPLACE is not one.', cause);
    }
    at = match.index + match[0].length;
  }
  return out + text.slice(at);
}

export const regexpSplitToArray = scalar({
  name: 'REGEXP_SPLIT_TO_ARRAY',
  category: 'REGULAR EXPRESSION',
  doc: 'The parts of a text between the matches of a pattern, empty ones included.',
  nulls: 'NULL when an argument is NULL.',
  variants: [
    overload([param('text', STRING), pattern], arrayType(STRING), (regex) => {
      return (text: string, source: string) => splitBy(text, regex(source));
    }),
  ],
  examples: [
    ["REGEXP_SPLIT_TO_ARRAY('a1b22c', '[0-9]')", "ARRAY['a', 'b', '', 'c']"],
    ["REGEXP_SPLIT_TO_ARRAY('abc', '')", "ARRAY['a', 'b', 'c']"],
  ],
});

function splitBy(text: string, regex: RegExp): string[] {
  regex.lastIndex = 0;
  const matchesEmpty = regex.exec('') !== null;
  const parts: string[] = [];
  let at = 0;
  for (const match of text.matchAll(regex)) {
    // As Java's split: an empty match at the start gives no part.
    if (match[0] === '' && (match.index === 0 || match.index === text.length)) continue;
    parts.push(text.slice(at, match.index));
    at = match.index + match[0].length;
  }
  parts.push(text.slice(at));
  if (matchesEmpty) while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts;
}

export const split = scalar({
  name: 'SPLIT',
  category: 'STRING',
  doc: 'The parts of a text or of bytes between delimiters, empty ones included. An empty delimiter splits everywhere.',
  nulls: 'NULL when an argument is NULL.',
  variants: [
    {
      params: [param('text', STRING), param('delimiter', STRING)],
      returns: arrayType(STRING),
      nulls: 'propagate',
      evaluate: (text: string, delimiter: string) =>
        delimiter !== '' || text === '' ? (text === '' ? [''] : text.split(delimiter)) : [...text],
    },
    {
      params: [param('bytes', BYTES), param('delimiter', BYTES)],
      returns: arrayType(BYTES),
      nulls: 'propagate',
      evaluate: splitBytes,
    },
  ],
  examples: [
    ["SPLIT('a.b..c', '.')", "ARRAY['a', 'b', '', 'c']"],
    ["SPLIT('abc', '')", "ARRAY['a', 'b', 'c']"],
  ],
});

function splitBytes(bytes: Uint8Array, delimiter: Uint8Array): Value {
  if (bytes.length === 0) return [bytes];
  if (delimiter.length === 0) return Array.from(bytes, (byte) => Uint8Array.of(byte));
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (let next = buffer.indexOf(delimiter); next >= 0; next = buffer.indexOf(delimiter, at)) {
    parts.push(bytes.slice(at, next));
    at = next + delimiter.length;
  }
  parts.push(bytes.slice(at));
  return parts;
}

export const splitToMap = scalar({
  name: 'SPLIT_TO_MAP',
  category: 'MAP',
  doc: 'A map of the entries of a text: entries stand between the first delimiter, keys before the second.',
  nulls: 'NULL when an argument is NULL or empty, or both delimiters are equal.',
  variants: [
    {
      params: [param('text', STRING), param('entryDelimiter', STRING), param('keyDelimiter', STRING)],
      returns: mapType(STRING, STRING),
      nulls: 'propagate',
      evaluate: (text: string, entryDelimiter: string, keyDelimiter: string) => {
        if (entryDelimiter === '' || keyDelimiter === '' || entryDelimiter === keyDelimiter) return null;
        const out = new Map<Value, Value>();
        for (const entry of text.split(entryDelimiter)) {
          const [key, value] = entry.split(keyDelimiter);
          if (entry !== '' && value !== undefined) out.set(key!, value);
        }
        return out;
      },
    },
  ],
  examples: [["SPLIT_TO_MAP('a:1,b:2', ',', ':')", "MAP('a' := '1', 'b' := '2')"]],
});
