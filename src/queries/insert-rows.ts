// INSERT INTO … VALUES: one row, encoded as the target's topic is and produced.
import { ByteWriter } from '../core/bytes.ts';
import { TributaryError } from '../core/errors.ts';
import { partitionOf } from '../core/murmur2.ts';
import { serdeRef } from '../engine/pipeline/serde-ref.ts';
import type { Serdes } from '../engine/serdes.ts';
import type { RowWriter } from '../formats/format.ts';
import type { Broker, Producer } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import { topicShape } from '../sql/bind/from.ts';
import type { InsertedRow } from '../sql/bind/insert-values.ts';
import type { Source } from '../sql/catalog/catalog.ts';

interface Target {
  readonly source: Source;
  readonly key: RowWriter;
  readonly value: RowWriter;
}

export class RowInserter {
  readonly #broker: Broker;
  readonly #serdes: Serdes;
  readonly #clock: Clock;
  readonly #targets = new Map<string, Target>();
  readonly #keyBytes = new ByteWriter();
  readonly #valueBytes = new ByteWriter();
  #producer: Producer | null = null;
  #nextPartition = 0;

  constructor(broker: Broker, serdes: Serdes, clock: Clock) {
    this.#broker = broker;
    this.#serdes = serdes;
    this.#clock = clock;
  }

  /** Resolves when the row is acknowledged. */
  async insert(row: InsertedRow): Promise<void> {
    const target = await this.#target(row.target);
    const topic = await this.#broker.topic(row.target.topic);
    if (topic === null) {
      throw new TributaryError('TRIB_TOPIC_MISSING', 'notFound', {
        what: `The topic ${row.target.topic} of ${row.target.name} does not exist.`,
        fix: 'Create it, or declare the source with PARTITIONS.',
      });
    }
    this.#producer ??= await this.#broker.produce();
    const keyOut = this.#keyBytes;
    const valueOut = this.#valueBytes;
    keyOut.reset();
    valueOut.reset();
    const hasKey = row.key !== null && target.key.write(row.key, keyOut);
    const hasValue = target.value.write(row.value, valueOut);
    const partition = hasKey
      ? partitionOf(keyOut.bytes, 0, keyOut.position, topic.partitions)
      : this.#nextPartition++ % topic.partitions;
    this.#producer
      .lane(row.target.topic, partition)
      .append(
        row.timestampMs ?? this.#clock.now(),
        hasKey ? keyOut.bytes : null,
        0,
        keyOut.position,
        hasValue ? valueOut.bytes : null,
        0,
        valueOut.position,
        null,
      );
    await this.#producer.flush();
  }

  async close(): Promise<void> {
    await this.#producer?.close();
    this.#producer = null;
  }

  async #target(source: Source): Promise<Target> {
    const known = this.#targets.get(source.name);
    if (known?.source === source) return known;
    const shape = topicShape(source);
    const target: Target = {
      source,
      key: this.#serdes.writer(serdeRef(shape, 'key'), source.topic, true),
      value: this.#serdes.writer(serdeRef(shape, 'value'), source.topic, false),
    };
    await Promise.all([target.key.prepare(), target.value.prepare()]);
    this.#targets.set(source.name, target);
    return target;
  }
}
