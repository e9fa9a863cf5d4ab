// Finds the first record of a partition with at least a given time.

import { decodeBatches } from '../record-batch/index.ts';
import type { PartitionLog } from './partition-log.ts';

const STEP_BYTES = 1 << 20;

/** The offset of the first record whose time is at least `timestampMs`; the end of the log when there is none. */
export function offsetForTime(log: PartitionLog, timestampMs: number): number {
  for (const segment of log.segments) {
    let position = segment.positionOfTime(timestampMs);
    while (position !== null && position < segment.bytes) {
      const bytes = segment.read(position, STEP_BYTES);
      const place = { topic: log.name, partition: 0, bytes, start: 0, end: bytes.length };
      const decoded = decodeBatches({ ...place, from: 0, until: Number.POSITIVE_INFINITY, aborted: null });
      for (const records of decoded.records) {
        const index = records.timestampsMs.findIndex((time) => time >= timestampMs);
        if (index >= 0) return records.offsets[index]!;
      }
      position += decoded.consumedTo;
    }
  }
  return log.nextOffset;
}
