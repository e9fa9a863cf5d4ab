// Regular expressions in Java's syntax, as configs of Kafka Connect hold them, on the engine's own `v` mode.
//
// Translated: quoting (\Q…\E), POSIX and Unicode classes, unions and intersections of classes, inline flags, anchors, octal,
// \h \v \R \e \a. Possessive quantifiers and atomic groups become greedy ones: they match the same texts unless a pattern
// relies on their refusal to give back. Patterns that could take for ever are matched another way, or watched.

import { safeFromBlowUp } from './linear-regex.ts';

/** A Java pattern that finds matches anywhere. Throws SyntaxError with the engine's text; matching may throw `data` (see `GuardedRegex`). */
export function compileJavaRegex(source: string, flags = ''): RegExp {
  const translator = new Translator(source);
  const pattern = translator.pattern();
  return safeFromBlowUp(source, new RegExp(pattern, `v${flags}${translator.flags}`), false);
}

/** A Java pattern that must match the whole text, as `String.matches` does. */
export function compileFullMatch(source: string): RegExp {
  const translator = new Translator(source);
  const pattern = translator.pattern();
  return safeFromBlowUp(source, new RegExp(`(?<![^])(?:${pattern})(?![^])`, `v${translator.flags}`), true);
}

/** Text for `$1`, `${name}` and `\x` of a Java replacement, given a match. */
export type Replacement = (match: RegExpExecArray) => string;

/** A replacement in Java's syntax. Throws RangeError for a reference to a group that the match does not have. */
export function compileReplacement(text: string): Replacement {
  return (match) => {
    let out = '';
    for (let i = 0; i < text.length; i++) {
      const char = text[i]!;
      if (char === '\\') {
        if (++i === text.length) throw new RangeError('character to be escaped is missing');
        out += text[i];
      } else if (char === '$') {
        const reference = readReference(text, i + 1, match);
        out += reference.value;
        i = reference.end - 1;
      } else out += char;
    }
    return out;
  };
}

function readReference(text: string, start: number, match: RegExpExecArray): { value: string; end: number } {
  if (text[start] === '{') {
    const close = text.indexOf('}', start);
    const name = text.slice(start + 1, close);
    if (close < 0 || match.groups === undefined || !Object.hasOwn(match.groups, name)) {
      throw new RangeError(`No group with name {${name}}`);
    }
    return { value: match.groups[name] ?? '', end: close + 1 };
  }
  let end = start;
  let group = -1;
  // As in Java, further digits belong to the reference only while such a group exists.
  while (end < text.length && /[0-9]/.test(text[end]!)) {
    const longer = Math.max(group, 0) * 10 + Number(text[end]);
    if (group >= 0 && longer >= match.length) break;
    group = longer;
    end++;
  }
  if (group < 0) throw new RangeError('Illegal group reference');
  if (group >= match.length) throw new RangeError(`No group ${group}`);
  return { value: match[group] ?? '', end };
}

const ASCII_CLASSES: Readonly<Record<string, string>> = {
  Lower: 'a-z',
  Upper: 'A-Z',
  ASCII: '\\x00-\\x7F',
  Alpha: 'a-zA-Z',
  Digit: '0-9',
  Alnum: 'a-zA-Z0-9',
  Punct: '\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E',
  Graph: '\\x21-\\x7E',
  Print: '\\x20-\\x7E',
  Blank: ' \\t',
  Cntrl: '\\x00-\\x1F\\x7F',
  XDigit: '0-9a-fA-F',
  Space: ' \\t\\n\\x0B\\f\\r',
  javaLowerCase: '\\p{Lowercase}',
  javaUpperCase: '\\p{Uppercase}',
  javaWhitespace: '\\s',
  javaLetter: '\\p{L}',
  javaLetterOrDigit: '\\p{L}\\p{Nd}',
};
const ESCAPED_CLASSES: Readonly<Record<string, string>> = {
  d: '0-9',
  w: 'a-zA-Z0-9_',
  s: ' \\t\\n\\x0B\\f\\r',
  h: ' \\t\\xA0\\u1680\\u180E\\u2000-\\u200A\\u202F\\u205F\\u3000',
  v: '\\n\\x0B\\f\\r\\x85\\u2028\\u2029',
};
const CONTROL_ESCAPES: Readonly<Record<string, string>> = {
  t: '\\t',
  n: '\\n',
  r: '\\r',
  f: '\\f',
  a: '\\x07',
  e: '\\x1B',
};
const END_OF_INPUT = '(?![^])';
const BEFORE_LAST_LINE_END = `(?=(?:\\r\\n|[\\n\\r\\x85\\u2028\\u2029])?${END_OF_INPUT})`;

