// Reads JSON text where it lies, in UTF-8 bytes: one value after the other, no tree.
//
// The caller says what it expects; what nobody asks for is passed over, checked only as far as that needs. Numbers of up to 16
// digits and strings without escapes never leave the bytes; the rest goes through text.
import { quoted, TributaryError } from '../../core/errors.ts';
import { parseJson } from '../json-text.ts';
import type { JsonValue } from '../json-value.ts';
import { textAt } from '../text-bytes.ts';
import type { Member, Members } from './row-plan.ts';

/** Nesting beyond this is refused, as the reference's parser does: whoever walks such a value would overflow the stack. */
const DEPTH_MAX = 1000;

export class JsonScanner {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  end = 0;
  /** Numbers may begin with zeros (Connect's converter takes them). */
  readonly leadingZeros: boolean;

  constructor(leadingZeros = false) {
    this.leadingZeros = leadingZeros;
  }

  open(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /** Reads the member name at this place of its object and answers what it stands for. */
  memberName(members: Members, place: number): Member {
    const { order } = members;
    if (this.peek() !== 34) this.fail('a member name in quotes');
    const { bytes, at, end } = this;
    const expected = order[place];
    if (expected !== undefined) {
      const { name } = expected;
      const { length } = name;
      if (at + length + 1 < end && bytes[at + length + 1] === 34) {
        let i = 0;
        while (i < length && bytes[at + 1 + i] === name[i]) i++;
        if (i === length) {
          this.at = at + length + 2;
          return expected;
        }
      }
    }
    const member = members.member(this.string());
    if (place < 1000 && place <= order.length) order[place] = member;
    return member;
  }

  /** Passes white space; the byte there, −1 at the end. */
  peek(): number {
    const { bytes, end } = this;
    let { at } = this;
    while (at < end) {
      const byte = bytes[at]!;
      if (byte > 32 || (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9)) {
        this.at = at;
        return byte;
      }
      at++;
    }
    this.at = at;
    return -1;
  }

  /** Passes one expected byte. */
  take(byte: number, wanted: string): void {
    if (this.peek() !== byte) this.fail(wanted);
    this.at++;
  }

  /** After a member or item: true when another follows, false when the closing byte was passed. */
  more(closing: number): boolean {
    const byte = this.peek();
    this.at++;
    if (byte === 44) return true;
    if (byte === closing) return false;
    this.at--;
    return this.fail(closing === 125 ? '"," or "}"' : '"," or "]"');
  }

  /** Reads a string; the position is at its opening quote. */
  string(): string {
    const { bytes, end } = this;
    const start = this.at + 1;
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      if (byte === 34) {
        this.at = i + 1;
        return textAt(bytes, start, i - start);
      }
      if (byte === 92 || byte < 32) return this.escapedString(start);
    }
    return this.fail('a closing quote');
  }

  private escapedString(start: number): string {
    this.skipString();
    const value = parseJson(this.bytes.toString('utf8', start - 1, this.at));
    return value as string;
  }

  /** Reads any value into a tree, without loss. */
  tree(): JsonValue {
    this.peek();
    const start = this.at;
    this.skip(0);
    return parseJson(this.bytes.toString('utf8', start, this.at));
  }

  /** The text of the number at the position. */
  numberText(): string {
    const start = this.at;
    this.skipNumber();
    return textAt(this.bytes, start, this.at - start);
  }

  /**
   * An integer without point and exponent that a number holds exactly, or null with the position unchanged: then it must be read
   * as text.
   */
  shortInteger(): number | null {
    const { bytes, end } = this;
    let i = this.at;
    const negative = bytes[i] === 45;
    if (negative) i++;
    const first = i;
    let value = 0;
    for (; i < end; i++) {
      const digit = bytes[i]! - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const count = i - first;
    const next = bytes[i];
    if (count === 0 || count > 16 || value > Number.MAX_SAFE_INTEGER) return null;
    if (i < end && (next === 46 || next === 101 || next === 69)) return null;
    if (bytes[first] === 48 && (count > 1 || negative)) return null;
    this.at = i;
    return negative ? -value : value;
  }

  /** Passes over one value. */
  skip(depth: number): void {
    switch (this.peek()) {
      case 34:
        this.skipString();
        return;
      case 123:
        this.skipObject(depth);
        return;
      case 91:
        this.skipArray(depth);
        return;
      case 116:
        this.word('true');
        return;
      case 102:
        this.word('false');
        return;
      case 110:
        this.word('null');
        return;
      default:
        this.skipNumber();
    }
  }

  /** Fails at the position when a value there would be nested too deeply. */
  protected checkDepth(depth: number): void {
    if (depth >= DEPTH_MAX) this.fail(`at most ${DEPTH_MAX} levels`);
  }

  private skipObject(depth: number): void {
    this.checkDepth(depth);
    this.at++;
    if (this.peek() === 125) {
      this.at++;
      return;
    }
    do {
      if (this.peek() !== 34) this.fail('a member name in quotes');
      this.skipString();
      this.take(58, '":"');
      this.skip(depth + 1);
    } while (this.more(125));
  }

  private skipArray(depth: number): void {
    this.checkDepth(depth);
    this.at++;
    if (this.peek() === 93) {
      this.at++;
      return;
    }
    do {
      this.skip(depth + 1);
    } while (this.more(93));
  }

  skipString(): void {
    const { bytes, end } = this;
    for (let i = this.at + 1; i < end; i++) {
      const byte = bytes[i]!;
      if (byte === 34) {
        this.at = i + 1;
        return;
      }
      if (byte === 92) i++;
    }
    this.fail('a closing quote');
  }

  private skipNumber(): void {
    const { bytes, end } = this;
    let i = this.at;
    if (bytes[i] === 45) i++;
    const first = i;
    if (!(i < end && bytes[i]! >= 48 && bytes[i]! <= 57)) this.fail('a value');
    for (; i < end; i++) {
      const byte = bytes[i]!;
      // Digits, point, exponent and its sign: in which order is seen by who turns the text into a number.
      if ((byte < 48 || byte > 57) && byte !== 46 && (byte | 32) !== 101 && byte !== 43 && byte !== 45) break;
    }
    if (
      !this.leadingZeros &&
      bytes[first] === 48 &&
      i > first + 1 &&
      bytes[first + 1]! >= 48 &&
      bytes[first + 1]! <= 57
    )
      this.fail('a value');
    this.at = i;
  }

  /** Passes a literal word. */
  word(word: string): void {
    const { bytes, at, end } = this;
    let i = 0;
    while (i < word.length && at + i < end && bytes[at + i] === word.charCodeAt(i)) i++;
    if (i < word.length) this.fail('a value');
    this.at = at + word.length;
  }

  fail(wanted: string): never {
    const { bytes, at, end } = this;
    const found = at >= end ? 'the text ends' : `found ${quoted(bytes.toString('utf8', at, Math.min(end, at + 20)))}`;
    throw new TributaryError('TRIB_JSON_SYNTAX', 'data', {
      what: `No valid JSON: ${found} where ${wanted} is expected.`,
    });
  }
}
