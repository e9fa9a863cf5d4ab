// .proto text → messages: what a registry holds of proto2 and proto3. Services, options and extensions are passed over.
import { quoted, TributaryError } from '../../core/errors.ts';
import { type ProtoToken, tokensOf } from './proto-tokens.ts';

/** As deep as the reference's compiler lets message types be nested. */
const NESTED_MAX = 32;

export interface ProtoField {
  readonly name: string;
  readonly number: number;
  /** A scalar's keyword, or the full name of a message or enum (resolved). */
  readonly type: string;
  readonly repeated: boolean;
  /** Absence can be told from the default: `optional`, members of a oneof, proto2. */
  readonly presence: boolean;
  /** Of `map<K, V>`: the key's type; `type` is then the value's. */
  readonly mapKey: string | null;
  /** Values of the field's options: `params` of `confluent.field_meta`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Name of the oneof it belongs to. */
  readonly oneOf?: string;
  /** `optional` or `required`, when it says so. */
  readonly label?: 'optional' | 'required';
  /** It stands in a file of proto2. */
  readonly isProto2?: boolean;
}
export interface ProtoMessage {
  /** With package and enclosing messages. */
  readonly name: string;
  readonly fields: readonly ProtoField[];
  readonly nested: readonly ProtoMessage[];
  /** Position among its siblings, and theirs outside of it: the message index of the registry's frame. */
  readonly path: readonly number[];
  /** `params` of `confluent.message_meta`. */
  readonly parameters?: Readonly<Record<string, string>>;
}
export interface ProtoFile {
  readonly messages: readonly ProtoMessage[];
  readonly byName: ReadonlyMap<string, ProtoMessage>;
  /** Names of values by number, by the enum's full name. */
  readonly enums: ReadonlyMap<string, ReadonlyMap<number, string>>;
}

const SCALARS: ReadonlySet<string> = new Set(
  'double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string bytes'.split(' '),
);

/** True for the keyword of a scalar type. */
export function isScalar(type: string): boolean {
  return SCALARS.has(type);
}

/** Parses a file; `references` are texts of files it imports, each after those it imports itself. Throws `data`. */
export function parseProto(text: string, references: readonly string[] = []): ProtoFile {
  const byName = new Map<string, ProtoMessage>();
  const enums = new Map<string, ReadonlyMap<number, string>>();
  for (const reference of references) new ProtoParser(reference, byName, enums).file();
  const messages = new ProtoParser(text, byName, enums).file();
  const names = (type: string, scope: string) => resolved(type, scope, byName, enums);
  for (const [name, message] of byName) byName.set(name, withResolvedTypes(message, names));
  return { messages: messages.map((message) => byName.get(message.name)!), byName, enums };
}

/** The full name a type has in a scope: looked for from the innermost scope outwards. */
function resolved(
  type: string,
  scope: string,
  messages: ReadonlyMap<string, ProtoMessage>,
  enums: ReadonlyMap<string, unknown>,
): string {
  if (SCALARS.has(type)) return type;
  if (type.startsWith('.')) return type.slice(1);
  for (let within = scope; ; within = within.slice(0, Math.max(0, within.lastIndexOf('.')))) {
    const name = within === '' ? type : `${within}.${type}`;
    if (messages.has(name) || enums.has(name) || within === '') return name;
  }
}

function withResolvedTypes(message: ProtoMessage, names: (type: string, scope: string) => string): ProtoMessage {
  return {
    ...message,
    fields: message.fields.map((field) => ({ ...field, type: names(field.type, message.name) })),
    nested: message.nested.map((nested) => withResolvedTypes(nested, names)),
  };
}

class ProtoParser {
  private readonly tokens: readonly ProtoToken[];
  private readonly byName: Map<string, ProtoMessage>;
  private readonly enums: Map<string, ReadonlyMap<number, string>>;
  private at = 0;
  private isProto3 = false;
  private packageName = '';

  constructor(text: string, byName: Map<string, ProtoMessage>, enums: Map<string, ReadonlyMap<number, string>>) {
    this.tokens = tokensOf(text);
    this.byName = byName;
    this.enums = enums;
  }

  file(): ProtoMessage[] {
    const messages: ProtoMessage[] = [];
    while (this.at < this.tokens.length) {
      const word = this.next();
      if (word === 'syntax') {
        this.expect('=');
        this.isProto3 = this.next() === 'proto3';
        this.expect(';');
      } else if (word === 'package') {
        this.packageName = this.next();
        this.expect(';');
      } else if (word === 'message') messages.push(this.message(this.packageName, [messages.length]));
      else if (word === 'enum') this.enumeration(this.packageName);
      else if (word !== ';') this.passStatement();
    }
    return messages;
  }

