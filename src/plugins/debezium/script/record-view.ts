// How a record looks to an expression, whoever evaluates it: the compiled form and the sandbox read through these functions, so
// both see the same.
//
// Law: only data is reachable. A name is looked up in fields, keys and indexes, never on a JavaScript object, so no expression
// gets hold of a prototype, a constructor or a function of the host.
import type { ConnectRecord } from '../../../connect/records.ts';
import { type Decimal, fieldOf, type Schema, Struct, Typed, type Value } from '../../../core/data/schema.ts';
import { cellOrDefault } from '../../cells.ts';

/** A header as an expression sees it. */
export class HeaderView {
  readonly value: Seen;
  readonly schema: SchemaView | null;
  constructor(value: Seen, schema: SchemaView | null) {
    this.value = value;
    this.schema = schema;
  }
}

/** The headers by name; of several with one name the last. */
export class HeadersView {
  readonly byName: ReadonlyMap<string, HeaderView>;
  constructor(byName: ReadonlyMap<string, HeaderView>) {
    this.byName = byName;
  }
}

/** A schema; an expression calls its methods as on Kafka Connect's own. */
export class SchemaView {
  readonly schema: Schema;
  constructor(schema: Schema) {
    this.schema = schema;
  }
}

export type Holder = Struct | Map<Value, Value> | Value[] | Uint8Array | HeaderView | HeadersView | SchemaView;
/** What an expression can meet. */
export type Seen = undefined | null | boolean | number | bigint | string | Holder;

/** The variables of an expression. */
export const VARIABLES = ['key', 'value', 'keySchema', 'valueSchema', 'topic', 'header', 'headers'] as const;
export type Variable = (typeof VARIABLES)[number];

/** A variable's value for a record. */
export function variableOf(record: ConnectRecord, name: Variable): Seen {
  switch (name) {
    case 'key':
      return seen(record.key);
    case 'value':
      return seen(record.value);
    case 'keySchema':
      return schemaView(record.keySchema);
    case 'valueSchema':
      return schemaView(record.valueSchema);
    case 'topic':
      return record.topic;
    default:
      return new HeadersView(
        new Map(record.headers.map(({ key, value, schema }) => [key, new HeaderView(seen(value), schemaView(schema))])),
      );
  }
}

/** A value as expressions see it: a decimal is a number, a typed number its bare value, all else is as it is. */
export function seen(value: Value): Seen {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Typed) return value.value;
  if (value instanceof Struct || value instanceof Map || Array.isArray(value) || value instanceof Uint8Array)
    return value;
  return numberOf(value);
}

function numberOf({ unscaled, scale }: Decimal): number {
  return Number(`${unscaled}e${-scale}`);
}

function schemaView(schema: Schema | null): SchemaView | null {
  return schema === null ? null : new SchemaView(schema);
}

/** A member of a holder; undefined when it has none of that name. */
export function memberOf(holder: Holder, name: string): Seen {
  if (holder instanceof Struct) {
    const field = fieldOf(holder.schema, name);
    return field === undefined ? undefined : seen(cellOrDefault(holder, field, true));
  }
  if (holder instanceof Map) return holder.has(name) ? seen(holder.get(name)!) : undefined;
  if (holder instanceof HeadersView) return holder.byName.get(name);
  if (holder instanceof HeaderView) {
    return name === 'value' ? holder.value : name === 'schema' ? holder.schema : undefined;
  }
  if (holder instanceof SchemaView) return undefined;
  if (name === 'length') return holder.length;
  const index = indexOf(name, holder.length);
  return index < 0 ? undefined : holder instanceof Uint8Array ? holder[index] : seen(holder[index]!);
}

/** The names an expression finds in a holder. */
export function namesIn(holder: Holder): readonly string[] {
  if (holder instanceof Struct) return (holder.schema.fields ?? []).map((field) => field.name);
  if (holder instanceof Map) return [...holder.keys()].filter((key) => typeof key === 'string');
  if (holder instanceof HeadersView) return [...holder.byName.keys()];
  return holder instanceof HeaderView ? ['value', 'schema'] : [];
}

/** The index that a name stands for in a list of that length; −1 when it stands for none. */
export function indexOf(name: string, length: number): number {
  if (!/^(?:0|[1-9][0-9]{0,8})$/.test(name)) return -1;
  const index = Number(name);
  return index < length ? index : -1;
}

/** What a schema answers to a method of that name; undefined when there is none. */
export function schemaMethod({ schema }: SchemaView, name: string): Seen {
  switch (name) {
    case 'name':
      return schema.name ?? null;
    case 'version':
      return schema.version ?? null;
    case 'doc':
      return schema.doc ?? null;
    case 'type':
      return schema.kind.toUpperCase();
    case 'isOptional':
      return schema.optional;
    default:
      return undefined;
  }
}

/** Methods of a schema that take no argument. */
export const SCHEMA_METHODS = ['name', 'version', 'doc', 'type', 'isOptional'] as const;
