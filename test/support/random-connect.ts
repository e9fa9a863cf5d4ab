// Random Connect schemas and values of them from a seed, for the property tests of converters.
import { decimal } from '../../src/core/data/decimal.ts';
import { dateSchema, decimalSchema, timeSchema, timestampSchema } from '../../src/core/data/logical.ts';
import { longOf } from '../../src/core/data/long.ts';
import {
  arrayOf,
  LOGICAL,
  mapOf,
  primitive,
  type Schema,
  Struct,
  structOf,
  type Value,
} from '../../src/core/data/schema.ts';
import { seededBits } from './seeded.ts';

/** What a format can hold. */
export interface RandomShape {
  /** Items of lists and maps may be null. */
  readonly nullItems: boolean;
  readonly optional: boolean;
}

export class RandomConnect {
  private readonly bits: () => bigint;
  private readonly shape: RandomShape;
  private names = 0;

  constructor(seed: bigint, shape: RandomShape) {
    this.bits = seededBits(seed);
    this.shape = shape;
  }

  below(limit: number): number {
    return Number(BigInt.asUintN(31, this.bits() >> 16n)) % limit;
  }

  struct(depth: number): Schema {
    const fields = Array.from({ length: 1 + this.below(6) }, (_, index) => ({
      name: `f${index}`,
      schema: this.schema(depth, this.shape.optional && this.below(2) === 0),
    }));
    return structOf(fields, { name: `com.acme.R${this.names++}` });
  }

  schema(depth: number, optional: boolean): Schema {
    const options = { optional };
    const kind = this.below(depth > 0 ? 17 : 14);
    const simple = ['boolean', 'int8', 'int16', 'int32', 'int64', 'float32', 'float64', 'string', 'bytes'] as const;
    if (kind < simple.length) return primitive(simple[kind]!, options);
    switch (kind) {
      case 9:
        return decimalSchema(20, this.below(5), options);
      case 10:
        return dateSchema(options);
      case 11:
        return timeSchema(options);
      case 12:
        return timestampSchema(options);
      case 13:
        return primitive('int64', { ...options, name: 'io.debezium.time.MicroTimestamp', version: 1 });
      case 14:
        return arrayOf(this.schema(depth - 1, this.shape.nullItems), options);
      case 15:
        return mapOf(primitive('string'), this.schema(depth - 1, this.shape.nullItems), options);
      default:
        return { ...this.struct(depth - 1), optional };
    }
  }

  value(schema: Schema): Value {
    if (schema.optional && this.below(4) === 0) return null;
    switch (schema.name) {
      case LOGICAL.decimal:
        return decimal(BigInt.asIntN(40, this.bits()), Number(schema.parameters!['scale']));
      case LOGICAL.date:
        return this.below(40000) - 10000;
      case LOGICAL.time:
        return this.below(86400000);
      case LOGICAL.timestamp:
        return this.below(2000000000) * 1000 - 500000000000 + this.below(1000);
      default:
    }
    switch (schema.kind) {
      case 'boolean':
        return this.below(2) === 1;
      case 'int8':
        return this.below(256) - 128;
      case 'int16':
        return this.below(65536) - 32768;
      case 'int32':
        return Number(BigInt.asIntN(32, this.bits()));
      case 'int64':
        return longOf(BigInt.asIntN(64, this.bits()) >> BigInt(this.below(60)));
      case 'float32':
        return Math.fround(this.below(100000) / 64);
      case 'float64':
        return this.below(1000000) / 1024 - 100;
      case 'string':
        return ['', 'a', 'größe', 'x'.repeat(this.below(200)), '"\\\n'][this.below(5)]!;
      case 'bytes':
        return Buffer.from(Array.from({ length: this.below(40) }, () => this.below(256)));
      case 'array':
        return Array.from({ length: this.below(4) }, () => this.value(schema.items!));
      case 'map':
        return new Map(Array.from({ length: this.below(4) }, (_, index) => [`k${index}`, this.value(schema.items!)]));
      default:
        return new Struct(
          schema,
          schema.fields!.map((field) => this.value(field.schema)),
        );
    }
  }
}
