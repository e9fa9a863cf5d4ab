// The requests of producers that are idempotent or transactional.

import { check } from '../error-codes.ts';
import type { Call } from '../link.ts';
import type { WireReader } from '../wire.ts';
import { WireWriter } from '../wire.ts';
import type { ByTopic, PartitionOffset } from './offsets.ts';

/** What the broker knows a producer by. */
export interface ProducerIdentity {
  readonly id: number;
  readonly epoch: number;
}

/**
 * A producer id and epoch. Under a transactional id this fences older holders and ends what they left open; with `current`
 * it succeeds only while that is still the newest one, and raises its epoch.
 */
export function initProducerId(
  transactionalId: string | null,
  timeoutMs: number,
  current: ProducerIdentity | null,
): Call<ProducerIdentity> {
  const body = new WireWriter().noTags().compactString(transactionalId).int32(timeoutMs);
  body
    .int64(current?.id ?? -1)
    .int16(current?.epoch ?? -1)
    .noTags();
  return {
    apiKey: 22,
    apiVersion: 4,
    apiName: 'InitProducerId',
    body: [body.done()],
    read: (answer) => {
      answer.skipTags();
      answer.int32(); // throttle
      check(answer.int16(), transactionalId ?? 'idempotent producer');
      return { id: answer.int64(), epoch: answer.int16() };
    },
  };
}

export function addPartitionsToTxn(
  transactionalId: string,
  producer: ProducerIdentity,
  partitions: ByTopic<number>,
): Call<void> {
  const body = start(transactionalId, producer);
  body.array(partitions, ([topic, numbers]) => {
    body.string(topic).array(numbers, (partition) => body.int32(partition));
  });
  return {
    apiKey: 24,
    apiVersion: 2,
    apiName: 'AddPartitionsToTxn',
    body: [body.done()],
    read: (answer) => checkPartitions(answer, transactionalId),
  };
}

export function addOffsetsToTxn(transactionalId: string, producer: ProducerIdentity, group: string): Call<void> {
  return {
    apiKey: 25,
    apiVersion: 2,
    apiName: 'AddOffsetsToTxn',
    body: [start(transactionalId, producer).string(group).done()],
    read: (answer) => checkOne(answer, transactionalId),
  };
}

/** Sent to the group's coordinator. Names no member: fencing rests on the transactional id. */
export function txnOffsetCommit(
  transactionalId: string,
  producer: ProducerIdentity,
  group: string,
  offsets: ByTopic<PartitionOffset>,
): Call<void> {
  const body = new WireWriter().string(transactionalId).string(group).int64(producer.id).int16(producer.epoch);
  body.array(offsets, ([topic, entries]) => {
    body.string(topic).array(entries, (entry) => {
      body.int32(entry.partition).int64(entry.offset).int32(-1).string(null);
    });
  });
  return {
    apiKey: 28,
    apiVersion: 2,
    apiName: 'TxnOffsetCommit',
    body: [body.done()],
    read: (answer) => checkPartitions(answer, transactionalId),
  };
}

export function endTxn(transactionalId: string, producer: ProducerIdentity, commits: boolean): Call<void> {
  return {
    apiKey: 26,
    apiVersion: 2,
    apiName: 'EndTxn',
    body: [start(transactionalId, producer).bool(commits).done()],
    read: (answer) => checkOne(answer, transactionalId),
  };
}

export interface TransactionState {
  readonly state: string;
  readonly producer: ProducerIdentity;
}

/** Who holds a transactional id, and what state its last transaction is in. */
export function describeTransaction(transactionalId: string): Call<TransactionState> {
  const body = new WireWriter().noTags();
  body.compactArray([transactionalId], (id) => body.compactString(id)).noTags();
  return {
    apiKey: 65,
    apiVersion: 0,
    apiName: 'DescribeTransactions',
    body: [body.done()],
    read: (answer) => {
      answer.skipTags();
      answer.int32(); // throttle
      answer.uvarint(); // one entry, the one asked for
      const errorCode = answer.int16();
      answer.compactString(); // id
      const state = answer.compactString() ?? '';
      answer.int32(); // time-out
      answer.int64(); // start
      const producer = { id: answer.int64(), epoch: answer.int16() };
      check(errorCode, transactionalId);
      return { state, producer };
    },
  };
}

function start(transactionalId: string, producer: ProducerIdentity): WireWriter {
  return new WireWriter().string(transactionalId).int64(producer.id).int16(producer.epoch);
}

function checkOne(answer: WireReader, transactionalId: string): void {
  answer.int32(); // throttle
  check(answer.int16(), transactionalId);
}

function checkPartitions(answer: WireReader, transactionalId: string): void {
  answer.int32(); // throttle
  let worst = 0;
  let where = '';
  answer.array(() => {
    const topic = answer.string();
    answer.array(() => {
      const partition = answer.int32();
      const errorCode = answer.int16();
      // 55, "not attempted", only says that another partition of the request failed.
      if (errorCode !== 0 && (worst === 0 || worst === 55)) {
        worst = errorCode;
        where = `${topic}-${partition}`;
      }
    });
  });
  check(worst, worst === 3 ? where : `${transactionalId} (${where})`);
}
