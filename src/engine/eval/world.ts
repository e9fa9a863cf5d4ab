// One request's engine: catalog, topics, registry, running queries. Statements are executed against it as a server would.
import { ByteWriter } from '../../core/bytes.ts';
import type { Row } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import { partitionOf } from '../../core/murmur2.ts';
import type { RowWriter } from '../../formats/format.ts';
import { FORMATS, findFormat } from '../../formats/index.ts';
import { type Printable, printJson } from '../../formats/json-text.ts';
import type { Headers } from '../../ports/broker.ts';
import type { SchemaType } from '../../ports/schema-registry.ts';
import type { Change, SchemaRequest } from '../../sql/bind/change.ts';
import type { Environment, SchemaFacts } from '../../sql/bind/environment.ts';
import { topicShape } from '../../sql/bind/from.ts';
import { schemasNeeded } from '../../sql/bind/inference.ts';
import type { InsertedRow } from '../../sql/bind/insert-values.ts';
import { type Bound, bindStatement } from '../../sql/bind/statement.ts';
import {
  applyCommand,
  type Catalog,
  emptyCatalog,
  type PersistentQuery,
  type Source,
} from '../../sql/catalog/catalog.ts';
import type { FunctionContext, Functions } from '../../sql/functions/registry.ts';
import type { Statement } from '../../sql/syntax/ast.ts';
import { serdeRef } from '../pipeline/serde-ref.ts';
import { topologyOf } from '../plan-topology.ts';
import { createSerdes } from '../serde.ts';
import type { Serdes } from '../serdes.ts';
import type { Output, SinkDef } from '../topology.ts';
import { MemoryRegistry } from './memory-registry.ts';
import { Payloads, type TopicSide } from './payloads.ts';
import { QueryRun } from './query-run.ts';
import type { EvalRequest, InputRecord, TopicSpec } from './request.ts';
import { MemoryTopics } from './topics.ts';

const SCHEMA_KIND: Readonly<Record<string, SchemaType>> = {
  AVRO: 'AVRO',
  JSON_SR: 'JSON',
  JSON: 'JSON',
  PROTOBUF: 'PROTOBUF',
};
const DEFAULT_PARTITIONS = 4;

export class World {
  readonly topics = new MemoryTopics();
  readonly registry = new MemoryRegistry();
  readonly serdes: Serdes;
  readonly payloads: Payloads;
  readonly functions: Functions;
  readonly context: FunctionContext;
  readonly runs = new Map<string, QueryRun>();
  catalog: Catalog = emptyCatalog();
  readonly #request: EvalRequest;
  readonly #nowMs: () => number;
  /** What the request says of topics, by name. */
  readonly #specs = new Map<string, TopicSpec>();

  constructor(request: EvalRequest, functions: Functions, nowMs: () => number) {
    this.#request = request;
    this.#nowMs = nowMs;
    this.functions = functions;
    this.serdes = createSerdes(this.registry);
    this.payloads = new Payloads(this.registry);
    // The wall clock of functions stands at zero, as the contract wants; only INSERT looks at the real one.
    this.context = { nowMs, random: Math.random, properties: request.properties };
  }

  get properties(): Readonly<Record<string, string>> {
    return this.#request.properties;
  }

