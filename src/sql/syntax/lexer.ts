// Characters → tokens, and a script → statements. White space and comments leave no token.
import { sqlError } from '../errors.ts';
import type { Token } from './tokens.ts';

const WORD = /[A-Za-z_][A-Za-z0-9_@]*/y;
// A digit identifier must hold something that is no digit; a number with an exponent wins over it at equal length.
const DIGIT_WORD = /[0-9]+[A-Za-z_@][A-Za-z0-9_@]*/y;
const FLOAT = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+/y;
const DECIMAL = /[0-9]+\.[0-9]*|\.[0-9]+/y;
const INTEGER = /[0-9]+/y;
const OPERATOR = /->|=>|:=|<>|!=|<=|>=|\|\||[=<>+\-*/%()[\],.;{}]/y;
const SPACE = /[ \t\r\n]+/y;

/** The tokens of one statement, closed by an `end` token. Throws E-LEX errors. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const skipped = skipBlank(text, at);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    const token = readToken(text, at);
    tokens.push(token);
    at = token.span[1];
  }
  tokens.push({ kind: 'end', text: '', span: [text.length, text.length] });
  return tokens;
}

/** One statement's place in a script: `text` from its first token up to and with its `;`. */
export interface StatementText {
  readonly text: string;
  /** Offset of `text` in the script. */
  readonly start: number;
  readonly terminated: boolean;
}

/**
 * Cuts a script at its semicolons, minding quotes and comments. Blank rests are left out. Never throws: what is not closed swallows
 * the rest of the script, and parsing that statement says so.
 */
export function splitStatements(script: string): readonly StatementText[] {
  const statements: StatementText[] = [];
  let at = 0;
  let start = -1;
  while (at < script.length) {
    const next = skipBlank(script, at);
    if (next > at) {
      at = next;
      continue;
    }
    if (start < 0) start = at;
    const char = script[at]!;
    if (char === ';') {
      statements.push({ text: script.slice(start, at + 1), start, terminated: true });
      start = -1;
      at++;
    } else if (char === "'" || char === '"' || char === '`') {
      const end = closingQuote(script, at);
      at = end < 0 ? script.length : end + 1;
    } else if (script.startsWith('/*', at)) {
      at = script.length;
    } else at++;
  }
  if (start >= 0) statements.push({ text: script.slice(start).trimEnd(), start, terminated: false });
  return statements;
}

/** The end of one run of white space or one comment at `at`; `at` when there is none. */
export function skipBlank(text: string, at: number): number {
  SPACE.lastIndex = at;
  if (SPACE.test(text)) return SPACE.lastIndex;
  if (text.startsWith('--', at)) {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end + 1;
  }
  if (text.startsWith('/*', at)) {
    const end = text.indexOf('*/', at + 2);
    return end < 0 ? at : end + 2;
  }
  return at;
}

function readToken(text: string, at: number): Token {
  const char = text[at]!;
  if (char === "'" || char === '"' || char === '`') return quotedToken(text, at, char);
  const word = match(WORD, text, at);
  if (word !== null) return { kind: 'word', text: word.toUpperCase(), span: [at, at + word.length] };
  const number = numberToken(text, at);
  if (number !== null) return number;
  if (text.startsWith('/*', at)) {
    throw sqlError('LEX-1', {
      what: 'This block comment is never closed.',
      fix: 'Add "*/" where it ends.',
      span: [at, at + 2],
      text,
    });
  }
  const operator = match(OPERATOR, text, at);
  if (operator !== null) return { kind: 'operator', text: operator, span: [at, at + operator.length] };
  const code = text.codePointAt(at)!;
  const shown = String.fromCodePoint(code);
  throw sqlError('LEX-2', {
    what: `No token begins with ${JSON.stringify(shown)} (U+${code.toString(16).toUpperCase().padStart(4, '0')}).`,
    fix:
      shown === '$'
        ? 'Variables are written ${name}.'
        : 'If it belongs to a name, quote the whole name with backticks; texts stand in single quotes.',
    span: [at, at + shown.length],
    text,
  });
}

function numberToken(text: string, at: number): Token | null {
  const float = match(FLOAT, text, at);
  const digitWord = match(DIGIT_WORD, text, at);
  const decimal = match(DECIMAL, text, at);
  const integer = match(INTEGER, text, at);
  const longest = Math.max(float?.length ?? 0, digitWord?.length ?? 0, decimal?.length ?? 0, integer?.length ?? 0);
  if (longest === 0) return null;
  const span = [at, at + longest] as const;
  if (float !== null && float.length === longest) return { kind: 'float', text: float, span };
  if (digitWord !== null && digitWord.length === longest) return { kind: 'word', text: digitWord.toUpperCase(), span };
  if (decimal !== null && decimal.length === longest) return { kind: 'decimal', text: decimal, span };
  return { kind: 'integer', text: integer!, span };
}

function quotedToken(text: string, at: number, quote: string): Token {
  const end = closingQuote(text, at);
  if (end < 0) {
    const thing = quote === "'" ? 'text' : 'quoted name';
    throw sqlError('LEX-1', {
      what: `This ${thing} is never closed.`,
      fix: `Add ${quote === '`' ? 'a backtick' : quote} where it ends; inside it the mark is doubled.`,
      span: [at, at + 1],
      text,
    });
  }
  const content = text.slice(at + 1, end).replaceAll(quote + quote, quote);
  return { kind: quote === "'" ? 'text' : 'quoted', text: content, span: [at, end + 1] };
}

/** Offset of the mark that closes the one at `at`, −1 when none does. A doubled mark closes nothing. */
function closingQuote(text: string, at: number): number {
  const quote = text[at]!;
  for (let end = text.indexOf(quote, at + 1); end >= 0; end = text.indexOf(quote, end + 2)) {
    if (text[end + 1] !== quote) return end;
  }
  return -1;
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found === null ? null : found[0];
}