/** Escapes outside classes that stand for a place, or for more than one character. */
const ASSERTIONS: Readonly<Record<string, string>> = {
  A: '(?<![^])',
  z: END_OF_INPUT,
  Z: BEFORE_LAST_LINE_END,
  R: '(?:\\r\\n|[\\n\\x0B\\f\\r\\x85\\u2028\\u2029])',
  b: '\\b',
  B: '\\B',
};

class Translator {
  readonly #source: string;
  #at = 0;
  #multiline = false;
  #comments = false;
  /** Flags given before anything else in the pattern. */
  flags = '';

  constructor(source: string) {
    this.#source = source;
  }

  pattern(): string {
    const out = this.#alternatives();
    if (this.#at < this.#source.length) throw new SyntaxError(`Unmatched closing ')' near index ${this.#at}`);
    return out;
  }

  /** Up to the closing parenthesis or the end. Flags switched on in between hold until there. */
  #alternatives(): string {
    let out = '';
    let closing = '';
    while (this.#at < this.#source.length && this.#source[this.#at] !== ')') {
      const flags = /^\(\?([imsxud]+)\)/.exec(this.#source.slice(this.#at));
      if (flags === null) {
        out += this.#item();
        continue;
      }
      this.#at += flags[0].length;
      const kept = this.#keptFlags(flags[1]!);
      if (kept === '') continue;
      if (out === '' && this.#at === flags[0].length) this.flags = kept;
      else {
        out += `(?${kept}:`;
        closing += ')';
      }
    }
    return out + closing;
  }

  #keptFlags(flags: string): string {
    if (flags.includes('m')) this.#multiline = true;
    if (flags.includes('x')) this.#comments = true;
    return onlyKnown(flags);
  }

  #item(): string {
    const char = this.#source[this.#at]!;
    switch (char) {
      case '\\':
        return this.#escape(false);
      case '[':
        return this.#class();
      case '(':
        return this.#group();
      case '$':
        this.#at++;
        return this.#multiline ? '$' : BEFORE_LAST_LINE_END;
      case '*':
      case '+':
      case '?':
      case '{':
        return this.#quantifier();
      case '^':
      case '|':
      case '.':
        this.#at++;
        return char;
      default:
        return this.#literal();
    }
  }

  #literal(): string {
    const char = String.fromCodePoint(this.#source.codePointAt(this.#at)!);
    this.#at += char.length;
    if (!this.#comments) return literal(char);
    if (char === '#') {
      const end = this.#source.indexOf('\n', this.#at);
      this.#at = end < 0 ? this.#source.length : end;
      return '';
    }
    return /\s/.test(char) ? '' : literal(char);
  }

  #quantifier(): string {
    const found = /^(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})([?+]?)/.exec(this.#source.slice(this.#at));
    if (found === null) throw new SyntaxError(`Illegal repetition near index ${this.#at}`);
    this.#at += found[0].length;
    return found[1] === '+' ? found[0].slice(0, -1) : found[0];
  }