  /** Topics and schemas that exist before the first statement. */
  prepare(statements: readonly (Statement | null)[]): void {
    const declared = statements.flatMap((statement) => declaredTopic(statement) ?? []);
    for (const topic of this.#request.topics) this.#specs.set(topic.name, topic);
    // Schemas of declared columns come first: schemas of listed topics without an id of their own are numbered after them.
    const reserved = declared
      .filter(({ topic }) => !this.#specs.has(topic))
      .reduce((sum, { schemas }) => sum + schemas, 0);
    this.registry.continueAt(1 + reserved);
    for (const topic of this.#request.topics) {
      // One partition is what the request says of a topic it knows nothing of.
      const stated = declared.find((each) => each.topic === topic.name)?.partitions ?? null;
      this.topics.create(topic.name, topic.partitions === 1 ? (stated ?? 1) : topic.partitions, topic.replicas);
      this.#registerTopic(topic);
    }
    this.registry.continueAt(1);
    for (const { topic, partitions, replicas } of declared) {
      this.topics.create(topic, partitions ?? DEFAULT_PARTITIONS, replicas);
    }
    for (const { topic } of this.#request.inputs) this.topics.create(topic, DEFAULT_PARTITIONS, 1);
  }

  #registerTopic(topic: TopicSpec): void {
    const references = topic.references.map(({ name, format, schema }) => {
      const kind = SCHEMA_KIND[format.toUpperCase()] ?? 'AVRO';
      this.registry.put(name, kind, schemaText(schema as Printable), null);
      return { name, subject: name, version: 1 };
    });
    const sides = [
      ['key', topic.keyFormat, topic.keySchema, topic.keySchemaId],
      ['value', topic.valueFormat, topic.valueSchema, topic.valueSchemaId],
    ] as const;
    for (const [side, format, schema, id] of sides) {
      if (schema === null) continue;
      const kind = SCHEMA_KIND[(format ?? 'AVRO').toUpperCase()] ?? 'AVRO';
      this.registry.put(`${topic.name}-${side}`, kind, schemaText(schema as Printable), id, references);
    }
  }

  /** What binding may know now. */
  environment(): Environment {
    const { registry } = this;
    return {
      catalog: this.catalog,
      functions: this.functions,
      format: findFormat,
      formatNames: FORMATS.map(({ name }) => name),
      properties: this.properties,
      topic: (name) => this.topics.find(name),
      isTogether: true,
      topicNames: this.topics.names(),
      schema(ref): SchemaFacts | null {
        const found = 'id' in ref ? registry.find(ref.id) : registry.newest(ref.subject);
        if (found === null) return null;
        const references = found.references.flatMap(({ subject }) => registry.newest(subject)?.schema ?? []);
        return { id: found.id, type: found.type, schema: found.schema, references };
      },
      nowMs: this.#nowMs,
    };
  }

  /** Binds a statement and, unless it is a SELECT, executes it. */
  async execute(statement: Statement, text: string): Promise<Bound> {
    const env = this.environment();
    // The registry is in memory: what the statement needs is there already.
    schemasNeeded(env, statement, text);
    const bound = bindStatement(env, statement, text);
    if (bound.kind === 'change') this.#apply(bound.change);
    if (bound.kind === 'insert') await this.#insert(bound.row);
    return bound;
  }

  #apply(change: Change): void {
    for (const topic of change.topics) this.topics.create(topic.name, topic.partitions, topic.replicas);
    for (const schema of change.schemas) this.#register(schema);
    for (const command of change.commands) this.catalog = applyCommand(this.catalog, command);
    for (const topic of change.deletedTopics) this.topics.delete(topic);
  }

  #register(request: SchemaRequest): void {
    if (request.onlyIfAbsent && this.registry.newest(request.subject) !== null) return;
    this.registry.put(request.subject, SCHEMA_KIND[request.format]!, request.schema, null);
  }

  async #insert(row: InsertedRow): Promise<void> {
    const shape = topicShape(row.target);
    const key = this.serdes.writer(serdeRef(shape, 'key'), shape.topic, true);
    const value = this.serdes.writer(serdeRef(shape, 'value'), shape.topic, false);
    try {
      await key.prepare();
      await value.prepare();
      this.topics.append(shape.topic, {
        key: row.key === null ? null : encoded(key, row.key),
        value: shape.value.length === 0 ? null : encoded(value, row.value),
        timestamp: row.timestampMs ?? this.#nowMs(),
        headers: [],
        input: -1,
      });
    } catch (error) {
      if (!(error instanceof TributaryError)) throw error;
      throw new TributaryError('TRIB_SQL_VAL_13', 'sql', {
        what: `The row cannot be written to ${row.target.name}: ${error.parts.what}`,
        cause: error,
      });
    }
  }

  /** Appends the request's inputs to their topics. */
  async produce(inputs: readonly InputRecord[]): Promise<void> {
    for (const [index, input] of inputs.entries()) {
      const key = await this.payloads.encode(this.side(input.topic, true), input.key);
      const value = await this.payloads.encode(this.side(input.topic, false), input.value);
      const whole = input.window === null ? key : windowedKey(key ?? Buffer.alloc(0), input.window);
      this.topics.append(input.topic, {
        key: whole,
        value,
        partition: this.#partitionOf(input.topic, whole),
        timestamp: input.timestamp,
        headers: input.headers,
        input: index,
      });
    }
  }

  #partitionOf(topic: string, key: Buffer | null): number {
    if (!this.#request.hashes || key === null) return 0;
    return partitionOf(key, 0, key.length, this.topics.find(topic)!.partitions);
  }

  /** What is known of a side of a topic: from a source over it, else from the request. */
  side(topic: string, isKey: boolean): TopicSide {
    const source = this.sourceOf(topic);
    const spec = this.#specs.get(topic);
    if (source !== null) {
      const of = isKey ? source.keyFormat : source.valueFormat;
      return {
        topic,
        isKey,
        format: of.format,
        columns: isKey ? source.key : source.value,
        unwrapped: of.unwrapped,
        properties: of.properties,
      };
    }
    const format = (isKey ? spec?.keyFormat : spec?.valueFormat) ?? (isKey ? 'KAFKA' : 'JSON');
    return { topic, isKey, format, columns: [], unwrapped: isKey, properties: {} };
  }

  /** The source that says most of a topic: one with columns before one without. */
  sourceOf(topic: string): Source | null {
    const sources = [...this.catalog.sources.values()].filter((source) => source.topic === topic);
    return sources.find(({ value }) => value.length > 0) ?? sources[0] ?? null;
  }

  /** Runs all persistent queries, each to its end, in creation order. */
  async runQueries(): Promise<void> {
    for (const query of this.catalog.queries.values()) await this.#run(query);
  }

  async #run(query: PersistentQuery): Promise<void> {
    const topology = topologyOf(query, {
      topicPrefix: `_query_${query.id}`,
      functions: this.functions,
      context: this.context,
    });
    const run = new QueryRun(topology, {
      topics: this.topics,
      serdes: this.serdes,
      failOnBadRecords: String(this.properties['ksql.fail.on.deserialization.error']).toLowerCase() === 'true',
    });
    this.runs.set(query.id, run);
    const output = await TopicOutput.open(topology.parts.at(-1)!.sinks, this.serdes, this.topics);
    await run.run(
      output,
      () => 0,
      () => false,
    );
  }
}

