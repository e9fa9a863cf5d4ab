// The side of the broker: keeps the readers and producers that the other thread has opened, and closes them when it is gone.
import type {
  Broker,
  Lane,
  Offsets,
  Producer,
  ProducerOptions,
  Reader,
  ReadOptions,
  TransactionalProducer,
} from '../../ports/broker.ts';
import type { Method } from './link.ts';
import { appendChunk, type SentChunk } from './output.ts';
import { packPoll } from './records.ts';

interface Open {
  readonly producer: Producer;
  readonly lanes: Lane[];
  /** What went wrong with something told: it shows in the next call. */
  failure: unknown;
}

/** Methods for `answerCalls`, and what ends everything that was opened through them. */
export function serveBroker(broker: Broker): {
  readonly methods: ReadonlyMap<string, Method>;
  close(): Promise<void>;
} {
  const readers = new Map<number, Reader>();
  const producers = new Map<number, Open>();
  let lastHandle = 0;
  let closed = false;
  const keep = async <T extends { close(): Promise<void> }>(made: T, add: (handle: number) => void) => {
    // The thread may have ended while this was being opened.
    if (closed) await made.close();
    add(++lastHandle);
    return lastHandle;
  };
  const keepProducer = (producer: Producer) =>
    keep(producer, (handle) => producers.set(handle, { producer, lanes: [], failure: null }));
  const told = (handle: number, act: (open: Open) => void): void => {
    const open = producers.get(handle);
    if (open === undefined || open.failure !== null) return;
    try {
      act(open);
    } catch (error) {
      open.failure = error;
    }
  };
  const asked = (handle: number): Producer => {
    const open = producers.get(handle)!;
    const { failure } = open;
    open.failure = null;
    if (failure !== null) throw failure;
    return open.producer;
  };
  const admin = broker.clusterAdmin;
  const methods: Record<string, Method> = {
    'broker.growTopic': (topic: string, partitions: number) => admin.growTopic(topic, partitions),
    'broker.topicConfig': (topic: string) => admin.topicConfig(topic),
    'broker.alterTopicConfig': (topic: string, changes: ReadonlyMap<string, string | null>) =>
      admin.alterTopicConfig(topic, changes),
    'broker.groups': () => admin.groups(),
    'broker.groupOffsets': (group: string) => admin.groupOffsets(group),
    'broker.createTopics': (topics: Parameters<Broker['createTopics']>[0]) => broker.createTopics(topics),
    'broker.deleteTopics': (names: readonly string[]) => broker.deleteTopics(names),
    'broker.listTopics': () => broker.listTopics(),
    'broker.topic': (name: string) => broker.topic(name),
    'broker.offsets': (partitions: string[], at: 'earliest' | 'latest' | 'stable') => broker.offsets(partitions, at),
    'broker.offsetsForTime': (partitions: string[], ms: number) => broker.offsetsForTime(partitions, ms),
    'broker.committed': (group: string, partitions: string[]) => broker.committed(group, partitions),
    'broker.commit': (group: string, offsets: Offsets) => broker.commit(group, offsets),
    'broker.deleteGroup': (group: string) => broker.deleteGroup(group),
    'broker.read': async (from: Offsets, options: ReadOptions) => {
      const reader = await broker.read(from, options);
      return keep(reader, (handle) => readers.set(handle, reader));
    },
    'broker.produce': async (options?: ProducerOptions) => keepProducer(await broker.produce(options)),
    'broker.transact': async (id: string, options?: ProducerOptions) =>
      keepProducer(await broker.transact(id, options)),
    'reader.poll': async (handle: number, maxWaitMs: number) => packPoll(await readers.get(handle)!.poll(maxWaitMs)),
    'reader.seek': (handle: number, topic: string, partition: number, offset: number) =>
      readers.get(handle)?.seek(topic, partition, offset),
    'reader.pause': (handle: number, partitions: string[]) => readers.get(handle)?.pause(partitions),
    'reader.resume': (handle: number, partitions: string[]) => readers.get(handle)?.resume(partitions),
    'reader.close': async (handle: number) => {
      const reader = readers.get(handle);
      readers.delete(handle);
      await reader?.close();
    },
    'producer.lane': (handle: number, topic: string, partition: number) => {
      const open = producers.get(handle);
      open?.lanes.push(open.producer.lane(topic, partition));
    },
    'producer.append': (handle: number, chunk: SentChunk) => told(handle, ({ lanes }) => appendChunk(chunk, lanes)),
    'producer.begin': (handle: number) => told(handle, ({ producer }) => (producer as TransactionalProducer).begin()),
    'producer.drain': (handle: number) => asked(handle).drain(),
    'producer.flush': (handle: number) => asked(handle).flush(),
    'producer.commit': (handle: number, group: string | null, inputs: Offsets) =>
      (asked(handle) as TransactionalProducer).commit(group, inputs),
    'producer.abort': async (handle: number) => {
      const open = producers.get(handle)!;
      open.failure = null;
      await (open.producer as TransactionalProducer).abort();
    },
    'producer.close': async (handle: number) => {
      const open = producers.get(handle);
      producers.delete(handle);
      await open?.producer.close();
    },
  };
  return {
    methods: new Map(Object.entries(methods)),
    close: async () => {
      closed = true;
      const all = [...readers.values(), ...[...producers.values()].map(({ producer }) => producer)];
      readers.clear();
      producers.clear();
      await Promise.allSettled(all.map((one) => one.close()));
    },
  };
}
