// Fetched records on their way to another thread. Records of one fetch share the bytes that were fetched: those are copied once.
import type { Records } from '../../ports/broker.ts';
import { asBuffer } from './buffers.ts';
import { Gift } from './link.ts';

/** Records with the index of their bytes in place of them. */
type Sent = Omit<Records, 'bytes'> & { readonly bytes: number };

/** A poll's answer on its way. */
export interface SentPoll {
  readonly memory: readonly Uint8Array[];
  readonly records: readonly Sent[];
}

export function packPoll(polled: readonly Records[]): Gift | SentPoll {
  if (polled.length === 0) return { memory: [], records: [] };
  const known = new Map<Buffer, number>();
  const memory: Uint8Array<ArrayBuffer>[] = [];
  const transfer: ArrayBuffer[] = [];
  const own = <T extends Float64Array | Int32Array>(column: T): T => {
    // The fetched columns may be views of larger ones.
    const copy = column.slice();
    transfer.push(copy.buffer as ArrayBuffer);
    return copy as T;
  };
  const records = polled.map((one): Sent => {
    let bytes = known.get(one.bytes);
    if (bytes === undefined) {
      bytes = memory.length;
      known.set(one.bytes, bytes);
      const copy = Uint8Array.from(one.bytes);
      memory.push(copy);
      transfer.push(copy.buffer);
    }
    return {
      topic: one.topic,
      partition: one.partition,
      count: one.count,
      nextOffset: one.nextOffset,
      bytes,
      offsets: own(one.offsets),
      timestampsMs: own(one.timestampsMs),
      keyStarts: own(one.keyStarts),
      keyEnds: own(one.keyEnds),
      valueStarts: own(one.valueStarts),
      valueEnds: own(one.valueEnds),
      headerStarts: own(one.headerStarts),
    };
  });
  return new Gift({ memory, records } satisfies SentPoll, transfer);
}

export function unpackPoll({ memory, records }: SentPoll): readonly Records[] {
  const buffers = memory.map(asBuffer);
  return records.map((sent) => ({ ...sent, bytes: buffers[sent.bytes]! }));
}
