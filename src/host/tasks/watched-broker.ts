// The broker as a processor gets it: the same, but the host learns which topics it reads and writes, for lineage and REST.

import {
  type Broker,
  type Lane,
  type ProducerOptions,
  splitPartitionKey,
  type TransactionalProducer,
} from '../../ports/broker.ts';
import { lentBroker } from './lent-broker.ts';

/** Told of each topic, possibly many times. */
export type NoteTopic = (topic: string, direction: 'reads' | 'writes') => void;

export function watchedBroker(broker: Broker, note: NoteTopic): Broker {
  return lentBroker(broker, {
    read: (from, options) => {
      for (const key of from.keys()) note(splitPartitionKey(key).topic, 'reads');
      return broker.read(from, options);
    },
    produce: (options) => broker.produce(options),
    transact: async (id: string, options?: ProducerOptions) =>
      watchedProducer(await broker.transact(id, options), note),
  });
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
