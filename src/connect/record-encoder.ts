// Records → bytes in the lanes of a producer, for processors. Schemas and topics are made ready first, once each; the rest is
// synchronous.

import type { Schema } from '../core/data/schema.ts';
import { TributaryError } from '../core/errors.ts';
import { partitionOf } from '../core/murmur2.ts';
import type { Broker, Headers, Lane, Producer } from '../ports/broker.ts';
import type { ErrorStage, RecordConverters } from './connectors.ts';
import type { Converter } from './converter.ts';
import { prepareRecords } from './prepare-records.ts';
import type { ConnectRecord, Header } from './records.ts';

/** How a record finds its partition: by its key, as every Kafka client does, or by the number of the partition it was read from. */
export type PartitionRule = 'key' | 'input';

/** How a topic that is missing is made. */
export interface NewTopics {
  /** Absent: as many as the input topic has. */
  readonly partitions?: number;
  /** Absent: the broker's default. */
  readonly replication?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/** Told of the record at `index`, which could not be encoded. */
export type EncodeFailed = (index: number, stage: ErrorStage, error: Error) => void;

interface OutputTopic {
  readonly partitions: number;
  readonly lanes: (Lane | undefined)[];
}

/** Encodes records into one producer. Made anew with each producer. */
export class RecordEncoder {
  readonly #producer: Producer;
  readonly #broker: Broker;
  readonly #converters: RecordConverters;
  readonly #newTopics: NewTopics;
  readonly #rule: PartitionRule;
  readonly #topics = new Map<string, OutputTopic>();
  readonly #preparedKeys = new Map<string, WeakSet<Schema>>();
  readonly #preparedValues = new Map<string, WeakSet<Schema>>();
  #roundRobin = 0;

  constructor(
    producer: Producer,
    broker: Broker,
    options: {
      readonly converters: RecordConverters;
      readonly newTopics: NewTopics;
      readonly partitionBy: PartitionRule;
    },
  ) {
    this.#producer = producer;
    this.#broker = broker;
    this.#converters = options.converters;
    this.#newTopics = options.newTopics;
    this.#rule = options.partitionBy;
  }

