// Protobuf messages → cells.
//
// Absent fields: what the type's default is where absence cannot be told (plain scalars, lists, maps), else null.

import { decimalOfBytes, fitDecimal } from '../../core/data/decimal.ts';
import { precisionOfSchema, scaleOf } from '../../core/data/logical.ts';
import { type Cursor, longOfHalves, readUnsignedHalves } from '../../core/data/long.ts';
import { LOGICAL, type Long, type Row, type Schema, type Value } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import { doubleText, floatText } from '../../core/java/number-text.ts';
import { matchFields } from '../column-types.ts';
import { textAt } from '../text-bytes.ts';
import { entrySchema } from './entry-schema.ts';

import { isScalar, type ProtoField, type ProtoFile, type ProtoMessage } from './proto-schema.ts';
import { wrappedScalar } from './well-known.ts';

interface FieldPlan {
  readonly column: number;
  readonly schema: Schema;
  readonly type: string;
  readonly shape: 'single' | 'list' | 'map';
  /** Of a message, or of a map's entries. */
  readonly message: MessagePlan | null;
  readonly symbols: ReadonlyMap<number, string> | null;
}

/** How one message reads as the columns of a struct schema. */
export interface MessagePlan {
  readonly byNumber: ReadonlyMap<number, FieldPlan>;
  /** Cells of a message without any field. Lists and maps are made anew for each. */
  readonly absent: readonly (() => Value)[];
}

/** The plan for reading a message as a struct schema. */
export function messagePlan(file: ProtoFile, message: ProtoMessage, target: Schema): MessagePlan {
  const names = message.fields.map((field) => field.name);
  const sources = matchFields(names, target);
  const byNumber = new Map<number, FieldPlan>();
  const absent = sources.map((from, column): (() => Value) => {
    const field = message.fields[from];
    if (field === undefined) return () => null;
    const plan = fieldPlan(file, field, column, target.fields![column]!.schema);
    byNumber.set(field.number, plan);
    return absentOf(field, plan);
  });
  return { byNumber, absent };
}

function fieldPlan(file: ProtoFile, field: ProtoField, column: number, schema: Schema): FieldPlan {
  const symbols = file.enums.get(field.type) ?? null;
  const base = { column, schema, type: field.type, symbols };
  if (schema.kind === 'map') {
    const entry = field.mapKey === null ? file.byName.get(field.type)! : entryOf(field);
    const shape = entrySchema(schema);
    return { ...base, shape: 'map', message: messagePlan(file, entry, shape) };
  }
  const isList = field.repeated && schema.kind === 'array';
  const inner = isList ? schema.items! : schema;
  const message = file.byName.get(field.type);
  const plan = message !== undefined && inner.kind === 'struct' ? messagePlan(file, message, inner) : null;
  return { ...base, schema: inner, shape: isList ? 'list' : 'single', message: plan };
}

/** `map<K, V>` is a list of messages of key and value on the wire. */
function entryOf(field: ProtoField): ProtoMessage {
  const part = { repeated: false, presence: false, mapKey: null, parameters: {} };
  return {
    name: 'Entry',
    nested: [],
    path: [],
    fields: [
      { ...part, name: 'key', number: 1, type: field.mapKey! },
      { ...part, name: 'value', number: 2, type: field.type },
    ],
  };
}

function absentOf(field: ProtoField, plan: FieldPlan): () => Value {
  if (plan.shape === 'list') return () => [];
  if (plan.shape === 'map') return () => new Map();
  if (field.presence) return () => null;
  if (plan.symbols !== null) {
    const first = plan.symbols.get(0) ?? null;
    return () => first;
  }
  if (!isScalar(field.type)) return () => null;
  const value = defaultOf(plan);
  return () => value;
}

function defaultOf({ type, schema }: FieldPlan): Value {
  if (type === 'string') return '';
  if (type === 'bytes') return Buffer.alloc(0);
  const zero = type === 'bool' ? false : 0;
  return schema.kind === 'string' ? textOfScalar(type, zero) : zero;
}

/** Reads messages of one plan. */
export class MessageReader {
  private readonly cursor: Cursor = { at: 0 };
  private readonly high = new Int32Array(1);
  private bytes: Buffer = Buffer.alloc(0);

