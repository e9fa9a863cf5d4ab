// CloudEvents in structured mode → Connect data: the attributes, and `data` as its own converter reads it.
//
// Law: an event whose data has a schema is a struct; one whose data has none is a map, as everything without a schema. The
// reference makes a map of every event in JSON, and no sink can use a struct within it.
import type { Converter, SchemaAndValue } from '../../connect/plugins.ts';
import { fieldOf, primitive, type Schema, Struct, structOf, type Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { ConnectScanner } from '../../formats/json/connect-scan.ts';
import { parseBase64 } from '../../formats/json-text.ts';
import { FRAME_BYTES } from '../../formats/registry-frame.ts';
import { typeName } from '../cells.ts';
import { OPTIONAL_TEXT, TEXT } from './cloud-events-source.ts';
import { dataError } from './parts.ts';

const REQUIRED = ['id', 'source', 'specversion', 'type'] as const;
const NULL_DATA: SchemaAndValue = { schema: null, value: null };
const NO_BYTES = Buffer.alloc(0);
const INT32_MAX = 2_147_483_647;

/** An event whose data is not read yet. */
interface OpenEvent {
  /** Null: the envelope has no schema. */
  readonly envelope: Struct | null;
  /** Attributes of an envelope without a schema, with a null in place of the data. */
  readonly attributes: Map<Value, Value> | null;
  readonly bytes: Buffer;
  /** −1: there is no data. */
  readonly start: number;
  readonly end: number;
}

export class CloudEventReader {
  /** Null: the envelope is JSON. */
  readonly #envelope: Converter | null;
  readonly #data: Converter;
  readonly #isAvro: boolean;
  readonly #name: string;
  readonly #scanner = new ConnectScanner(true);
  /** Struct schemas by the schema of the data, then by the envelope's schema or the attributes' names and types. */
  readonly #schemas = new WeakMap<Schema, Map<Schema | string, Schema>>();
  // The batch prepared last. Data in Avro says in its first bytes what it needs, so a batch is opened before it is decoded.
  #batch: Buffer | null = null;
  #starts: Int32Array = new Int32Array(0);
  #opened: (OpenEvent | undefined)[] = [];
  #next = 0;

  /** @param name name of the schema of events in JSON. */
  constructor(envelope: Converter | null, data: Converter, { isAvro, name }: { isAvro: boolean; name: string }) {
    this.#envelope = envelope;
    this.#data = data;
    this.#isAvro = isAvro;
    this.#name = name;
  }

  prepareDecode(bytes: Buffer, starts: Int32Array, ends: Int32Array, count: number): Promise<void> | null {
    if (!this.#isAvro) return null;
    const ready = this.#envelope?.prepareDecode(bytes, starts, ends, count) ?? null;
    if (ready === null) return this.#prepareData(bytes, starts, ends, count);
    return ready.then(() => this.#prepareData(bytes, starts, ends, count) ?? undefined);
  }

  /** Throws `data` for what is no CloudEvent. A null payload is a null value: the tombstone that follows a delete. */
  decode(topic: string, bytes: Buffer, start: number, end: number): SchemaAndValue {
    if (start < 0) return NULL_DATA;
    const event = this.#ofBatch(bytes, start) ?? this.#open(bytes, start, end);
    const data = event.start < 0 ? NULL_DATA : this.#data.decode(topic, event.bytes, event.start, event.end);
    if (event.envelope !== null) return this.#structEvent(event.envelope, data);
    return data.schema === null ? mapEvent(event.attributes!, data.value) : this.#namedEvent(event.attributes!, data);
  }

  #prepareData(bytes: Buffer, starts: Int32Array, ends: Int32Array, count: number): Promise<void> | null {
    const frames = Buffer.alloc(count * FRAME_BYTES);
    const frameStarts = new Int32Array(count);
    const frameEnds = new Int32Array(count);
    const opened = new Array<OpenEvent | undefined>(count);
    for (let i = 0; i < count; i++) {
      const event = starts[i]! < 0 ? undefined : this.#openOrNot(bytes, starts[i]!, ends[i]!);
      const hasFrame = event !== undefined && event.start >= 0 && event.end - event.start >= FRAME_BYTES;
      opened[i] = event;
      frameStarts[i] = hasFrame ? i * FRAME_BYTES : -1;
      frameEnds[i] = (i + 1) * FRAME_BYTES;
      if (hasFrame) event.bytes.copy(frames, i * FRAME_BYTES, event.start, event.start + FRAME_BYTES);
    }
    this.#batch = bytes;
    this.#starts = starts;
    this.#opened = opened;
    this.#next = 0;
    return this.#data.prepareDecode(frames, frameStarts, frameEnds, count);
  }

  /** What is no event is found out again, and reported, when it is decoded. */
  #openOrNot(bytes: Buffer, start: number, end: number): OpenEvent | undefined {
    try {
      return this.#open(bytes, start, end);
    } catch (error) {
      if (error instanceof TributaryError && error.kind === 'data') return undefined;
      throw error;
    }
  }

  /** The event opened in advance; batches are decoded in order, each payload once. */
  #ofBatch(bytes: Buffer, start: number): OpenEvent | undefined {
    if (bytes !== this.#batch) return undefined;
    for (let i = this.#next; i < this.#opened.length; i++) {
      if (this.#starts[i] !== start) continue;
      const event = this.#opened[i];
      this.#opened[i] = undefined;
      this.#next = i + 1;
      return event;
    }
    return undefined;
  }

  #open(bytes: Buffer, start: number, end: number): OpenEvent {
    return this.#envelope === null ? this.#openJson(bytes, start, end) : this.#openAvro(bytes, start, end);
  }

  #openAvro(bytes: Buffer, start: number, end: number): OpenEvent {
    const { value } = this.#envelope!.decode('', bytes, start, end);
    if (!(value instanceof Struct)) throw noEvent(`is ${typeName(value)}`);
    for (const name of REQUIRED) if (typeof value.get(name) !== 'string') throw noEvent(`has no text "${name}"`);
    const data = value.get('data') ?? null;
    if (data !== null && !(data instanceof Uint8Array)) throw noEvent(`has data that are ${typeName(data)}, not bytes`);
    const held = data === null ? NO_BYTES : Buffer.from(data.buffer, data.byteOffset, data.length);
    return { envelope: value, attributes: null, bytes: held, start: data === null ? -1 : 0, end: held.length };
  }

  #openJson(bytes: Buffer, start: number, end: number): OpenEvent {
    const scanner = this.#scanner;
    scanner.open(bytes, start, end);
    if (scanner.peek() !== 123) throw noEvent('is no object of JSON');
    scanner.at++;
    const attributes = new Map<Value, Value>();
    let dataStart = -1;
    let dataEnd = -1;
    if (scanner.peek() === 125) throw noEvent('is empty');
    do {
      if (scanner.peek() !== 34) scanner.fail('a member name in quotes');
      const name = scanner.string();
      scanner.take(58, '":"');
      if (name === 'data') {
        attributes.set(name, null);
        dataStart = scanner.peek() === 110 ? -1 : scanner.at;
        scanner.skip(0);
        dataEnd = scanner.at;
      } else attributes.set(name, scanner.free());
    } while (scanner.more(125));
    for (const name of REQUIRED) {
      if (typeof attributes.get(name) !== 'string') throw noEvent(`has no text "${name}"`);
    }
    if (!this.#isAvro || dataStart < 0) return { envelope: null, attributes, bytes, start: dataStart, end: dataEnd };
    scanner.at = dataStart;
    const held = scanner.peek() === 34 ? parseBase64(scanner.string()) : null;
    if (held === null) throw noEvent('has data that are no text of base64, which data in Avro is in JSON');
    return { envelope: null, attributes, bytes: held, start: 0, end: held.length };
  }

  /** An envelope in Avro, with the data in place of its bytes. */
  #structEvent(envelope: Struct, data: SchemaAndValue): SchemaAndValue {
    const place = fieldOf(envelope.schema, 'data');
    if (place === undefined || data.schema === null) return { schema: envelope.schema, value: envelope };
    const schema = this.#schema(data.schema, envelope.schema, () =>
      structOf(
        envelope.schema.fields!.map((field) => (field === place ? { name: 'data', schema: data.schema! } : field)),
        envelope.schema.name === undefined ? {} : { name: envelope.schema.name },
      ),
    );
    const cells = envelope.cells.slice();
    cells[place.index] = data.value;
    return { schema, value: new Struct(schema, cells) };
  }

  /** An envelope in JSON as a struct. */
  #namedEvent(attributes: Map<Value, Value>, data: SchemaAndValue): SchemaAndValue {
    let key = '';
    const cells: Value[] = [];
    for (const [name, value] of attributes) {
      const kind = name === 'data' ? 'data' : kindOf(String(name), value);
      key += `${String(name)}\n${kind}\n`;
      cells.push(name === 'data' ? data.value : value);
    }
    const schema = this.#schema(data.schema!, key, () => {
      const fields = [...attributes].map(([given, value]) => {
        const name = String(given);
        return { name, schema: name === 'data' ? data.schema! : attributeSchema(name, kindOf(name, value)) };
      });
      return structOf(fields, { name: this.#name });
    });
    return { schema, value: new Struct(schema, cells) };
  }

  #schema(data: Schema, envelope: Schema | string, make: () => Schema): Schema {
    let ofData = this.#schemas.get(data);
    if (ofData === undefined) {
      ofData = new Map();
      this.#schemas.set(data, ofData);
    }
    let schema = ofData.get(envelope);
    if (schema === undefined) {
      schema = make();
      ofData.set(envelope, schema);
    }
    return schema;
  }
}

type AttributeKind = 'string' | 'boolean' | 'int32' | 'int64';

function mapEvent(attributes: Map<Value, Value>, data: Value): SchemaAndValue {
  if (attributes.has('data')) attributes.set('data', data);
  return { schema: null, value: attributes };
}

/** A null may be of any kind: it counts as text, which nearly all attributes are. */
function kindOf(name: string, value: Value): AttributeKind {
  if (typeof value === 'string' || value === null) return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number' && Number.isInteger(value)) return Math.abs(value) <= INT32_MAX ? 'int32' : 'int64';
  throw noEvent(`has an attribute ${quoted(name)} that is no text, integer or boolean`);
}

function attributeSchema(name: string, kind: AttributeKind): Schema {
  if (kind !== 'string') return primitive(kind, { optional: true });
  return REQUIRED.some((required) => required === name) ? TEXT : OPTIONAL_TEXT;
}

function noEvent(why: string): TributaryError {
  return dataError(
    'TRIB_CLOUD_EVENT_INVALID',
    `The payload is no CloudEvent: it ${why}.`,
    'Events are read in structured mode, with the serializer.type and data.serializer.type that they were written with.',
  );
}
