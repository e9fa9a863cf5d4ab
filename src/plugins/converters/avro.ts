// AvroConverter: the registry's frame and Avro binary, compatible with Confluent's converter.
//
// Law: a schema is turned into code once: readers by schema id, writers by topic and schema. `prepareDecode` loads the writer
// schemas of a batch; an id the registry does not know fails the records that carry it and not the batch.

import type { Converter, ConverterContext, ConverterDef, SchemaAndValue } from '../../connect/plugins.ts';
import { ByteWriter } from '../../core/bytes.ts';
import type { ParsedConfig } from '../../core/config/define.ts';
import type { Schema, Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { avroTextOf } from '../../formats/avro/avro-of-connect.ts';
import { parseAvroSchema } from '../../formats/avro/avro-schema.ts';
import { connectSchemaOf, DEFAULT_RECORD_NAME } from '../../formats/avro/connect-schema.ts';
import { valueReader } from '../../formats/avro/read-code.ts';
import { valueWriter, type WriteFunction } from '../../formats/avro/write-code.ts';
import { FramedReaders, frameOf, referenceTexts } from '../../formats/registry-frame.ts';
import type { SchemaRegistry } from '../../ports/schema-registry.ts';
import { AVRO_CONFIG, type SubjectName, subjectNameOf } from './avro-config.ts';
import { dataError } from './parts.ts';

export const avroConverter: ConverterDef = {
  kind: 'converter',
  name: 'AvroConverter',
  classes: ['io.confluent.connect.avro.AvroConverter'],
  doc: 'Avro with schemas in a schema registry: each payload begins with the id of its schema.',
  version: '7.9.0',
  config: AVRO_CONFIG,
  create: (config, isKey, context) => new AvroConverter(config, isKey, context),
};

interface Writer {
  readonly frame: Buffer;
  readonly write: WriteFunction<Value>;
}

const NOTHING: SchemaAndValue = { schema: null, value: null };

class AvroConverter implements Converter {
  private readonly registry: SchemaRegistry;
  private readonly readers: FramedReaders<SchemaAndValue>;
  private readonly writers = new Map<string, WeakMap<Schema, Writer>>();
  private readonly out = new ByteWriter();
  private readonly isKey: boolean;
  private readonly subject: SubjectName;
  private readonly registers: boolean;
  private readonly usesLatest: boolean;
  private readonly schemaOptions: { readonly metadata: boolean; readonly enhanced: boolean };

  constructor(config: ParsedConfig, isKey: boolean, context: ConverterContext) {
    const urls = config['schema.registry.url'];
    const url = Array.isArray(urls) && urls.length > 0 ? String(urls[0]) : null;
    this.registry = context.registry(url, context.raw);
    this.isKey = isKey;
    this.subject = subjectNameOf(config, isKey);
    this.registers = config['auto.register.schemas'] === true;
    this.usesLatest = config['use.latest.version'] === true;
    this.schemaOptions = {
      metadata: config['connect.meta.data'] === true,
      enhanced: config['enhanced.avro.schema.support'] === true,
    };
    const { enhanced } = this.schemaOptions;
    this.readers = new FramedReaders<SchemaAndValue>(this.registry, 'AVRO', ({ schema: text }, references) => {
      const writer = parseAvroSchema(text, references);
      const schema = connectSchemaOf(writer, { enhanced });
      const read = valueReader(writer, schema, 'structs');
      return (bytes, start, end) => ({ schema, value: read(bytes, start, end) });
    });
  }

  prepareDecode(bytes: Buffer, starts: Int32Array, ends: Int32Array, count: number): Promise<void> | null {
    return this.readers.prepare(bytes, starts, ends, count);
  }

  decode(_topic: string, bytes: Buffer, start: number, end: number): SchemaAndValue {
    return start < 0 ? NOTHING : this.readers.read(bytes, start, end);
  }

  prepareEncode(topic: string, schema: Schema | null): Promise<void> | null {
    if (schema === null || this.writers.get(topic)?.has(schema) === true) return null;
    return this.load(topic, schema);
  }

  encode(topic: string, schema: Schema | null, value: Value): Buffer | null {
    // Null is a tombstone, whatever the schema says.
    if (value === null) return null;
    if (schema === null) {
      throw dataError(
        'TRIB_CONVERTER_VALUE',
        'AvroConverter needs a schema, and the value has none.',
        'Read the source with a converter that has schemas, or write JSON with schemas.enable=false.',
      );
    }
    const writer = this.writers.get(topic)?.get(schema);
    if (writer === undefined) throw notPrepared(topic);
    const { out } = this;
    out.reset();
    out.copy(writer.frame);
    writer.write(value, out);
    return out.toBuffer();
  }

  private async load(topic: string, schema: Schema): Promise<void> {
    const subject = this.subject(topic, this.isKey, schema.name ?? DEFAULT_RECORD_NAME);
    const writer = this.registers ? await this.registered(subject, schema) : await this.latest(subject, schema);
    let ofTopic = this.writers.get(topic);
    if (ofTopic === undefined) {
      ofTopic = new WeakMap();
      this.writers.set(topic, ofTopic);
    }
    ofTopic.set(schema, writer);
  }

  private async registered(subject: string, schema: Schema): Promise<Writer> {
    const text = avroTextOf(schema, this.schemaOptions);
    const id = await this.registry.register(subject, 'AVRO', text);
    return { frame: frameOf(id), write: valueWriter(schema, parseAvroSchema(text), 'structs') };
  }

  /** Without registering, the subject's latest schema is what can be written: fields are matched by name. */
  private async latest(subject: string, schema: Schema): Promise<Writer> {
    const latest = await this.registry.latest(subject);
    if (latest === null) {
      throw dataError(
        'TRIB_SCHEMA_SUBJECT_UNKNOWN',
        `The registry has no subject ${quoted(subject)}${this.usesLatest ? ', whose latest version is to be used' : ''}.`,
        'Register the schema, or set auto.register.schemas=true.',
      );
    }
    const references = await referenceTexts(this.registry, latest.references);
    return {
      frame: frameOf(latest.id),
      write: valueWriter(schema, parseAvroSchema(latest.schema, references), 'structs'),
    };
  }
}

function notPrepared(topic: string): TributaryError {
  return new TributaryError('TRIB_CONVERTER_NOT_PREPARED', 'bug', {
    what: `A value of topic ${quoted(topic)} was encoded before its schema was prepared.`,
    fix: 'Call prepareEncode with the schema first.',
  });
}
