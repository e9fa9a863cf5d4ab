// Generates the writer of a Protobuf message: a function that appends a Connect value, with one function a message and struct.
//
// What equals the default and cannot be told from absence is left out, as every Protobuf writer does. A nested part is written in
// place behind one byte for its length and moved by the few bytes that a longer length needs.
import type { ByteWriter } from '../../core/bytes.ts';
import { scaleOf } from '../../core/data/logical.ts';
import { LOGICAL, type Schema, type Value } from '../../core/data/schema.ts';
import { CodeText, compileCode } from '../code-text.ts';
import { columnType, typeMismatch } from '../column-types.ts';
import { isUnion } from './connect-marks.ts';
import { oneOfsOf, unionFieldName } from './connect-of-proto.ts';
import { WRITE_RUNTIME } from './connect-write-runtime.ts';
import { isScalar, type ProtoField, type ProtoFile, type ProtoMessage } from './proto-schema.ts';
import { isPackable, wireOf } from './read.ts';
import { wrappedScalar } from './well-known.ts';

export interface ProtoWriteOptions {
  /** The message was made of the schema: fields are matched by position, since their names may have been changed. */
  readonly byPosition: boolean;
  /** A null in a field that has a default becomes the default. */
  readonly replaceNull: boolean;
  /** How oneofs are named as fields, where names are matched. */
  readonly indexUnions: boolean;
}

export type WriteMessage = (value: Value, out: ByteWriter) => void;

/** The writer of values of a schema as a message. `isRaw`: the message stands for the bare value, its one field. */
export function protoWriter(
  file: ProtoFile,
  message: ProtoMessage,
  source: Schema,
  options: ProtoWriteOptions & { readonly isRaw: boolean },
): WriteMessage {
  return new ProtoWriteCode(file, options).compile(message, source, options.isRaw);
}

/** Which cell feeds which field: a cell of the struct, or of a union in it. */
interface Feed {
  readonly field: ProtoField;
  readonly schema: Schema;
  readonly cell: number;
  /** Of a union's struct. */
  readonly member: number | null;
}

class ProtoWriteCode {
  private code = new CodeText();
  private readonly main = this.code;
  private readonly file: ProtoFile;
  private readonly options: ProtoWriteOptions;
  private readonly functions: string[] = [];
  private readonly writers = new Map<ProtoMessage, Map<unknown, string>>();

  constructor(file: ProtoFile, options: ProtoWriteOptions) {
    this.file = file;
    this.options = options;
  }

  compile(message: ProtoMessage, source: Schema, isRaw: boolean): WriteMessage {
    if (isRaw) {
      const fields: Schema = {
        kind: 'struct',
        optional: false,
        fields: [{ name: message.fields[0]!.name, index: 0, schema: { ...source, optional: false } }],
      };
      this.main.add('const cells = [value];');
      this.fields(message, fields, '$');
    } else {
      if (source.kind !== 'struct') throw typeMismatch('$', columnType(source), `the message ${message.name}`);
      this.main.add(`${this.writer(message, source, '$')}(value, out);`);
    }
    return compileCode<WriteMessage>({
      url: 'protobuf/value-writer',
      code: this.main,
      runtime: WRITE_RUNTIME,
      signature: 'write(value, out)',
      functions: this.functions,
    });
  }

  private writer(message: ProtoMessage, source: Schema, path: string): string {
    let ofMessage = this.writers.get(message);
    if (ofMessage === undefined) {
      ofMessage = new Map();
      this.writers.set(message, ofMessage);
    }
    const known = ofMessage.get(source.fields);
    if (known !== undefined) return known;
    const name = `write${this.writers.size}_${ofMessage.size}`;
    ofMessage.set(source.fields, name);
    const outer = this.code;
    this.code = new CodeText(this.main.constants);
    this.code.add(`const cells = cellsOf(value, ${this.code.constant(path)});`);
    this.fields(message, source, path);
    this.functions.push(`function ${name}(value, out) {\n${this.code.text()}\n}`);
    this.code = outer;
    return name;
  }

  private fields(message: ProtoMessage, source: Schema, path: string): void {
    for (const feed of this.options.byPosition ? fedByPosition(message, source) : this.fedByName(message, source)) {
      const at = `${path}.${feed.field.name}`;
      const { schema } = feed;
      const value = this.code.fresh('v');
      const cell = `cells[${feed.cell}]`;
      const fallback = this.options.replaceNull ? (schema.defaultValue ?? null) : null;
      const absent = fallback === null || feed.member !== null ? 'null' : this.code.constant(fallback);
      const union = `(${cell} ?? null) === null ? null : cellsOf(${cell}, ${this.code.constant(at)})[${feed.member}]`;
      this.code.add(`const ${value} = (${feed.member === null ? cell : union}) ?? ${absent};`);
      if (!schema.optional && feed.member === null) {
        this.code.add(`if (${value} === null) missing(${this.code.constant(at)});`);
      }
      this.code.add(`if (${value} !== null) {`);
      this.field(feed.field, schema, value, at);
      this.code.add('}');
    }
  }

