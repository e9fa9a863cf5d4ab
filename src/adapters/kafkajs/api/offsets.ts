// ListOffsets, and the offsets of groups: OffsetCommit, OffsetFetch, DeleteGroups.

import { check } from '../error-codes.ts';
import type { Call } from '../link.ts';
import { WireWriter } from '../wire.ts';

/** Topic → partitions, as all requests group them. */
export type ByTopic<T> = ReadonlyMap<string, readonly T[]>;

export interface PartitionOffset {
  readonly partition: number;
  readonly offset: number;
}

export interface OffsetAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly offset: number;
}

export const LATEST = -1;
export const EARLIEST = -2;

export function listOffsets(
  partitions: ByTopic<number>,
  timestamp: number,
  isolation: 'committed' | 'uncommitted',
): Call<readonly OffsetAnswer[]> {
  const body = new WireWriter().int32(-1).int8(isolation === 'committed' ? 1 : 0);
  body.array(partitions, ([topic, numbers]) => {
    body.string(topic).array(numbers, (partition) => body.int32(partition).int32(-1).int64(timestamp));
  });
  return {
    apiKey: 2,
    apiVersion: 5,
    apiName: 'ListOffsets',
    body: [body.done()],
    read: (answer) => {
      answer.int32(); // throttle
      const found: OffsetAnswer[] = [];
      answer.array(() => {
        const topic = answer.string()!;
        answer.array(() => {
          const partition = answer.int32();
          const errorCode = answer.int16();
          answer.int64(); // timestamp
          found.push({ topic, partition, errorCode, offset: answer.int64() });
          answer.int32(); // leader epoch
        });
      });
      return found;
    },
  };
}

/** Commits for a group that has no members. */
export function offsetCommit(group: string, offsets: ByTopic<PartitionOffset>): Call<void> {
  const body = new WireWriter().string(group).int32(-1).string('').string(null);
  body.array(offsets, ([topic, entries]) => {
    body.string(topic).array(entries, (entry) => {
      body.int32(entry.partition).int64(entry.offset).int32(-1).string(null);
    });
  });
  return {
    apiKey: 8,
    apiVersion: 7,
    apiName: 'OffsetCommit',
    body: [body.done()],
    read: (answer) => {
      answer.int32(); // throttle
      answer.array(() => {
        const topic = answer.string();
        answer.array(() => {
          const partition = answer.int32();
          check(answer.int16(), `${topic}-${partition}, group ${group}`);
        });
      });
    },
  };
}

/**
 * Answers only partitions that have an offset; `partitions` null asks for all. Throws UNSTABLE_OFFSET_COMMIT while a transaction
 * holds one back.
 */
export function offsetFetch(group: string, partitions: ByTopic<number> | null): Call<readonly OffsetAnswer[]> {
  const body = new WireWriter().noTags().compactString(group);
  if (partitions === null) body.uvarint(0);
  else {
    body.compactArray([...partitions], ([topic, numbers]) => {
      body
        .compactString(topic)
        .compactArray(numbers, (partition) => body.int32(partition))
        .noTags();
    });
  }
  body.bool(true).noTags();
  return {
    apiKey: 9,
    apiVersion: 7,
    apiName: 'OffsetFetch',
    body: [body.done()],
    read: (answer) => {
      answer.skipTags();
      answer.int32(); // throttle
      const found: OffsetAnswer[] = [];
      answer.compactArray(() => {
        const topic = answer.compactString()!;
        answer.compactArray(() => {
          const partition = answer.int32();
          const offset = answer.int64();
          answer.int32(); // leader epoch
          answer.compactString(); // metadata
          const errorCode = answer.int16();
          answer.skipTags();
          check(errorCode, `${topic}-${partition}, group ${group}`);
          if (offset >= 0) found.push({ topic, partition, errorCode, offset });
        });
        answer.skipTags();
      });
      check(answer.int16(), `group ${group}`);
      return found;
    },
  };
}

export function deleteGroup(group: string): Call<number> {
  return {
    apiKey: 42,
    apiVersion: 1,
    apiName: 'DeleteGroups',
    body: [new WireWriter().int32(1).string(group).done()],
    read: (answer) => {
      answer.int32(); // throttle
      let errorCode = 0;
      answer.array(() => {
        answer.string();
        errorCode = answer.int16();
      });
      return errorCode;
    },
  };
}
