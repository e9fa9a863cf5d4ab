// Produce: sealed batches go out as they are, uncopied, between small pieces of framing.

import type { Call } from '../link.ts';
import { WireWriter } from '../wire.ts';

export interface ProducePartition {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

export interface ProduceAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly baseOffset: number;
}

export interface Produced {
  readonly throttleMs: number;
  readonly partitions: readonly ProduceAnswer[];
}

/** At most one batch a partition. Acknowledged by all in-sync replicas. */
export function produceCall(
  transactionalId: string | null,
  partitions: readonly ProducePartition[],
  timeoutMs: number,
): Call<Produced> {
  const body: Buffer[] = [];
  const byTopic = new Map<string, ProducePartition[]>();
  for (const entry of partitions) {
    const known = byTopic.get(entry.topic);
    if (known === undefined) byTopic.set(entry.topic, [entry]);
    else known.push(entry);
  }
  body.push(new WireWriter().string(transactionalId).int16(-1).int32(timeoutMs).int32(byTopic.size).done());
  for (const [topic, entries] of byTopic) {
    body.push(new WireWriter().string(topic).int32(entries.length).done());
    for (const { partition, batch } of entries) {
      body.push(new WireWriter().int32(partition).int32(batch.length).done(), batch);
    }
  }
  return {
    apiKey: 0,
    apiVersion: 7,
    apiName: 'Produce',
    body,
    read: (answer) => {
      const found: ProduceAnswer[] = [];
      answer.array(() => {
        const topic = answer.string()!;
        answer.array(() => {
          const partition = answer.int32();
          const errorCode = answer.int16();
          found.push({ topic, partition, errorCode, baseOffset: answer.int64() });
          answer.position += 16; // log append time, log start offset
        });
      });
      return { throttleMs: answer.int32(), partitions: found };
    },
  };
}
