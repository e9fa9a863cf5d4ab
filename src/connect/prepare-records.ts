// Records shown one by one, before they are encoded, to the converters that ask for it (`Converter.prepareRecord`).
import type { RecordConverters } from './connectors.ts';
import type { ConnectRecord } from './records.ts';

/** Called once a batch, after schemas are prepared; null entries are skipped. Without such a converter it costs nothing. */
export async function prepareRecords(
  { key, value }: Pick<RecordConverters, 'key' | 'value'>,
  records: readonly (ConnectRecord | null)[],
): Promise<void> {
  if (key.prepareRecord === undefined && value.prepareRecord === undefined) return;
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    if (record === null) continue;
    const { topic, headers } = record;
    const ofKey = record.key === null ? null : key.prepareRecord?.(topic, record.keySchema, record.key, headers);
    if (ofKey !== null && ofKey !== undefined) await ofKey;
    const ofValue =
      record.value === null ? null : value.prepareRecord?.(topic, record.valueSchema, record.value, headers);
    if (ofValue !== null && ofValue !== undefined) await ofValue;
  }
}
