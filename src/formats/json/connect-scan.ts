// JSON text → Connect data, by JsonConverter's rules: a value of another JSON type mostly becomes zero, false or null and not an
// error, because the reference reads it so; nulls become the default, null where the schema allows it, or an error.
import { isUtf8 } from 'node:buffer';
import { decimalOfBytes, parseDecimal } from '../../core/data/decimal.ts';
import { scaleOf } from '../../core/data/logical.ts';
import { longOfDecimal, wrapLong } from '../../core/data/long.ts';
import { type Decimal, LOGICAL, type Long, type Row, type Schema, Struct, type Value } from '../../core/data/schema.ts';
import { typed } from '../../core/data/typed.ts';
import { TributaryError } from '../../core/errors.ts';
import { parseBase64 } from '../json-text.ts';
import { Members } from './row-plan.ts';
import { JsonScanner } from './scanner.ts';

const JSON_NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const DAY_MS = 86400000;

export class ConnectScanner extends JsonScanner {
  /** Nulls become the schema's default (`replace.null.with.default`). */
  private readonly replaceNull: boolean;
  private readonly members = new WeakMap<Schema, Members>();

  constructor(replaceNull: boolean) {
    super(true);
    this.replaceNull = replaceNull;
  }

  /** A value as a struct or a default takes it: no null inside it that its schema does not allow. */
  fitting(schema: Schema, path: string): Value {
    const value = this.value(schema, path);
    checkNulls(schema, value, path);
    return value;
  }

  /** The value at the position. */
  value(schema: Schema, path: string): Value {
    const byte = this.peek();
    if (byte === 110) {
      this.word('null');
      return this.absent(schema, path);
    }
    switch (schema.name) {
      case LOGICAL.decimal:
        return this.decimal(byte, schema, path);
      case LOGICAL.date:
      case LOGICAL.time:
        return this.dayOrTime(byte, schema, path);
      case LOGICAL.timestamp:
        return this.timestamp(byte, path);
      default:
        return this.physical(byte, schema, path);
    }
  }

  /** A string whose bytes are no UTF-8 is refused; other scanners of this folder read such bytes as U+FFFD. */
  override string(): string {
    const start = this.at;
    const text = super.string();
    if (text.includes('\ufffd') && !isUtf8(this.bytes.subarray(start, this.at))) {
      this.at = start;
      this.fail('text in UTF-8');
    }
    return text;
  }

  /** What stands for a null or a missing member. */
  absent(schema: Schema, path: string): Value {
    const fallback = schema.defaultValue ?? null;
    if (fallback !== null && this.replaceNull) return fallback;
    if (schema.optional) return null;
    throw wrong(path, 'null', `a required ${schema.kind}`);
  }

  protected physical(byte: number, schema: Schema, path: string): Value {
    switch (schema.kind) {
      case 'boolean':
        if (byte === 116) return this.literal('true', true);
        this.skip(0);
        return false;
      case 'int8':
        return (this.integer(byte, 32) << 24) >> 24;
      case 'int16':
        return (this.integer(byte, 32) << 16) >> 16;
      case 'int32':
        return this.integer(byte, 32);
      case 'int64':
        return this.integer(byte, 64);
      case 'float32':
        return Math.fround(this.double(byte));
      case 'float64':
        return this.double(byte);
      case 'string':
        if (byte === 34) return this.string();
        this.skip(0);
        return null;
      case 'bytes':
        return this.binary(byte, path);
      case 'array':
        return this.array(byte, schema, path);
      case 'map':
        return schema.keys!.kind === 'string' ? this.textMap(byte, schema, path) : this.pairs(byte, schema, path);
      case 'struct':
        return this.struct(byte, schema, path);
    }
  }

  private literal<Word extends Value>(word: string, value: Word): Word {
    this.word(word);
    return value;
  }

