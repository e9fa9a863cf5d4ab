// The broker port: topics, partitions, transactions. Two adapters pass `test/ports/broker.contract.ts`:
// kafkajs (real Kafka, our own record-batch codec) and the embedded durable log.
//
// Data moves as columns of slices over the fetched bytes, not as objects a record: a poll answers `Records`, and output is
// appended straight into the record batch that goes on the wire. Offsets are numbers: exact below 2^53, which no log reaches.

import type { ClusterAdmin } from './cluster-admin.ts';
import type { GroupHandler, GroupOptions, Membership } from './group.ts';

/** Records of one topic-partition in offset order, as columns of slices into `bytes`. Valid until the caller drops them. */
export interface Records {
  readonly topic: string;
  readonly partition: number;
  readonly count: number;
  /** All slices point here (already decompressed). */
  readonly bytes: Buffer;
  readonly offsets: Float64Array;
  /** Milliseconds since the epoch; −1 when the record has none. */
  readonly timestampsMs: Float64Array;
  /** −1: null key. */
  readonly keyStarts: Int32Array;
  readonly keyEnds: Int32Array;
  /** −1: null value (tombstone). */
  readonly valueStarts: Int32Array;
  readonly valueEnds: Int32Array;
  /** Where the record's encoded headers start (Kafka v2 layout: varint count, then pairs); −1 when it has none. Read with `headersAt`. */
  readonly headerStarts: Int32Array;
  /** The offset to go on from. May lie beyond the last record: control batches and aborted records are skipped. */
  readonly nextOffset: number;
}

/** Headers in order; a name may occur more than once. */
export type Headers = readonly (readonly [name: string, value: Buffer | null])[];

/** `topic-partition` → the next offset to read or the end of a log. Keys are made by {@link partitionKey}. */
export type Offsets = ReadonlyMap<string, number>;

