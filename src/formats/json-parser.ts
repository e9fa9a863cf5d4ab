// The exact JSON parser: used where JSON.parse would change a number, and to word a fault.
import { quoted, TributaryError } from '../core/errors.ts';
import { JsonNumber, type JsonObject, type JsonValue } from './json-value.ts';

/** Nesting beyond this is refused, as the reference's parser does: it would overflow the stack. */
const DEPTH_MAX = 1000;

/** Parses text by the law of json-value.ts. Throws `data`. */
export function parseExactly(text: string): JsonValue {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  value(depth: number): JsonValue {
    const code = this.space();
    switch (code) {
      case 34:
        return this.string();
      case 123:
        return this.object(depth + 1);
      case 91:
        return this.array(depth + 1);
      case 116:
        return this.word('true', true);
      case 102:
        return this.word('false', false);
      case 110:
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  end(): void {
    if (!Number.isNaN(this.space())) this.fail('the end of the text');
  }

  /** Skips white space and answers the character there, NaN at the end. */
  private space(): number {
    let code = this.text.charCodeAt(this.at);
    while (code === 32 || code === 10 || code === 13 || code === 9) code = this.text.charCodeAt(++this.at);
    return code;
  }

  private object(depth: number): JsonObject {
    if (depth > DEPTH_MAX) this.fail(`at most ${DEPTH_MAX} levels`);
    const object: JsonObject = {};
    this.at++;
    if (this.space() === 125) {
      this.at++;
      return object;
    }
    for (;;) {
      if (this.space() !== 34) this.fail('a member name in quotes');
      const name = this.string();
      if (this.space() !== 58) this.fail('":"');
      this.at++;
      const value = this.value(depth);
      if (name === '__proto__') defineMember(object, name, value);
      else object[name] = value;
      const code = this.space();
      this.at++;
      if (code === 125) return object;
      if (code !== 44) {
        this.at--;
        this.fail('"," or "}"');
      }
    }
  }

  private array(depth: number): JsonValue[] {
    if (depth > DEPTH_MAX) this.fail(`at most ${DEPTH_MAX} levels`);
    const items: JsonValue[] = [];
    this.at++;
    if (this.space() === 93) {
      this.at++;
      return items;
    }
    for (;;) {
      items.push(this.value(depth));
      const code = this.space();
      this.at++;
      if (code === 93) return items;
      if (code !== 44) {
        this.at--;
        this.fail('"," or "]"');
      }
    }
  }

  private string(): string {
    const start = ++this.at;
    const { text } = this;
    for (let i = start; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 34) {
        this.at = i + 1;
        return text.slice(start, i);
      }
      if (code === 92 || code < 32) return this.escapedString(start);
    }
    this.at = text.length;
    return this.fail('a closing quote');
  }

  /** A string with escapes: its end is found here, JSON.parse reads it. */
  private escapedString(start: number): string {
    const { text } = this;
    for (let i = start; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 92) i++;
      else if (code === 34) {
        try {
          const value = JSON.parse(text.slice(start - 1, i + 1)) as string;
          this.at = i + 1;
          return value;
        } catch {
          this.at = start;
          this.fail('a string without control characters and with known escapes');
        }
      }
    }
    this.at = text.length;
    return this.fail('a closing quote');
  }

  private number(): number | bigint | JsonNumber {
    const { text } = this;
    const start = this.at;
    let i = start;
    if (text.charCodeAt(i) === 45) i++;
    const whole = i;
    i = digits(text, i);
    if (i === whole || (text.charCodeAt(whole) === 48 && i > whole + 1)) this.fail('a value');
    let plain = true;
    if (text.charCodeAt(i) === 46) {
      plain = false;
      const fraction = ++i;
      i = digits(text, i);
      if (i === fraction) this.fail('a value');
    }
    if ((text.charCodeAt(i) | 32) === 101) {
      plain = false;
      i++;
      const sign = text.charCodeAt(i);
      if (sign === 43 || sign === 45) i++;
      const power = i;
      i = digits(text, i);
      if (i === power) this.fail('a value');
    }
    this.at = i;
    const source = text.slice(start, i);
    const value = Number(source);
    if (plain && i - start < 16 && source !== '-0') return value;
    if (plain && !Number.isSafeInteger(value)) return BigInt(source);
    return String(value) === source ? value : new JsonNumber(source);
  }

  private word<Word extends JsonValue>(word: string, value: Word): Word {
    if (!this.text.startsWith(word, this.at)) this.fail('a value');
    this.at += word.length;
    return value;
  }

  private fail(wanted: string): never {
    const { text, at } = this;
    const found = at >= text.length ? 'the text ends' : `found ${quoted(text.slice(at, at + 20))}`;
    throw new TributaryError('TRIB_JSON_SYNTAX', 'data', {
      what: `No valid JSON: at character ${at + 1} ${found} where ${wanted} is expected, in ${quoted(text)}.`,
    });
  }
}

function digits(text: string, start: number): number {
  let i = start;
  for (let code = text.charCodeAt(i); code >= 48 && code <= 57; ) code = text.charCodeAt(++i);
  return i;
}

/** Assigning `__proto__` would set the prototype instead of a member. */
function defineMember(object: JsonObject, name: string, value: JsonValue): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
