// The step all writers of the embedded log share: number a built batch, seal it, put it into its partition's log.

import { TributaryError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { type BuiltBatch, compressSync, finishBatch, HEADER_BYTES, splitBatch } from '../record-batch/index.ts';
import type { Owner } from './journal.ts';
import type { PartitionLog } from './partition-log.ts';

/** Called after an append has closed a segment: retention and compaction may have work. */
export type RollListener = (log: PartitionLog) => void;

/** Appends a batch; answers the offset behind it. `owner` is null outside transactions. */
export function writeBatch(
  log: PartitionLog,
  built: BuiltBatch,
  codecId: number,
  owner: Owner | null,
  clock: Clock,
  rolled: RollListener,
): number {
  if (log.deleted) log.checkRange(0);
  const bytes = codecId === 0 ? built.bytes : compressBatch(built.bytes, codecId);
  if (bytes.length > log.settings.messageBytesMax) {
    // The topic takes less than our batches hold.
    if (built.count === 1) throw tooLarge(log, bytes.length);
    const [first, second] = splitBatch(built);
    writeBatch(log, first, codecId, owner, clock, rolled);
    return writeBatch(log, second, codecId, owner, clock, rolled);
  }
  finishBatch(bytes, built, {
    baseOffset: log.nextOffset,
    codecId,
    transactional: owner !== null,
    producerId: owner?.producerId ?? -1,
    producerEpoch: owner?.epoch ?? -1,
    baseSequence: -1,
  });
  if (log.append(bytes, clock.now())) rolled(log);
  return log.nextOffset;
}

function compressBatch(plain: Buffer, codecId: number): Buffer {
  const records = compressSync(codecId, plain.subarray(HEADER_BYTES));
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + records.length);
  records.copy(bytes, HEADER_BYTES);
  return bytes;
}

/** The fault of a record that its topic does not take. */
export function tooLarge(log: PartitionLog, byteCount: number): TributaryError {
  return new TributaryError('TRIB_RECORD_TOO_LARGE', 'data', {
    what: `A record of ${byteCount} bytes is larger than the topic takes.`,
    where: log.name,
    fix: `Raise its "max.message.bytes" (now ${log.settings.messageBytesMax}), or make the record smaller.`,
  });
}