  #group(): string {
    const opening = /^\((?:\?(?:[:=!>]|<[=!]|<[A-Za-z][A-Za-z0-9]*>|[imsxud]*(?:-[imsxud]+)?:))?/.exec(
      this.#source.slice(this.#at),
    )![0];
    this.#at += opening.length;
    if (this.#source[this.#at] === '?') throw new SyntaxError(`Unknown group type near index ${this.#at}`);
    const multiline = this.#multiline;
    const comments = this.#comments;
    const inner = this.#alternatives();
    if (this.#source[this.#at] !== ')') throw new SyntaxError(`Unclosed group near index ${this.#source.length}`);
    this.#at++;
    this.#multiline = multiline;
    this.#comments = comments;
    const flags = /^\(\?([imsxud]*)(-[imsxud]+)?:$/.exec(opening);
    if (opening === '(?>') return `(?:${inner})`;
    return flags === null ? `${opening}${inner})` : `(?${onlyKnown(flags[1])}${onlyKnown(flags[2])}:${inner})`;
  }

  /** One escape, at a backslash. Inside a class, sets come without brackets of their own where they can. */
  #escape(inClass: boolean): string {
    const next = this.#source[this.#at + 1];
    if (next === undefined) throw new SyntaxError(`Unexpected internal error near index ${this.#at}`);
    this.#at += 2;
    if (next === 'Q') return this.#quotedText();
    if (next === 'E') return '';
    if (next === 'p' || next === 'P') return this.#property(next === 'P', inClass);
    const lower = next.toLowerCase();
    const set = ESCAPED_CLASSES[lower];
    if (set !== undefined) return next === lower ? (inClass ? set : `[${set}]`) : `[^${set}]`;
    const control = CONTROL_ESCAPES[next];
    if (control !== undefined) return control;
    if (next === '0') return this.#numbered(/^[0-3]?[0-7]{1,2}/, 8);
    if (next === 'x') return this.#numbered(/^(?:\{[0-9a-fA-F]+\}|[0-9a-fA-F]{2})/, 16);
    if (next === 'u') return this.#numbered(/^[0-9a-fA-F]{4}/, 16);
    if (next === 'c') return codePoint(this.#source.charCodeAt(this.#at++) ^ 64);
    if (next === 'k' && !inClass) return this.#namedReference();
    const assertion = inClass ? undefined : ASSERTIONS[next];
    if (assertion !== undefined) return assertion;
    if (!inClass && /[1-9]/.test(next)) return `\\${next}`;
    if (/[A-Za-z]/.test(next)) throw new SyntaxError(`Illegal/unsupported escape sequence near index ${this.#at - 1}`);
    return literal(next);
  }

  #namedReference(): string {
    const name = /^<[A-Za-z][A-Za-z0-9]*>/.exec(this.#source.slice(this.#at));
    if (name === null)
      throw new SyntaxError(`\\k is not followed by '<' for named capturing group near index ${this.#at}`);
    this.#at += name[0].length;
    return `\\k${name[0]}`;
  }

  #quotedText(): string {
    const end = this.#source.indexOf('\\E', this.#at);
    const text = this.#source.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#source.length : end + 2;
    return [...text].map(literal).join('');
  }

  #numbered(form: RegExp, radix: number): string {
    const digits = form.exec(this.#source.slice(this.#at))?.[0];
    if (digits === undefined) throw new SyntaxError(`Illegal escape sequence near index ${this.#at}`);
    this.#at += digits.length;
    return codePoint(Number.parseInt(digits.replace(/[{}]/g, ''), radix));
  }

  #property(negated: boolean, inClass: boolean): string {
    const found = /^(?:\{([^}]+)\}|([A-Za-z]))/.exec(this.#source.slice(this.#at));
    if (found === null) throw new SyntaxError(`Unknown character property near index ${this.#at}`);
    this.#at += found[0].length;
    const name = found[1] ?? found[2]!;
    const ascii = ASCII_CLASSES[name];
    if (ascii !== undefined) return negated ? `[^${ascii}]` : inClass ? ascii : `[${ascii}]`;
    return `\\${negated ? 'P' : 'p'}{${propertyName(name)}}`;
  }

  /** A class, at its bracket: a union of members, or an intersection of such unions. */
  #class(): string {
    this.#at++;
    const negated = this.#source[this.#at] === '^';
    if (negated) this.#at++;
    const unions = [''];
    for (let first = true; ; first = false) {
      const char = this.#source[this.#at];
      if (char === undefined) throw new SyntaxError(`Unclosed character class near index ${this.#source.length - 1}`);
      if (char === ']' && !first) break;
      if (this.#source.startsWith('&&', this.#at)) {
        this.#at += 2;
        unions.push('');
      } else unions[unions.length - 1] += char === '[' ? this.#class() : this.#members();
    }
    this.#at++;
    const kept = unions.filter((union) => union !== '');
    const inner = kept.length === 1 ? kept[0]! : kept.map((union) => `[${union}]`).join('&&');
    return `[${negated ? '^' : ''}${inner}]`;
  }

  /** A member of a class or a range of two. */
  #members(): string {
    const low = this.#member();
    const after = this.#source[this.#at + 1];
    const ranged = this.#source[this.#at] === '-' && after !== undefined && after !== ']' && after !== '[';
    if (!ranged || this.#source.startsWith('-&&', this.#at)) return low;
    this.#at++;
    return `${low}-${this.#member()}`;
  }

  #member(): string {
    if (this.#source[this.#at] === '\\') return this.#escape(true);
    const char = String.fromCodePoint(this.#source.codePointAt(this.#at)!);
    this.#at += char.length;
    return literal(char);
  }
}

/** Flags that the engine has too; Java's others (Unicode case, comments, line ends) need none or were handled. */
function onlyKnown(flags: string | undefined): string {
  const known = (flags ?? '').replace(/[^ims-]/g, '');
  return known === '-' ? '' : known;
}

/** A character that stands for itself, inside and outside a class. */
function literal(char: string): string {
  return /^[A-Za-z0-9_ ]$/.test(char) || char.codePointAt(0)! > 127 ? char : codePoint(char.codePointAt(0)!);
}

function codePoint(code: number): string {
  return `\\u{${code.toString(16)}}`;
}

function propertyName(name: string): string {
  const bare = name.replace(/^Is/, '');
  if (/^(script|sc|general_category|gc)=/i.test(bare)) return bare;
  if (/^[A-Z][a-z]?$/.test(bare)) return bare;
  const binary = ['Alphabetic', 'Lowercase', 'Uppercase', 'White_Space', 'Ideographic', 'Emoji'];
  return binary.includes(bare) ? bare : `Script=${bare}`;
}
