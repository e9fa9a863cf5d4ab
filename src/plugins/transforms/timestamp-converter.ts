// Converts instants between text, unix numbers and Connect's Date, Time and Timestamp.

import type { TransformDef } from '../../connect/plugins.ts';
import { dateSchema, timeSchema, timestampSchema } from '../../core/data/logical.ts';
import { LONG_MAX, LONG_MIN, longOf, toBigInt } from '../../core/data/long.ts';
import {
  fieldOf,
  LOGICAL,
  type Long,
  primitive,
  type Schema,
  type SchemaOptions,
  Struct,
  structOf,
  type Value,
} from '../../core/data/schema.ts';
import { typed, typeOfNumber, untyped } from '../../core/data/typed.ts';
import { dayOf } from '../../core/java/calendar.ts';
import { type DateFormat, simpleDateFormat } from '../../core/java/simple-date-format.ts';
import { nullCell, REPLACE_NULL_WITH_DEFAULT, requireMap, requireStruct, schemaBasics, typeName } from '../cells.ts';
import { configFault, dataFault } from '../faults.ts';
import { perSchema } from '../per-schema.ts';
import { entries, sample } from '../sample.ts';
import { actsOnKey, KAFKA_VERSION, replacedOn, schemaOn, sidedClasses, valueOn } from './side.ts';

const TARGETS = ['string', 'unix', 'Date', 'Time', 'Timestamp'] as const;
type Target = (typeof TARGETS)[number];

/** Kafka's `TimestampConverter`. */
export const timestampConverter: TransformDef = {
  kind: 'transform',
  name: 'TimestampConverter',
  classes: sidedClasses('TimestampConverter'),
  version: KAFKA_VERSION,
  doc: "Converts an instant between text, a unix number, and Connect's Date, Time and Timestamp. Times are UTC.",
  config: [
    {
      name: 'field',
      type: 'STRING',
      fallback: '',
      importance: 'HIGH',
      doc: 'The field to convert; empty converts the whole key or value.',
    },
    {
      name: 'target.type',
      type: 'STRING',
      importance: 'HIGH',
      doc: 'The new type: string, unix, Date, Time or Timestamp.',
      choices: TARGETS,
    },
    {
      name: 'format',
      type: 'STRING',
      fallback: '',
      importance: 'MEDIUM',
      doc: 'Pattern of text (Java SimpleDateFormat), for text that is read or written.',
    },
    {
      name: 'unix.precision',
      type: 'STRING',
      fallback: 'milliseconds',
      importance: 'LOW',
      doc: 'Unit of unix numbers that are read or written.',
      choices: ['nanoseconds', 'microseconds', 'milliseconds', 'seconds'],
    },
    REPLACE_NULL_WITH_DEFAULT,
  ],
  examples: [
    {
      config: { field: 'at', 'target.type': 'string', format: "yyyy-MM-dd'T'HH:mm:ss'Z'" },
      given: sample({ value: entries({ at: 1_700_000_000_123 }) }),
      gives: sample({ value: entries({ at: '2023-11-14T22:13:20Z' }) }),
    },
  ],
  create: (config, className) => {
    const onKey = actsOnKey(className);
    const name = config['field'] as string;
    const replaceNull = config['replace.null.with.default'] as boolean;
    const conversion = conversionOf(
      config['target.type'] as Target,
      config['format'] as string,
      config['unix.precision'] as string,
    );
    const wholePlan = perSchema((schema) => ({
      schema: conversion.schema(schema.optional),
      read: conversion.reader(schema),
    }));
    const fieldPlan = perSchema((schema) => planField(schema, name, conversion, replaceNull));
    // Apart from the plan: a field that holds no instant is refused only when there is a struct.
    const fieldReader = perSchema((schema) => readerOfField(schema, name, conversion));
    return (record) => {
      const schema = schemaOn(record, onKey);
      const value = valueOn(record, onKey);
      if (schema === null) return replacedOn(record, onKey, null, convertFree(value, name, conversion));
      if (name === '') {
        const plan = wholePlan(schema);
        return replacedOn(record, onKey, plan.schema, value === null ? null : conversion.write(plan.read(value)));
      }
      if (schema.kind !== 'struct') throw dataFault(`Only a struct has the field ${name}, not ${schema.kind}.`);
      const plan = fieldPlan(schema);
      if (value === null) return replacedOn(record, onKey, plan.schema, null);
      const struct = requireStruct(value, 'converting timestamp formats');
      const converted = convertCell(struct, plan, fieldReader(schema), conversion, replaceNull);
      return replacedOn(record, onKey, plan.schema, converted);
    };
  },
};

