// Fetch: the answer is not decoded here, only cut into the raw batches of each partition.

import type { AbortedTransaction } from '../../record-batch/index.ts';
import type { Call } from '../link.ts';
import { WireWriter } from '../wire.ts';

export interface FetchPartition {
  readonly partition: number;
  readonly offset: number;
  readonly bytesMax: number;
}

/** The broker answers once there are `bytesMin`, or after `waitMs`, and about `bytesMax` at most. */
export interface FetchLimits {
  readonly waitMs: number;
  readonly bytesMin: number;
  readonly bytesMax: number;
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Raw batches: `bytes[start, end)`. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

export interface Fetched {
  readonly throttleMs: number;
  readonly partitions: readonly FetchedPartition[];
}

const NONE: readonly AbortedTransaction[] = [];

export function fetchCall(
  partitions: ReadonlyMap<string, readonly FetchPartition[]>,
  isolation: 'committed' | 'uncommitted',
  { waitMs, bytesMin, bytesMax }: FetchLimits,
): Call<Fetched> {
  const body = new WireWriter().int32(-1).int32(waitMs).int32(bytesMin).int32(bytesMax);
  body.int8(isolation === 'committed' ? 1 : 0);
  body.int32(0).int32(-1); // no fetch session
  body.array(partitions, ([topic, entries]) => {
    body.string(topic).array(entries, (entry) => {
      body.int32(entry.partition).int32(-1).int64(entry.offset).int64(-1).int32(entry.bytesMax);
    });
  });
  body.int32(0).string(''); // nothing forgotten, no rack
  return {
    apiKey: 1,
    apiVersion: 11,
    apiName: 'Fetch',
    body: [body.done()],
    extraTimeoutMs: waitMs,
    read: (answer) => {
      const throttleMs = answer.int32();
      answer.int16(); // errors of the request as a whole concern sessions only
      answer.int32();
      const found: FetchedPartition[] = [];
      answer.array(() => {
        const topic = answer.string()!;
        answer.array(() => {
          const partition = answer.int32();
          const errorCode = answer.int16();
          answer.position += 24; // high watermark, last stable offset, log start
          const abortedCount = answer.int32();
          const aborted: AbortedTransaction[] = [];
          for (let i = 0; i < abortedCount; i++)
            aborted.push({ producerId: answer.int64(), firstOffset: answer.int64() });
          answer.int32(); // preferred replica
          const length = Math.max(0, answer.int32());
          const start = answer.position;
          answer.position += length;
          const place = { topic, partition, errorCode, bytes: answer.bytes, start, end: answer.position };
          found.push({ ...place, aborted: aborted.length === 0 ? NONE : aborted });
        });
      });
      return { throttleMs, partitions: found };
    },
  };
}
