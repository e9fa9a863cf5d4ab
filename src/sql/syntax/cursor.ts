// A position in the tokens of one statement, and the making of messages.
//
// Law: every question that was asked at the furthest position and answered with no is remembered there. The set of them is what was
// expected at the fault, and what completion offers.
import { nearest, quoted, type TributaryError } from '../../core/errors.ts';
import { positionOf, sqlError } from '../errors.ts';
import type { Name, Span } from './ast.ts';
import { PLURAL_UNITS, RESERVED, type Token, UNIT_MS } from './tokens.ts';

/** Deeper nesting is refused (E-PARSE-18) long before the stack ends. */
const DEPTH_MAX = 250;
const CLAUSE_WORDS: ReadonlySet<string> = new Set(
  'FROM WHERE GROUP HAVING LIMIT JOIN INNER LEFT RIGHT FULL ON WINDOW WITH VALUES SELECT AS'.split(' '),
);
/** What a longer word of the expected set already says. */
const SUBSUMED: Readonly<Record<string, readonly string[]>> = {
  'an operator': ['IS', 'BETWEEN', 'IN', 'LIKE', 'AND', 'OR', 'NOT'],
  JOIN: ['INNER', 'LEFT', 'RIGHT', 'FULL'],
  'an expression': ['NOT', 'a name'],
  'a type': ['a name'],
};
const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']' };

export class Cursor {
  readonly text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  /** Brackets open at the present position, by token index. */
  readonly #open: number[] = [];
  #furthest = 0;
  readonly #expected = new Set<string>();
  #alias: Token | null = null;

  constructor(text: string, tokens: readonly Token[]) {
    this.text = text;
    this.#tokens = tokens;
  }

