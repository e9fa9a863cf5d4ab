// A broker that is lent: the same, but for what is done otherwise, and closing it closes nothing.
import type { Broker } from '../../ports/broker.ts';

/** The calls that whoever lends it does in its own way. */
export type LentCalls = Pick<Broker, 'read' | 'produce' | 'transact'>;

export function lentBroker(broker: Broker, own: LentCalls): Broker {
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
    join: (options, handler) => broker.join(options, handler),
    close: async () => {},
    ...own,
  };
}
