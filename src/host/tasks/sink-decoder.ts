// Fetched bytes → Connect records: converters and transforms, over runs of records.
//
// Law: nothing is awaited a record. Schemas are loaded once a fetched batch; each record is then decoded in place from the slice
// it stands in. A record that fails leaves a null at its index, so indexes keep pointing into `Records`.
import type { ErrorStage, RecordConverters } from '../../connect/connectors.ts';
import type { ChainFailure, RecordChain } from '../../connect/plugins.ts';
import { ConnectRecord, type Header, NO_HEADERS } from '../../connect/records.ts';
import type { Records } from '../../ports/broker.ts';
import { headersAt } from '../../ports/headers.ts';
import { isReplayHeader, originalPlace } from '../dead-letters/dead-letter-form.ts';

/** A record that failed: its index in `Records`. */
export interface DecodeFailure {
  readonly index: number;
  readonly stage: ErrorStage;
  readonly className: string;
  readonly error: Error;
}

export class SinkDecoder {
  readonly #converters: RecordConverters;
  readonly #chain: RecordChain;
  readonly #classNames: Readonly<Record<'key' | 'value' | 'header', string>>;
  readonly #retryTopic: string | null;

  /** @param retryTopic its records are handed on as if they came from the topic that they failed in. */
  constructor(
    converters: RecordConverters,
    chain: RecordChain,
    options: {
      readonly classNames: Readonly<Record<'key' | 'value' | 'header', string>>;
      readonly retryTopic: string | null;
    },
  ) {
    this.#converters = converters;
    this.#chain = chain;
    this.#classNames = options.classNames;
    this.#retryTopic = options.retryTopic;
  }

  /** Loads what decoding these records needs. */
  async prepare(records: Records): Promise<void> {
    const { key, value } = this.#converters;
    const keys = key.prepareDecode(records.bytes, records.keyStarts, records.keyEnds, records.count);
    if (keys !== null) await keys;
    const values = value.prepareDecode(records.bytes, records.valueStarts, records.valueEnds, records.count);
    if (values !== null) await values;
  }

  /** Records `from`…`to` (exclusive) after the chain; null where dropped or failed. */
  run(records: Records, from: number, to: number, failures: DecodeFailure[]): (ConnectRecord | null)[] {
    const decoded = this.#decode(records, from, to, failures);
    this.#chain(decoded, (index, failure) => failures.push(chainFailure(from + index, failure)));
    return decoded;
  }

  #decode(records: Records, from: number, to: number, failures: DecodeFailure[]): (ConnectRecord | null)[] {
    const { topic, partition, bytes, offsets, timestampsMs } = records;
    const { keyStarts, keyEnds, valueStarts, valueEnds, headerStarts } = records;
    const { key: keys, value: values } = this.#converters;
    const here = { topic, partition };
    const isRetry = topic === this.#retryTopic;
    const decoded: (ConnectRecord | null)[] = [];
    let stage: ErrorStage = 'KEY_CONVERTER';
    let i = from;
    while (i < to) {
      try {
        for (; i < to; i++) {
          stage = 'KEY_CONVERTER';
          const place = isRetry ? originalPlace(records, i) : here;
          const key = keys.decode(place.topic, bytes, keyStarts[i]!, keyEnds[i]!);
          stage = 'VALUE_CONVERTER';
          const value = values.decode(place.topic, bytes, valueStarts[i]!, valueEnds[i]!);
          stage = 'HEADER_CONVERTER';
          const headers = headerStarts[i]! < 0 ? NO_HEADERS : this.#headers(records, i, place.topic);
          const timestampMs = timestampsMs[i]!;
          decoded.push(
            new ConnectRecord({
              topic: place.topic,
              partition: place.partition,
              keySchema: key.schema,
              key: key.value,
              valueSchema: value.schema,
              value: value.value,
              timestampMs: timestampMs < 0 ? null : timestampMs,
              headers,
              origin: { topic, partition, offset: offsets[i]! },
              sourcePartition: null,
              sourceOffset: null,
            }),
          );
        }
      } catch (error) {
        decoded.push(null);
        failures.push({ index: i, stage, className: this.#classOf(stage), error: asError(error) });
        i++;
      }
    }
    return decoded;
  }

  #headers(records: Records, index: number, topic: string): readonly Header[] {
    const isRetry = topic !== records.topic;
    const headers: Header[] = [];
    for (const [name, value] of headersAt(records, index)) {
      if (isRetry && isReplayHeader(name)) continue;
      headers.push(this.#converters.header.decode(topic, name, value));
    }
    return headers;
  }

  #classOf(stage: ErrorStage): string {
    if (stage === 'KEY_CONVERTER') return this.#classNames.key;
    return stage === 'VALUE_CONVERTER' ? this.#classNames.value : this.#classNames.header;
  }
}

function chainFailure(index: number, failure: ChainFailure): DecodeFailure {
  return { index, stage: 'TRANSFORMATION', className: failure.className, error: failure.error };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
