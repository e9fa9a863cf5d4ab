// Two clusters in memory with TopicCopy between them.

import { readOffsetMark } from '../../connectors/topic-copy/mirror-records.ts';
import { memoryBroker } from '../../src/adapters/embedded-log/index.ts';
import type { Broker, Headers, Records } from '../../src/ports/broker.ts';
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
  const found: WholeRecord[] = [];
  for (const records of await readAll(broker, `${topic}-${partition}`)) {
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
  return found;
}

async function readAll(broker: Broker, key: string): Promise<readonly Records[]> {
  const begin = await broker.offsets([key], 'earliest');
  const end = (await broker.offsets([key], 'stable')).get(key)!;
  const reader = await broker.read(begin, { isolation: 'committed' });
  const found: Records[] = [];
  let next = begin.get(key)!;
  while (next < end) {
    for (const records of await reader.poll(100)) {
      found.push(records);
      next = records.nextOffset;
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
  alias = 'source',
): Promise<readonly (readonly [number, number])[]> {
  const found: (readonly [number, number])[] = [];
  for (const records of await readAll(broker, `mm2-offset-syncs.${alias}.internal-0`)) {
    const { bytes, count, keyStarts, keyEnds, valueStarts, valueEnds } = records;
    for (let i = 0; i < count; i++) {
      const mark = readOffsetMark(
        bytes.subarray(keyStarts[i]!, keyEnds[i]!),
        bytes.subarray(valueStarts[i]!, valueEnds[i]!),
      );
      if (mark?.topic === topic && mark.partition === partition) found.push([mark.upstream, mark.downstream]);
    }
  }
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
