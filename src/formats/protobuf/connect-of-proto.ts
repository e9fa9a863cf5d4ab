// Protobuf messages as Connect schemas, by the rules of Confluent's converter: oneofs are structs with one field set and stand
// before the other fields; field numbers, enums and what Connect said of itself are parameters and names.
import { dateSchema, decimalSchema, timeSchema, timestampSchema } from '../../core/data/logical.ts';
import { arrayOf, type Field, type Kind, mapOf, type Schema } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import { META, PROTO_ENUM, PROTO_UNION, SUM_ENUM, SUM_UNION, TAG } from './connect-marks.ts';
import { isMapEntry, SCALAR_KINDS } from './connect-schema.ts';
import type { ProtoField, ProtoFile, ProtoMessage } from './proto-schema.ts';
import { DATE, DECIMAL, TIME_OF_DAY, TIMESTAMP, wrappedScalar } from './well-known.ts';

export interface ProtoToConnectOptions {
  /** Messages and enums bear their full names (`enhanced.protobuf.schema.support`). */
  readonly enhanced: boolean;
  readonly generalized: boolean;
  /** A oneof's field is named `name_0`, `name_1`, … (`generate.index.for.unions`). */
  readonly indexUnions: boolean;
  /** Members of a oneof are fields of the message itself (`flatten.unions`). */
  readonly flattenUnions: boolean;
  readonly intForEnums: boolean;
  /** Only fields that say `optional` are optional (`optional.for.nullables`). */
  readonly optionalForNullables: boolean;
  /** `optional` of proto2 counts, too (`optional.for.proto2`). */
  readonly optionalForProto2: boolean;
  /** Wrapper messages are optional scalars (`wrapper.for.nullables`). */
  readonly wrapperForNullables: boolean;
  /** A wrapper message at the root is its scalar (`wrapper.for.raw.primitives`). */
  readonly wrapperForRaw: boolean;
}

/** The Connect schema of a message; messages that hold themselves give a schema that does. Throws `data`. */
export function connectSchemaOfProto(file: ProtoFile, message: ProtoMessage, options: ProtoToConnectOptions): Schema {
  return new ProtoToConnect(file, options).root(message);
}

/** True when the message stands for a bare value: its one field. */
export function isRaw(message: ProtoMessage, options: Pick<ProtoToConnectOptions, 'wrapperForRaw'>): boolean {
  if (message.parameters?.[META.raw] !== undefined) return true;
  return options.wrapperForRaw && wrappedScalar(message.name) !== null;
}

/** The name under which a oneof is a field. */
export function unionFieldName(
  oneOf: string,
  index: number,
  options: Pick<ProtoToConnectOptions, 'indexUnions'>,
): string {
  return options.indexUnions ? `${oneOf}_${index}` : oneOf;
}

/** Names of a message's oneofs, in order. */
export function oneOfsOf(message: ProtoMessage): readonly string[] {
  return [...new Set(message.fields.flatMap((field) => field.oneOf ?? []))];
}

type Mutable = { -readonly [Member in keyof Schema]: Schema[Member] };

class ProtoToConnect {
  private readonly file: ProtoFile;
  private readonly options: ProtoToConnectOptions;
  private readonly open = new Map<ProtoMessage, Schema>();

  constructor(file: ProtoFile, options: ProtoToConnectOptions) {
    this.file = file;
    this.options = options;
  }

  root(message: ProtoMessage): Schema {
    if (!isRaw(message, this.options)) return this.message(message);
    const field = message.fields[0]!;
    const schema = this.field(field);
    const { [TAG]: _, ...parameters } = schema.parameters ?? {};
    const { parameters: __, ...plain } = schema;
    const isOwn = message.parameters?.[META.raw] !== undefined;
    const optional = isOwn ? message.parameters[META.raw] === 'optional' : schema.optional;
    return { ...plain, optional, ...(Object.keys(parameters).length === 0 ? {} : { parameters }) };
  }

  private message(message: ProtoMessage): Schema {
    const known = this.open.get(message);
    if (known !== undefined) return known;
    const fields: Field[] = [];
    const name = this.nameOf(message.name);
    const schema = annotated({ kind: 'struct', optional: false, name, fields }, message.parameters ?? {});
    this.open.set(message, schema);
    const add = (field: string, of: Schema): void => {
      fields.push({ name: field, index: fields.length, schema: of });
    };
    oneOfsOf(message).forEach((oneOf, index) => {
      const members = message.fields.filter((field) => field.oneOf === oneOf);
      if (this.options.flattenUnions) for (const member of members) add(member.name, this.field(member));
      else add(unionFieldName(oneOf, index, this.options), this.union(message, oneOf, members));
    });
    for (const field of message.fields) if (field.oneOf === undefined) add(field.name, this.field(field));
    return schema;
  }

  private union(message: ProtoMessage, oneOf: string, members: readonly ProtoField[]): Schema {
    const fields = members.map((member, index) => ({
      name: member.name,
      index,
      schema: { ...this.field(member), optional: true },
    }));
    const name = this.options.enhanced ? `${message.name}.${oneOf}` : oneOf;
    const mark = this.options.generalized ? { parameters: { [SUM_UNION]: oneOf } } : { name: PROTO_UNION + name };
    return { kind: 'struct', optional: true, ...mark, fields };
  }

