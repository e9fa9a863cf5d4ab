// A broker that stands on another thread. Bytes cross in batches: fetched ones as they were fetched, written ones by the chunk.
import type { Broker, Headers, Lane, Offsets, Reader, Records, TransactionalProducer } from '../../ports/broker.ts';
import type { Caller } from './link.ts';
import { misplaced } from './misplaced.ts';
import { OutputChunk, transferOf } from './output.ts';
import { type SentPoll, unpackPoll } from './records.ts';

/** What may lie unacknowledged on the other side before `drain` waits. */
const DRAIN_RECORDS = 8192;

/** The broker behind `serveBroker` at the other end of the link. Closing it leaves that one open. */
export function remoteBroker(link: Caller): Broker {
  const call = <T>(method: string, ...args: unknown[]): Promise<T> => link.call<T>(`broker.${method}`, args);
  return {
    clusterAdmin: {
      growTopic: (topic, partitions) => call('growTopic', topic, partitions),
      topicConfig: (topic) => call('topicConfig', topic),
      alterTopicConfig: (topic, changes) => call('alterTopicConfig', topic, changes),
      groups: () => call('groups'),
      groupOffsets: (group) => call('groupOffsets', group),
    },
    createTopics: (topics) => call('createTopics', topics),
    deleteTopics: (names) => call('deleteTopics', names),
    listTopics: () => call('listTopics'),
    topic: (name) => call('topic', name),
    offsets: (partitions, at) => call('offsets', [...partitions], at),
    offsetsForTime: (partitions, timestampMs) => call('offsetsForTime', [...partitions], timestampMs),
    committed: (group, partitions) => call('committed', group, [...partitions]),
    commit: (group, offsets) => call('commit', group, offsets),
    deleteGroup: (group) => call('deleteGroup', group),
    read: async (from, options) => new RemoteReader(link, await call<number>('read', from, options)),
    produce: async (options) => new RemoteProducer(link, await call<number>('produce', options), false),
    transact: async (id, options) => new RemoteProducer(link, await call<number>('transact', id, options), true),
    join: () => Promise.reject(misplaced('group of workers on a thread')),
    close: async () => {},
  };
}

class RemoteReader implements Reader {
  readonly #link: Caller;
  readonly #handle: number;
  #closed = false;

  constructor(link: Caller, handle: number) {
    this.#link = link;
    this.#handle = handle;
  }

  async poll(maxWaitMs: number): Promise<readonly Records[]> {
    if (this.#closed) return [];
    return unpackPoll(await this.#link.call<SentPoll>('reader.poll', [this.#handle, maxWaitMs]));
  }

  seek(topic: string, partition: number, offset: number): void {
    this.#link.tell('reader.seek', [this.#handle, topic, partition, offset]);
  }

  pause(partitions: Iterable<string>): void {
    this.#link.tell('reader.pause', [this.#handle, [...partitions]]);
  }

  resume(partitions: Iterable<string>): void {
    this.#link.tell('reader.resume', [this.#handle, [...partitions]]);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#link.call('reader.close', [this.#handle]);
  }
}

class RemoteProducer implements TransactionalProducer {
  readonly #link: Caller;
  readonly #handle: number;
  readonly #transactional: boolean;
  readonly #chunk = new OutputChunk();
  readonly #lanes = new Map<string, Lane>();
  #isOpen = false;
  #unacknowledged = 0;
  #closed = false;

  constructor(link: Caller, handle: number, transactional: boolean) {
    this.#link = link;
    this.#handle = handle;
    this.#transactional = transactional;
  }

  lane(topic: string, partition: number): Lane {
    const key = `${topic}-${partition}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      const index = this.#lanes.size;
      this.#link.tell('producer.lane', [this.#handle, topic, partition]);
      lane = {
        append: (timestampMs, keyBytes, keyStart, keyEnd, value, valueStart, valueEnd, headers) =>
          this.#append(index, timestampMs, keyBytes, keyStart, keyEnd, value, valueStart, valueEnd, headers),
      };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  begin(): void {
    if (this.#isOpen) throw misplaced('begin within a transaction');
    this.#isOpen = true;
    this.#link.tell('producer.begin', [this.#handle]);
  }

  async drain(): Promise<void> {
    if (this.#unacknowledged < DRAIN_RECORDS) return;
    this.#unacknowledged = 0;
    await this.#link.call('producer.drain', [this.#handle]);
  }

  async flush(): Promise<Offsets> {
    this.#send();
    this.#unacknowledged = 0;
    return this.#link.call('producer.flush', [this.#handle]);
  }

  async commit(group: string | null, inputs: Offsets): Promise<Offsets> {
    if (!this.#isOpen) throw misplaced('commit outside a transaction');
    this.#send();
    this.#unacknowledged = 0;
    const ends = await this.#link.call<Offsets>('producer.commit', [this.#handle, group, inputs]);
    this.#isOpen = false;
    return ends;
  }

  async abort(): Promise<void> {
    this.#chunk.clear();
    this.#unacknowledged = 0;
    this.#isOpen = false;
    await this.#link.call('producer.abort', [this.#handle]);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // A plain producer sends what it still holds; a transaction that is open ends without effect.
    if (!this.#transactional) this.#send();
    await this.#link.call('producer.close', [this.#handle]);
  }

  #append(
    lane: number,
    timestampMs: number,
    key: Buffer | null,
    keyStart: number,
    keyEnd: number,
    value: Buffer | null,
    valueStart: number,
    valueEnd: number,
    headers: Headers | null,
  ): void {
    if (this.#transactional && !this.#isOpen) throw misplaced('append outside a transaction');
    this.#chunk.append(lane, timestampMs, key, keyStart, keyEnd, value, valueStart, valueEnd, headers);
    if (this.#chunk.isFull) this.#send();
  }

  #send(): void {
    if (this.#chunk.count === 0) return;
    this.#unacknowledged += this.#chunk.count;
    const chunk = this.#chunk.take();
    this.#link.tell('producer.append', [this.#handle, chunk], transferOf(chunk));
  }
}