  private integer(byte: number, bits: 32): number;
  private integer(byte: number, bits: 32 | 64): Long;
  private integer(byte: number, bits: 32 | 64): Long {
    const short = this.shortInteger();
    if (short !== null) return bits === 32 ? short | 0 : short + 0;
    if (!startsNumber(byte)) {
      this.skip(0);
      return 0;
    }
    const value = longOfDecimal(this.number());
    return bits === 64 ? value : typeof value === 'number' ? value | 0 : Number(BigInt.asIntN(32, value));
  }

  private double(byte: number): number {
    if (startsNumber(byte)) return Number(this.checkedNumberText());
    this.skip(0);
    return 0;
  }

  private number(): Decimal {
    return parseDecimal(this.checkedNumberText()) ?? this.fail('a number');
  }

  private checkedNumberText(): string {
    const text = this.numberText();
    return JSON_NUMBER.test(text) ? text : this.fail('a number');
  }

  private decimal(byte: number, schema: Schema, path: string): Decimal {
    if (startsNumber(byte)) return this.number();
    if (byte !== 34) throw wrong(path, 'another type', 'a decimal as number or base64');
    const bytes = this.binary(byte, path)!;
    const scale = scaleOf(schema);
    if (scale === null) throw wrong(path, 'a decimal', 'a schema with the parameter "scale"');
    if (bytes.length === 0) throw wrong(path, 'no bytes', 'a decimal');
    return decimalOfBytes(bytes, 0, bytes.length, scale);
  }

  private dayOrTime(byte: number, schema: Schema, path: string): number {
    const value = startsNumber(byte) ? this.shortInteger() : null;
    if (value === null || (value | 0) !== value) throw wrong(path, 'another value', 'an integer of 32 bits');
    if (schema.name === LOGICAL.time && (value < 0 || value > DAY_MS)) {
      throw wrong(path, String(value), `a time of 0 to ${DAY_MS} milliseconds`);
    }
    return value;
  }

  private timestamp(byte: number, path: string): Long {
    const short = this.shortInteger();
    if (short !== null) return short;
    const text = startsNumber(byte) ? this.checkedNumberText() : '';
    if (!/^-?\d+$/.test(text)) throw wrong(path, 'another value', 'an integer');
    return wrapLong(BigInt(text));
  }

