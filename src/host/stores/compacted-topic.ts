// Reading a small compacted topic whole: the config and offset stores are folds of one.
import { type Broker, type Offsets, partitionKey, type Records, type TopicSpec } from '../../ports/broker.ts';

/** One record: key and value as text, null value for a tombstone. */
export type OnEntry = (key: string, value: string | null) => void;

const POLL_WAIT_MS = 200;

/** Makes the topic when it is missing and hands over every committed record, oldest first within a partition. Answers its partition count. */
export async function readWhole(broker: Broker, spec: TopicSpec, onEntry: OnEntry): Promise<number> {
  await broker.createTopics([spec]);
  const info = await broker.topic(spec.name);
  const count = info?.partitions ?? spec.partitions;
  const keys = Array.from({ length: count }, (_, partition) => partitionKey(spec.name, partition));
  const from = await broker.offsets(keys, 'earliest');
  const ends = await broker.offsets(keys, 'stable');
  const left = new Map(keys.filter((key) => (ends.get(key) ?? 0) > (from.get(key) ?? 0)).map((key) => [key, 0]));
  if (left.size > 0) await readTo(broker, from, ends, left, onEntry);
  return count;
}

async function readTo(
  broker: Broker,
  from: Offsets,
  ends: Offsets,
  left: Map<string, number>,
  onEntry: OnEntry,
): Promise<void> {
  const start = new Map([...left.keys()].map((key) => [key, from.get(key) ?? 0]));
  const reader = await broker.read(start, { isolation: 'committed' });
  try {
    while (left.size > 0) {
      for (const records of await reader.poll(POLL_WAIT_MS)) {
        eachEntry(records, onEntry);
        const at = partitionKey(records.topic, records.partition);
        if (records.nextOffset >= (ends.get(at) ?? 0)) left.delete(at);
      }
    }
  } finally {
    await reader.close();
  }
}

/** Hands over the records of a poll that have a key. */
export function eachEntry(records: Records, onEntry: OnEntry): void {
  for (let i = 0; i < records.count; i++) {
    if (records.keyStarts[i]! < 0) continue;
    const key = records.bytes.toString('utf8', records.keyStarts[i], records.keyEnds[i]);
    const isTombstone = records.valueStarts[i]! < 0;
    onEntry(key, isTombstone ? null : records.bytes.toString('utf8', records.valueStarts[i], records.valueEnds[i]));
  }
}
