// Values out of header text, by guessing: numbers of the smallest fitting type, true and false, ISO dates and times, lists and
// maps; else the text itself. What SimpleHeaderConverter reads and InsertHeader takes as its literal.
//
// The text is cut at { } [ ] , : and " (unless a backslash stands before). Oddities of the reference are kept: outside of lists
// and maps only the first token counts when it is a number ("1,2]" is 1), and whatever cannot be read as a list or map is text.
import type { SchemaAndValue } from '../../connect/plugins.ts';
import { integerPart, parseDecimal, precisionOf } from '../../core/data/decimal.ts';
import { dateSchema, decimalSchema, timeSchema, timestampSchema } from '../../core/data/logical.ts';
import { wrapLong } from '../../core/data/long.ts';
import { type Decimal, primitive, type Schema, type Value } from '../../core/data/schema.ts';
import { ISO_DATE, ISO_INSTANT, ISO_TIME, simpleDateFormat } from '../../core/java/simple-date-format.ts';
import { alignedList, alignedMap, commonSchema } from './header-schemas.ts';

const DAY_MS = 86400000;
const DELIMITERS = '{}[],:"';
const STRING = primitive('string');
const BOOLEAN = primitive('boolean');

/** The value a header text stands for. Null text and `null`: null without a schema. */
export function parseHeaderText(text: string | null): SchemaAndValue {
  if (text === null) return { schema: null, value: null };
  if (text === '') return { schema: STRING, value: '' };
  const tokens = new Tokens(text);
  try {
    return new Reader(tokens).read(false);
  } catch (error) {
    if (error instanceof NoValue) return { schema: STRING, value: text };
    throw error;
  }
}

/** Not a value of the form tried: never leaves this file. */
class NoValue extends Error {}

/** Tokens of a text; a position can be returned to. */
class Tokens {
  readonly text: string;
  private readonly tokens: readonly string[];
  at = 0;

  constructor(text: string) {
    this.text = text;
    this.tokens = split(text);
  }

  get ended(): boolean {
    return this.at >= this.tokens.length;
  }

  next(): string {
    return this.tokens[this.at++] ?? '';
  }

  /** The next `count` tokens as one text; null when there are fewer. */
  take(count: number): string | null {
    if (this.at + count > this.tokens.length) return null;
    const taken = this.tokens.slice(this.at, this.at + count).join('');
    this.at += count;
    return taken;
  }

  /** Passes an expected token with the white space around it. */
  passed(expected: string): boolean {
    let at = this.at;
    while (at < this.tokens.length && this.tokens[at]!.trim() === '') at++;
    if (this.tokens[at]?.trim() !== expected) return false;
    this.at = at + 1;
    return true;
  }
}

function split(text: string): string[] {
  const tokens: string[] = [];
  let start = 0;
  let escaped = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '\\') escaped = !escaped;
    else {
      if (!escaped && DELIMITERS.includes(character)) {
        if (start < i) tokens.push(text.slice(start, i));
        tokens.push(character);
        start = i + 1;
      }
      escaped = false;
    }
  }
  if (start < text.length) tokens.push(text.slice(start));
  return tokens;
}

class Reader {
  private readonly tokens: Tokens;

  constructor(tokens: Tokens) {
    this.tokens = tokens;
  }

  /** @param embedded inside a list or map: text must be in quotes there. */
  read(embedded: boolean): SchemaAndValue {
    const { tokens } = this;
    if (tokens.passed('null')) return { schema: null, value: null };
    if (tokens.passed('true')) return { schema: BOOLEAN, value: true };
    if (tokens.passed('false')) return { schema: BOOLEAN, value: false };
    const start = tokens.at;
    try {
      if (tokens.passed('[')) return this.list();
      if (tokens.passed('{')) return this.map();
    } catch (error) {
      if (!(error instanceof NoValue)) throw error;
      tokens.at = start;
    }
    if (tokens.passed('"')) {
      if (embedded) return this.quotedText();
      throw new NoValue();
    }
    return this.scalar(embedded);
  }

  private quotedText(): SchemaAndValue {
    const { tokens } = this;
    let text = '';
    while (!tokens.ended) {
      const token = tokens.next();
      if (token === '"') return temporal(text) ?? { schema: STRING, value: text };
      text += token;
    }
    throw new NoValue();
  }

