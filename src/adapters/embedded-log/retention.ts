// Deletes the oldest segments of topics that keep their records for a time or up to a size.

import type { PartitionLog } from './partition-log.ts';

export function applyRetention(log: PartitionLog, nowMs: number): void {
  const { deletes, retentionMs, retentionBytes } = log.settings;
  if (!deletes) return;
  let total = 0;
  for (const segment of log.segments) total += segment.bytes;
  while (log.segments.length > 1) {
    const first = log.segments[0]!;
    const isOld = retentionMs >= 0 && first.maxTimestampMs < nowMs - retentionMs;
    const isTooMuch = retentionBytes >= 0 && total - first.bytes >= retentionBytes;
    // What is still undecided is needed by its transaction.
    if ((!isOld && !isTooMuch) || first.nextOffset > log.lastStable) return;
    total -= first.bytes;
    log.dropFirst();
  }
}