  private binary(byte: number, path: string): Buffer | null {
    if (byte !== 34) {
      this.skip(0);
      return null;
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the reference's decoder passes over white space and controls.
    const text = this.string().replace(/[\u0000-\u0020]+/g, '');
    const bytes = text.length % 4 === 0 ? parseBase64(text) : null;
    if (bytes === null) throw wrong(path, 'text that is no base64', 'bytes');
    return bytes;
  }

  private array(byte: number, schema: Schema, path: string): Value[] {
    const values: Value[] = [];
    if (byte !== 91 && byte !== 123) {
      this.skip(0);
      return values;
    }
    // An object counts as the list of its values.
    const closing = byte === 91 ? 93 : 125;
    this.at++;
    if (this.peek() === closing) {
      this.at++;
      return values;
    }
    do {
      if (closing === 125) this.passName();
      values.push(this.value(schema.items!, path));
    } while (this.more(closing));
    return values;
  }

  private passName(): void {
    if (this.peek() !== 34) this.fail('a member name in quotes');
    this.skipString();
    this.take(58, '":"');
  }

  private textMap(byte: number, schema: Schema, path: string): Map<Value, Value> {
    if (byte !== 123) throw wrong(path, 'no object', 'a map with text keys');
    const map = new Map<Value, Value>();
    this.eachMember((name) => map.set(name, this.value(schema.items!, path)));
    return map;
  }

  /** Calls back at each member's value; the position is at an opening brace. */
  private eachMember(visit: (name: string) => void): void {
    this.at++;
    if (this.peek() === 125) {
      this.at++;
      return;
    }
    do {
      if (this.peek() !== 34) this.fail('a member name in quotes');
      const name = this.string();
      this.take(58, '":"');
      visit(name);
    } while (this.more(125));
  }

  protected pairs(byte: number, schema: Schema, path: string): Map<Value, Value> {
    if (byte !== 91) throw wrong(path, 'no list', 'a map as a list of [key, value]');
    const map = new Map<Value, Value>();
    this.at++;
    if (this.peek() === 93) {
      this.at++;
      return map;
    }
    do {
      if (this.peek() !== 91) throw wrong(path, 'another value', 'a pair [key, value]');
      this.at++;
      if (this.peek() === 93) throw wrong(path, 'an empty list', 'a pair [key, value]');
      const key = this.value(schema.keys!, path);
      if (!this.more(93)) throw wrong(path, 'a list of one', 'a pair [key, value]');
      map.set(key, this.value(schema.items!, path));
      if (this.more(93)) throw wrong(path, 'a list of more than two', 'a pair [key, value]');
    } while (this.more(93));
    return map;
  }

  protected struct(byte: number, schema: Schema, path: string): Struct {
    if (byte !== 123) throw wrong(path, 'no object', 'a struct');
    const fields = schema.fields ?? [];
    let members = this.members.get(schema);
    if (members === undefined) {
      members = new Members(fields.map((field) => field.name));
      this.members.set(schema, members);
    }
    const cells: (Value | undefined)[] = new Array(fields.length).fill(undefined);
    this.at++;
    if (this.peek() === 125) this.at++;
    else {
      let place = 0;
      do {
        const { exact } = this.memberName(members, place++);
        this.take(58, '":"');
        if (exact < 0) this.skip(0);
        else cells[exact] = this.fitting(fields[exact]!.schema, fields[exact]!.name);
      } while (this.more(125));
    }
    for (let i = 0; i < cells.length; i++) {
      if (cells[i] === undefined) cells[i] = this.absent(fields[i]!.schema, `${path}.${fields[i]!.name}`);
    }
    return new Struct(schema, cells as Row);
  }

  /** A value without a schema, `depth` levels inside the message. */
  free(depth = 0): Value {
    const byte = this.peek();
    switch (byte) {
      case 34:
        return this.string();
      case 123: {
        this.checkDepth(depth);
        const map = new Map<Value, Value>();
        this.eachMember((name) => map.set(name, this.free(depth + 1)));
        return map;
      }
      case 91:
        this.checkDepth(depth);
        return this.freeList(depth + 1);
      case 116:
        return this.literal('true', true);
      case 102:
        return this.literal('false', false);
      case 110:
        return this.literal('null', null);
      default:
        return this.freeNumber(byte);
    }
  }

  private freeList(depth: number): Value[] {
    const values: Value[] = [];
    this.at++;
    if (this.peek() === 93) {
      this.at++;
      return values;
    }
    do {
      values.push(this.free(depth));
    } while (this.more(93));
    return values;
  }

  private freeNumber(byte: number): Value {
    const short = this.shortInteger();
    if (short !== null) return short + 0;
    if (!startsNumber(byte)) this.fail('a value');
    const text = this.checkedNumberText();
    return /^-?\d+$/.test(text) ? wrapLong(BigInt(text)) : typed('float64', Number(text));
  }
}

function startsNumber(byte: number): boolean {
  return byte === 45 || (byte >= 48 && byte <= 57);
}

/** A null that conversion left where no null may stand: found as a struct finds it when a field is set. */
function checkNulls(schema: Schema, value: Value, path: string): void {
  if (value === null) {
    if (!schema.optional) throw wrong(path, 'a value of another type', `a required ${schema.kind}`);
  } else if (schema.kind === 'array') {
    for (const item of value as Value[]) checkNulls(schema.items!, item, path);
  } else if (schema.kind === 'map') {
    for (const [key, item] of value as Map<Value, Value>) {
      checkNulls(schema.keys!, key, path);
      checkNulls(schema.items!, item, path);
    }
  }
}

function wrong(path: string, found: string, wanted: string): TributaryError {
  return new TributaryError('TRIB_CONNECT_JSON_VALUE', 'data', {
    what: `The message holds ${found} at "${path}", where its schema demands ${wanted}.`,
  });
}
