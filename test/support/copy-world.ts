// Two clusters in memory with TopicCopy between them.

import { readOffsetMark } from '../../connectors/topic-copy/mirror-records.ts';
import { memoryBroker } from '../../src/adapters/embedded-log/index.ts';
import type { Broker, Headers } from '../../src/ports/broker.ts';
import { headersAt } from '../../src/ports/headers.ts';
import { ProcessorWorld } from './processor-world.ts';

/** A record of a partition, with all that a copy must keep. */
export interface WholeRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
}

export class CopyWorld extends ProcessorWorld {
  /** The cluster that is read. */
  readonly source: Broker;

  constructor() {
    super();
    this.source = memoryBroker(this.clock);
    // Sessions close the cluster they opened; this one outlives them.
    this.other = kept(this.source);
  }

  async writeSource(topic: string, values: readonly string[], partition = 0, headers: Headers | null = null) {
    const producer = await this.source.produce();
    const lane = producer.lane(topic, partition);
    for (let i = 0; i < values.length; i++) {
      const value = Buffer.from(values[i]!);
      const key = Buffer.from(`k-${values[i]!}`);
      lane.append(1_000 + i, key, 0, key.length, value, 0, value.length, headers);
    }
    await producer.flush();
    await producer.close();
  }
}

/** All committed records of one partition. */
export async function recordsOf(broker: Broker, topic: string, partition = 0): Promise<readonly WholeRecord[]> {
  const key = `${topic}-${partition}`;
  const reader = await broker.read(await broker.offsets([key], 'earliest'), { isolation: 'committed' });
  const found: WholeRecord[] = [];
  for (let batches = await reader.poll(1); batches.length > 0; batches = await reader.poll(1)) {
    for (const records of batches) {
      const text = (start: number, end: number) => (start < 0 ? null : records.bytes.toString('utf8', start, end));
      for (let i = 0; i < records.count; i++) {
        found.push({
          offset: records.offsets[i]!,
          timestampMs: records.timestampsMs[i]!,
          key: text(records.keyStarts[i]!, records.keyEnds[i]!),
          value: text(records.valueStarts[i]!, records.valueEnds[i]!),
          headers: headersAt(records, i).map(([name, value]) => [name, value?.toString('utf8') ?? null] as const),
        });
      }
    }
  }
  await reader.close();
  return found;
}

/** Records without their offsets, which differ between a topic and its copy. */
export function contents(records: readonly WholeRecord[]): readonly Omit<WholeRecord, 'offset'>[] {
  return records.map(({ timestampMs, key, value, headers }) => ({ timestampMs, key, value, headers }));
}

/** Committed offset marks of a partition, as [upstream, downstream]. */
export async function marksOf(
  broker: Broker,
  topic: string,
  partition = 0,
): Promise<readonly (readonly [number, number])[]> {
  const name = 'mm2-offset-syncs.source.internal';
  const reader = await broker.read(new Map([[`${name}-0`, 0]]), { isolation: 'committed' });
  const found: (readonly [number, number])[] = [];
  for (let batches = await reader.poll(1); batches.length > 0; batches = await reader.poll(1)) {
    for (const { bytes, count, keyStarts, keyEnds, valueStarts, valueEnds } of batches) {
      for (let i = 0; i < count; i++) {
        const mark = readOffsetMark(
          bytes.subarray(keyStarts[i]!, keyEnds[i]!),
          bytes.subarray(valueStarts[i]!, valueEnds[i]!),
        );
        if (mark?.topic === topic && mark.partition === partition) found.push([mark.upstream, mark.downstream]);
      }
    }
  }
  await reader.close();
  return found;
}

function kept(broker: Broker): Broker {
  return new Proxy(broker, {
    get: (target, name) => {
      if (name === 'close') return async () => {};
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
