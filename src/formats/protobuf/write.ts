// Cells → Protobuf messages, fields in the order of their definition.
//
// A length stands before what it counts, so nested parts are written into a buffer of their own first. What equals the default and
// cannot be told from absence is left out, as every Protobuf writer does.

import { ByteWriter } from '../../core/bytes.ts';
import { decimalBytes, precisionOf, rescale } from '../../core/data/decimal.ts';
import { scaleOf } from '../../core/data/logical.ts';
import { highHalf, lowHalf, VARINT_BYTES_MAX, writeUnsignedHalves, writeVarint } from '../../core/data/long.ts';
import { type Decimal, LOGICAL, type Long, type Row, type Schema, type Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { entrySchema } from './entry-schema.ts';
import type { ProtoField, ProtoFile, ProtoMessage } from './proto-schema.ts';
import { isScalar } from './proto-schema.ts';
import { isPackable, wireOf } from './read.ts';
import { wrappedScalar } from './well-known.ts';

interface FieldPlan {
  readonly field: ProtoField;
  readonly column: number;
  readonly schema: Schema;
  readonly message: WritePlan | null;
  readonly numbers: ReadonlyMap<string, number> | null;
  readonly path: string;
}

/** How a struct schema is written as a message. */
export type WritePlan = readonly FieldPlan[];

/** The plan for writing the cells of a struct schema as a message; fields that the schema has not stay absent. */
export function writePlan(file: ProtoFile, message: ProtoMessage, source: Schema, path = '$'): WritePlan {
  const names = (source.fields ?? []).map((field) => field.name);
  return message.fields.flatMap((field): FieldPlan[] => {
    const exact = names.indexOf(field.name);
    const column = exact >= 0 ? exact : names.findIndex((name) => name.toUpperCase() === field.name.toUpperCase());
    if (column < 0) return [];
    return [fieldPlan(file, field, column, source.fields![column]!.schema, `${path}.${field.name}`)];
  });
}

function fieldPlan(file: ProtoFile, field: ProtoField, column: number, schema: Schema, path: string): FieldPlan {
  const symbols = file.enums.get(field.type);
  const numbers = symbols === undefined ? null : new Map([...symbols].map(([number, name]) => [name, number]));
  const message = file.byName.get(field.type);
  const inner = schema.kind === 'array' ? schema.items! : schema;
  if (schema.kind === 'map') {
    const part = { repeated: false, presence: false, mapKey: null, parameters: {} };
    const entry: ProtoMessage =
      field.mapKey === null
        ? message!
        : {
            name: 'Entry',
            nested: [],
            path: [],
            fields: [
              { ...part, name: 'key', number: 1, type: field.mapKey },
              { ...part, name: 'value', number: 2, type: field.type },
            ],
          };
    const shape = entrySchema(schema);
    return { field, column, schema, numbers, path, message: writePlan(file, entry, shape, path) };
  }
  const plan = message !== undefined && inner.kind === 'struct' ? writePlan(file, message, inner, path) : null;
  return { field, column, schema, numbers, path, message: plan };
}

/** Writes messages; one writer for one thread of calls. */
export class MessageWriter {
  private readonly spare: ByteWriter[] = [];

  write(plan: WritePlan, row: Row, out: ByteWriter): void {
    for (let i = 0; i < plan.length; i++) {
      const field = plan[i]!;
      const value = row[field.column] ?? null;
      if (value !== null) this.field(field, value, out);
    }
  }

  private field(plan: FieldPlan, value: Value, out: ByteWriter): void {
    const { field } = plan;
    if (plan.schema.kind === 'map') {
      for (const pair of value as Map<Value, Value>) {
        this.tag(field.number, 2, out);
        this.counted(out, (inner) => this.write(plan.message!, pair as Row, inner));
      }
      return;
    }
    if (plan.schema.kind === 'array' && field.repeated) {
      this.list(plan, value as Value[], out);
      return;
    }
    if (!field.presence && isDefault(value, field.type, plan.numbers)) return;
    this.tag(field.number, plan.numbers === null ? wireOf(field.type) : 0, out);
    this.value(plan, plan.schema, value, out);
  }

  private list(plan: FieldPlan, items: readonly Value[], out: ByteWriter): void {
    const { field } = plan;
    if (items.length === 0) return;
    const schema = plan.schema.items!;
    for (const item of items)
      if (item === null) throw wrong(plan.path, 'null', 'an element: lists of Protobuf hold no null');
    if (isPackable(field.type, plan.numbers !== null)) {
      this.tag(field.number, 2, out);
      this.counted(out, (inner) => {
        for (const item of items) this.value(plan, schema, item, inner);
      });
      return;
    }
    for (const item of items) {
      this.tag(field.number, 2, out);
      this.value(plan, schema, item, out);
    }
  }

  private value(plan: FieldPlan, schema: Schema, value: Value, out: ByteWriter): void {
    const { type } = plan.field;
    if (plan.numbers !== null) {
      const number = plan.numbers.get(String(value));
      if (number === undefined) throw wrong(plan.path, quoted(value), `one of ${[...plan.numbers.keys()].join(', ')}`);
      this.varint(number, out);
      return;
    }
    if (isScalar(type)) {
      this.scalar(type, value, out);
      return;
    }
    const wrapped = wrappedScalar(type);
    if (wrapped !== null) {
      this.counted(out, (inner) => {
        if (isDefault(value, wrapped, null)) return;
        this.tag(1, wireOf(wrapped), inner);
        this.scalar(wrapped, value, inner);
      });
      return;
    }
    this.counted(out, (inner) => {
      if (schema.name === LOGICAL.decimal) this.decimal(plan, schema, value as Decimal, inner);
      else if (plan.message === null) this.time(schema, value as Long, inner);
      else this.write(plan.message, value as Row, inner);
    });
  }

  private scalar(type: string, value: Value, out: ByteWriter): void {
    switch (type) {
      case 'sint32':
      case 'sint64':
        out.reserve(VARINT_BYTES_MAX);
        out.position = writeVarint(out.bytes, out.position, value as Long);
        return;
      case 'bool':
        out.byte(value === true ? 1 : 0);
        return;
      case 'fixed32':
      case 'sfixed32':
        out.reserve(4);
        out.position = out.bytes.writeInt32LE(lowHalf(value as Long), out.position);
        return;
      case 'fixed64':
      case 'sfixed64':
        out.reserve(8);
        out.position = out.bytes.writeInt32LE(lowHalf(value as Long), out.position);
        out.position = out.bytes.writeInt32LE(highHalf(value as Long), out.position);
        return;
      case 'float':
        out.reserve(4);
        out.position = out.bytes.writeFloatLE(value as number, out.position);
        return;
      case 'double':
        out.reserve(8);
        out.position = out.bytes.writeDoubleLE(value as number, out.position);
        return;
      case 'string':
        this.counted(out, (inner) => inner.text(String(value)));
        return;
      case 'bytes':
        this.varint((value as Uint8Array).length, out);
        out.copy(value as Uint8Array);
        return;
      default:
        this.varint(value as Long, out);
    }
  }

  private decimal(plan: FieldPlan, schema: Schema, value: Decimal, out: ByteWriter): void {
    const scale = scaleOf(schema) ?? value.scale;
    const fit = rescale(value, scale);
    if (fit === null) throw wrong(plan.path, `a decimal of scale ${value.scale}`, `the scale ${scale}`);
    this.tag(1, 2, out);
    this.scalar('bytes', decimalBytes(fit), out);
    this.numbered(2, Number(plan.field.parameters['precision'] ?? precisionOf(fit)), out);
    this.numbered(3, scale, out);
  }

  private time(schema: Schema, value: Long, out: ByteWriter): void {
    const number = Number(value);
    if (schema.name === LOGICAL.date) {
      const date = new Date(number * 86400000);
      this.numbered(1, date.getUTCFullYear(), out);
      this.numbered(2, date.getUTCMonth() + 1, out);
      this.numbered(3, date.getUTCDate(), out);
      return;
    }
    const seconds = Math.floor(number / 1000);
    const nanos = (number - seconds * 1000) * 1000000;
    if (schema.name === LOGICAL.timestamp) {
      this.numbered(1, seconds, out);
      this.numbered(2, nanos, out);
      return;
    }
    this.numbered(1, Math.floor(seconds / 3600), out);
    this.numbered(2, Math.floor(seconds / 60) % 60, out);
    this.numbered(3, seconds % 60, out);
    this.numbered(4, nanos, out);
  }

  private numbered(number: number, value: number, out: ByteWriter): void {
    if (value === 0) return;
    this.tag(number, 0, out);
    this.varint(value, out);
  }

  private tag(number: number, wire: number, out: ByteWriter): void {
    this.varint(number * 8 + wire, out);
  }

  private varint(value: Long, out: ByteWriter): void {
    out.reserve(VARINT_BYTES_MAX);
    out.position = writeUnsignedHalves(out.bytes, out.position, highHalf(value), lowHalf(value));
  }

  /** Writes what `fill` writes, with its length before it. */
  private counted(out: ByteWriter, fill: (inner: ByteWriter) => void): void {
    const inner = this.spare.pop() ?? new ByteWriter(256);
    inner.reset();
    fill(inner);
    this.varint(inner.position, out);
    out.copy(inner.bytes, 0, inner.position);
    this.spare.push(inner);
  }
}

function isDefault(value: Value, type: string, numbers: ReadonlyMap<string, number> | null): boolean {
  if (numbers !== null) return numbers.get(String(value)) === 0;
  if (!isScalar(type)) return false;
  if (value instanceof Uint8Array) return value.length === 0;
  return value === '' || value === false || Object.is(value, 0);
}

function wrong(path: string, found: string, wanted: string): TributaryError {
  return new TributaryError('TRIB_FORMAT_VALUE_WRONG', 'data', {
    what: `The field ${path} holds ${found} where its schema demands ${wanted}.`,
  });
}
