// Connect schemas as .proto text (proto3), by the rules of Confluent's converter, so that `connectSchemaOfProto` gives the same
// schema back: a struct is a message, nested where it is first used; a union is a oneof; what Protobuf cannot say stands in
// `confluent.field_meta` and `confluent.message_meta`.
//
// Law: the fields of a message stand in the order of the struct's, the members of a union in its place: writers match by position.

import { isDecimalSchema, precisionOfSchema, scaleOf } from '../../core/data/logical.ts';
import { LOGICAL, type Schema } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { scrubbed } from '../avro/avro-names.ts';
import { enumOf, isUnion, META, PROTO_UNION, SUM_UNION, TAG } from './connect-marks.ts';
import { entrySchema } from './entry-schema.ts';
import { DATE, DECIMAL, TIME_OF_DAY, TIMESTAMP } from './well-known.ts';

export interface ProtoOfConnectOptions {
  /** Optional scalars say `optional` (`optional.for.nullables`). */
  readonly optionalForNullables: boolean;
  /** Optional scalars are wrapper messages (`wrapper.for.nullables`). */
  readonly wrapperForNullables: boolean;
  /** The options of this host that keep names, versions and parameters (`connect.meta.data`). */
  readonly metadata: boolean;
  readonly scrub: boolean;
}

const IMPORTS: Readonly<Record<string, string>> = {
  [DECIMAL]: 'confluent/type/decimal.proto',
  [DATE]: 'google/type/date.proto',
  [TIME_OF_DAY]: 'google/type/timeofday.proto',
  [TIMESTAMP]: 'google/protobuf/timestamp.proto',
};
const LOGICAL_MESSAGES: Readonly<Record<string, string>> = {
  [LOGICAL.decimal]: DECIMAL,
  [LOGICAL.date]: DATE,
  [LOGICAL.time]: TIME_OF_DAY,
  [LOGICAL.timestamp]: TIMESTAMP,
};
const SCALARS: Readonly<Record<string, string>> = {
  boolean: 'bool',
  int8: 'int32',
  int16: 'int32',
  int32: 'int32',
  int64: 'int64',
  float32: 'float',
  float64: 'double',
  string: 'string',
  bytes: 'bytes',
};
const WRAPPERS: Readonly<Record<string, string>> = {
  bool: 'BoolValue',
  int32: 'Int32Value',
  int64: 'Int64Value',
  float: 'FloatValue',
  double: 'DoubleValue',
  string: 'StringValue',
  bytes: 'BytesValue',
};

/** The .proto text whose first message holds values of the schema. Throws `data` for a schema that Protobuf cannot hold. */
export function protoTextOfConnect(schema: Schema, options: ProtoOfConnectOptions): string {
  return new ProtoPrinter(options).file(schema);
}

/** A message or enum being written, or already written. */
interface Definition {
  /** Path from the root message. */
  readonly path: readonly string[];
  readonly fields: unknown;
}

/** The scope that definitions go into: one message. */
interface Scope {
  readonly path: readonly string[];
  readonly nested: string[];
  readonly names: Set<string>;
  /** Numbers that are taken, by fields that state theirs too. */
  readonly numbers: Set<number>;
  next: number;
}

class ProtoPrinter {
  private readonly options: ProtoOfConnectOptions;
  private readonly imports = new Set<string>();
  private readonly messages: Definition[] = [];
  private unnamed = 1;

  constructor(options: ProtoOfConnectOptions) {
    this.options = options;
  }

  file(root: Schema): string {
    const isRaw = root.kind !== 'struct' || isUnion(root);
    const fullName = isRaw || root.name === undefined ? 'ConnectDefault1' : this.fullName(root.name);
    const dot = fullName.lastIndexOf('.');
    const body = isRaw ? this.raw(root) : this.message(fullName.slice(dot + 1), root, []);
    const lines = ['syntax = "proto3";', ...(dot < 0 ? [] : [`package ${fullName.slice(0, dot)};`])];
    const imports = [...this.imports].sort().map((file) => `import "${file}";\n`);
    return `${lines.join('\n')}\n\n${imports.length === 0 ? '' : `${imports.join('')}\n`}${body}`;
  }