/** The key of a partition in maps: `orders-3`. */
export function partitionKey(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/** The parts of a {@link partitionKey}. */
export function splitPartitionKey(key: string): { readonly topic: string; readonly partition: number } {
  const dash = key.lastIndexOf('-');
  return { topic: key.slice(0, dash), partition: Number(key.slice(dash + 1)) };
}

/** What a topic is made with. */
export interface TopicSpec {
  readonly name: string;
  /** −1: the broker's default. */
  readonly partitions: number;
  /** −1, or not given: the broker's default. */
  readonly replication?: number;
  /** Broker-side settings such as `cleanup.policy`, `retention.ms`. */
  readonly config?: Readonly<Record<string, string>>;
}

/** What is known of an existing topic. */
export interface TopicInfo {
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
}

/** How a reader reads. */
export interface ReadOptions {
  /** `committed` hides records of open and aborted transactions (the default everywhere in the product). */
  readonly isolation: 'committed' | 'uncommitted';
  /** Upper bound of bytes a poll answers for one partition. Default 4 MiB. */
  readonly partitionBytesMax?: number;
  /** How a broker is asked, where one is: bytes of a whole answer at most, bytes it waits for, and how long it waits. */
  readonly bytesMax?: number;
  readonly bytesMin?: number;
  readonly waitMs?: number;
}

/** Reads a fixed set of partitions. One owner, one pending call at a time. */
export interface Reader {
  /**
   * What has arrived, at most one entry a partition and record batch run, fetched ahead in the background. An entry may
   * hold no record: it then only tells that reading has passed over markers, aborted records or compacted ones.
   * Waits up to `maxWaitMs` when there is nothing; answers `[]` then. When only control batches or aborted records lay ahead,
   * it answers an entry with `count` 0 whose `nextOffset` is past them: so a reader always gets to the stable end. Throws `transient` when the broker cannot be
   * reached (the next poll tries again), `fatal` when an offset is out of range.
   */
  poll(maxWaitMs: number): Promise<readonly Records[]>;
  /** Goes on from `offset`; what was fetched ahead of that partition is dropped. */
  seek(topic: string, partition: number, offset: number): void;
  /** Polls answer nothing of these partitions until `resume`. */
  pause(partitions: Iterable<string>): void;
  resume(partitions: Iterable<string>): void;
  close(): Promise<void>;
}

/** The open output buffer of one topic-partition. */
export interface Lane {
  /**
   * Copies one record into the batch being built. Synchronous; never waits.
   * A null `key` or `value` buffer is a null key or tombstone. `headers` are encoded only when given.
   * `timestampMs` −1 is written as the producer's time. Throws `data` when the record can never be sent for its size.
   */
  append(
    timestampMs: number,
    key: Buffer | null,
    keyStart: number,
    keyEnd: number,
    value: Buffer | null,
    valueStart: number,
    valueEnd: number,
    headers: Headers | null,
  ): void;
}

/**
 * Writes records. One owner. Full batches leave in the background; errors surface at the next `drain`, `flush` or `commit`,
 * and what had not been acknowledged by then is forgotten: the owner appends it again or gives up.
 */
export interface Producer {
  /** The lane of a partition, made at first use and kept. Throws `notFound` at `flush` when the topic does not exist. */
  lane(topic: string, partition: number): Lane;
  /** Resolves when no more than a fixed number of bytes waits to be acknowledged: call it once per input chunk. */
  drain(): Promise<void>;
  /** Resolves when all that was appended is acknowledged by all in-sync replicas; answers the end of each lane written since the last flush. */
  flush(): Promise<Offsets>;
  close(): Promise<void>;
}

/** Writes in transactions under a fixed id; opening one fences every older holder of the id. */
export interface TransactionalProducer extends Producer {
  begin(): void;
  /**
   * Flushes and commits output and `inputs` as one atomic step; answers the end of each lane written in it (its commit marker
   * not counted). Throws `fenced` when another holder has taken the id: close quietly.
   */
  commit(group: string | null, inputs: Offsets): Promise<Offsets>;
  abort(): Promise<void>;
}

/** Options of a producer. */
export interface ProducerOptions {
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  /** The largest record that is sent, before compression. */
  readonly recordBytesMax?: number;
  /** How long a batch is tried to be delivered. */
  readonly deliveryTimeoutMs?: number;
  /** How long the broker leaves an unfinished transaction open. */
  readonly transactionTimeoutMs?: number;
}

/** The broker. All methods throw `transient` errors while it cannot be reached. */
export interface Broker {
  /** What is needed now and then, beside reading and writing. */
  readonly clusterAdmin: ClusterAdmin;
  /** Makes topics; those that exist are left as they are. Answers the names really made. */
  createTopics(topics: readonly TopicSpec[]): Promise<readonly string[]>;
  deleteTopics(names: readonly string[]): Promise<void>;
  listTopics(): Promise<readonly TopicInfo[]>;
  /** Null when there is no such topic. Served from a cache that is refreshed when it is older than a few seconds or after `createTopics`. */
  topic(name: string): Promise<TopicInfo | null>;
  /** Earliest offsets, log ends, or the ends of what read-committed readers may see (`stable`). */
  offsets(partitions: Iterable<string>, at: 'earliest' | 'latest' | 'stable'): Promise<Offsets>;
  /** First offset whose timestamp is ≥ `timestampMs`; the end when there is none. */
  offsetsForTime(partitions: Iterable<string>, timestampMs: number): Promise<Offsets>;
  /** Committed offsets of a group; partitions without one are absent. Waits for pending transactional commits to settle. */
  committed(group: string, partitions: Iterable<string>): Promise<Offsets>;
  /** Commits for a group without members (the product assigns partitions itself). */
  commit(group: string, offsets: Offsets): Promise<void>;
  /** Forgets a group and its offsets. Missing groups are fine. */
  deleteGroup(group: string): Promise<void>;
  /** Reads the partitions from the given offsets. */
  read(from: Offsets, options: ReadOptions): Promise<Reader>;
  /** An idempotent producer. */
  produce(options?: ProducerOptions): Promise<Producer>;
  /** A transactional producer; fences older holders and ends their open transactions before it resolves. */
  transact(id: string, options?: ProducerOptions): Promise<TransactionalProducer>;
  /**
   * Becomes a member of a group; the first round follows. Throws `fatal` when the group's members speak another protocol. The
   * membership ends with `leave`, or when the broker is closed.
   */
  join(options: GroupOptions, handler: GroupHandler): Promise<Membership>;
  close(): Promise<void>;
}
