// JSON text → cells, by the rules of SQL's JSON format.
//
// Law: a member that does not read as its column fails the record, also when the query does not read that column.
import { decimalScientificText, decimalText, fitDecimal, parseDecimal } from '../../core/data/decimal.ts';
import { precisionOfSchema, scaleOf } from '../../core/data/logical.ts';
import { parseInt32, parseLong, wrapLong } from '../../core/data/long.ts';
import { type Decimal, LOGICAL, type Long, type Row, type Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { parseDouble } from '../../core/java/number-text.ts';
import { columnType } from '../column-types.ts';
import { parseBase64, printJson } from '../json-text.ts';
import { JsonNumber, type JsonValue, numberText } from '../json-value.ts';
import type { Member, ObjectPlan, ValuePlan } from './row-plan.ts';
import { JsonScanner } from './scanner.ts';

const DAY_MS = 86400000;
const LOW_DIGITS = 10n ** 400n;

export class RowScanner extends JsonScanner {
  /** Cells of an object at the position, one a column of the plan. */
  object(plan: ObjectPlan): Row {
    const { columns, order } = plan;
    const cells: Row = new Array(columns.length).fill(null);
    this.at++;
    if (this.peek() === 125) {
      this.at++;
      return cells;
    }
    let place = 0;
    do {
      const member = this.memberName(plan, place++);
      this.take(58, '":"');
      const { exact, folded } = member;
      if (exact < 0 && folded < 0) {
        this.skip(0);
        continue;
      }
      const start = this.at;
      if (exact >= 0) cells[exact] = this.value(columns[exact]!);
      if (folded >= 0 && !metExactly(order, place - 1, folded)) {
        this.at = start;
        cells[folded] = this.value(columns[folded]!);
      } else if (exact < 0) this.skip(0);
    } while (this.more(125));
    return cells;
  }

  /** The value at the position as the plan's type; null for JSON's null. */
  value(plan: ValuePlan): Value {
    const byte = this.peek();
    if (byte === 110) {
      this.word('null');
      return null;
    }
    const { schema } = plan;
    switch (schema.kind) {
      case 'boolean':
        return this.boolean(byte, plan);
      case 'int32':
      case 'int64':
        return schema.name === undefined ? this.integer(byte, plan) : this.time(byte, plan);
      case 'float64':
        return this.double(byte, plan);
      case 'string':
        if (plan.needed) return this.text(byte);
        this.skip(0);
        return null;
      case 'bytes':
        return schema.name === LOGICAL.decimal ? this.decimal(byte, plan) : this.binary(byte, plan);
      default:
        return this.nested(byte, plan);
    }
  }

  private boolean(byte: number, plan: ValuePlan): Value {
    if (byte === 116) {
      this.word('true');
      return true;
    }
    if (byte !== 102) this.mismatch(plan);
    this.word('false');
    return false;
  }

  private integer(byte: number, plan: ValuePlan): Long {
    const short = this.shortInteger();
    const is32 = plan.schema.kind === 'int32';
    if (short !== null) return is32 ? short | 0 : short;
    if (byte === 34) {
      const text = this.string();
      const value = is32 ? parseInt32(text) : parseLong(text);
      return value ?? this.unparsed(plan, text);
    }
    if (!startsNumber(byte)) this.mismatch(plan);
    const text = this.numberText();
    const long = parseLong(text);
    if (long !== null && !is32) return long;
    const exact = integerOfNumber(text) ?? this.fail('a number');
    return is32 ? Number(BigInt.asIntN(32, exact)) : wrapLong(exact);
  }

  private time(byte: number, plan: ValuePlan): number {
    const { schema } = plan;
    const value = startsNumber(byte) ? this.shortInteger() : null;
    if (value === null) return this.mismatch(plan);
    const inRange =
      schema.name === LOGICAL.time
        ? value >= 0 && value <= DAY_MS
        : schema.name !== LOGICAL.date || (value | 0) === value;
    return inRange ? value : this.mismatch(plan, 'a number out of range');
  }

  private double(byte: number, plan: ValuePlan): number {
    if (byte === 34) {
      const text = this.string();
      return parseDouble(text) ?? this.unparsed(plan, text);
    }
    if (!startsNumber(byte)) this.mismatch(plan);
    const short = this.shortInteger();
    if (short !== null) return short;
    const value = Number(this.numberText());
    return Number.isNaN(value) ? this.fail('a number') : value;
  }

  private decimal(byte: number, plan: ValuePlan): Decimal {
    const isText = byte === 34;
    if (!isText && !startsNumber(byte)) this.mismatch(plan);
    const text = isText ? this.string() : this.numberText();
    const value = parseDecimal(text);
    if (value === null) return this.unparsed(plan, text);
    const fit = fitDecimal(value, precisionOfSchema(plan.schema), scaleOf(plan.schema) ?? 0);
    return fit ?? this.mismatch(plan, `the number ${shortened(decimalText(value))}`);
  }

  private binary(byte: number, plan: ValuePlan): Buffer {
    if (byte !== 34) this.mismatch(plan);
    const text = this.string();
    return parseBase64(text) ?? this.unparsed(plan, text);
  }

  private text(byte: number): string {
    return byte === 34 ? this.string() : textOfTree(this.tree());
  }

  private nested(byte: number, plan: ValuePlan): Value {
    switch (plan.schema.kind) {
      case 'array':
        if (byte !== 91) this.mismatch(plan);
        return this.array(plan.items!);
      case 'map':
        if (byte !== 123) this.mismatch(plan);
        return this.map(plan.items!);
      default:
        if (byte !== 123) this.mismatch(plan);
        return this.object(plan.object!);
    }
  }

  private array(items: ValuePlan): Value[] {
    const values: Value[] = [];
    this.at++;
    if (this.peek() === 93) {
      this.at++;
      return values;
    }
    do {
      values.push(this.value(items));
    } while (this.more(93));
    return values;
  }

  private map(items: ValuePlan): Map<Value, Value> {
    const map = new Map<Value, Value>();
    this.at++;
    if (this.peek() === 125) {
      this.at++;
      return map;
    }
    do {
      if (this.peek() !== 34) this.fail('a member name in quotes');
      const key = this.string();
      this.take(58, '":"');
      map.set(key, this.value(items));
    } while (this.more(125));
    return map;
  }

  /** A value of another JSON type than the column takes. */
  mismatch(plan: ValuePlan, found: string = kindAt(this.bytes[this.at])): never {
    throw new TributaryError('TRIB_FORMAT_TYPE_MISMATCH', 'data', {
      what: `The member ${plan.path} holds ${found} where the column is ${columnType(plan.schema)}.`,
    });
  }

  private unparsed(plan: ValuePlan, text: string): never {
    throw new TributaryError('TRIB_FORMAT_TEXT_UNPARSED', 'data', {
      what: `The member ${plan.path} holds the text ${quoted(text)}, which is no ${columnType(plan.schema)}.`,
    });
  }
}

/** True when one of the members before `place`, which `order` holds, has exactly the column's name. */
function metExactly(order: readonly Member[], place: number, column: number): boolean {
  for (let i = 0; i < place && i < order.length; i++) if (order[i]!.exact === column) return true;
  return false;
}

function startsNumber(byte: number): boolean {
  return byte === 45 || (byte >= 48 && byte <= 57);
}

/** The integer part of a JSON number of any form; null when it is none. */
function integerOfNumber(text: string): bigint | null {
  const value = parseDecimal(text);
  if (value === null) return null;
  if (value.scale <= 0) return value.unscaled * (value.scale < -400 ? LOW_DIGITS : 10n ** BigInt(-value.scale));
  return value.scale > 4000 ? 0n : value.unscaled / 10n ** BigInt(value.scale);
}

/** What a STRING column shows of another JSON value. */
function textOfTree(value: JsonValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${value.map(textOfTree).join(', ')}]`;
  if (typeof value === 'object' && !(value instanceof JsonNumber)) return printJson(value);
  const text = numberText(value);
  return /^-?\d+$/.test(text) ? text : decimalScientificText(parseDecimal(text)!);
}

function kindAt(byte: number | undefined): string {
  switch (byte) {
    case 34:
      return 'text';
    case 123:
      return 'an object';
    case 91:
      return 'an array';
    case 116:
    case 102:
      return 'a boolean';
    default:
      return 'a number';
  }
}

/** Digits as they may stand in a message. */
function shortened(digits: string): string {
  return digits.length > 80 ? `${digits.slice(0, 77)}...` : digits;
}