  /** A bare value: a message of one field, and a mark that it stands for the value itself. */
  private raw(root: Schema): string {
    const shape: Schema = {
      kind: 'struct',
      optional: false,
      fields: [{ name: 'value', index: 0, schema: { ...root, optional: isUnion(root) } }],
    };
    return this.message('ConnectDefault1', shape, [], { [META.raw]: root.optional ? 'optional' : 'required' });
  }

  private message(
    name: string,
    schema: Schema,
    above: readonly string[],
    meta: Readonly<Record<string, string>> = this.messageMeta(name, schema),
  ): string {
    const path = [...above, name];
    this.messages.push({ path, fields: schema.fields });
    const indent = '  '.repeat(path.length - 1);
    const scope: Scope = { path, nested: [], names: new Set(), numbers: new Set(), next: 1 };
    reserve(schema, scope.numbers);
    const lines = (schema.fields ?? []).map((field) => this.field(field.name, field.schema, scope));
    const option = this.metaText(meta, `${indent}  option (confluent.message_meta) = `, ';\n', `${indent}  `);
    const nested = scope.nested.length === 0 ? '' : `\n${scope.nested.join('\n')}`;
    return `${indent}message ${name} {\n${option}${lines.join('')}${nested}${indent}}\n`;
  }

  private field(name: string, schema: Schema, scope: Scope): string {
    const indent = '  '.repeat(scope.path.length);
    if (isUnion(schema)) return this.oneOf(name, schema, scope);
    const fieldName = this.unique(this.part(name), scope);
    const number = numberOf(schema, scope);
    if (schema.kind === 'map') {
      const entry = this.entry(schema, scope);
      return `${indent}repeated ${entry} ${fieldName} = ${number}${this.fieldOptions(schema, indent)};\n`;
    }
    if (schema.kind === 'array') {
      const items = schema.items!;
      if (items.kind === 'array' || items.kind === 'map' || isUnion(items)) throw notInList(name, items);
      return `${indent}repeated ${this.type(name, items, scope)} ${fieldName} = ${number}${this.fieldOptions(items, indent, schema)};\n`;
    }
    const scalar = this.isScalar(schema);
    if (schema.optional && scalar && this.options.wrapperForNullables) {
      this.imports.add('google/protobuf/wrappers.proto');
      const wrapper = `google.protobuf.${WRAPPERS[SCALARS[schema.kind]!]!}`;
      return `${indent}${wrapper} ${fieldName} = ${number}${this.fieldOptions(schema, indent)};\n`;
    }
    const label = schema.optional && this.options.optionalForNullables ? 'optional ' : '';
    return `${indent}${label}${this.type(name, schema, scope)} ${fieldName} = ${number}${this.fieldOptions(schema, indent)};\n`;
  }

  private oneOf(name: string, schema: Schema, scope: Scope): string {
    const indent = '  '.repeat(scope.path.length);
    const given = schema.parameters?.[SUM_UNION] ?? '';
    const own = schema.name?.startsWith(PROTO_UNION) === true ? schema.name.slice(PROTO_UNION.length) : given;
    const short = own.slice(own.lastIndexOf('.') + 1);
    const oneOf = this.unique(this.part(short === '' ? name : short), scope);
    const members = (schema.fields ?? []).map((field) => {
      if (field.schema.kind === 'array' || field.schema.kind === 'map' || isUnion(field.schema)) {
        throw notInList(`${name}.${field.name}`, field.schema);
      }
      // Members are optional by nature and must not say so.
      const line = this.field(field.name, { ...field.schema, optional: false }, scope);
      return `  ${line.replaceAll('\n', '\n  ').trimEnd()}\n`;
    });
    return `${indent}oneof ${oneOf} {\n${members.join('')}${indent}}\n`;
  }