  private fedByName(message: ProtoMessage, source: Schema): readonly Feed[] {
    const fields = source.fields ?? [];
    const oneOfs = oneOfsOf(message);
    const find = (...names: readonly string[]): number => {
      const exact = fields.findIndex(({ name }) => names.includes(name));
      return exact >= 0 ? exact : fields.findIndex(({ name }) => name.toUpperCase() === names[0]!.toUpperCase());
    };
    return message.fields.flatMap((field): Feed[] => {
      const direct = find(field.name);
      if (direct >= 0 && !isUnion(fields[direct]!.schema)) {
        return [{ field, schema: fields[direct]!.schema, cell: direct, member: null }];
      }
      if (field.oneOf === undefined) return [];
      const cell = find(unionFieldName(field.oneOf, oneOfs.indexOf(field.oneOf), this.options), field.oneOf);
      const union = cell < 0 ? undefined : fields[cell]!.schema;
      const member = union?.fields?.findIndex(({ name }) => name === field.name) ?? -1;
      return member < 0 ? [] : [{ field, schema: union!.fields![member]!.schema, cell, member }];
    });
  }

  private field(field: ProtoField, schema: Schema, value: string, path: string): void {
    const { code } = this;
    if (schema.kind === 'map') {
      this.map(field, schema, value, path);
      return;
    }
    if (schema.kind === 'array') {
      if (!field.repeated) throw typeMismatch(path, columnType(schema), field.type);
      this.list(field, schema.items!, value, path);
      return;
    }
    if (field.repeated) throw typeMismatch(path, columnType(schema), `repeated ${field.type}`);
    const isDefault = field.presence ? null : this.isDefault(field, value);
    if (isDefault !== null) code.add(`if (!(${isDefault})) {`);
    this.tag(field.number, this.wire(field));
    this.value(field, schema, value, path);
    if (isDefault !== null) code.add('}');
  }

  private list(field: ProtoField, items: Schema, value: string, path: string): void {
    const { code } = this;
    const item = code.fresh('item');
    const start = code.fresh('start');
    const isPacked = isPackable(field.type, this.file.enums.has(field.type));
    if (isPacked) {
      code.add(`if (${value}.length > 0) {`);
      this.tag(field.number, 2);
      code.add(`const ${start} = begin(out);`);
    }
    code.add(`for (const ${item} of ${value}) {`, `if (${item} === null) ${noNull(code, path, 'lists')};`);
    if (!isPacked) this.tag(field.number, 2);
    this.value(field, items, item, path);
    code.add('}');
    if (isPacked) code.add(`finish(out, ${start});`, '}');
  }

  private map(field: ProtoField, schema: Schema, value: string, path: string): void {
    const { code } = this;
    const message = field.mapKey === null ? this.file.byName.get(field.type) : null;
    if (message === undefined || (message === null && field.mapKey === null) || (message?.fields.length ?? 2) !== 2) {
      throw typeMismatch(path, columnType(schema), field.type);
    }
    const part = { repeated: false, presence: false, mapKey: null, parameters: {} };
    const key: ProtoField = message?.fields[0] ?? { ...part, name: 'key', number: 1, type: field.mapKey! };
    const item: ProtoField = message?.fields[1] ?? { ...part, name: 'value', number: 2, type: field.type };
    const [pair, start, k, v] = [code.fresh('pair'), code.fresh('start'), code.fresh('key'), code.fresh('item')];
    code.add(`for (const ${pair} of ${value}) {`, `const ${k} = ${pair}[0], ${v} = ${pair}[1];`);
    this.tag(field.number, 2);
    code.add(`const ${start} = begin(out);`, `if (${k} !== null) {`);
    this.field(key, schema.keys!, k, `${path}{key}`);
    code.add('}', `if (${v} !== null) {`);
    this.field(item, schema.items!, v, `${path}{}`);
    code.add('}', `finish(out, ${start});`, '}');
  }

  private wire(field: ProtoField): number {
    return this.file.enums.has(field.type) ? 0 : wireOf(field.type);
  }

  private tag(number: number, wire: number): void {
    const tag = number * 8 + wire;
    this.code.add(tag < 128 ? `out.byte(${tag});` : `varint(out, ${tag});`);
  }

  /** A condition that is true for the value of an absent field; null where there is none. */
  private isDefault(field: ProtoField, value: string): string | null {
    const numbers = this.numbersOf(field);
    if (numbers !== null) return `${this.code.constant(numbers)}.get(${value}) === 0`;
    if (!isScalar(field.type)) return null;
    if (field.type === 'string') return `${value} === ''`;
    if (field.type === 'bytes') return `${value}.length === 0`;
    if (field.type === 'bool') return `${value} === false`;
    return field.type === 'double' || field.type === 'float' ? `Object.is(${value}, 0)` : `${value} === 0`;
  }

