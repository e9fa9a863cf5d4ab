// The broker as a processor gets it: the same, but the host learns which topics it reads and writes, for lineage and REST.
import {
  type Broker,
  type Lane,
  type ProducerOptions,
  splitPartitionKey,
  type TransactionalProducer,
} from '../ports/broker.ts';

/** Told of each topic, possibly many times. */
export type NoteTopic = (topic: string, direction: 'reads' | 'writes') => void;

export function watchedBroker(broker: Broker, note: NoteTopic): Broker {
  return {
    clusterAdmin: broker.clusterAdmin,
    createTopics: (topics) => broker.createTopics(topics),
    deleteTopics: (names) => broker.deleteTopics(names),
    listTopics: () => broker.listTopics(),
    topic: (name) => broker.topic(name),
    offsets: (partitions, at) => broker.offsets(partitions, at),
    offsetsForTime: (partitions, timestampMs) => broker.offsetsForTime(partitions, timestampMs),
    committed: (group, partitions) => broker.committed(group, partitions),
    commit: (group, offsets) => broker.commit(group, offsets),
    deleteGroup: (group) => broker.deleteGroup(group),
    read: (from, options) => {
      for (const key of from.keys()) note(splitPartitionKey(key).topic, 'reads');
      return broker.read(from, options);
    },
    produce: (options) => broker.produce(options),
    transact: async (id: string, options?: ProducerOptions) =>
      watchedProducer(await broker.transact(id, options), note),
    join: (options, handler) => broker.join(options, handler),
    close: async () => {},
  };
}

/** Lanes are asked for once and kept, so the note costs nothing a record. */
function watchedProducer(producer: TransactionalProducer, note: NoteTopic): TransactionalProducer {
  const lane = (topic: string, partition: number): Lane => {
    note(topic, 'writes');
    return producer.lane(topic, partition);
  };
  return {
    lane,
    begin: () => producer.begin(),
    drain: () => producer.drain(),
    flush: () => producer.flush(),
    commit: (group, inputs) => producer.commit(group, inputs),
    abort: () => producer.abort(),
    close: () => producer.close(),
  };
}
