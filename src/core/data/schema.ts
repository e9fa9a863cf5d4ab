// The Connect data model: one memory layout from Kafka to SQL to sink.
//
// Law: a row is an array in field order. The cells of a Connect `Struct`, a SQL row and a decoded Avro record are the same
// array, so nothing is re-shaped between Kafka and Braze and columns are addressed by index.
// Law (`Long`): a 64-bit integer is a `number` when |x| ≤ 2^53−1 and a `bigint` otherwise, so `===` compares exactly.

/** The physical kinds of Kafka Connect's schemas. */
export type Kind =
  | 'boolean'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'float32'
  | 'float64'
  | 'string'
  | 'bytes'
  | 'array'
  | 'map'
  | 'struct';

/** A 64-bit integer: `number` when |x| ≤ 2^53−1, `bigint` otherwise. Never the other way round. */
export type Long = number | bigint;

/** An exact decimal: value = unscaled × 10^−scale. */
export interface Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

/** Cells in field order. */
export type Row = Value[];

/**
 * Any value of the Connect data model. Logical types are held in their physical form (Date: days, Time: ms of the day,
 * Timestamp: ms since the epoch, all numbers), but for Connect's Decimal, which is a {@link Decimal}.
 * Without a schema a number may be a {@link Typed}: see there.
 * A struct is a {@link Struct} in Connect records; inside the SQL engine, where types are static, it is its bare cells.
 */
export type Value =
  | null
  | boolean
  | Long
  | string
  | Uint8Array
  | Decimal
  | Struct
  | Typed
  | Value[]
  | Map<Value, Value>;

/** Run-time types that a bare number does not show. `timestamp` is java.util.Date (ms since the epoch), `bigint` an integer of any size. */
export type TypedKind = 'int8' | 'int16' | 'int32' | 'float32' | 'float64' | 'timestamp' | 'bigint';

/**
 * A schemaless number of a type that its plain form does not show. Where there is a schema it says what a number is; without
 * one the value itself must, because Java tells an Integer from a Long and 1.0 from 1. Law: in schemaless data a plain integer
 * (number or bigint) is an int64, a plain number with a fraction, NaN or an infinity is a float64, and all else is a `Typed`:
 * 1.0, −0.0, all int8 to int32 and float32, instants, integers of more than 64 bits. Made by `typed` (typed.ts).
 */
export class Typed {
  readonly kind: TypedKind;
  readonly value: Long;

  constructor(kind: TypedKind, value: Long) {
    this.kind = kind;
    this.value = value;
  }
}

/** One field of a struct schema. */
export interface Field {
  readonly name: string;
  readonly index: number;
  readonly schema: Schema;
}

/** A Connect schema. Immutable and shared: compare by identity first, then with `sameSchema`. */
export interface Schema {
  readonly kind: Kind;
  readonly optional: boolean;
  readonly name?: string;
  readonly version?: number;
  readonly doc?: string;
  readonly defaultValue?: Value;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Struct only. */
  readonly fields?: readonly Field[];
  /** Map only. */
  readonly keys?: Schema;
  /** Array and map only. */
  readonly items?: Schema;
}

/** A value of a struct schema. Immutable by contract once it is handed on: transforms make new ones. */
export class Struct {
  readonly schema: Schema;
  readonly cells: Row;

  /** @param cells one per field of `schema`, in order; owned by the struct from now on. */
  constructor(schema: Schema, cells: Row) {
    this.schema = schema;
    this.cells = cells;
  }

  /** The cell of the named field, `undefined` when the schema has no such field. Not for hot loops: resolve the index once. */
  get(name: string): Value | undefined {
    const field = fieldOf(this.schema, name);
    return field === undefined ? undefined : (this.cells[field.index] ?? null);
  }
}

const fieldIndexes = new WeakMap<Schema, Map<string, Field>>();

/** The field of that name (exact case), looked up in an index built once per schema. */
export function fieldOf(schema: Schema, name: string): Field | undefined {
  let index = fieldIndexes.get(schema);
  if (index === undefined) {
    index = new Map((schema.fields ?? []).map((field) => [field.name, field]));
    fieldIndexes.set(schema, index);
  }
  return index.get(name);
}

/** Options of a schema that are not its structure. */
export type SchemaOptions = Partial<
  Pick<Schema, 'optional' | 'name' | 'version' | 'doc' | 'defaultValue' | 'parameters'>
>;

/** A schema of a primitive kind. */
export function primitive(kind: Exclude<Kind, 'array' | 'map' | 'struct'>, options: SchemaOptions = {}): Schema {
  return { kind, optional: false, ...options };
}

/** A struct schema; fields are numbered in the order given. */
export function structOf(
  fields: readonly { readonly name: string; readonly schema: Schema }[],
  options: SchemaOptions = {},
): Schema {
  return {
    kind: 'struct',
    optional: false,
    ...options,
    fields: fields.map(({ name, schema }, index) => ({ name, index, schema })),
  };
}

/** An array schema. */
export function arrayOf(items: Schema, options: SchemaOptions = {}): Schema {
  return { kind: 'array', optional: false, ...options, items };
}

/** A map schema. */
export function mapOf(keys: Schema, items: Schema, options: SchemaOptions = {}): Schema {
  return { kind: 'map', optional: false, ...options, keys, items };
}

/** The same schema, optional or not. */
export function withOptional(schema: Schema, optional: boolean): Schema {
  return schema.optional === optional ? schema : { ...schema, optional };
}

/** Names of Connect's own logical types. */
export const LOGICAL = {
  decimal: 'org.apache.kafka.connect.data.Decimal',
  date: 'org.apache.kafka.connect.data.Date',
  time: 'org.apache.kafka.connect.data.Time',
  timestamp: 'org.apache.kafka.connect.data.Timestamp',
} as const;
