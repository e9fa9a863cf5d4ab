// Generates the reader of a Protobuf message: a function from bytes to a Connect struct, with one function a message.
//
// Fields are told by their tag (number and wire type) in one switch; lists are taken packed and unpacked; what the schema does not
// know is passed over. Absent fields: what the type's default is where absence cannot be told, else null.
import { scaleOf } from '../../core/data/logical.ts';
import { LOGICAL, type Schema, type Value } from '../../core/data/schema.ts';
import { CodeText, compileCode } from '../code-text.ts';
import { isRaw, oneOfsOf, type ProtoToConnectOptions } from './connect-of-proto.ts';
import { READ_RUNTIME } from './connect-read-runtime.ts';
import { isScalar, type ProtoField, type ProtoFile, type ProtoMessage } from './proto-schema.ts';
import { isPackable, wireOf } from './read.ts';
import { wrappedScalar } from './well-known.ts';

/** Reads one message. */
export type MessageFunction = (bytes: Buffer, start: number, end: number) => Value;

/** The reader of a message into the schema that `connectSchemaOfProto` gives for it. */
export function protoReader(
  file: ProtoFile,
  message: ProtoMessage,
  schema: Schema,
  options: ProtoToConnectOptions,
): MessageFunction {
  return new ProtoReadCode(file, options).compile(message, schema);
}

class ProtoReadCode {
  private code = new CodeText();
  private readonly main = this.code;
  private readonly file: ProtoFile;
  private readonly options: ProtoToConnectOptions;
  private readonly functions: string[] = [];
  private readonly readers = new Map<ProtoMessage, string>();
  private entries = 0;

  constructor(file: ProtoFile, options: ProtoToConnectOptions) {
    this.file = file;
    this.options = options;
  }

  compile(message: ProtoMessage, schema: Schema): MessageFunction {
    this.main.add('c.at = start;');
    if (isRaw(message, this.options)) {
      this.main.add(...this.absent(message.fields[0]!, schema, 'v'));
      this.loop([[message.fields[0]!, schema, 'v']]);
      this.main.add('return v;');
    } else this.main.add(`return ${this.reader(message, schema)}(b, c, end);`);
    return compileCode<MessageFunction>({
      url: 'protobuf/value-reader',
      code: this.main,
      runtime: READ_RUNTIME,
      signature: 'read(b, start, end)',
      functions: this.functions,
      cursor: '{ at: 0, high: new Int32Array(1) }',
    });
  }

  /** The name of the function that reads a message. One a message: the schema follows from it. */
  private reader(message: ProtoMessage, schema: Schema): string {
    return this.functionOf(message, () => this.message(message, schema));
  }

  /** A wrapper message read as its scalar. */
  private wrapped(message: ProtoMessage, schema: Schema): string {
    return this.functionOf(message, () => {
      const field: ProtoField = { ...message.fields[0]!, type: wrappedScalar(message.name)! };
      this.code.add(...this.absent(field, schema, 'v'));
      this.loop([[field, schema, 'v']]);
      this.code.add('return v;');
    });
  }

  /** The function of a message, whose body is written at its first use. Its name is known before: messages may hold themselves. */
  private functionOf(message: ProtoMessage, writeBody: () => void): string {
    const known = this.readers.get(message);
    if (known !== undefined) return known;
    const name = `read${this.readers.size}`;
    this.readers.set(message, name);
    const outer = this.code;
    this.code = new CodeText(this.main.constants);
    writeBody();
    this.functions.push(`function ${name}(b, c, end) {\n${this.code.text()}\n}`);
    this.code = outer;
    return name;
  }

  private message(message: ProtoMessage, schema: Schema): void {
    const fields = schema.fields ?? [];
    const cells = fields.map((_, index) => `c${index}`);
    const places: (readonly [ProtoField, Schema, string])[] = [];
    let at = 0;
    for (const oneOf of oneOfsOf(message)) {
      const members = message.fields.filter((field) => field.oneOf === oneOf);
      if (this.options.flattenUnions) {
        for (const member of members) {
          this.code.add(`let c${at} = null;`);
          places.push([member, fields[at]!.schema, `c${at++}`]);
        }
        continue;
      }
      const union = fields[at]!.schema;
      this.code.add(`let c${at} = null;`);
      members.forEach((member, index) => {
        places.push([member, union.fields![index]!.schema, `${this.code.constant(union)} ${index} c${at}`]);
      });
      at++;
    }
    for (const field of message.fields) {
      if (field.oneOf !== undefined) continue;
      this.code.add(...this.absent(field, fields[at]!.schema, `c${at}`));
      places.push([field, fields[at]!.schema, `c${at++}`]);
    }
    this.loop(places);
    this.code.add(`return new Struct(${this.code.constant(schema)}, [${cells.join(', ')}]);`);
  }

  /** Reads fields into variables; a place `k[1] 2 c3` is member 2 of a union in c3. */
  private loop(places: readonly (readonly [ProtoField, Schema, string])[]): void {
    this.code.add('while (c.at < end) {', 'const tag = low(b, c) >>> 0;', 'switch (tag) {');
    for (const [field, schema, into] of places) {
      const [union, index, target] = into.split(' ');
      if (target === undefined) this.cases(field, schema, into);
      else this.member(field, schema, { union: union!, index: Number(index), target });
    }
    this.code.add('default: {', 'skip(b, c, tag, end);', '}', '}', '}', 'if (!(c.at <= end)) truncated();');
  }