  private entry(schema: Schema, scope: Scope): string {
    const name = this.unique(`ConnectDefault${++this.unnamed}Entry`, scope);
    const shape = entrySchema(schema);
    scope.nested.push(this.message(name, shape, scope.path, {}));
    return name;
  }

  private isScalar(schema: Schema): boolean {
    if (schema.kind === 'struct' || enumOf(schema) !== null) return false;
    return schema.name === undefined || LOGICAL_MESSAGES[schema.name] === undefined;
  }

  private type(name: string, schema: Schema, scope: Scope): string {
    const logical = schema.name === undefined ? undefined : LOGICAL_MESSAGES[schema.name];
    if (logical !== undefined && schema.kind !== 'struct') {
      this.imports.add(IMPORTS[logical]!);
      return logical;
    }
    const enumeration = enumOf(schema);
    if (enumeration !== null) return this.enumeration(name, enumeration, scope);
    if (schema.kind === 'struct') return this.struct(schema, scope);
    return SCALARS[schema.kind]!;
  }

  /** The name by which a struct's message is called here; it is written when it is met first. */
  private struct(schema: Schema, scope: Scope): string {
    const wanted = schema.name === undefined ? null : shortOf(this.fullName(schema.name));
    const known = this.messages.find(
      ({ fields, path }) => fields === schema.fields || (path.at(-1) === wanted && sameFields(fields, schema.fields)),
    );
    if (known !== undefined) {
      const parent = known.path.slice(0, -1);
      const isNear = parent.every((part, index) => scope.path[index] === part);
      return isNear ? known.path.at(-1)! : known.path.join('.');
    }
    const name = this.unique(wanted ?? `ConnectDefault${++this.unnamed}`, scope);
    scope.nested.push(this.message(name, schema, scope.path));
    return name;
  }

  private enumeration(
    field: string,
    { name, numbers }: { readonly name: string; readonly numbers: ReadonlyMap<string, number> },
    scope: Scope,
  ): string {
    const fullName = name === '' ? `${this.part(field)}_enum` : this.fullName(name);
    const short = shortOf(fullName);
    const known = this.messages.find(({ path, fields }) => path.at(-1) === short && sameNumbers(fields, numbers));
    if (known !== undefined) {
      const parent = known.path.slice(0, -1);
      return parent.every((part, index) => scope.path[index] === part) ? short : known.path.join('.');
    }
    const own = this.unique(short, scope);
    this.messages.push({ path: [...scope.path, own], fields: numbers });
    const indent = '  '.repeat(scope.path.length);
    // Proto3 wants the value 0 first.
    const ordered = [...numbers].sort(([, left], [, right]) => Number(right === 0) - Number(left === 0));
    const lines = ordered.map(([symbol, number]) => `${indent}  ${this.part(symbol)} = ${number};\n`);
    scope.nested.push(`${indent}enum ${own} {\n${lines.join('')}${indent}}\n`);
    return own;
  }

  /** @param list the list that the schema is the items of. */
  private fieldOptions(schema: Schema, indent: string, list: Schema | null = null): string {
    const meta: Record<string, string> = {};
    for (const [name, value] of Object.entries(list === null ? {} : this.ownMeta(list))) meta[META.list + name] = value;
    if (isDecimalSchema(schema)) {
      if (schema.parameters?.['connect.decimal.precision'] !== undefined) {
        meta['precision'] = String(precisionOfSchema(schema));
      }
      meta['scale'] = String(scaleOf(schema) ?? 0);
    } else if (schema.kind === 'int8' || schema.kind === 'int16') meta[META.type] = schema.kind;
    if (schema.kind !== 'struct') Object.assign(meta, this.ownMeta(schema));
    return this.metaText(meta, ' [(confluent.field_meta) = ', ']', indent);
  }

  private messageMeta(name: string, schema: Schema): Record<string, string> {
    const meta = this.ownMeta(schema);
    if (meta[META.name] === name) delete meta[META.name];
    return meta;
  }