  private scalar(embedded: boolean): SchemaAndValue {
    const { tokens } = this;
    if (tokens.ended) throw new NoValue();
    const raw = tokens.next();
    const token = raw.trim();
    if (token === '') {
      if (embedded) throw new NoValue();
      return { schema: STRING, value: raw };
    }
    if (/^\d/.test(token)) {
      // A time is five tokens: its colons cut it.
      const mark = tokens.at;
      const rest = tokens.take(4);
      const instant = rest === null ? null : temporal(token + rest);
      if (instant !== null) return instant;
      tokens.at = mark;
      const date = temporal(token);
      if (date !== null) return date;
    }
    const number = /^[\d+-]/.test(token) ? numberOf(token) : null;
    if (number === null) throw new NoValue();
    return number;
  }

  private list(): SchemaAndValue {
    const { tokens } = this;
    const values: Value[] = [];
    const schemas: (Schema | null)[] = [];
    let common: Schema | null = null;
    while (!tokens.ended) {
      if (tokens.passed(']')) return aligned(alignedList(common, values, schemas));
      if (tokens.passed(',')) throw new NoValue();
      const item = this.read(true);
      common = commonSchema(common, item);
      values.push(item.value);
      schemas.push(item.schema);
      const mark = tokens.at;
      if (tokens.passed(']')) tokens.at = mark;
      else if (!tokens.passed(',')) throw new NoValue();
    }
    throw new NoValue();
  }

  private map(): SchemaAndValue {
    const { tokens } = this;
    const entries: (readonly [SchemaAndValue, SchemaAndValue])[] = [];
    let keys: Schema | null = null;
    let items: Schema | null = null;
    while (!tokens.ended) {
      if (tokens.passed('}')) return aligned(alignedMap(keys, items, entries));
      if (tokens.passed(',')) throw new NoValue();
      const key = this.read(true);
      if (key.value === null || !tokens.passed(':')) throw new NoValue();
      const item = this.read(true);
      entries.push([key, item]);
      tokens.passed(',');
      keys = commonSchema(keys, key);
      items = commonSchema(items, item);
    }
    throw new NoValue();
  }
}

/** Null: the members do not fit the common schema. */
function aligned(result: SchemaAndValue | null): SchemaAndValue {
  if (result === null) throw new NoValue();
  return result;
}

/** A date, time or instant: told apart by the length of the text. */
function temporal(text: string): SchemaAndValue | null {
  switch (text.length) {
    case 10: {
      const ms = simpleDateFormat(ISO_DATE).parse(text);
      return ms === null ? null : { schema: dateSchema(), value: Math.floor(ms / DAY_MS) };
    }
    case 13: {
      const ms = simpleDateFormat(ISO_TIME).parse(text);
      return ms === null ? null : { schema: timeSchema(), value: ms };
    }
    case 24: {
      const ms = simpleDateFormat(ISO_INSTANT).parse(text);
      return ms === null ? null : { schema: timestampSchema(), value: ms };
    }
    default:
      return null;
  }
}

const INTEGERS = [
  ['int8', 7n],
  ['int16', 15n],
  ['int32', 31n],
  ['int64', 63n],
] as const;

/** A number of the smallest type that holds it: integers exactly, else float, double and at last a decimal. */
function numberOf(token: string): SchemaAndValue | null {
  const value = parseDecimal(token);
  if (value === null) return null;
  const integer = exactInteger(value);
  if (integer !== null) {
    for (const [kind, bits] of INTEGERS) {
      const limit = 1n << bits;
      if (integer >= -limit && integer < limit) return { schema: primitive(kind), value: wrapLong(integer) };
    }
  }
  if (value.scale !== 0) {
    const double = Number(`${value.unscaled}e${-value.scale}`);
    const float = Math.fround(double);
    if (Number.isFinite(float)) return { schema: primitive('float32'), value: float };
    if (Number.isFinite(double)) return { schema: primitive('float64'), value: double };
  }
  return { schema: decimalSchema(null, value.scale), value };
}

/** The integer a decimal is, when it is one of at most 20 digits; else null. */
function exactInteger(value: Decimal): bigint | null {
  if (value.unscaled === 0n) return 0n;
  const digits = precisionOf(value) - value.scale;
  if (digits > 20 || digits < 1 || value.scale > 400) return null;
  const integer = integerPart(value);
  const back = value.scale >= 0 ? integer * 10n ** BigInt(value.scale) : value.unscaled;
  return value.scale < 0 || back === value.unscaled ? integer : null;
}