  private message(scope: string, path: readonly number[]): ProtoMessage {
    if (path.length > NESTED_MAX) throw bad(`messages are nested more than ${NESTED_MAX} deep`);
    const name = joined(scope, this.next());
    const fields: ProtoField[] = [];
    const nested: ProtoMessage[] = [];
    let parameters: Record<string, string> | null = null;
    this.expect('{');
    for (let word = this.next(); word !== '}'; word = this.next()) {
      switch (word) {
        case 'message':
          nested.push(this.message(name, [...path, nested.length]));
          break;
        case 'enum':
          this.enumeration(name);
          break;
        case 'oneof':
          this.oneOf(fields);
          break;
        case 'option':
          parameters = { ...(parameters ?? {}), ...this.messageOption() };
          break;
        case 'reserved':
        case 'extensions':
        case 'extend':
          this.passStatement();
          break;
        case ';':
          break;
        default:
          fields.push(this.field(word, null));
      }
    }
    const meta = parameters === null || Object.keys(parameters).length === 0 ? {} : { parameters };
    const message: ProtoMessage = { name, fields, nested, path, ...meta };
    this.byName.set(name, message);
    return message;
  }

  private oneOf(fields: ProtoField[]): void {
    const name = this.next();
    this.expect('{');
    for (let word = this.next(); word !== '}'; word = this.next()) {
      if (word === 'option') this.passStatement();
      else if (word !== ';') fields.push(this.field(word, name));
    }
  }

  private field(first: string, oneOf: string | null): ProtoField {
    const isLabel = first === 'optional' || first === 'required' || first === 'repeated';
    const type = isLabel ? this.next() : first;
    let mapKey: string | null = null;
    let valueType = type;
    if (type === 'map' && this.peek() === '<') {
      this.expect('<');
      mapKey = this.next();
      this.expect(',');
      valueType = this.next();
      this.expect('>');
    }
    const name = this.next();
    this.expect('=');
    const number = Number(this.next());
    const parameters = this.peek() === '[' ? this.options() : {};
    if (this.peek() === '{') this.passBlock();
    else this.expect(';');
    return {
      name,
      number,
      type: valueType,
      repeated: first === 'repeated',
      presence:
        oneOf !== null || first === 'optional' || first === 'required' || (!this.isProto3 && first !== 'repeated'),
      mapKey,
      parameters,
      ...(oneOf === null ? {} : { oneOf }),
      ...(first === 'optional' || first === 'required' ? { label: first } : {}),
      ...(this.isProto3 ? {} : { isProto2: true }),
    };
  }

  /** `option (confluent.message_meta) = { params: [{ key: …, value: … }] };` */
  private messageOption(): Record<string, string> {
    while (this.peek() !== '=' && this.peek() !== ';') this.next();
    if (this.peek() === '=') this.next();
    const parameters = this.peek() === '{' ? this.options() : {};
    while (this.next() !== ';');
    return parameters;
  }

  /** Options of a field. Of all of them only pairs of `key` and `value` matter, wherever they stand. */
  private options(): Record<string, string> {
    const parameters: Record<string, string> = {};
    let depth = 0;
    let key: string | null = null;
    let value: string | null = null;
    do {
      const word = this.next();
      if (word === '[' || word === '{') depth++;
      else if (word === ']' || word === '}') {
        depth--;
        if (key !== null && value !== null) parameters[key] = value;
        key = null;
        value = null;
      } else if ((word === 'key' || word === 'value') && this.peek() === ':') {
        this.expect(':');
        if (word === 'key') key = this.next();
        else value = this.next();
      }
    } while (depth > 0);
    return parameters;
  }

  private enumeration(scope: string): void {
    const name = joined(scope, this.next());
    const values = new Map<number, string>();
    this.expect('{');
    for (let word = this.next(); word !== '}'; word = this.next()) {
      if (word === 'option' || word === 'reserved') this.passStatement();
      else if (word !== ';') {
        this.expect('=');
        const sign = this.peek() === '-' ? this.next() : '';
        const number = Number(sign + this.next());
        if (this.peek() === '[') this.options();
        this.expect(';');
        if (!values.has(number)) values.set(number, word);
      }
    }
    this.enums.set(name, values);
  }

  /** Passes to the end of a statement: its semicolon or its closing brace. */
  private passStatement(): void {
    for (;;) {
      const word = this.peek();
      if (word === '{') return this.passBlock();
      this.next();
      if (word === ';') return;
    }
  }

  private passBlock(): void {
    let depth = 0;
    do {
      const word = this.next();
      if (word === '{') depth++;
      else if (word === '}') depth--;
    } while (depth > 0);
  }

  private peek(): string {
    return this.tokens[this.at]?.text ?? '';
  }

  private next(): string {
    const token = this.tokens[this.at];
    if (token === undefined) throw bad('the text ends in the middle of a definition');
    this.at++;
    return token.text;
  }

  private expect(wanted: string): void {
    const token = this.tokens[this.at];
    if (token?.text !== wanted) {
      throw bad(`line ${token?.line ?? 'end'}: expected ${quoted(wanted)}, found ${quoted(token?.text ?? '')}`);
    }
    this.at++;
  }
}

function joined(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}

function bad(what: string): TributaryError {
  return new TributaryError('TRIB_PROTO_SCHEMA', 'data', { what: `No valid Protobuf schema: ${what}.` });
}
