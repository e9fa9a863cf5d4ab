// Change events → CloudEvents in structured mode, as Debezium's converter writes them.
//
// Law: what depends on schemas alone is planned once a schema. What Avro needs of a registry depends on the record too (its
// connector, its header `dataSchemaName`), so `prepare` looks at each record and answers null for all but the first of a kind.
import type { Converter } from '../../connect/plugins.ts';
import type { Header } from '../../connect/records.ts';
import { fieldOf, type Schema, Struct, structOf, type Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { base64Of, quoteJson } from '../../formats/json-text.ts';
import { framedId } from '../../formats/registry-frame.ts';
import { typeName } from '../cells.ts';
import { isEnvelope } from '../debezium/envelope.ts';
import { perSchema } from '../per-schema.ts';
import type { CloudEventsOptions } from './cloud-events-config.ts';
import { dataFields, SourcePlan, TEXT } from './cloud-events-source.ts';
import { dataError } from './parts.ts';

/** What writes the parts of events. */
export interface EventEncoders {
  readonly data: Converter;
  /** Null: the envelope is JSON. */
  readonly envelope: Converter | null;
  /** Start of `dataschema`; null: the data is JSON. */
  readonly registryUrl: string | null;
}

/** Attributes in front of those of the source, and their keys in JSON. */
const LEADING = ['id', 'source', 'specversion', 'type', 'time', 'datacontenttype'] as const;

/** What the sources of one schema become. */
interface EventPlan {
  readonly source: SourcePlan;
  readonly names: readonly string[];
  readonly jsonKeys: readonly string[];
  /** Envelopes in Avro, by name. */
  readonly envelopes: Map<string, Schema>;
}

/** What is taken of a value as the data. */
interface DataPlan {
  readonly schema: Schema;
  /** Null: all cells. */
  readonly from: readonly number[] | null;
}

const BYTES: Schema = { kind: 'bytes', optional: false };

export class CloudEventWriter {
  readonly #options: CloudEventsOptions;
  readonly #encoders: EventEncoders;
  readonly #plans = perSchema((schema) => this.#eventPlan(schema));
  readonly #dataPlans = new WeakMap<Schema, Map<string, DataPlan>>();
  // The event at hand, set by `locate`.
  #source!: Struct;
  #plan!: EventPlan;
  #op = '';
  #transaction: Struct | null = null;
  #connector = '';
  #dataSchema: Schema | null = null;
  #data: Value = null;
  // The last ones made.
  #topic = '';
  #dataTopic = '';
  #planned: Schema | null = null;
  #plannedName = '';
  #dataPlan!: DataPlan;

  constructor(options: CloudEventsOptions, encoders: EventEncoders) {
    this.#options = options;
    this.#encoders = encoders;
  }

  /** Registers what Avro needs for the record. Null when nothing must be awaited, also for a record that `encode` will refuse. */
  prepare(topic: string, schema: Schema | null, value: Value, headers: readonly Header[]): Promise<void> | null {
    try {
      if (value === null || !this.#locate(schema, value, headers)) return null;
    } catch (error) {
      if (error instanceof TributaryError && error.kind === 'data') return null;
      throw error;
    }
    const { data, envelope } = this.#encoders;
    const ofData = data.prepareEncode(this.#topicOfData(topic), this.#dataSchema);
    const ofEnvelope = envelope?.prepareEncode(topic, this.#envelopeSchema()) ?? null;
    return ofData === null || ofEnvelope === null ? (ofData ?? ofEnvelope) : Promise.all([ofData, ofEnvelope]).then();
  }

  /** Null for a null value and for records of Debezium that are no changes of rows. Throws `data`. */
  encode(topic: string, schema: Schema | null, value: Value, headers: readonly Header[]): Buffer | null {
    if (value === null || !this.#locate(schema, value, headers)) return null;
    const { envelope, data: encoder } = this.#encoders;
    const cells = this.#cells(headers);
    const data = encoder.encode(this.#topicOfData(topic), this.#dataSchema, this.#data);
    const isAvro = this.#options.data === 'avro';
    if (isAvro) cells[LEADING.length] = this.#schemaUrl(data!);
    if (envelope === null) return jsonEvent(this.#plan.jsonKeys, cells, data!, isAvro);
    cells.push(data);
    const envelopeSchema = this.#envelopeSchema();
    return envelope.encode(topic, envelopeSchema, new Struct(envelopeSchema, cells));
  }

  /** All attributes, with a place for `dataschema` where there is one. */
  #cells(headers: readonly Header[]): Value[] {
    const { metadata, data } = this.#options;
    const { source: plan } = this.#plan;
    const connector = this.#connector;
    const cells: Value[] = [
      metadata.idHeader ? headerText(headers, 'id') : plan.id(this.#source, connector),
      plan.path(this.#source, connector),
      '1.0',
      metadata.typeHeader ? headerText(headers, 'type') : `io.debezium.connector.${connector}.DataChangeEvent`,
      plan.time(this.#source),
      `application/${data}`,
    ];
    if (data === 'avro') cells.push(null);
    plan.append(cells, this.#source, this.#op, this.#transaction);
    return cells;
  }

  /** Finds the parts of the event in the record. False: it is one of Debezium's own that has no event. */
  #locate(schema: Schema | null, value: Value, headers: readonly Header[]): boolean {
    const { metadata } = this.#options;
    const isFound = metadata.isHeader ? this.#locateInHeaders(headers) : this.#locateInValue(schema, value);
    if (!isFound) {
      // The reference writes such records as null: heartbeats, boundaries of transactions, changes of schemas.
      if (schema?.name?.startsWith('io.debezium.connector.') === true) return false;
      throw metadata.isHeader ? noHeaders() : noChangeEvent(schema, value);
    }
    this.#plan = this.#plans(this.#source.schema);
    this.#connector = this.#plan.source.connector(this.#source);
    this.#data = value;
    this.#dataSchema = schema;
    if (schema?.kind === 'struct' && value instanceof Struct) this.#selectData(schema, value, headers);
    return true;
  }

  #locateInValue(schema: Schema | null, value: Value): boolean {
    if (!isEnvelope(schema) || !(value instanceof Struct)) return false;
    return this.#take(value.get('source'), value.get('op'), value.get('transaction'));
  }

  #locateInHeaders(headers: readonly Header[]): boolean {
    const of = (key: string): Value | undefined => lastHeader(headers, key)?.value;
    return this.#take(of('source'), of('op'), of('transaction'));
  }

  #take(source: Value | undefined, op: Value | undefined, transaction: Value | undefined): boolean {
    if (!(source instanceof Struct) || typeof op !== 'string') return false;
    this.#source = source;
    this.#op = op;
    this.#transaction = transaction instanceof Struct ? transaction : null;
    return true;
  }

  #selectData(schema: Schema, value: Struct, headers: readonly Header[]): void {
    const name = this.#options.metadata.dataNameHeader ? headerText(headers, 'dataSchemaName') : null;
    const key = name === null ? this.#connector : `${this.#connector} ${name}`;
    if (schema !== this.#planned || key !== this.#plannedName) {
      this.#dataPlan = this.#dataPlanOf(schema, key, name);
      this.#planned = schema;
      this.#plannedName = key;
    }
    const { schema: selected, from } = this.#dataPlan;
    this.#dataSchema = selected;
    if (from === null) {
      this.#data = new Struct(selected, value.cells);
      return;
    }
    const cells = new Array<Value>(from.length);
    for (let i = 0; i < from.length; i++) cells[i] = value.cells[from[i]!] ?? null;
    this.#data = new Struct(selected, cells);
  }

  #dataPlanOf(schema: Schema, key: string, name: string | null): DataPlan {
    let plans = this.#dataPlans.get(schema);
    if (plans === undefined) {
      plans = new Map();
      this.#dataPlans.set(schema, plans);
    }
    let plan = plans.get(key);
    if (plan === undefined) {
      const wanted = this.#options.metadata.isHeader ? null : dataFields(this.#connector);
      const fields =
        wanted === null
          ? (schema.fields ?? [])
          : wanted.map((field) => fieldOf(schema, field)).filter((field) => field !== undefined);
      plan = {
        schema: structOf(fields, {
          name: name ?? this.#options.adjust(`io.debezium.connector.${this.#connector}.Data`),
        }),
        from: wanted === null ? null : fields.map(({ index }) => index),
      };
      plans.set(key, plan);
    }
    return plan;
  }

  #eventPlan(schema: Schema): EventPlan {
    const { data, extensions } = this.#options;
    const source = new SourcePlan(schema, extensions);
    const leading = data === 'avro' ? [...LEADING, 'dataschema'] : LEADING;
    const names = [...leading, ...source.attributes.map(({ name }) => name), 'data'];
    const jsonKeys = names.map((name, index) => `${index === 0 ? '{' : ','}${quoteJson(name)}:`);
    return { source, names, jsonKeys, envelopes: new Map() };
  }

  #envelopeSchema(): Schema {
    const { source, envelopes, names } = this.#plan;
    const name = this.#options.envelopeName ?? source.envelopeName(this.#source);
    let schema = envelopes.get(name);
    if (schema === undefined) {
      const leadingCount = names.length - source.attributes.length - 1;
      const fields = [
        ...names.slice(0, leadingCount).map((attribute) => ({ name: attribute, schema: TEXT })),
        ...source.attributes,
        { name: 'data', schema: BYTES },
      ];
      schema = structOf(fields, { name: this.#options.envelopeName ?? this.#options.adjust(name) });
      envelopes.set(name, schema);
    }
    return schema;
  }

  /** An envelope in Avro has the subject of the topic, so its data has one beside it. */
  #topicOfData(topic: string): string {
    if (this.#encoders.envelope === null) return topic;
    if (topic !== this.#topic) {
      this.#topic = topic;
      this.#dataTopic = `${topic}-data`;
    }
    return this.#dataTopic;
  }

  #schemaUrl(data: Buffer): string {
    return `${this.#encoders.registryUrl}/schemas/ids/${framedId(data, 0, data.length)}`;
  }
}

function jsonEvent(keys: readonly string[], cells: readonly Value[], data: Buffer | null, isAvro: boolean): Buffer {
  let text = '';
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i]!;
    text += keys[i]! + (typeof cell === 'string' ? quoteJson(cell) : String(cell));
  }
  text += keys[cells.length]!;
  if (isAvro || data === null) return Buffer.from(`${text}${data === null ? 'null' : `"${base64Of(data)}"`}}`, 'utf8');
  // The data is text in bytes already.
  const headBytes = Buffer.byteLength(text);
  const event = Buffer.allocUnsafe(headBytes + data.length + 1);
  event.write(text, 0, 'utf8');
  data.copy(event, headBytes);
  event[headBytes + data.length] = 125;
  return event;
}

function lastHeader(headers: readonly Header[], key: string): Header | undefined {
  for (let i = headers.length - 1; i >= 0; i--) if (headers[i]!.key === key) return headers[i];
  return undefined;
}

function headerText(headers: readonly Header[], key: string): string {
  const value = lastHeader(headers, key)?.value ?? null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  throw dataError(
    'TRIB_CLOUD_EVENT_SOURCE',
    value === null ? `The header "${key}" was not provided.` : `The header "${key}" is ${typeName(value)}, not a text.`,
    `Set it, or set metadata.source with ${key}:generate.`,
  );
}

function noHeaders(): TributaryError {
  return dataError(
    'TRIB_CLOUD_EVENT_SOURCE',
    'The record has no headers "source" (a struct) and "op" (a text), of which its CloudEvent is to be made.',
    'Copy both from the change event with HeaderFrom before the transform that unwraps it; a header converter that keeps schemas is needed where the headers are read from a topic.',
  );
}

function noChangeEvent(schema: Schema | null, value: Value): TributaryError {
  const what = schema === null ? `a ${typeName(value)} without a schema` : quoted(schema.name ?? schema.kind);
  return dataError(
    'TRIB_CLOUD_EVENT_SOURCE',
    `The value is ${what} and no change event of Debezium (a struct named ….Envelope, with source and op).`,
    'If a transform has unwrapped it, set metadata.source=header and copy source and op into headers with HeaderFrom before that.',
  );
}
