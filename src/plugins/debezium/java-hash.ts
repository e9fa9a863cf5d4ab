// Java's `hashCode` of Connect values, for routing that must agree with the reference.

import { isDecimal, isDecimalSchema } from '../../core/data/logical.ts';
import { toBigInt } from '../../core/data/long.ts';
import { LOGICAL, type Long, type Schema, type Struct, type Value } from '../../core/data/schema.ts';
import { stringHash } from '../../core/java/hash-order.ts';
import { dataFault } from '../faults.ts';

/** The hash of a non-null value of a schema. */
export function javaHash(schema: Schema, value: Value): number {
  if (isDecimal(value) && isDecimalSchema(schema)) return (31 * bigIntegerHash(value.unscaled) + value.scale) | 0;
  if (schema.name === LOGICAL.date) return longHash((value as number) * 86_400_000);
  if (schema.name === LOGICAL.time || schema.name === LOGICAL.timestamp) return longHash(value as Long);
  switch (schema.kind) {
    case 'boolean':
      return value ? 1231 : 1237;
    case 'int64':
      return longHash(value as Long);
    case 'float32':
      return floatBits(value as number);
    case 'float64':
      return doubleHash(value as number);
    case 'string':
      return stringHash(value as string);
    case 'bytes':
      return bytesHash(value as Uint8Array);
    case 'array':
      return (value as Value[]).reduce(
        (hash: number, item) => (Math.imul(31, hash) + itemHash(schema.items, item)) | 0,
        1,
      );
    case 'map':
      return mapHash(schema, value as Map<Value, Value>);
    case 'struct':
      throw dataFault(
        `A struct (${(value as Struct).schema.name ?? 'unnamed'}) cannot be hashed.`,
        'Name fields within it.',
      );
    default:
      return (value as number) | 0;
  }
}

function itemHash(schema: Schema | undefined, value: Value): number {
  return value === null || schema === undefined ? 0 : javaHash(schema, value);
}

function mapHash(schema: Schema, map: ReadonlyMap<Value, Value>): number {
  let hash = 0;
  for (const [key, value] of map) hash = (hash + (itemHash(schema.keys, key) ^ itemHash(schema.items, value))) | 0;
  return hash;
}

function longHash(value: Long): number {
  const exact = BigInt.asUintN(64, toBigInt(value));
  return Number(BigInt.asIntN(32, exact ^ (exact >> 32n)));
}

function floatBits(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getInt32(0);
}

function doubleHash(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getInt32(0) ^ view.getInt32(4);
}

/** As ByteBuffer does: from the end. */
function bytesHash(bytes: Uint8Array): number {
  let hash = 1;
  for (let i = bytes.length - 1; i >= 0; i--) hash = (Math.imul(31, hash) + ((bytes[i]! << 24) >> 24)) | 0;
  return hash;
}

function bigIntegerHash(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  const hex = magnitude.toString(16);
  const padded = hex.padStart(Math.ceil(hex.length / 8) * 8, '0');
  let hash = 0;
  for (let i = 0; i < padded.length; i += 8) {
    hash = (Math.imul(31, hash) + (Number.parseInt(padded.slice(i, i + 8), 16) | 0)) | 0;
  }
  return value < 0n ? -hash | 0 : hash;
}