  /** Makes missing topics and registers new schemas of these records; null entries are skipped. */
  async prepare(records: readonly (ConnectRecord | null)[]): Promise<void> {
    let topic = '';
    let keySchema: Schema | null | undefined;
    let valueSchema: Schema | null | undefined;
    for (let i = 0; i < records.length; i++) {
      const record = records[i]!;
      if (record === null) continue;
      // What has no payload has no schema to register: the schema of a tombstone would become the subject's latest.
      const keyNow = record.key === null ? null : record.keySchema;
      const valueNow = record.value === null ? null : record.valueSchema;
      if (record.topic === topic && keyNow === keySchema && valueNow === valueSchema) continue;
      topic = record.topic;
      keySchema = keyNow;
      valueSchema = valueNow;
      if (!this.#topics.has(topic)) await this.#openTopic(topic, record.origin?.topic ?? null);
      await prepareSchema(this.#converters.key, this.#preparedKeys, topic, keySchema);
      await prepareSchema(this.#converters.value, this.#preparedValues, topic, valueSchema);
    }
    await prepareRecords(this.#converters, records);
  }

  /** Appends the prepared records; answers how many. Those that cannot be encoded are reported. */
  append(records: readonly (ConnectRecord | null)[], failed: EncodeFailed): number {
    const { key: keys, value: values, header: headers } = this.#converters;
    let written = 0;
    let stage: ErrorStage = 'HEADER_CONVERTER';
    let i = 0;
    while (i < records.length) {
      try {
        for (; i < records.length; i++) {
          const record = records[i]!;
          if (record === null) continue;
          const { topic } = record;
          stage = 'HEADER_CONVERTER';
          const encodedHeaders = record.headers.length === 0 ? null : encodeHeaders(topic, record.headers, headers);
          stage = 'KEY_CONVERTER';
          const key = keys.encode(topic, record.keySchema, record.key, record.headers);
          const lane = this.#laneOf(record, key);
          stage = 'VALUE_CONVERTER';
          const value = values.encode(topic, record.valueSchema, record.value, record.headers);
          lane.append(
            record.timestampMs ?? -1,
            key,
            0,
            key === null ? 0 : key.length,
            value,
            0,
            value === null ? 0 : value.length,
            encodedHeaders,
          );
          written++;
        }
      } catch (error) {
        failed(i, stage, error instanceof Error ? error : new Error(String(error)));
        this.#forgetSchema(records[i]!, stage);
        i++;
      }
    }
    return written;
  }

  /** A schema that the registry did not take is offered again with the next batch: somebody may have made room for it. */
  #forgetSchema({ topic, keySchema, valueSchema }: ConnectRecord, stage: ErrorStage): void {
    if (stage === 'KEY_CONVERTER' && keySchema !== null) this.#preparedKeys.get(topic)?.delete(keySchema);
    if (stage === 'VALUE_CONVERTER' && valueSchema !== null) this.#preparedValues.get(topic)?.delete(valueSchema);
  }

  /** A lane for raw bytes (dead letters), by the key's hash. */
  async rawLane(topic: string, bytes: Buffer, keyStart: number, keyEnd: number): Promise<Lane> {
    if (!this.#topics.has(topic)) await this.#openTopic(topic, null, { ...this.#newTopics, partitions: 1 });
    const { partitions } = this.#topics.get(topic)!;
    const partition = keyStart < 0 ? this.#roundRobin++ % partitions : partitionOf(bytes, keyStart, keyEnd, partitions);
    return this.#producer.lane(topic, partition);
  }

  #laneOf(record: ConnectRecord, key: Buffer | null): Lane {
    const output = this.#topics.get(record.topic)!;
    const partition = this.#partitionFor(record, key, output.partitions);
    let lane = output.lanes[partition];
    if (lane === undefined) {
      lane = this.#producer.lane(record.topic, partition);
      output.lanes[partition] = lane;
    }
    return lane;
  }

  /** A partition that a transform chose counts before the rule. */
  #partitionFor(record: ConnectRecord, key: Buffer | null, partitions: number): number {
    const read = record.origin === null ? null : record.origin.partition;
    if (record.partition !== null && record.partition !== read) {
      if (record.partition < partitions) return record.partition;
      throw new TributaryError('TRIB_DATA_PARTITION', 'data', {
        what: `A transform chose partition ${record.partition} of ${record.topic}, which has ${partitions}.`,
        fix: 'Give the topic more partitions, or lower the number in the transform.',
      });
    }
    if (this.#rule === 'key' && key !== null) return partitionOf(key, 0, key.length, partitions);
    return (read ?? this.#roundRobin++) % partitions;
  }

  async #openTopic(topic: string, inputTopic: string | null, made: NewTopics = this.#newTopics): Promise<void> {
    let info = await this.#broker.topic(topic);
    if (info === null) {
      const like = made.partitions === undefined && inputTopic !== null ? await this.#broker.topic(inputTopic) : null;
      const partitions = made.partitions ?? like?.partitions ?? 1;
      await this.#broker.createTopics([
        {
          name: topic,
          partitions,
          ...(made.replication === undefined ? {} : { replication: made.replication }),
          ...(made.config === undefined ? {} : { config: made.config }),
        },
      ]);
      info = await this.#broker.topic(topic);
    }
    if (info === null) {
      throw new TributaryError('TRIB_TOPIC_MISSING', 'transient', {
        what: `Topic ${topic} was made but is not there yet.`,
      });
    }
    this.#topics.set(topic, { partitions: info.partitions, lanes: [] });
  }
}

async function prepareSchema(
  converter: Converter,
  known: Map<string, WeakSet<Schema>>,
  topic: string,
  schema: Schema | null,
): Promise<void> {
  if (schema === null) return;
  let prepared = known.get(topic);
  if (prepared === undefined) {
    prepared = new WeakSet();
    known.set(topic, prepared);
  }
  if (prepared.has(schema)) return;
  const registering = converter.prepareEncode(topic, schema);
  if (registering !== null) await registering;
  prepared.add(schema);
}

function encodeHeaders(topic: string, headers: readonly Header[], converter: RecordConverters['header']): Headers {
  const encoded: (readonly [string, Buffer | null])[] = [];
  for (let i = 0; i < headers.length; i++) encoded.push([headers[i]!.key, converter.encode(topic, headers[i]!)]);
  return encoded;
}
