// MASK and its partial forms: letters and digits replaced by class.
import { evaluationError } from '../../errors.ts';
import { INTEGER, lenient, param, primitiveParam, STRING, scalar } from '../define.ts';
import type { ScalarFunction } from '../registry.ts';

type Mask = string | null;
const DEFAULT: readonly Mask[] = ['X', 'x', 'n', '-'];
const masks = ['upper', 'lower', 'digit', 'other'].map((name) => param(name, STRING));

const UPPER = /\p{Uppercase}/u;
const LOWER = /\p{Lowercase}/u;
const DIGIT = /\p{Nd}/u;

function masked(text: string, by: readonly Mask[]): string {
  for (const mask of by) {
    if (mask !== null && mask.length !== 1) {
      throw evaluationError('EVAL-12', `A mask is one character or NULL, not "${mask}".`);
    }
  }
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    const mask = UPPER.test(char) ? by[0] : LOWER.test(char) ? by[1] : DIGIT.test(char) ? by[2] : by[3];
    out += mask ?? char;
  }
  return out;
}

export const mask = scalar({
  name: 'MASK',
  category: 'STRING',
  doc: 'Hides a text: upper-case letters become X, lower-case ones x, digits n, others -, or the characters given.',
  nulls: 'NULL for NULL; a NULL mask leaves its class as it is.',
  variants: [
    lenient([param('text', STRING)], STRING, (text: string | null) => (text === null ? null : masked(text, DEFAULT))),
    lenient([param('text', STRING), ...masks], STRING, (text: string | null, ...by: Mask[]) =>
      text === null ? null : masked(text, by),
    ),
  ],
  examples: [
    ["MASK('My Test $123')", "'Xx-Xxxx--nnn'"],
    ["MASK('My Test $123', '*', NULL, '1', NULL)", "'*y *est $111'"],
  ],
});

/** The range to hide of a text of this length. */
type Range = (length: number, n: number) => readonly [start: number, end: number];

function partial(name: string, doc: string, range: Range, example: string): ScalarFunction {
  const hide = (text: string | null, n: number, by: readonly Mask[]): string | null => {
    if (n < 0) throw evaluationError('EVAL-12', `${name} does not take the negative count ${n}.`);
    if (text === null) return null;
    const [start, end] = range(text.length, Math.min(n, text.length));
    return text.slice(0, start) + masked(text.slice(start, end), by) + text.slice(end);
  };
  return scalar({
    name,
    category: 'STRING',
    doc,
    nulls: 'NULL when the text or the count is NULL; a NULL mask leaves its class as it is.',
    variants: [
      lenient([param('text', STRING), primitiveParam('count', INTEGER)], STRING, (text: string | null, n: number) =>
        hide(text, n, DEFAULT),
      ),
      lenient(
        [param('text', STRING), primitiveParam('count', INTEGER), ...masks],
        STRING,
        (text: string | null, n: number, ...by: Mask[]) => hide(text, n, by),
      ),
    ],
    examples: [[`${name}('aB12', 1)`, example]],
  });
}

export const maskLeft = partial('MASK_LEFT', 'Hides the first characters of a text.', (_, n) => [0, n], "'xB12'");
export const maskRight = partial('MASK_RIGHT', 'Hides the last characters of a text.', (l, n) => [l - n, l], "'aB1n'");
export const maskKeepLeft = partial(
  'MASK_KEEP_LEFT',
  'Hides all but the first characters of a text.',
  (l, n) => [n, l],
  "'aXnn'",
);
export const maskKeepRight = partial(
  'MASK_KEEP_RIGHT',
  'Hides all but the last characters of a text.',
  (l, n) => [0, l - n],
  "'xXn2'",
);