/** How instants (ms since the epoch, of 64 bits) are read from values and written to the target. */
interface Conversion {
  /** Schema of the target. */
  schema(optional: boolean): Schema;
  /** Reads values of a schema. Throws for a schema that holds no instant. */
  reader(schema: Schema): (value: Value) => Long;
  readFree(value: Value): Long;
  write(ms: Long): Value;
  writeFree(ms: Long): Value;
}

function conversionOf(target: Target, pattern: string, precision: string): Conversion {
  if (target === 'string' && pattern.trim() === '') {
    throw configFault('TimestampConverter requires format option to be specified when using string timestamps');
  }
  const format = pattern.trim() === '' ? null : compiled(pattern);
  const unix = UNITS[precision]!;
  const fromText = (value: Value) => parsed(value as string, format, pattern);
  return {
    schema: (optional) => schemaOf(target, optional),
    reader: (schema) => {
      if (schema.name === LOGICAL.date) return (value) => (value as number) * DAY_MS;
      if (schema.name === LOGICAL.time || schema.name === LOGICAL.timestamp) return (value) => value as Long;
      if (schema.kind === 'string') return fromText;
      if (schema.kind === 'int64') return (value) => unix.read(value as Long);
      throw noInstant(schema);
    },
    readFree: (value) => {
      const kind = typeOfNumber(value);
      if (kind === 'timestamp') return untyped(value) as Long;
      if (kind === 'int64') return unix.read(value as Long);
      if (typeof value === 'string') return fromText(value);
      throw dataFault(`TimestampConverter does not support ${kind ?? typeName(value)} objects as timestamps`);
    },
    write: writerOf(target, format, unix),
    writeFree: freeWriterOf(target, format, unix),
  };
}

const DAY_MS = 86_400_000;

function schemaOf(target: Target, optional: boolean): Schema {
  switch (target) {
    case 'string':
      return primitive('string', { optional });
    case 'unix':
      return primitive('int64', { optional });
    case 'Date':
      return dateSchema({ optional });
    case 'Time':
      return timeSchema({ optional });
    case 'Timestamp':
      return timestampSchema({ optional });
  }
}

function writerOf(target: Target, format: DateFormat | null, unix: Unit): (ms: Long) => Value {
  switch (target) {
    case 'string':
      return (ms) => format!.format(ms);
    case 'unix':
      return unix.write;
    case 'Date':
      return dayOf;
    case 'Time':
      return (ms) => (typeof ms === 'number' ? ms - dayOf(ms) * DAY_MS : Number(ms - BigInt(dayOf(ms)) * DAY));
    case 'Timestamp':
      return (ms) => ms;
  }
}

const DAY = BigInt(DAY_MS);

/** Without a schema the three logical types are all `java.util.Date`. */
function freeWriterOf(target: Target, format: DateFormat | null, unix: Unit): (ms: Long) => Value {
  if (target === 'Date') return (ms) => typed('timestamp', longOf(BigInt(dayOf(ms)) * DAY));
  const write = writerOf(target, format, unix);
  return target === 'Time' || target === 'Timestamp' ? (ms) => typed('timestamp', write(ms) as Long) : write;
}

/** A unit of unix numbers. Conversions cut towards zero and saturate, as Java's TimeUnit does. */
interface Unit {
  read(value: Long): Long;
  write(ms: Long): Long;
}

