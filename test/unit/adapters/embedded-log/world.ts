// A broker's core over memory, with a clock that stands still and a storage that fails on demand.

import { LogCore } from '../../../../src/adapters/embedded-log/core.ts';
import { memoryStorage } from '../../../../src/adapters/embedded-log/memory-storage.ts';
import { EmbeddedTransactionalProducer } from '../../../../src/adapters/embedded-log/producer.ts';
import { EmbeddedReader } from '../../../../src/adapters/embedded-log/reader.ts';
import type { LogFile, Storage } from '../../../../src/adapters/embedded-log/storage.ts';
import type { Lane } from '../../../../src/ports/broker.ts';
import type { Clock } from '../../../../src/ports/clock.ts';

export const still: Clock = { now: () => 1_000_000, sleep: async () => {} };

export function open(storage: Storage): LogCore {
  return new LogCore(storage, still, false);
}

export function append(lane: Lane, key: string, value: string | null, timestampMs = 1): void {
  const bytes = Buffer.from(key);
  const payload = value === null ? null : Buffer.from(value);
  lane.append(timestampMs, bytes, 0, bytes.length, payload, 0, payload?.length ?? 0, null);
}

export function transactional(core: LogCore, id: string): EmbeddedTransactionalProducer {
  return new EmbeddedTransactionalProducer(core, 0, id, core.takeOwnership(id));
}

/** Everything a committed reader sees of a partition, as `key=value@offset`. */
export async function readAll(core: LogCore, key: string, from = core.topics.log(key).startOffset): Promise<string[]> {
  const reader = new EmbeddedReader(core, new Map([[key, from]]), { isolation: 'committed', partitionBytesMax: 200 });
  const rows: string[] = [];
  for (;;) {
    const found = await reader.poll(0);
    if (found.length === 0) break;
    for (const records of found) {
      for (let i = 0; i < records.count; i++) {
        const name = records.bytes.toString('utf8', records.keyStarts[i]!, records.keyEnds[i]!);
        const isNull = records.valueStarts[i]! < 0;
        const value = isNull ? 'null' : records.bytes.toString('utf8', records.valueStarts[i]!, records.valueEnds[i]!);
        rows.push(`${name}=${value}@${records.offsets[i]!}`);
      }
    }
  }
  await reader.close();
  return rows;
}

export type WriteFault = 'none' | 'lose' | 'tear' | { readonly throws: unknown };

/** Passes everything on; before each write `fault` says what becomes of it. After a lost or torn write the "process" is dead. */
export function faultyStorage(under: Storage, fault: (write: number) => WriteFault): Storage {
  let writes = 0;
  let dead = false;
  const guard = (): WriteFault => {
    if (dead) throw new Error('crashed');
    const what = fault(writes++);
    if (what === 'lose' || what === 'tear') dead = true;
    return what;
  };
  const wrap = (file: LogFile): LogFile => ({
    path: file.path,
    size: () => file.size(),
    read: (position, length) => file.read(position, length),
    write: (bytes, position) => {
      const what = guard();
      if (typeof what === 'object') throw what.throws;
      if (what === 'tear') file.write(bytes.subarray(0, bytes.length >>> 1), position);
      if (what !== 'none') throw new Error('crashed');
      file.write(bytes, position);
    },
    truncate: (size) => {
      if (!dead) file.truncate(size);
    },
    sync: () => file.sync(),
    close: () => file.close(),
  });
  return {
    open: (path) => wrap(under.open(path)),
    list: (folder) => under.list(folder),
    makeFolder: (folder) => under.makeFolder(folder),
    remove: (path) => under.remove(path),
    rename: (from, to) => under.rename(from, to),
    readText: (path) => under.readText(path),
    writeText: (path, text) => {
      const what = guard();
      if (typeof what === 'object') throw what.throws;
      if (what !== 'none') throw new Error('crashed');
      under.writeText(path, text);
    },
    close: () => {},
  };
}

export { memoryStorage };
