// Kafka's requests group partitions by topic; ours are keyed by `topic-partition`.

import { type Offsets, splitPartitionKey } from '../../ports/broker.ts';
import type { ByTopic, PartitionOffset } from './api/offsets.ts';

export function partitionsByTopic(partitions: Iterable<{ topic: string; partition: number }>): ByTopic<number> {
  const grouped = new Map<string, number[]>();
  for (const { topic, partition } of partitions) group(grouped, topic, partition);
  return grouped;
}

export function offsetsByTopic(offsets: Offsets): ByTopic<PartitionOffset> {
  const grouped = new Map<string, PartitionOffset[]>();
  for (const [key, offset] of offsets) {
    const { topic, partition } = splitPartitionKey(key);
    group(grouped, topic, { partition, offset });
  }
  return grouped;
}

function group<T>(grouped: Map<string, T[]>, topic: string, entry: T): void {
  const known = grouped.get(topic);
  if (known === undefined) grouped.set(topic, [entry]);
  else known.push(entry);
}
