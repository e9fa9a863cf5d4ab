// The ledger of back-fills: a compacted topic of one partition beside the data.
//
// Law: what a load has written and how far it has come are committed in one transaction, so neither can be true without the
// other; and what the broker holds is believed over the job queue, which may have been wiped or may remember a wiped broker. The
// committed offset of a load's group says the same as its ledger entry, but brokers forget groups after a week of silence.
//
// Keys: `job:<name>` the job as it stands; `file:<id>:<number>` how far a file is loaded.

import type { Broker, Producer, Records } from '../ports/broker.ts';
import { partitionKey } from '../ports/broker.ts';

/** How far a file is loaded. */
export interface FileEntry {
  /** Rows of the file that are done, bad ones counted. */
  readonly rows: number;
  readonly bad: number;
  /** Digest of the file they came from. */
  readonly digest: string;
  readonly done: boolean;
}

const POLL_MS = 500;

export class Ledger {
  readonly topic: string;
  readonly #broker: Broker;
  #writing: Promise<void> = Promise.resolve();

  constructor(broker: Broker, clusterId: string) {
    this.#broker = broker;
    this.topic = `_${clusterId}_backfills`;
  }

  async create(): Promise<void> {
    const config = { 'cleanup.policy': 'compact', 'retention.ms': '-1' };
    await this.#broker.createTopics([{ name: this.topic, partitions: 1, config }]);
  }

  /** The newest entry of every key. Small: compaction keeps one a file. */
  async load(): Promise<Map<string, unknown>> {
    const key = partitionKey(this.topic, 0);
    const [from, end] = await Promise.all([
      this.#broker.offsets([key], 'earliest'),
      this.#broker.offsets([key], 'stable'),
    ]);
    const entries = new Map<string, unknown>();
    const stop = end.get(key) ?? 0;
    let position = from.get(key) ?? 0;
    if (position >= stop) return entries;
    const reader = await this.#broker.read(from, { isolation: 'committed' });
    try {
      while (position < stop) {
        for (const records of await reader.poll(POLL_MS)) {
          take(records, entries);
          position = records.nextOffset;
        }
      }
    } finally {
      await reader.close();
    }
    return entries;
  }

  async file(id: string, number: number): Promise<FileEntry | null> {
    return ((await this.load()).get(fileKey(id, number)) as FileEntry | undefined) ?? null;
  }

  /** Writes an entry by itself; calls are done one after the other. */
  put(key: string, entry: unknown): Promise<void> {
    const done = this.#writing.then(async () => {
      const producer = await this.#broker.produce();
      try {
        this.append(producer, key, entry);
        await producer.flush();
      } finally {
        await producer.close();
      }
    });
    this.#writing = done.catch(() => {});
    return done;
  }

  /** Adds an entry to what the producer writes, e.g. to its open transaction. */
  append(producer: Producer, key: string, entry: unknown): void {
    const keyBytes = Buffer.from(key);
    const value = Buffer.from(JSON.stringify(entry));
    producer.lane(this.topic, 0).append(-1, keyBytes, 0, keyBytes.length, value, 0, value.length, null);
  }
}

/** Key of a file's entry. */
export function fileKey(id: string, number: number): string {
  return `file:${id}:${number}`;
}

function take(records: Records, entries: Map<string, unknown>): void {
  for (let i = 0; i < records.count; i++) {
    const keyStart = records.keyStarts[i]!;
    if (keyStart < 0) continue;
    const key = records.bytes.toString('utf8', keyStart, records.keyEnds[i]!);
    const start = records.valueStarts[i]!;
    if (start < 0) entries.delete(key);
    else entries.set(key, JSON.parse(records.bytes.toString('utf8', start, records.valueEnds[i]!)));
  }
}