/** Encodes emitted rows into topics. */
interface OpenSink {
  readonly topic: string;
  readonly key: RowWriter;
  readonly value: RowWriter;
}
class TopicOutput implements Output {
  readonly #sinks: readonly OpenSink[];
  readonly #topics: MemoryTopics;

  private constructor(sinks: readonly OpenSink[], topics: MemoryTopics) {
    this.#sinks = sinks;
    this.#topics = topics;
  }

  static async open(sinks: readonly SinkDef[], serdes: Serdes, topics: MemoryTopics): Promise<TopicOutput> {
    const opened: OpenSink[] = [];
    for (const sink of sinks) {
      const key = serdes.writer(sink.key, sink.topic, true);
      const value = serdes.writer(sink.value, sink.topic, false);
      await key.prepare();
      await value.prepare();
      opened.push({ topic: sink.topic, key, value });
    }
    return new TopicOutput(opened, topics);
  }

  emit(sink: number, key: Row | null, row: Row | null, timeMs: number, headers: Headers | null): void {
    const { topic, key: keyWriter, value } = this.#sinks[sink]!;
    this.#topics.append(topic, {
      key: key === null ? null : encoded(keyWriter, key),
      value: row === null ? null : encoded(value, row),
      timestamp: timeMs,
      headers: headers ?? [],
      input: -1,
    });
  }
}

interface DeclaredTopic {
  readonly topic: string;
  readonly partitions: number | null;
  readonly replicas: number;
  /** How many schemas its declared columns register. */
  readonly schemas: number;
}

function declaredTopic(statement: Statement | null): DeclaredTopic | null {
  if (statement?.kind !== 'createSource') return null;
  const property = (name: string) => statement.properties.find((each) => each.name === name)?.value.value ?? null;
  const topic = property('KAFKA_TOPIC');
  if (typeof topic !== 'string') return null;
  const partitions = property('PARTITIONS');
  const hasSchema = (side: string) =>
    SCHEMA_KINDS_OF_SQL.includes(String(property('FORMAT') ?? property(side)).toUpperCase());
  const isKey = (kind: string) => kind === 'key' || kind === 'primaryKey';
  const keys = statement.elements.some(({ role }) => isKey(role.kind)) && hasSchema('KEY_FORMAT');
  const values = statement.elements.some(({ role }) => role.kind === 'value') && hasSchema('VALUE_FORMAT');
  return {
    topic,
    partitions: partitions === null ? null : Number(partitions),
    replicas: Math.max(1, Number(property('REPLICAS') ?? 1)),
    schemas: (keys ? 1 : 0) + (values ? 1 : 0),
  };
}

const SCHEMA_KINDS_OF_SQL = ['AVRO', 'JSON_SR', 'PROTOBUF'];

function encoded(writer: RowWriter, row: Row): Buffer | null {
  const out = new ByteWriter();
  return writer.write(row, out) ? out.toBuffer() : null;
}

function schemaText(schema: Printable): string {
  return typeof schema === 'string' ? (/^[a-z]+$/.test(schema) ? `"${schema}"` : schema) : printJson(schema);
}

function windowedKey(key: Buffer, window: NonNullable<InputRecord['window']>): Buffer {
  const bounds = Buffer.alloc(window.kind === 'SESSION' ? 16 : 8);
  if (window.kind === 'SESSION') {
    bounds.writeBigInt64BE(BigInt(window.end), 0);
    bounds.writeBigInt64BE(BigInt(window.start), 8);
  } else bounds.writeBigInt64BE(BigInt(window.start), 0);
  return Buffer.concat([key, bounds]);
}
