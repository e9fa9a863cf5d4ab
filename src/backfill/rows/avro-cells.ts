// Avro values as cells. Times keep their microseconds, decimals all their digits.

import { decimalOfBytes } from '../../core/data/decimal.ts';
import { readVarint } from '../../core/data/long.ts';
import { type AvroType, numberAttribute, textAttribute } from '../../formats/avro/avro-schema.ts';
import { type Cell, type CellObject, Moment } from './row-source.ts';

/** Bytes and where to read on. */
export interface Bytes {
  readonly bytes: Buffer;
  at: number;
}
/** Reads one value. Throws a RangeError when the bytes end within it. */
export type CellReader = (input: Bytes) => Cell;

/** The reader of a type. Records that hold themselves are not met in exports and are refused. */
export function cellReader(type: AvroType): CellReader {
  return readerOf(type, []);
}

function readerOf(type: AvroType, within: readonly AvroType[]): CellReader {
  if (within.includes(type)) throw new RangeError('a record that holds itself cannot be loaded');
  const inner = [...within, type];
  const logical = textAttribute(type, 'logicalType');
  switch (type.type) {
    case 'null':
      return () => null;
    case 'boolean':
      return (input) => {
        input.at = need(input, 1);
        return input.bytes[input.at - 1] !== 0;
      };
    case 'int':
    case 'long':
      return momentReader(logical) ?? longOf;
    case 'float':
      return (input) => {
        input.at = need(input, 4);
        return input.bytes.readFloatLE(input.at - 4);
      };
    case 'double':
      return (input) => {
        input.at = need(input, 8);
        return input.bytes.readDoubleLE(input.at - 8);
      };
    case 'string':
      return (input) => {
        const end = lengthEnd(input);
        const start = input.at;
        input.at = end;
        return input.bytes.toString('utf8', start, end);
      };
    case 'bytes':
      return bytesReader(type, logical, lengthEnd);
    case 'fixed':
      return bytesReader(type, logical, (input) => need(input, type.size));
    case 'enum':
      return (input) => {
        const symbol = type.symbols[Number(longOf(input))];
        if (symbol === undefined) throw new RangeError('unknown enum symbol');
        return symbol;
      };
    case 'array':
      return arrayReader(readerOf(type.items, inner));
    case 'map':
      return mapReader(readerOf(type.values, inner));
    case 'record':
      return recordReader(
        type.fields.map((field) => field.name),
        type.fields.map((field) => readerOf(field.type, inner)),
      );
    case 'union': {
      const branches = type.branches.map((branch) => readerOf(branch, inner));
      return (input) => {
        const branch = branches[Number(longOf(input))];
        if (branch === undefined) throw new RangeError('unknown union branch');
        return branch(input);
      };
    }
  }
}

function longOf(input: Bytes): number | bigint {
  const value = readVarint(input.bytes, input);
  if (input.at > input.bytes.length) throw cut();
  return value;
}

function momentReader(logical: string | null): CellReader | null {
  switch (logical) {
    case 'date':
      return (input) => new Moment('date', longOf(input));
    case 'time-millis':
      return (input) => new Moment('time', Number(longOf(input)) * 1000);
    case 'time-micros':
      return (input) => new Moment('time', longOf(input));
    case 'timestamp-millis':
    case 'local-timestamp-millis':
      return (input) => new Moment('timestamp', BigInt(longOf(input)) * 1000n);
    case 'timestamp-micros':
    case 'local-timestamp-micros':
      return (input) => new Moment('timestamp', longOf(input));
    default:
      return null;
  }
}

function bytesReader(type: AvroType, logical: string | null, endOf: (input: Bytes) => number): CellReader {
  const scale = numberAttribute(type, 'scale') ?? 0;
  if (logical === 'decimal') {
    return (input) => {
      const end = endOf(input);
      const start = input.at;
      input.at = end;
      return decimalOfBytes(input.bytes, start, end, scale);
    };
  }
  return (input) => {
    const end = endOf(input);
    const start = input.at;
    input.at = end;
    return Buffer.from(input.bytes.subarray(start, end));
  };
}

function arrayReader(item: CellReader): CellReader {
  return (input) => {
    const items: Cell[] = [];
    for (let count = blockCount(input); count > 0; count = blockCount(input)) {
      for (let i = 0; i < count; i++) items.push(item(input));
    }
    return items;
  };
}

function mapReader(value: CellReader): CellReader {
  return (input) => {
    const members: CellObject = {};
    for (let count = blockCount(input); count > 0; count = blockCount(input)) {
      for (let i = 0; i < count; i++) {
        const end = lengthEnd(input);
        const name = input.bytes.toString('utf8', input.at, end);
        input.at = end;
        members[name] = value(input);
      }
    }
    return members;
  };
}

function recordReader(names: readonly string[], readers: readonly CellReader[]): CellReader {
  return (input) => {
    const members: CellObject = {};
    for (let i = 0; i < readers.length; i++) members[names[i]!] = readers[i]!(input);
    return members;
  };
}

/** Count of the next block of an array or map; its size in bytes, when given, is passed over. */
function blockCount(input: Bytes): number {
  const count = Number(longOf(input));
  if (count >= 0) return count;
  longOf(input);
  return -count;
}

function lengthEnd(input: Bytes): number {
  const length = Number(longOf(input));
  const end = input.at + length;
  if (length < 0 || end > input.bytes.length) throw cut();
  return end;
}

/** Where the next `count` bytes end. */
function need(input: Bytes, count: number): number {
  if (input.at + count > input.bytes.length) throw cut();
  return input.at + count;
}

function cut(): RangeError {
  return new RangeError('the row runs over the end of its block');
}
