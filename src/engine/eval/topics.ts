// Topics of one request: records in lists, in order of arrival over all partitions.
import type { Headers } from '../../ports/broker.ts';

export interface StoredRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly headers: Headers;
  /** Ordinal in its partition. */
  readonly offset: number;
  readonly partition: number;
  /** Place among the request's inputs; −1: made by a query or an INSERT. */
  readonly input: number;
}
export interface MemoryTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly records: StoredRecord[];
}

export class MemoryTopics {
  readonly #topics = new Map<string, MemoryTopic>();

  find(name: string): MemoryTopic | null {
    return this.#topics.get(name) ?? null;
  }
  create(name: string, partitions: number, replicas: number): MemoryTopic {
    const existing = this.#topics.get(name);
    if (existing !== undefined) return existing;
    const topic = { name, partitions, replicas, records: [] };
    this.#topics.set(name, topic);
    return topic;
  }
  delete(name: string): void {
    this.#topics.delete(name);
  }
  all(): readonly MemoryTopic[] {
    return [...this.#topics.values()];
  }
  names(): readonly string[] {
    return [...this.#topics.keys()];
  }
  append(name: string, record: Omit<StoredRecord, 'offset' | 'partition'> & { readonly partition?: number }): void {
    const topic = this.create(name, 4, 1);
    const partition = record.partition ?? 0;
    const offset = topic.records.filter((other) => other.partition === partition).length;
    topic.records.push({ ...record, partition, offset });
  }
}