  private readonly numbers = new Map<string, ReadonlyMap<Value, number>>();

  private numbersOf(field: ProtoField): ReadonlyMap<Value, number> | null {
    const known = this.numbers.get(field.type);
    if (known !== undefined) return known;
    const symbols = this.file.enums.get(field.type);
    if (symbols === undefined) return null;
    const numbers = new Map<Value, number>([...symbols].map(([number, name]) => [name, number]));
    this.numbers.set(field.type, numbers);
    return numbers;
  }

  private value(field: ProtoField, schema: Schema, value: string, path: string): void {
    const { code } = this;
    const at = code.constant(path);
    const numbers = this.numbersOf(field);
    if (numbers !== null) {
      if (schema.kind === 'string') code.add(`varint(out, symbolNumber(${code.constant(numbers)}, ${value}, ${at}));`);
      else if (schema.kind === 'int32') code.add(`varint(out, ${value});`);
      else throw typeMismatch(path, columnType(schema), field.type);
      return;
    }
    if (isScalar(field.type)) {
      this.scalar(field.type, schema, value, path);
      return;
    }
    switch (schema.name) {
      case LOGICAL.decimal: {
        const precision = Number(schema.parameters?.['connect.decimal.precision'] ?? 0);
        code.add(`decimal(out, ${value}, ${scaleOf(schema) ?? 0}, ${precision}, ${at});`);
        return;
      }
      case LOGICAL.date:
        code.add(`date(out, ${value});`);
        return;
      case LOGICAL.time:
        code.add(`timeOfDay(out, ${value});`);
        return;
      case LOGICAL.timestamp:
        code.add(`timestamp(out, ${value});`);
        return;
      default:
    }
    this.nested(field, schema, value, path);
  }

  private nested(field: ProtoField, schema: Schema, value: string, path: string): void {
    const { code } = this;
    const start = code.fresh('start');
    const message = this.file.byName.get(field.type);
    const wrapped = wrappedScalar(field.type);
    if (message === undefined) throw typeMismatch(path, columnType(schema), field.type);
    code.add(`const ${start} = begin(out);`);
    if (schema.kind === 'struct') code.add(`${this.writer(message, schema, path)}(${value}, out);`);
    else if (wrapped === null) throw typeMismatch(path, columnType(schema), `the message ${field.type}`);
    else this.field({ ...message.fields[0]!, type: wrapped }, schema, value, path);
    code.add(`finish(out, ${start});`);
  }

  private scalar(type: string, schema: Schema, value: string, path: string): void {
    const { code } = this;
    if (!fits(type, schema)) throw typeMismatch(path, columnType(schema), `Protobuf ${type}`);
    const at = code.constant(path);
    switch (type) {
      case 'sint32':
      case 'sint64':
        code.add(`zigzag(out, ${value});`);
        return;
      case 'bool':
        code.add(`out.byte(${value} === true ? 1 : 0);`);
        return;
      case 'fixed32':
      case 'sfixed32':
        code.add(`fixed32(out, ${value});`);
        return;
      case 'fixed64':
      case 'sfixed64':
        code.add(`fixed64(out, ${value});`);
        return;
      case 'float':
      case 'double':
        code.add(`${type}(out, ${value});`);
        return;
      case 'string':
        code.add(`text(out, ${value}, ${at});`);
        return;
      case 'bytes':
        code.add(`binary(out, ${value}, ${at});`);
        return;
      default:
        code.add(`varint(out, ${value});`);
    }
  }
}

/** In the order of the struct's fields, the members of a union in its place: as the message was made. */
function fedByPosition(message: ProtoMessage, source: Schema): readonly Feed[] {
  const feeds: Feed[] = [];
  let at = 0;
  for (const { schema, index } of source.fields ?? []) {
    if (!isUnion(schema)) {
      feeds.push({ field: message.fields[at++]!, schema, cell: index, member: null });
      continue;
    }
    for (const member of schema.fields ?? []) {
      feeds.push({ field: message.fields[at++]!, schema: member.schema, cell: index, member: member.index });
    }
  }
  return feeds;
}

function noNull(code: CodeText, path: string, where: string): string {
  return `wrongValue(${code.constant(path)}, 'null', 'an element: ${where} of Protobuf hold no null')`;
}

function fits(type: string, schema: Schema): boolean {
  const { kind } = schema;
  switch (type) {
    case 'bool':
      return kind === 'boolean';
    case 'string':
      return kind === 'string';
    case 'bytes':
      return kind === 'bytes' && schema.name !== LOGICAL.decimal;
    case 'float':
      return kind === 'float32';
    case 'double':
      return kind === 'float64' || kind === 'float32';
    case 'int32':
    case 'sint32':
    case 'sfixed32':
      return kind === 'int8' || kind === 'int16' || kind === 'int32';
    default:
      return kind === 'int8' || kind === 'int16' || kind === 'int32' || kind === 'int64';
  }
}