  read(plan: MessagePlan, bytes: Buffer, start: number, end: number): Row {
    this.bytes = bytes;
    this.cursor.at = start;
    return this.message(plan, end);
  }

  private message(plan: MessagePlan, end: number): Row {
    const { cursor } = this;
    const cells = plan.absent.map((make) => make());
    while (cursor.at < end) {
      const tag = this.varint() as number;
      const field = plan.byNumber.get(tag >>> 3);
      if (field === undefined) this.skip(tag & 7, end);
      else this.field(field, tag & 7, cells, end);
      if (!(cursor.at <= end)) throw corrupt('ends in the middle of a field');
    }
    return cells;
  }

  private field(field: FieldPlan, wire: number, cells: Row, end: number): void {
    const { cursor } = this;
    if (field.shape === 'single') {
      cells[field.column] = this.value(field, wire, end);
      return;
    }
    if (field.shape === 'map') {
      const [key, item] = this.nested(field, end)!;
      (cells[field.column] as Map<Value, Value>).set(key ?? null, item ?? null);
      return;
    }
    const list = cells[field.column] as Value[];
    if (wire === 2 && isPackable(field.type, field.symbols !== null)) {
      const packedEnd = this.lengthEnd(end);
      while (cursor.at < packedEnd) list.push(this.value(field, wireOf(field.type), packedEnd));
    } else list.push(this.value(field, wire, end));
  }

  private value(field: FieldPlan, wire: number, end: number): Value {
    const { type, schema } = field;
    if (field.symbols !== null) {
      const number = this.varint() as number;
      return field.symbols.get(number) ?? String(number);
    }
    if (isScalar(type)) return this.scalar(type, schema, wire, end);
    const wrapped = wrappedScalar(type);
    if (wrapped !== null) return this.wrapped(wrapped, schema, end);
    switch (schema.name) {
      case LOGICAL.decimal:
        return this.decimal(schema, end);
      case LOGICAL.date:
      case LOGICAL.time:
      case LOGICAL.timestamp:
        return this.time(schema.name, end);
      default:
        return this.nested(field, end);
    }
  }

  private nested(field: FieldPlan, end: number): Row {
    if (field.message === null) throw corrupt('holds a message where none is declared');
    const innerEnd = this.lengthEnd(end);
    return this.message(field.message, innerEnd);
  }

  private scalar(type: string, schema: Schema, wire: number, end: number): Value {
    if (wire !== wireOf(type)) throw corrupt(`holds ${type} in the wire type ${wire}`);
    const value = this.raw(type, end);
    return schema.kind === 'string' && type !== 'string' ? textOfScalar(type, value) : value;
  }

  private raw(type: string, end: number): Value {
    const { bytes, cursor } = this;
    switch (type) {
      case 'int32':
      case 'sfixed32':
        return type === 'int32' ? this.low() : this.fixed(4).readInt32LE(cursor.at - 4);
      case 'uint32':
        return this.low() >>> 0;
      case 'sint32': {
        const zigzag = this.low();
        return (zigzag >>> 1) ^ -(zigzag & 1);
      }
      case 'sint64': {
        const low = this.low();
        const high = this.high[0]!;
        const sign = -(low & 1);
        return longOfHalves((high >>> 1) ^ sign, ((low >>> 1) | (high << 31)) ^ sign);
      }
      case 'bool':
        return this.varint() !== 0;
      case 'fixed32':
        return this.fixed(4).readUInt32LE(cursor.at - 4);
      case 'fixed64':
      case 'sfixed64':
        this.fixed(8);
        return longOfHalves(bytes.readInt32LE(cursor.at - 4), bytes.readInt32LE(cursor.at - 8));
      case 'float':
        return this.fixed(4).readFloatLE(cursor.at - 4);
      case 'double':
        return this.fixed(8).readDoubleLE(cursor.at - 8);
      case 'string':
      case 'bytes': {
        const innerEnd = this.lengthEnd(end);
        const start = cursor.at;
        cursor.at = innerEnd;
        if (type === 'string') return textAt(bytes, start, innerEnd - start);
        return Uint8Array.prototype.slice.call(bytes, start, innerEnd) as Buffer;
      }
      default:
        return this.varint();
    }
  }