  /** Name, version, doc and parameters, but for what Protobuf says itself. */
  private ownMeta(schema: Schema): Record<string, string> {
    const meta: Record<string, string> = {};
    if (!this.options.metadata) return meta;
    const isLogical = schema.name !== undefined && LOGICAL_MESSAGES[schema.name] !== undefined;
    if (schema.name !== undefined && !isLogical) meta[META.name] = schema.name;
    if (schema.version !== undefined && !isLogical) meta[META.version] = String(schema.version);
    if (schema.doc !== undefined) meta[META.doc] = schema.doc;
    for (const [name, value] of Object.entries(schema.parameters ?? {})) {
      if (name === TAG || (isDecimalSchema(schema) && (name === 'scale' || name === 'connect.decimal.precision')))
        continue;
      if (enumOf(schema) === null || !/\.(protobuf|data)\.Enum(\.|$)/.test(name)) meta[META.parameter + name] = value;
    }
    return meta;
  }

  private metaText(meta: Readonly<Record<string, string>>, before: string, after: string, indent: string): string {
    const names = Object.keys(meta);
    if (names.length === 0) return '';
    this.imports.add('confluent/meta.proto');
    const params = names.map(
      (name) =>
        `${indent}      {\n${indent}        key: ${literal(name)},\n${indent}        value: ${literal(meta[name]!)}\n${indent}      }`,
    );
    return `${before}{\n${indent}    params: [\n${params.join(',\n')}\n${indent}    ]\n${indent}  }${after}`;
  }

  private unique(name: string, scope: Scope): string {
    let free = name;
    for (let turn = 2; scope.names.has(free); turn++) free = `${name}_${turn}`;
    scope.names.add(free);
    return free;
  }

  private fullName(name: string): string {
    return name
      .split('.')
      .map((part) => this.part(part))
      .join('.');
  }

  private part(name: string): string {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
    if (this.options.scrub) return scrubbed(name);
    throw new TributaryError('TRIB_PROTO_NAME', 'data', {
      what: `The name ${quoted(name)} cannot stand in Protobuf, which allows letters, digits and underscores.`,
      fix: 'Set scrub.invalid.names=true, or rename it (Debezium: schema.name.adjustment.mode=avro, field.name.adjustment.mode=avro).',
    });
  }
}

/** Numbers that fields state: given to no other. */
function reserve(schema: Schema, numbers: Set<number>): void {
  for (const field of schema.fields ?? []) {
    if (isUnion(field.schema)) reserve(field.schema, numbers);
    else if (field.schema.parameters?.[TAG] !== undefined) numbers.add(Number(field.schema.parameters[TAG]));
  }
}

function numberOf(schema: Schema, scope: Scope): number {
  const stated = schema.parameters?.[TAG];
  if (stated !== undefined) return Number(stated);
  // 19000 to 19999 belong to Protobuf itself.
  while (scope.numbers.has(scope.next) || (scope.next >= 19000 && scope.next < 20000)) scope.next++;
  return scope.next++;
}

function sameFields(known: unknown, fields: Schema['fields']): boolean {
  if (!Array.isArray(known) || fields === undefined || known.length !== fields.length) return false;
  return fields.every((field, index) => {
    const other = (known as NonNullable<Schema['fields']>)[index]!;
    return (
      field.name === other.name &&
      field.schema.kind === other.schema.kind &&
      field.schema.optional === other.schema.optional &&
      field.schema.name === other.schema.name
    );
  });
}

function sameNumbers(known: unknown, numbers: ReadonlyMap<string, number>): boolean {
  return (
    known instanceof Map &&
    known.size === numbers.size &&
    [...numbers].every(([symbol, number]) => known.get(symbol) === number)
  );
}

function shortOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function literal(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}"`;
}

function notInList(name: string, schema: Schema): TributaryError {
  return new TributaryError('TRIB_PROTO_SCHEMA', 'data', {
    what: `The field ${quoted(name)} holds a ${isUnion(schema) ? 'union' : schema.kind} inside of a list or union, which Protobuf cannot.`,
    fix: 'Put a struct between them, or write with AvroConverter or JsonSchemaConverter.',
  });
}