  private member(
    field: ProtoField,
    schema: Schema,
    { union, index, target }: { readonly union: string; readonly index: number; readonly target: string },
  ): void {
    const size = (this.code.constants[Number(/\d+/.exec(union)![0])] as Schema).fields!.length;
    this.code.add(`case ${this.tag(field)}: {`);
    const value = this.value(field, schema, 'end');
    const cells = Array.from({ length: size }, (_, at) => (at === index ? value : 'null'));
    this.code.add(`${target} = new Struct(${union}, [${cells.join(', ')}]);`, 'break;', '}');
  }

  private cases(field: ProtoField, schema: Schema, into: string): void {
    const { code } = this;
    if (schema.kind === 'map') {
      code.add(`case ${(field.number * 8 + 2) >>> 0}: {`);
      this.entry(field, schema, into);
      code.add('break;', '}');
      return;
    }
    if (!field.repeated) {
      code.add(`case ${this.tag(field)}: {`, `${into} = ${this.value(field, schema, 'end')};`, 'break;', '}');
      return;
    }
    const items = schema.items!;
    code.add(`case ${this.tag(field)}: {`, `${into}.push(${this.value(field, items, 'end')});`, 'break;', '}');
    if (!isPackable(field.type, this.file.enums.has(field.type))) return;
    code.add(`case ${(field.number * 8 + 2) >>> 0}: {`, 'const inner = innerEnd(b, c, end);');
    code.add(`while (c.at < inner) ${into}.push(${this.value(field, items, 'inner')});`, 'break;', '}');
  }

  /** A map's entry: a message of key and value, either of which may be absent. */
  private entry(field: ProtoField, schema: Schema, into: string): void {
    const message = field.mapKey === null ? this.file.byName.get(field.type)! : null;
    const part = { repeated: false, presence: false, mapKey: null, parameters: {} };
    const key: ProtoField = message?.fields[0] ?? { ...part, name: 'key', number: 1, type: field.mapKey! };
    const item: ProtoField = message?.fields[1] ?? { ...part, name: 'value', number: 2, type: field.type };
    const name = `entry${this.entries++}`;
    const outer = this.code;
    this.code = new CodeText(this.main.constants);
    this.code.add(...this.absent(key, schema.keys!, 'key'), ...this.absent(item, schema.items!, 'item'));
    this.loop([
      [key, schema.keys!, 'key'],
      [item, schema.items!, 'item'],
    ]);
    this.code.add('map.set(key, item);');
    this.functions.push(`function ${name}(b, c, end, map) {\n${this.code.text()}\n}`);
    this.code = outer;
    this.code.add(`${name}(b, c, innerEnd(b, c, end), ${into});`);
  }

  private tag(field: ProtoField): number {
    const isEnum = this.file.enums.has(field.type);
    return (field.number * 8 + (isEnum ? 0 : wireOf(field.type))) >>> 0;
  }

  /** An expression that reads a value at the cursor; what needs statements is emitted before it. */
  private value(field: ProtoField, schema: Schema, end: string): string {
    const { type } = field;
    const symbols = this.file.enums.get(type);
    if (symbols !== undefined) {
      return schema.kind === 'int32' ? 'low(b, c)' : `symbol(${this.code.constant(symbols)}, low(b, c))`;
    }
    if (isScalar(type)) return scalar(type, schema, end);
    switch (schema.name) {
      case LOGICAL.decimal:
        return `decimal(b, c, ${end}, ${scaleOf(schema) ?? 0})`;
      case LOGICAL.date:
        return `date(b, c, ${end})`;
      case LOGICAL.time:
        return `timeOfDay(b, c, ${end})`;
      case LOGICAL.timestamp:
        return `timestamp(b, c, ${end})`;
      default:
    }
    const message = this.file.byName.get(type)!;
    if (schema.kind !== 'struct') return `${this.wrapped(message, schema)}(b, c, innerEnd(b, c, ${end}))`;
    return `${this.reader(message, schema)}(b, c, innerEnd(b, c, ${end}))`;
  }

  /** The declaration of a variable with what stands for an absent field. */
  private absent(field: ProtoField, schema: Schema, into: string): readonly string[] {
    return [`let ${into} = ${this.absentValue(field, schema)};`];
  }

  private absentValue(field: ProtoField, schema: Schema): string {
    if (schema.kind === 'map') return 'new Map()';
    if (field.repeated) return '[]';
    if (field.presence) return 'null';
    const symbols = this.file.enums.get(field.type);
    if (symbols !== undefined) {
      return schema.kind === 'int32' ? '0' : this.code.constant(symbols.get(0) ?? '0');
    }
    if (!isScalar(field.type)) return 'null';
    if (field.type === 'string') return "''";
    if (field.type === 'bytes') return this.code.constant(EMPTY);
    return field.type === 'bool' ? 'false' : '0';
  }
}

const EMPTY = Buffer.alloc(0);

function scalar(type: string, schema: Schema, end: string): string {
  switch (type) {
    case 'int32':
      return schema.kind === 'int8' ? '((low(b, c) << 24) >> 24)' : 'low(b, c)';
    case 'uint32':
      return '(low(b, c) >>> 0)';
    case 'sint32':
      return 'zigzag(b, c)';
    case 'sint64':
      return 'zigzagLong(b, c)';
    case 'bool':
      return 'bool(b, c)';
    case 'fixed32':
      return '(fixed32(b, c) >>> 0)';
    case 'sfixed32':
      return 'fixed32(b, c)';
    case 'fixed64':
    case 'sfixed64':
      return 'fixed64(b, c)';
    case 'float':
      return 'float(b, c)';
    case 'double':
      return 'double(b, c)';
    case 'string':
      return `text(b, c, ${end})`;
    case 'bytes':
      return `binary(b, c, ${end})`;
    default:
      return 'long(b, c)';
  }
}
