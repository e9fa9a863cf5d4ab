// What binding may know of the outside: topics and registered schemas, loaded before a statement is bound.
import { FORMATS, findFormat } from '../formats/index.ts';
import { referenceTexts } from '../formats/registry-frame.ts';
import type { Broker } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import type { Change } from '../sql/bind/change.ts';
import type { Environment, SchemaFacts, SchemaRef, TopicFacts } from '../sql/bind/environment.ts';
import { schemasNeeded } from '../sql/bind/inference.ts';
import type { Catalog } from '../sql/catalog/catalog.ts';
import type { Functions } from '../sql/functions/registry.ts';
import type { Statement } from '../sql/syntax/ast.ts';

export interface FactsPorts {
  readonly broker: Broker;
  readonly registry: SchemaRegistry;
  readonly clock: Clock;
  readonly functions: Functions;
}

/** How long a list of topics is believed, for statements that make none. */
const TOPICS_FRESH_MS = 5000;

export class Facts {
  readonly #ports: FactsPorts;
  #topics: ReadonlyMap<string, TopicFacts> = new Map();
  #loadedMs = Number.NEGATIVE_INFINITY;

  constructor(ports: FactsPorts) {
    this.#ports = ports;
  }

  /** Topics were made or deleted: what is known of them is old. */
  forgetTopics(): void {
    this.#loadedMs = Number.NEGATIVE_INFINITY;
  }

  /** All topics of the broker, by name. */
  async topics(fresh: boolean): Promise<ReadonlyMap<string, TopicFacts>> {
    const nowMs = this.#ports.clock.now();
    if (fresh || nowMs - this.#loadedMs > TOPICS_FRESH_MS) {
      const list = await this.#ports.broker.listTopics();
      this.#topics = new Map(
        list.map(({ name, partitions, replication }) => [name, { partitions, replicas: replication }] as const),
      );
      this.#loadedMs = nowMs;
    }
    return this.#topics;
  }

  /** The environment for one statement. `pending` are changes that a list of statements will have made before it. */
  async environment(
    catalog: Catalog,
    properties: Readonly<Record<string, string>>,
    of: { readonly statement: Statement; readonly text: string; readonly pending: readonly Change[] },
  ): Promise<Environment> {
    const { clock, functions } = this.#ports;
    const makesTopics = of.statement.kind === 'createSource' || of.statement.kind === 'createAs';
    const topics = new Map(await this.topics(makesTopics));
    for (const { topics: made } of of.pending) {
      for (const { name, partitions, replicas } of made)
        if (!topics.has(name)) topics.set(name, { partitions, replicas });
    }
    const schemas = new Map<string, SchemaFacts | null>();
    const env: Environment = {
      catalog,
      functions,
      format: findFormat,
      formatNames: FORMATS.map(({ name }) => name),
      properties,
      topic: (name) => topics.get(name) ?? null,
      schema: (ref) => schemas.get(nameOf(ref)) ?? null,
      topicNames: [...topics.keys()],
      nowMs: () => clock.now(),
    };
    for (const ref of schemasNeeded(env, of.statement, of.text)) {
      schemas.set(nameOf(ref), pendingSchema(ref, of.pending) ?? (await this.#schema(ref)));
    }
    return env;
  }

  async #schema(ref: SchemaRef): Promise<SchemaFacts | null> {
    const { registry } = this.#ports;
    const found = 'id' in ref ? await registry.byId(ref.id) : await registry.latest(ref.subject);
    if (found === null) return null;
    const { id, type, schema } = found;
    return { id, type, schema, references: await referenceTexts(registry, found.references) };
  }
}

const TYPE_OF_FORMAT: Readonly<Record<string, SchemaFacts['type']>> = {
  AVRO: 'AVRO',
  JSON_SR: 'JSON',
  PROTOBUF: 'PROTOBUF',
  PROTOBUF_NOSR: 'PROTOBUF',
};

/** The registry's word for a format's schemas. */
export function schemaTypeOf(format: string): SchemaFacts['type'] {
  return TYPE_OF_FORMAT[format] ?? 'AVRO';
}

/** A schema that an earlier statement of the same list will register. */
function pendingSchema(ref: SchemaRef, pending: readonly Change[]): SchemaFacts | null {
  if ('id' in ref) return null;
  for (const { schemas } of pending) {
    const found = schemas.find(({ subject }) => subject === ref.subject);
    if (found !== undefined) return { id: 0, type: schemaTypeOf(found.format), schema: found.schema, references: [] };
  }
  return null;
}

function nameOf(ref: SchemaRef): string {
  return 'id' in ref ? `#${ref.id}` : ref.subject;
}
