// Rows that a task emits → payloads in the producer's lanes. Synchronous: schemas are registered before the first row.
//
// Law: a key's rows all go to one partition (murmur2 of the key bytes, as every Kafka client does); rows without a key go round.
// Law: a row that a back-fill made keeps its mark on whatever topic it is written to.
import type { ByteWriter } from '../core/bytes.ts';
import type { Row } from '../core/data/schema.ts';
import { TributaryError } from '../core/errors.ts';
import { partitionOf } from '../core/murmur2.ts';
import type { RowWriter } from '../formats/format.ts';
import type { Headers, Lane, Producer } from '../ports/broker.ts';
import { BACKFILL_HEADER } from './decode-chunk.ts';
import type { Output } from './topology.ts';

/** One sink, ready to write to. */
export interface OpenSink {
  readonly topic: string;
  readonly partitions: number;
  readonly key: RowWriter;
  readonly value: RowWriter;
}

export class OutputEncoder implements Output {
  /** Rows written, and rows that could not be encoded, since they were last taken. */
  written = 0;
  failed = 0;
  firstFailure: string | null = null;
  readonly #sinks: readonly OpenSink[];
  readonly #lanes: (Lane | undefined)[][];
  readonly #producer: Producer;
  readonly #keyBytes: ByteWriter;
  readonly #valueBytes: ByteWriter;
  readonly #backfillMark: Headers;
  #nextPartition = 0;

  /** @param mark the value of the back-fill header, which says who made the row. */
  constructor(
    sinks: readonly OpenSink[],
    producer: Producer,
    scratch: { readonly key: ByteWriter; readonly value: ByteWriter; readonly mark: string },
  ) {
    this.#sinks = sinks;
    this.#lanes = sinks.map((sink) => new Array<Lane | undefined>(sink.partitions).fill(undefined));
    this.#producer = producer;
    this.#keyBytes = scratch.key;
    this.#valueBytes = scratch.value;
    this.#backfillMark = [[BACKFILL_HEADER, Buffer.from(scratch.mark)]];
  }

  emit(sink: number, key: Row | null, row: Row | null, timeMs: number, headers: Headers | null, silent: boolean): void {
    const target = this.#sinks[sink]!;
    const keyOut = this.#keyBytes;
    const valueOut = this.#valueBytes;
    keyOut.position = 0;
    valueOut.position = 0;
    let hasKey = false;
    let hasValue = false;
    try {
      hasKey = key !== null && target.key.write(key, keyOut);
      hasValue = row !== null && target.value.write(row, valueOut);
    } catch (error) {
      this.#fail(target, error);
      return;
    }
    const partition = hasKey
      ? partitionOf(keyOut.bytes, 0, keyOut.position, target.partitions)
      : this.#nextPartition++ % target.partitions;
    const lane = this.#lanes[sink]![partition] ?? this.#openLane(sink, partition);
    lane.append(
      timeMs,
      hasKey ? keyOut.bytes : null,
      0,
      keyOut.position,
      hasValue ? valueOut.bytes : null,
      0,
      valueOut.position,
      silent ? this.#marked(headers) : headers,
    );
    this.written++;
  }

  #openLane(sink: number, partition: number): Lane {
    const lane = this.#producer.lane(this.#sinks[sink]!.topic, partition);
    this.#lanes[sink]![partition] = lane;
    return lane;
  }

  #marked(headers: Headers | null): Headers {
    if (headers === null || headers.length === 0) return this.#backfillMark;
    return headers.some(([name]) => name === BACKFILL_HEADER) ? headers : [...headers, ...this.#backfillMark];
  }

  /** A row that its format cannot hold is skipped and counted, as an undecodable one is. */
  #fail(target: OpenSink, error: unknown): void {
    if (!(error instanceof TributaryError) || error.kind !== 'data') throw error;
    this.failed++;
    this.firstFailure ??= `A row could not be written to ${target.topic}: ${error.message}`;
  }
}
