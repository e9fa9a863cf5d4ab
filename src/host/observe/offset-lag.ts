// Offsets of a sink with how far each partition is behind, for `GET /connectors/<name>/offsets?details=true`.
//
// The age of the oldest waiting record is mostly known without a fetch (see `lag.ts`); for a connector that is stopped, or that has
// just come up, the record itself is looked at.
import { type Broker, partitionKey, splitPartitionKey } from '../../ports/broker.ts';
import type { Clock } from '../../ports/clock.ts';
import type { OffsetEntry } from '../worker-offsets.ts';
import type { PartitionLag } from './lag.ts';

const READ_LIMIT_MS = 1_000;
const POLL_MS = 200;

/** An offset with its lag; `lag` is absent where it is not known, as for sources. */
export interface OffsetWithLag extends OffsetEntry {
  readonly lag?: { readonly end: number; readonly records: number; readonly milliseconds: number | null };
}

/** Joins offsets and lags. Partitions without a committed offset are shown with a null offset. */
export async function withLag(
  entries: readonly OffsetEntry[],
  lags: readonly PartitionLag[],
  { broker, clock }: { readonly broker: Broker; readonly clock: Clock },
): Promise<readonly OffsetWithLag[]> {
  const ages = await agesOf(
    lags.filter(({ records, milliseconds }) => records > 0 && milliseconds === null),
    broker,
    clock,
  );
  const open = new Map(lags.map((lag) => [lag.partition, lag]));
  const shown = (key: string, entry: OffsetEntry): OffsetWithLag => {
    const lag = open.get(key);
    if (lag === undefined) return entry;
    open.delete(key);
    const milliseconds = lag.milliseconds ?? ages.get(key) ?? null;
    return { ...entry, lag: { end: lag.end, records: lag.records, milliseconds } };
  };
  const listed = entries.map((entry) => shown(keyOf(entry), entry));
  const rest = [...open.keys()].sort().map((key) => {
    const { topic, partition } = splitPartitionKey(key);
    return shown(key, { partition: { kafka_partition: partition, kafka_topic: topic }, offset: null });
  });
  return [...listed, ...rest];
}

function keyOf({ partition }: OffsetEntry): string {
  return partitionKey(String(partition?.['kafka_topic']), Number(partition?.['kafka_partition']));
}

async function agesOf(
  lags: readonly PartitionLag[],
  broker: Broker,
  clock: Clock,
): Promise<ReadonlyMap<string, number>> {
  const ages = new Map<string, number>();
  if (lags.length === 0) return ages;
  const from = new Map(lags.map(({ partition, position }) => [partition, position]));
  const reader = await broker.read(from, { isolation: 'committed', partitionBytesMax: 1 << 16 });
  const startedMs = clock.now();
  try {
    while (ages.size < lags.length && clock.now() - startedMs < READ_LIMIT_MS) {
      for (const { topic, partition, count, timestampsMs } of await reader.poll(POLL_MS)) {
        const key = partitionKey(topic, partition);
        if (count > 0 && !ages.has(key)) ages.set(key, Math.max(0, clock.now() - timestampsMs[0]!));
      }
    }
  } finally {
    await reader.close();
  }
  return ages;
}