function finer(perMs: number): Unit {
  const exact = BigInt(perMs);
  return {
    read: (value) => (typeof value === 'bigint' ? longOf(value / exact) : Math.trunc(value / perMs) + 0),
    write: (ms) => {
      const scaled = typeof ms === 'number' ? ms * perMs : Number.NaN;
      return Number.isSafeInteger(scaled) ? scaled : saturated(BigInt(ms) * exact);
    },
  };
}

const UNITS: Readonly<Record<string, Unit>> = {
  milliseconds: { read: (value) => value, write: (ms) => ms },
  microseconds: finer(1000),
  nanoseconds: finer(1_000_000),
  seconds: {
    read: (value) => saturated(toBigInt(value) * 1000n),
    write: (ms) => (typeof ms === 'bigint' ? longOf(ms / 1000n) : Math.trunc(ms / 1000) + 0),
  },
};

function saturated(value: bigint): Long {
  return value > LONG_MAX ? LONG_MAX : value < LONG_MIN ? LONG_MIN : longOf(value);
}

function compiled(pattern: string): DateFormat {
  try {
    return simpleDateFormat(pattern);
  } catch (error) {
    throw configFault(
      `TimestampConverter requires a SimpleDateFormat-compatible pattern for string timestamps: ${pattern}`,
      `${(error as Error).message}.`,
    );
  }
}

function parsed(text: string, format: DateFormat | null, pattern: string): Long {
  if (format === null) throw dataFault(`Text "${text}" cannot be read: no format is configured.`, 'Set "format".');
  const ms = format.parse(text);
  if (ms === null) throw dataFault(`Could not parse timestamp: value (${text}) does not match pattern (${pattern})`);
  return ms;
}

function noInstant(schema: Schema): Error {
  return dataFault(`Schema ${schema.name ?? schema.kind} does not correspond to a known timestamp type format`);
}

function convertFree(value: Value, name: string, conversion: Conversion): Value {
  if (value === null) return null;
  if (name === '') return conversion.writeFree(conversion.readFree(value));
  const copy = new Map(requireMap(value, 'converting timestamp formats'));
  const item = copy.get(name) ?? null;
  copy.set(name, item === null ? null : conversion.writeFree(conversion.readFree(item)));
  return copy;
}

interface FieldPlan {
  readonly schema: Schema;
  /** −1: the schema has no such field. */
  readonly index: number;
  /** Default of the old field: it stands for null where defaults replace nulls. */
  readonly defaultValue: Value;
}

function planField(schema: Schema, name: string, conversion: Conversion, replaceNull: boolean): FieldPlan {
  const field = fieldOf(schema, name);
  const fields = (schema.fields ?? []).map((old) =>
    old === field ? { name, schema: conversion.schema(old.schema.optional) } : old,
  );
  const options: SchemaOptions = { ...schemaBasics(schema), optional: schema.optional };
  const plan = {
    schema: structOf(fields, options),
    index: field?.index ?? -1,
    defaultValue: field?.schema.defaultValue ?? null,
  };
  if (!(schema.defaultValue instanceof Struct)) return plan;
  const read = readerOfField(schema, name, conversion);
  const defaultValue = convertCell(schema.defaultValue, plan, read, conversion, replaceNull);
  return { ...plan, schema: { ...plan.schema, defaultValue } };
}

function readerOfField(schema: Schema, name: string, conversion: Conversion): (value: Value) => Long {
  const field = fieldOf(schema, name);
  return field === undefined ? () => 0 : conversion.reader(field.schema);
}

function convertCell(
  struct: Struct,
  plan: FieldPlan,
  read: (value: Value) => Long,
  conversion: Conversion,
  replaceNull: boolean,
): Struct {
  const { schema, index } = plan;
  const fields = schema.fields!;
  const cells = new Array<Value>(fields.length);
  for (let i = 0; i < fields.length; i++) {
    let cell = struct.cells[i] ?? null;
    if (i === index) {
      if (cell === null && replaceNull) cell = plan.defaultValue;
      if (cell !== null) cell = conversion.write(read(cell));
    }
    cells[i] = cell === null ? nullCell(fields[i]!.schema, fields[i]!.name, replaceNull) : cell;
  }
  return new Struct(schema, cells);
}
