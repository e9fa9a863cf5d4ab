// Divides a batch that turned out too large for its topic. Rare, so it simply decodes and encodes again.

import { headersAt } from '../../ports/headers.ts';
import { decodeBatches } from './decode.ts';
import { BatchBuilder, type BuiltBatch, finishBatch } from './encode.ts';

/** Two batches with the records of one (which has at least two), in order. `built` must not be compressed. */
export function splitBatch(built: BuiltBatch): readonly [BuiltBatch, BuiltBatch] {
  const bytes = Buffer.from(built.bytes);
  const stamp = {
    baseOffset: 0,
    codecId: 0,
    transactional: false,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
  };
  finishBatch(bytes, built, stamp);
  const place = { topic: '', partition: 0, bytes, start: 0, end: bytes.length };
  const decoded = decodeBatches({ ...place, from: 0, until: Number.POSITIVE_INFINITY, aborted: null });
  const records = decoded.records[0]!;
  const middle = records.count >>> 1;
  const part = (start: number, end: number): BuiltBatch => {
    const builder = new BatchBuilder(bytes.length);
    for (let i = start; i < end; i++) {
      const key = records.keyStarts[i]! < 0 ? null : bytes;
      const value = records.valueStarts[i]! < 0 ? null : bytes;
      const headers = records.headerStarts[i]! < 0 ? null : headersAt(records, i);
      const { timestampsMs, keyStarts, keyEnds, valueStarts, valueEnds } = records;
      builder.append(timestampsMs[i]!, key, keyStarts[i]!, keyEnds[i]!, value, valueStarts[i]!, valueEnds[i]!, headers);
    }
    return builder.take();
  };
  return [part(0, middle), part(middle, records.count)];
}
