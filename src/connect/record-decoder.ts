// Fetched bytes → records, for processors: `Records` in columns become `ConnectRecord`s through the connector's converters.

import type { Records } from '../ports/broker.ts';
import { headersAt } from '../ports/headers.ts';
import type { ErrorStage, RecordConverters } from './connectors.ts';
import { ConnectRecord, type Header, NO_HEADERS } from './records.ts';

/** Told of the record at `index` of the batch, which could not be decoded. */
export type DecodeFailed = (index: number, stage: ErrorStage, error: Error) => void;

/**
 * Decodes one fetched batch: schemas are loaded first, in one go, then each record is decoded synchronously. A record that
 * fails is null in the answer and reported to `failed`; indexes are those of `records`.
 */
export async function decodeRecords(
  records: Records,
  converters: RecordConverters,
  failed: DecodeFailed,
): Promise<(ConnectRecord | null)[]> {
  const { key: keys, value: values, header: headers } = converters;
  const loadingKeys = keys.prepareDecode(records.bytes, records.keyStarts, records.keyEnds, records.count);
  const loadingValues = values.prepareDecode(records.bytes, records.valueStarts, records.valueEnds, records.count);
  if (loadingKeys !== null) await loadingKeys;
  if (loadingValues !== null) await loadingValues;

  const { topic, partition, bytes, keyStarts, keyEnds, valueStarts, valueEnds, timestampsMs, offsets } = records;
  const decoded = new Array<ConnectRecord | null>(records.count);
  // A processor's records are read and written: the partition read is their source partition, too.
  const sourcePartition = { topic, partition };
  let stage: ErrorStage = 'KEY_CONVERTER';
  let i = 0;
  while (i < records.count) {
    try {
      for (; i < records.count; i++) {
        stage = 'KEY_CONVERTER';
        const key = keys.decode(topic, bytes, keyStarts[i]!, keyEnds[i]!);
        stage = 'VALUE_CONVERTER';
        const value = values.decode(topic, bytes, valueStarts[i]!, valueEnds[i]!);
        stage = 'HEADER_CONVERTER';
        const timestampMs = timestampsMs[i]!;
        decoded[i] = new ConnectRecord({
          topic,
          partition,
          keySchema: key.schema,
          key: key.value,
          valueSchema: value.schema,
          value: value.value,
          timestampMs: timestampMs < 0 ? null : timestampMs,
          headers: records.headerStarts[i]! < 0 ? NO_HEADERS : decodeHeaders(records, i, headers),
          origin: { topic, partition, offset: offsets[i]! },
          sourcePartition,
          sourceOffset: null,
        });
      }
    } catch (error) {
      decoded[i] = null;
      failed(i, stage, error instanceof Error ? error : new Error(String(error)));
      i++;
    }
  }
  return decoded;
}

function decodeHeaders(records: Records, index: number, converter: RecordConverters['header']): readonly Header[] {
  const headers: Header[] = [];
  for (const [name, value] of headersAt(records, index)) headers.push(converter.decode(records.topic, name, value));
  return headers;
}
