// Connect records → bytes in the lanes of a producer: transforms, headers, key, value, partition.
import type { ErrorStage, RecordConverters } from '../../connect/connectors.ts';
import type { Converter, RecordChain } from '../../connect/plugins.ts';
import { prepareRecords } from '../../connect/prepare-records.ts';
import type { ConnectRecord } from '../../connect/records.ts';
import type { Schema } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import { partitionOf } from '../../core/murmur2.ts';
import { compileChain } from '../../plugins/chain.ts';
import type { Headers, Producer } from '../../ports/broker.ts';
import { converterClassName, lazyConverters } from './converters.ts';
import type { TaskFrame } from './task-frame.ts';
import type { AnyFailure } from './tolerance.ts';
import type { TopicCreation } from './topic-creation.ts';

interface Place {
  stage: ErrorStage;
  index: number;
}

export class SourceEncoder {
  readonly #frame: TaskFrame;
  readonly #topics: TopicCreation;
  readonly #converters: RecordConverters;
  readonly #chain: RecordChain;
  /** Schemas made known to the converters, by side and topic. */
  readonly #prepared = new Map<string, Set<Schema | null>>();
  #roundRobin = 0;

  constructor(frame: TaskFrame, topics: TopicCreation) {
    this.#frame = frame;
    this.#topics = topics;
    this.#converters = lazyConverters(frame.config.raw, frame.environment);
    this.#chain = compileChain(frame.config.raw, frame.environment.plugins, (message) => frame.log.warn(message));
  }

  /** Appends what is left of the records after the chain; answers how many. Throws when one fails and the tolerance is `none`. */
  async write(records: readonly ConnectRecord[], producer: Producer): Promise<number> {
    const kept: (ConnectRecord | null)[] = records.slice();
    const failures: AnyFailure[] = [];
    this.#chain(kept, (_, { className, error }) => failures.push({ stage: 'TRANSFORMATION', className, error }));
    for (const failure of failures) this.#settle(failure);
    await this.#prepare(kept);
    await prepareRecords(this.#converters, kept);
    return this.#append(kept, producer);
  }

  /** Topics are made and schemas registered, once each. */
  async #prepare(records: readonly (ConnectRecord | null)[]): Promise<void> {
    const { key, value } = this.#converters;
    let topic = '';
    for (let i = 0; i < records.length; i++) {
      const record = records[i]!;
      if (record === null) continue;
      if (record.topic !== topic) {
        topic = record.topic;
        this.#frame.noteTopic(topic, 'writes');
        if (this.#topics.partitions(topic) === undefined) await this.#topics.ensure(topic);
      }
      // What has no payload has no schema to register: the schema of a tombstone would become the subject's latest.
      const { keySchema, valueSchema } = record;
      if (record.key !== null && !this.#known(`key ${topic}`).has(keySchema)) {
        await this.#prepareSchema(key, 'key', topic, keySchema);
      }
      if (record.value !== null && !this.#known(`value ${topic}`).has(valueSchema)) {
        await this.#prepareSchema(value, 'value', topic, valueSchema);
      }
    }
  }

  #known(side: string): Set<Schema | null> {
    let known = this.#prepared.get(side);
    if (known === undefined) {
      known = new Set();
      this.#prepared.set(side, known);
    }
    return known;
  }

  /** A schema counts as known once the converter has it: a registry that was down is asked again with the batch. */
  async #prepareSchema(converter: Converter, side: string, topic: string, schema: Schema | null): Promise<void> {
    const preparing = converter.prepareEncode(topic, schema);
    if (preparing !== null) await preparing;
    const known = this.#known(`${side} ${topic}`);
    // A source that makes a schema object a record would fill this without end.
    if (known.size >= SCHEMAS_MAX) known.clear();
    known.add(schema);
  }

  /** A schema that the registry did not take is offered again with the next batch: somebody may have made room for it. */
  #forgetSchema(record: ConnectRecord, stage: ErrorStage): void {
    if (stage === 'KEY_CONVERTER') this.#known(`key ${record.topic}`).delete(record.keySchema);
    if (stage === 'VALUE_CONVERTER') this.#known(`value ${record.topic}`).delete(record.valueSchema);
  }

  #append(records: readonly (ConnectRecord | null)[], producer: Producer): number {
    const at: Place = { stage: 'HEADER_CONVERTER', index: 0 };
    let written = 0;
    while (at.index < records.length) {
      try {
        for (; at.index < records.length; at.index++) {
          const record = records[at.index]!;
          if (record === null) continue;
          this.#appendOne(record, producer, at);
          written++;
        }
      } catch (error) {
        if (error instanceof TributaryError && error.kind === 'transient') throw error;
        this.#settle({ stage: at.stage, className: this.#classOf(at.stage), error: asError(error) });
        this.#forgetSchema(records[at.index]!, at.stage);
        at.index++;
      }
    }
    return written;
  }

  #appendOne(record: ConnectRecord, producer: Producer, at: Place): void {
    const { topic } = record;
    at.stage = 'HEADER_CONVERTER';
    const headers = record.headers.length === 0 ? null : this.#headers(record);
    at.stage = 'KEY_CONVERTER';
    const key = this.#converters.key.encode(topic, record.keySchema, record.key, record.headers);
    at.stage = 'VALUE_CONVERTER';
    const value = this.#converters.value.encode(topic, record.valueSchema, record.value, record.headers);
    at.stage = 'KAFKA_PRODUCE';
    const partition = record.partition ?? this.#partitionOf(topic, key);
    producer
      .lane(topic, partition)
      .append(record.timestampMs ?? -1, key, 0, key?.length ?? 0, value, 0, value?.length ?? 0, headers);
  }

  #headers(record: ConnectRecord): Headers {
    return record.headers.map((header) => [header.key, this.#converters.header.encode(record.topic, header)] as const);
  }

  /** Keyed records go where every Kafka client puts them; the others take turns. */
  #partitionOf(topic: string, key: Buffer | null): number {
    const count = this.#topics.partitions(topic) ?? 1;
    return key === null ? this.#roundRobin++ % count : partitionOf(key, 0, key.length, count);
  }

  #settle(failure: AnyFailure): void {
    this.#frame.tolerance.report(failure);
    const verdict = this.#frame.tolerance.verdict(failure);
    if (verdict !== null) throw verdict;
  }

  #classOf(stage: ErrorStage): string {
    const side = { KEY_CONVERTER: 'key', VALUE_CONVERTER: 'value', HEADER_CONVERTER: 'header' } as const;
    if (stage in side) {
      return converterClassName(side[stage as keyof typeof side], this.#frame.config.raw, this.#frame.environment);
    }
    return this.#frame.className;
  }
}

const SCHEMAS_MAX = 1000;

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
