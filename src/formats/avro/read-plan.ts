// How one Avro type reads as one Connect schema: pairs of types, found before any code is made.
//
// Law: a writer type that does not read as the column's type makes every payload of that writer schema fail, wanted or not, as
// the reference does; so it is found here once and not for each row.
import { LOGICAL, type Schema } from '../../core/data/schema.ts';
import { columnType, matchFields, typeMismatch } from '../column-types.ts';
import {
  type AvroRecord,
  type AvroType,
  isNull,
  mapEntries,
  numberAttribute,
  optionalBranch,
  textAttribute,
} from './avro-schema.ts';
import { branchName, logicalOf } from './connect-schema.ts';

/** Field names of what reads as a struct: a record's, or the branches of a union of several types. */
export function structNames(type: AvroType): readonly string[] | null {
  if (type.type === 'record') return type.fields.map((field) => field.name);
  if (type.type !== 'union') return null;
  return type.branches.filter((branch) => !isNull(branch)).map((branch) => branchName(branch, false));
}

/** Unit of a time type in parts of a millisecond: 1, 1000 or 1,000,000; null when the type says nothing of time. */
export function timeUnit(writer: AvroType, target: 'date' | 'time' | 'timestamp'): number | null {
  const units: Readonly<Record<string, number>> = TIME_UNITS[target];
  const logical = logicalOf(writer);
  const name = textAttribute(writer, 'connect.name');
  return (logical === null ? undefined : units[logical]) ?? (name === null ? undefined : units[name]) ?? null;
}

const TIME_UNITS = {
  date: { date: 1, 'io.debezium.time.Date': 1 },
  time: {
    'time-millis': 1,
    'io.debezium.time.Time': 1,
    'time-micros': 1000,
    'io.debezium.time.MicroTime': 1000,
    'io.debezium.time.NanoTime': 1000000,
  },
  timestamp: {
    'timestamp-millis': 1,
    'io.debezium.time.Timestamp': 1,
    'timestamp-micros': 1000,
    'io.debezium.time.MicroTimestamp': 1000,
    'io.debezium.time.NanoTimestamp': 1000000,
  },
} as const;

const NUMBERS: ReadonlySet<string> = new Set(['int', 'long']);
const TEXTS: ReadonlySet<string> = new Set(['string', 'enum', 'int', 'long', 'float', 'double', 'boolean']);

/** Throws `data` when the writer's type does not read as the target's. */
export function checkReads(writer: AvroType, target: Schema, path: string): void {
  const optional = optionalBranch(writer);
  if (optional !== null) return checkReads(optional.branch, target, path);
  if (!readsAs(writer, target, path)) throw typeMismatch(path, writerName(writer), columnType(target));
}

function readsAs(writer: AvroType, target: Schema, path: string): boolean {
  switch (target.kind) {
    case 'boolean':
      return writer.type === 'boolean';
    case 'int8':
    case 'int16':
    case 'int32':
      if (target.name === LOGICAL.date) return writer.type === 'int' && timeUnit(writer, 'date') !== null;
      if (target.name === LOGICAL.time) return NUMBERS.has(writer.type) && timeUnit(writer, 'time') !== null;
      return writer.type === 'int';
    case 'int64':
      if (target.name === LOGICAL.timestamp) return writer.type === 'long' && timeUnit(writer, 'timestamp') !== null;
      return NUMBERS.has(writer.type);
    case 'float32':
      return writer.type === 'float';
    case 'float64':
      return writer.type === 'float' || writer.type === 'double';
    case 'string':
      return TEXTS.has(writer.type);
    case 'bytes':
      if (target.name === LOGICAL.decimal) return isBinary(writer) && logicalOf(writer) === 'decimal';
      return isBinary(writer);
    default:
      return nestedReadsAs(writer, target, path);
  }
}

function nestedReadsAs(writer: AvroType, target: Schema, path: string): boolean {
  if (target.kind === 'array') {
    if (writer.type !== 'array') return false;
    checkReads(writer.items, target.items!, `${path}[]`);
    return true;
  }
  if (target.kind === 'map') {
    const entries = mapEntries(writer);
    if (entries === null && writer.type !== 'map') return false;
    if (entries !== null) checkReads(entries.key, target.keys!, `${path}{key}`);
    checkReads(entries === null ? (writer as { values: AvroType }).values : entries.value, target.items!, `${path}{}`);
    return true;
  }
  const names = structNames(writer);
  if (names === null) return false;
  matchFields(names, target).forEach((from, to) => {
    if (from >= 0)
      checkReads(memberType(writer, from), target.fields![to]!.schema, `${path}.${target.fields![to]!.name}`);
  });
  return true;
}

/** The type of a record's field, or of a union's branch counted without null. */
export function memberType(type: AvroType, index: number): AvroType {
  if (type.type === 'record') return type.fields[index]!.type;
  return (type as { branches: readonly AvroType[] }).branches.filter((branch) => !isNull(branch))[index]!;
}

function isBinary(type: AvroType): boolean {
  return type.type === 'bytes' || type.type === 'fixed';
}

/** Records that hold themselves: their code must be a function of its own. */
export function recursiveRecords(root: AvroType): ReadonlySet<AvroRecord> {
  const recursive = new Set<AvroRecord>();
  const open: AvroRecord[] = [];
  const done = new Set<AvroRecord>();
  const visit = (type: AvroType): void => {
    if (type.type === 'record') {
      if (open.includes(type)) recursive.add(type);
      if (open.includes(type) || done.has(type)) return;
      open.push(type);
      for (const field of type.fields) visit(field.type);
      open.pop();
      done.add(type);
    } else if (type.type === 'array') visit(type.items);
    else if (type.type === 'map') visit(type.values);
    else if (type.type === 'union') for (const branch of type.branches) visit(branch);
  };
  visit(root);
  return recursive;
}

/** The writer's type as messages name it. */
function writerName(type: AvroType): string {
  switch (type.type) {
    case 'int':
      return logicalOf(type) ?? textAttribute(type, 'connect.type') ?? 'int32';
    case 'long':
      return logicalOf(type) ?? 'int64';
    case 'float':
      return 'float32';
    case 'double':
      return 'float64';
    case 'record':
    case 'union':
      return 'struct';
    case 'enum':
      return 'string';
    case 'bytes':
    case 'fixed':
      return logicalOf(type) === 'decimal'
        ? `decimal(${numberAttribute(type, 'precision')}, ${numberAttribute(type, 'scale') ?? 0})`
        : 'bytes';
    default:
      return type.type;
  }
}