  get token(): Token {
    return this.#tokens[this.#at]!;
  }
  get atEnd(): boolean {
    return this.token.kind === 'end';
  }
  /** The token `ahead` of the present one; the closing `end` token beyond. */
  peek(ahead: number): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
  }
  /** Offset where the present token begins. */
  get start(): number {
    return this.token.span[0];
  }
  /** From `start` to the end of the last token taken. */
  spanFrom(start: number): Span {
    const last = this.#tokens[this.#at - 1];
    return [start, last === undefined ? start : last.span[1]];
  }
  /** Marks of what was expected at the furthest position that was reached (completion). */
  get expected(): readonly string[] {
    return [...this.#expected];
  }

  advance(): Token {
    const token = this.token;
    if (token.kind !== 'end') this.#at++;
    return token;
  }
  save(): number {
    return this.#at;
  }
  restore(at: number): void {
    this.#at = at;
  }

  isWord(...words: readonly string[]): boolean {
    const token = this.token;
    for (const word of words) {
      if (token.kind === 'word' && token.text === word) return true;
      this.#note(word);
    }
    return false;
  }
  isOperator(operator: string): boolean {
    const token = this.token;
    if (token.kind === 'operator' && token.text === operator) return true;
    this.#note(`"${operator}"`);
    return false;
  }
  /** Looks without noting an expectation. */
  sees(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return (token.kind === 'word' || token.kind === 'operator') && token.text === text;
  }
  accept(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.#at++;
    return true;
  }
  /** Takes all the words or none. */
  acceptAll(...words: readonly string[]): boolean {
    if (!this.isWord(words[0]!)) return false;
    for (let i = 1; i < words.length; i++) if (!this.sees(words[i]!, i)) return false;
    this.#at += words.length;
    return true;
  }
  acceptOperator(operator: string): boolean {
    if (!this.isOperator(operator)) return false;
    this.#at++;
    return true;
  }
  expectWord(word: string): Token {
    if (!this.isWord(word)) this.fail();
    return this.advance();
  }
  expectOperator(operator: string): Token {
    if (!this.isOperator(operator)) this.fail();
    return this.advance();
  }
  open(bracket: '(' | '['): void {
    if (!this.isOperator(bracket)) this.fail();
    this.#open.push(this.#at++);
  }
  close(bracket: ')' | ']'): void {
    if (!this.isOperator(bracket)) this.fail();
    this.#open.pop();
    this.#at++;
  }
  expectText(): string {
    if (!this.isText()) this.fail();
    return this.advance().text;
  }
  isText(): boolean {
    if (this.token.kind === 'text') return true;
    this.#note("a text in '…'");
    return false;
  }

  /** True when the present token may be a name. */
  isName(): boolean {
    const token = this.token;
    if (token.kind === 'quoted' || (token.kind === 'word' && !RESERVED.has(token.text))) return true;
    this.#note('a name');
    return false;
  }
  name(): Name {
    if (!this.isName()) this.fail();
    return this.#nameOf(this.advance());
  }
  /** A name in a place where reserved words do no harm. */
  anyWord(): Name {
    if (this.token.kind !== 'word' && !this.isName()) this.fail();
    return this.#nameOf(this.advance());
  }
  #nameOf(token: Token): Name {
    const quotedName = token.kind === 'quoted';
    const raw = quotedName ? token.text : this.text.slice(token.span[0], token.span[1]);
    return { text: token.text, raw, quoted: quotedName, span: token.span };
  }
  /** Says that `what` could have stood here. */
  note(what: string): void {
    this.#note(what);
  }

  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T {
    if (++this.#depth > DEPTH_MAX) {
      throw this.error('PARSE-18', {
        what: `This is nested more than ${DEPTH_MAX} levels deep.`,
        fix: 'Split the statement, or name parts of it in a stream of their own.',
      });
    }
    const result = parse();
    this.#depth--;
    return result;
  }

  /** Index distance to the token after the bracket that closes the present one; −1 when none does. `commas`: of its own level. */
  scanBracket(): { readonly after: number; readonly commas: number; readonly empty: boolean } | null {
    let depth = 0;
    let commas = 0;
    for (let ahead = 0; this.peek(ahead).kind !== 'end'; ahead++) {
      const token = this.peek(ahead);
      if (token.kind !== 'operator') continue;
      if (token.text === '(' || token.text === '[') depth++;
      else if (token.text === ')' || token.text === ']') {
        if (--depth === 0) return { after: ahead + 1, commas, empty: ahead === 1 };
      } else if (token.text === ',' && depth === 1) commas++;
    }
    return null;
  }

  /** An error at a span, by default the present token's. */
  error(id: string, fault: { what: string; fix?: string; span?: Span }): TributaryError {
    return sqlError(id, { span: this.token.span, text: this.text, ...fault });
  }

  /** The statement cannot go on here. The message is chosen by what stands here and what was expected. */
  fail(): never {
    throw this.#unclosed() ?? this.#reservedName() ?? this.#unexpected();
  }

  #note(what: string): void {
    if (this.#at > this.#furthest) {
      this.#furthest = this.#at;
      this.#expected.clear();
    }
    if (this.#at === this.#furthest) this.#expected.add(what);
  }

  /** E-PARSE-3: found at a later token, told at the opening bracket. */
  #unclosed(): TributaryError | null {
    const openAt = this.#open.at(-1);
    const token = this.token;
    const clause = token.kind === 'word' && CLAUSE_WORDS.has(token.text);
    const ends = token.kind === 'end' || clause || this.sees(';') || this.sees(')') || this.sees(']');
    if (openAt === undefined || !ends) return null;
    const opener = this.#tokens[openAt]!;
    const closer = CLOSERS[opener.text]!;
    if (!this.#expected.has(`"${closer}"`)) return null;
    return this.error('PARSE-3', {
      what: `The "${opener.text}" opened here is not closed: found ${this.shown(token)} where "${closer}" was expected (${this.place(token.span)}).`,
      fix: `Add "${closer}".`,
      span: opener.span,
    });
  }

  /** E-PARSE-2. */
  #reservedName(): TributaryError | null {
    const token = this.token;
    if (token.kind !== 'word' || !RESERVED.has(token.text) || !this.#expected.has('a name')) return null;
    const written = this.text.slice(token.span[0], token.span[1]);
    const likely = this.#expected.size <= 2 || this.#followsLikeName();
    if (!likely) return null;
    return this.error('PARSE-2', {
      what: `"${written}" is a reserved word and cannot be used as a name here.`,
      fix: `To use it as a name, quote it: \`${token.text}\`.`,
    });
  }
  /** What comes after a name, where a clause word would be followed by something else. */
  #followsLikeName(): boolean {
    const next = this.peek(1);
    if (next.kind === 'word' && next.text === this.token.text) return true;
    return (
      next.kind === 'end' || (next.kind === 'operator' && /^[,.;)\]=<>+\-*/]/.test(next.text) && next.text !== '*')
    );
  }

  #unexpected(): TributaryError {
    const token = this.token;
    const options = [...this.#expected];
    const hidden = new Set(options.flatMap((option) => SUBSUMED[option] ?? []));
    const shown = options.filter((option) => !hidden.has(option));
    const list = shown.length === 0 ? '' : ` Expected ${shown.slice(0, 5).join(', ')}${shown.length > 5 ? ', …' : ''}.`;
    const fix = this.#advice(options);
    return this.error('PARSE-4', {
      what: `${this.shown(token)} does not fit here.${list}`,
      ...(fix === null ? {} : { fix }),
    });
  }
  /** A slip that explains the fault: a misspelt keyword here, or one before that passed for an alias, or a lost comma. */
  #advice(options: readonly string[]): string | null {
    const token = this.token;
    const keywords = options.filter((option) => /^[A-Z]+$/.test(option));
    if (token.kind === 'word' && token.text.length > 2) {
      const near = nearest(token.text, keywords);
      if (near !== null && near !== token.text) return `Did you mean ${near}?`;
    }
    const alias = this.#alias;
    if (alias !== null && alias.text.length > 2 && alias === this.#tokens[this.#at - 1]) {
      const near = nearest(alias.text, CLAUSE_WORDS);
      if (near !== null) return `Was ${this.shown(alias)} meant to be ${near}? It was read as an alias.`;
    }
    const begins =
      token.kind === 'word' || token.kind === 'quoted' || token.kind === 'text' || token.kind === 'integer';
    return begins && this.#expected.has('","') ? 'Is a comma missing before it?' : null;
  }

  /** A name that may be left out, as an alias without AS. */
  aliasName(): Name {
    this.#alias = this.token;
    return this.name();
  }

  /** A token as a message names it. */
  shown(token: Token): string {
    if (token.kind === 'end') return 'the end of the statement';
    return quoted(this.text.slice(token.span[0], token.span[1]));
  }
  place(span: Span): string {
    const { line, column } = positionOf(this.text, span[0]);
    return `line ${line}:${column}`;
  }

  /** `number unit`, in milliseconds. */
  duration(): number {
    const start = this.start;
    const amount = this.integer('a duration');
    const unit = this.token;
    const unitMs = unit.kind === 'word' ? UNIT_MS[unit.text] : undefined;
    if (unitMs === undefined) {
      const near = unit.kind === 'word' ? nearest(unit.text, Object.keys(UNIT_MS)) : null;
      const calendar = PLURAL_UNITS.has(unit.text) || unit.text === 'MONTH' || unit.text === 'YEAR';
      throw this.error('PARSE-17', {
        what: `${this.shown(unit)} is not a unit of a duration.${calendar ? ' Months and years have no fixed length.' : ''}`,
        fix:
          near !== null && !calendar ? `Did you mean ${near}?` : 'Use DAYS, HOURS, MINUTES, SECONDS or MILLISECONDS.',
      });
    }
    this.advance();
    const total = amount * unitMs;
    if (!Number.isSafeInteger(total)) {
      throw this.error('PARSE-16', {
        what: 'This duration does not fit 53 bits of milliseconds.',
        span: this.spanFrom(start),
      });
    }
    return total;
  }

  /** A whole number with an optional sign that fits 32 bits, or 53 for durations. */
  integer(what: string): number {
    const start = this.start;
    const negative = this.sees('-');
    if (negative) this.advance();
    const token = this.token;
    if (token.kind !== 'integer') {
      this.#note('a whole number');
      if (token.kind === 'decimal' || token.kind === 'float' || token.kind === 'text') {
        throw this.error('PARSE-16', { what: `${what} needs a whole number, found ${this.shown(token)}.` });
      }
      this.fail();
    }
    this.advance();
    const value = Number(token.text) * (negative ? -1 : 1);
    const limit = what === 'a duration' ? Number.MAX_SAFE_INTEGER : 2147483647;
    if (Math.abs(value) > limit) {
      throw this.error('PARSE-16', {
        what: `${what} does not take ${this.text.slice(start, token.span[1])}: the limit is ${limit}.`,
        span: this.spanFrom(start),
      });
    }
    return value === 0 ? 0 : value;
  }
}