  /** A message of one scalar: `google.protobuf.Int32Value`. */
  private wrapped(type: string, schema: Schema, end: number): Value {
    const innerEnd = this.lengthEnd(end);
    let value: Value = defaultOf({ type, schema } as FieldPlan);
    while (this.cursor.at < innerEnd) {
      const tag = this.varint() as number;
      if (tag >>> 3 === 1) value = this.scalar(type, schema, tag & 7, innerEnd);
      else this.skip(tag & 7, innerEnd);
    }
    return value;
  }

  private decimal(schema: Schema, end: number): Value {
    const innerEnd = this.lengthEnd(end);
    let digits: Buffer = Buffer.alloc(0);
    let scale = 0;
    while (this.cursor.at < innerEnd) {
      const tag = this.varint() as number;
      if (tag >>> 3 === 1) digits = this.raw('bytes', innerEnd) as Buffer;
      else if (tag >>> 3 === 3) scale = this.low();
      else this.skip(tag & 7, innerEnd);
    }
    const value = decimalOfBytes(digits, 0, digits.length, scale);
    const fit = fitDecimal(value, precisionOfSchema(schema), scaleOf(schema) ?? 0);
    if (fit === null) throw corrupt('holds a decimal that does not fit its column');
    return fit;
  }

  /** Date, TimeOfDay and Timestamp hold their parts as fields 1 to 4. */
  private time(name: string, end: number): number {
    const innerEnd = this.lengthEnd(end);
    const parts = [0, 0, 0, 0, 0];
    while (this.cursor.at < innerEnd) {
      const tag = this.varint() as number;
      const value = this.varint();
      parts[Math.min(4, (tag >>> 3) - 1)] = Number(value);
    }
    const [first, second, third, fourth] = parts as [number, number, number, number, number];
    if (name === LOGICAL.date) return Math.floor(Date.UTC(first, second - 1, third) / 86400000);
    if (name === LOGICAL.timestamp) return first * 1000 + Math.floor(second / 1000000);
    return ((first * 60 + second) * 60 + third) * 1000 + Math.floor(fourth / 1000000);
  }

  private varint(): Long {
    const low = this.low();
    return longOfHalves(this.high[0]!, low);
  }

  private low(): number {
    return readUnsignedHalves(this.bytes, this.cursor, this.high);
  }

  private fixed(width: number): Buffer {
    this.cursor.at += width;
    if (this.cursor.at > this.bytes.length) throw corrupt('ends in the middle of a field');
    return this.bytes;
  }

  private lengthEnd(end: number): number {
    const length = this.varint();
    const innerEnd = typeof length === 'number' && length >= 0 ? this.cursor.at + length : end + 1;
    if (!(innerEnd <= end)) throw corrupt('ends in the middle of a field');
    return innerEnd;
  }

  private skip(wire: number, end: number): void {
    const { cursor } = this;
    if (wire === 0) this.low();
    else if (wire === 1) cursor.at += 8;
    else if (wire === 5) cursor.at += 4;
    else if (wire === 2) cursor.at = this.lengthEnd(end);
    else throw corrupt(`holds the wire type ${wire}`);
  }
}

function textOfScalar(type: string, value: Value): string {
  if (type === 'double') return doubleText(value as number);
  return type === 'float' ? floatText(value as number) : String(value);
}

/** The wire type of a scalar. */
export function wireOf(type: string): number {
  switch (type) {
    case 'double':
    case 'fixed64':
    case 'sfixed64':
      return 1;
    case 'float':
    case 'fixed32':
    case 'sfixed32':
      return 5;
    case 'string':
    case 'bytes':
      return 2;
    default:
      return isScalar(type) ? 0 : 2;
  }
}

/** True for types whose lists stand in one run of bytes. */
export function isPackable(type: string, isEnum: boolean): boolean {
  return isEnum || (isScalar(type) && wireOf(type) !== 2);
}

function corrupt(how: string): TributaryError {
  return new TributaryError('TRIB_PROTO_PAYLOAD', 'data', {
    what: `The payload does not follow its schema: it ${how}.`,
    fix: 'The producer wrote another schema, or the payload was cut.',
  });
}
