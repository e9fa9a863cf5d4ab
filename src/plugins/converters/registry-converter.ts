// What the converters with a schema registry share: the frame, which schema is written, and what is kept.
//
// Law: a schema is turned into code once: readers by schema id, writers by subject and schema text. `prepareDecode` loads the
// writer schemas of a batch; an id the registry does not know fails the records that carry it and not the batch.
// Law: only an outage (`transient`) and refused credentials (`fatal`) leave `prepareEncode`. A schema that the registry does not
// take is the fault of its records: `encode` throws it for each of them, so that the connector's tolerance decides.

import type { Converter, ConverterContext, SchemaAndValue } from '../../connect/plugins.ts';
import { ByteWriter } from '../../core/bytes.ts';
import type { Schema, Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import {
  type CompileSchema,
  FramedReaders,
  frameOf,
  type NamedText,
  referencedTexts,
} from '../../formats/registry-frame.ts';
import type { RegisteredSchema, SchemaRegistry, SchemaType } from '../../ports/schema-registry.ts';
import { dataError } from './parts.ts';
import type { RegistryOptions } from './registry-config.ts';

/** Appends a value behind the frame. */
export type WriteValue = (value: Value, out: ByteWriter) => void;

/** A schema that values are to be written with. */
export interface WriterSchema {
  readonly text: string;
  readonly references: readonly NamedText[];
  /** It was made of the values' own schema. */
  readonly isOwn: boolean;
}

/** What one kind of schema does in its own way. */
export interface RegistryCodec {
  readonly type: SchemaType;
  /** Simple name of the converter, for messages. */
  readonly converter: string;
  /** The schema text of a Connect schema, and the full name of its record (null: it has none). Throws `data`. */
  describe(schema: Schema): { readonly text: string; readonly recordName: string | null };
  /** Code that writes values of the schema. Throws `data` when they do not go into the text's schema. */
  writer(schema: Schema, target: WriterSchema): WriteValue;
  readonly reader: CompileSchema<SchemaAndValue>;
  /** The full name of the record in a registered schema; null: none, or not to be compared. */
  nameIn(text: string): string | null;
}

interface Writer {
  readonly frame: Buffer;
  readonly write: WriteValue;
}

const NOTHING: SchemaAndValue = { schema: null, value: null };

export class RegistryConverter implements Converter {
  readonly #codec: RegistryCodec;
  readonly #options: RegistryOptions;
  readonly #registry: SchemaRegistry;
  readonly #readers: FramedReaders<SchemaAndValue>;
  readonly #writers = new Map<string, WeakMap<Schema, Writer | TributaryError>>();
  /** By subject and text: sources make equal schemas anew. */
  readonly #byText = new Map<string, Writer>();
  readonly #out = new ByteWriter();
  // Nearly every record of a topic has the schema of the one before.
  #lastTopic = '';
  #lastSchema: Schema | null = null;
  #lastWriter: Writer | null = null;

  constructor(codec: RegistryCodec, options: RegistryOptions, context: ConverterContext) {
    this.#codec = codec;
    this.#options = options;
    this.#registry = context.registry(options.url, context.raw);
    this.#readers = new FramedReaders<SchemaAndValue>(this.#registry, codec.type, codec.reader, options.readersMax);
  }

  prepareDecode(bytes: Buffer, starts: Int32Array, ends: Int32Array, count: number): Promise<void> | null {
    return this.#readers.prepare(bytes, starts, ends, count);
  }

  decode(_topic: string, bytes: Buffer, start: number, end: number): SchemaAndValue {
    return start < 0 ? NOTHING : this.#readers.read(bytes, start, end);
  }

  prepareEncode(topic: string, schema: Schema | null): Promise<void> | null {
    if (schema === null) return null;
    const known = this.#writers.get(topic)?.get(schema);
    return known === undefined || known instanceof TributaryError ? this.#load(topic, schema) : null;
  }

  encode(topic: string, schema: Schema | null, value: Value): Buffer | null {
    // Null is a tombstone, whatever the schema says.
    if (value === null) return null;
    if (schema === null) {
      throw dataError(
        'TRIB_CONVERTER_VALUE',
        `${this.#codec.converter} needs a schema, and the value has none.`,
        'Read the source with a converter that has schemas, or write JSON with schemas.enable=false.',
      );
    }
    if (schema !== this.#lastSchema || topic !== this.#lastTopic) this.#select(topic, schema);
    const out = this.#out;
    out.reset();
    out.copy(this.#lastWriter!.frame);
    this.#lastWriter!.write(value, out);
    return out.toBuffer();
  }

  #select(topic: string, schema: Schema): void {
    const writer = this.#writers.get(topic)?.get(schema);
    if (writer instanceof TributaryError) throw writer;
    if (writer === undefined) {
      throw new TributaryError('TRIB_CONVERTER_NOT_PREPARED', 'bug', {
        what: `A value of topic ${quoted(topic)} was encoded before its schema was prepared.`,
        fix: 'Call prepareEncode with the schema first.',
      });
    }
    this.#lastTopic = topic;
    this.#lastSchema = schema;
    this.#lastWriter = writer;
  }

  async #load(topic: string, schema: Schema): Promise<void> {
    let writer: Writer | TributaryError;
    try {
      writer = await this.#writer(topic, schema);
    } catch (error) {
      if (!(error instanceof TributaryError) || error.kind === 'transient' || error.kind === 'fatal') throw error;
      writer = error;
    }
    let ofTopic = this.#writers.get(topic);
    if (ofTopic === undefined) {
      ofTopic = new WeakMap();
      this.#writers.set(topic, ofTopic);
    }
    ofTopic.set(schema, writer);
  }

  async #writer(topic: string, schema: Schema): Promise<Writer> {
    const { text, recordName } = this.#codec.describe(schema);
    const subject = this.#options.subject(topic, schema, recordName);
    const place = `${subject}\n${text}`;
    const known = this.#byText.get(place);
    if (known !== undefined) return known;
    const chosen = await this.#chosen(subject, text, schema.name ?? null);
    const writer = { frame: frameOf(chosen.id), write: this.#codec.writer(schema, chosen) };
    if (this.#byText.size >= this.#options.writersMax) this.#byText.clear();
    this.#byText.set(place, writer);
    return writer;
  }

  /** The schema to write with, in the order of precedence of Confluent's serializers. A struct without a name fits every name. */
  async #chosen(subject: string, text: string, recordName: string | null): Promise<WriterSchema & { id: number }> {
    const { registers, normalizes, schemaId, usesLatest } = this.#options;
    const { type } = this.#codec;
    const own = { text, references: [], isOwn: true };
    if (registers) return { ...own, id: await this.#registry.register(subject, type, text, [], normalizes) };
    if (schemaId !== null) {
      const schema = await this.#registry.byId(schemaId);
      if (schema === null) {
        throw dataError(
          'TRIB_SCHEMA_ID_UNKNOWN',
          `use.schema.id is ${schemaId}, which the registry does not have.`,
          'Check use.schema.id and schema.registry.url.',
        );
      }
      return this.#registered(schema, `the id ${schemaId}`, recordName);
    }
    if (usesLatest) {
      const schema = await this.#registry.latest(subject);
      if (schema === null) throw unknownSubject(subject, true);
      return this.#registered(schema, `the latest version of ${quoted(subject)}`, recordName);
    }
    const found = await this.#registry.lookup(subject, type, text, [], normalizes);
    if (found !== null) return { ...own, id: found.id };
    if ((await this.#registry.latest(subject)) === null) throw unknownSubject(subject, false);
    throw dataError(
      'TRIB_SCHEMA_NOT_REGISTERED',
      `No version under the subject ${quoted(subject)} is the schema of the value: ${quoted(text)}.`,
      'Register it, set use.latest.version=true to write with the latest one, or set auto.register.schemas=true.',
    );
  }

  async #registered(
    schema: RegisteredSchema,
    where: string,
    recordName: string | null,
  ): Promise<WriterSchema & { id: number }> {
    const { type, nameIn, converter } = this.#codec;
    if (schema.type !== type) {
      throw dataError(
        'TRIB_SCHEMA_KIND',
        `${converter} cannot write with ${where}, which is a schema of ${schema.type}.`,
      );
    }
    const registeredName = recordName !== null && this.#options.isStrict ? nameIn(schema.schema) : null;
    if (registeredName !== null && recordName !== null && shortName(registeredName) !== shortName(recordName)) {
      throw dataError(
        'TRIB_SCHEMA_NAME_DIFFERS',
        `The record is named ${quoted(recordName)}, but ${where} describes ${quoted(registeredName)}.`,
        'Rename it with SetSchemaMetadata, or set latest.compatibility.strict=false (with use.schema.id: id.compatibility.strict=false).',
      );
    }
    const references = await referencedTexts(this.#registry, schema.references);
    return { id: schema.id, text: schema.schema, references, isOwn: false };
  }
}

function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function unknownSubject(subject: string, usesLatest: boolean): TributaryError {
  return dataError(
    'TRIB_SCHEMA_SUBJECT_UNKNOWN',
    `The registry has no subject ${quoted(subject)}${usesLatest ? ', whose latest version is to be used' : ''}.`,
    'Register the schema, or set auto.register.schemas=true.',
  );
}