  private field(field: ProtoField): Schema {
    const tag = { [TAG]: String(field.number) };
    const entry = field.mapKey === null && field.repeated ? this.file.byName.get(field.type) : undefined;
    const optional = this.isOptional(field);
    if (entry !== undefined && isMapEntry(entry)) {
      const [key, value] = [this.field(entry.fields[0]!), this.field(entry.fields[1]!)];
      return annotated(mapOf(key, value, { optional, parameters: tag }), field.parameters);
    }
    if (field.mapKey !== null) {
      const key = this.single({ ...field, type: field.mapKey, mapKey: null, parameters: {} }, this.defaultOptional());
      const value = this.single({ ...field, mapKey: null, parameters: {} }, this.defaultOptional());
      return annotated(mapOf(key, value, { optional, parameters: tag }), field.parameters);
    }
    if (!field.repeated) return withParameters(this.single(field, optional), tag);
    const items = this.single(field, this.defaultOptional());
    const ofList = Object.entries(field.parameters).filter(([name]) => name.startsWith(META.list));
    const meta = ofList.map(([name, value]) => [name.slice(META.list.length), value] as const);
    return withParameters(annotated(arrayOf(items, { optional }), Object.fromEntries(meta)), tag);
  }

  private defaultOptional(): boolean {
    return !this.options.optionalForNullables && !this.options.wrapperForNullables;
  }

  private isOptional(field: ProtoField): boolean {
    const { optionalForNullables, optionalForProto2, wrapperForNullables } = this.options;
    if (field.label === 'required') return false;
    if (optionalForNullables && field.label === 'optional') return !field.isProto2 || optionalForProto2;
    const isMessage = this.file.byName.has(field.type) && !field.repeated && field.mapKey === null;
    // Where wrappers say what is optional, every other message may be absent, too.
    if (wrapperForNullables && isMessage && (!optionalForNullables || wrappedScalar(field.type) !== null)) return true;
    return this.defaultOptional();
  }

  private single(field: ProtoField, optional: boolean): Schema {
    return annotated(this.type(field, optional), field.parameters);
  }

  private type(field: ProtoField, optional: boolean): Schema {
    const { type, parameters } = field;
    const wrapped = this.options.wrapperForNullables ? wrappedScalar(type) : null;
    const kind = SCALAR_KINDS[(wrapped ?? type) as keyof typeof SCALAR_KINDS] as Kind | undefined;
    if (kind !== undefined) {
      const small = parameters[META.type];
      return { kind: kind === 'int32' && (small === 'int8' || small === 'int16') ? small : kind, optional };
    }
    switch (type) {
      case DECIMAL: {
        const { precision, scale = '0' } = parameters;
        return decimalSchema(precision === undefined ? null : Number(precision), Number(scale), { optional });
      }
      case DATE:
        return dateSchema({ optional });
      case TIME_OF_DAY:
        return timeSchema({ optional });
      case TIMESTAMP:
        return timestampSchema({ optional });
      default:
    }
    const numbers = this.file.enums.get(type);
    if (numbers !== undefined) return this.enumeration(type, numbers, optional);
    const message = this.file.byName.get(type);
    if (message !== undefined) return { ...this.message(message), optional };
    throw new TributaryError('TRIB_PROTO_SCHEMA', 'data', {
      what: `The type ${type} of the field ${field.name} is not defined.`,
      fix: 'Register the imported file as a reference of the schema.',
    });
  }

  private enumeration(type: string, numbers: ReadonlyMap<number, string>, optional: boolean): Schema {
    const mark = this.options.generalized ? SUM_ENUM : PROTO_ENUM;
    const parameters: Record<string, string> = { [mark]: this.nameOf(type) };
    for (const [number, name] of numbers) parameters[`${mark}.${name}`] = String(number);
    return { kind: this.options.intForEnums ? 'int32' : 'string', optional, parameters };
  }

  private nameOf(fullName: string): string {
    return this.options.enhanced ? fullName : fullName.slice(fullName.lastIndexOf('.') + 1);
  }
}

function withParameters(schema: Schema, parameters: Readonly<Record<string, string>>): Schema {
  return { ...schema, parameters: { ...schema.parameters, ...parameters } };
}

/** Lays over the structure what Connect said of itself. */
function annotated(structure: Schema, meta: Readonly<Record<string, string>>): Schema {
  const schema: Mutable = { ...structure };
  if (meta[META.name] !== undefined) schema.name = meta[META.name]!;
  if (meta[META.doc] !== undefined) schema.doc = meta[META.doc]!;
  if (meta[META.version] !== undefined) schema.version = Number(meta[META.version]);
  const own = Object.entries(meta).filter(([name]) => name.startsWith(META.parameter));
  if (own.length > 0) {
    const given = own.map(([name, value]) => [name.slice(META.parameter.length), value] as const);
    schema.parameters = { ...schema.parameters, ...Object.fromEntries(given) };
  }
  return schema;
}
