// The three topics that Connect workers share: made when they are missing, refused when they would lose what they hold.
import { TributaryError } from '../../core/errors.ts';
import type { Broker, TopicSpec } from '../../ports/broker.ts';

/** One of them, as the worker's settings say. */
export interface StoreTopic {
  readonly name: string;
  readonly partitions: number;
  /** -1: the broker's default. */
  readonly replication: number;
  /** The setting that names it. */
  readonly setting: string;
}

export function storeSpec({ name, partitions, replication }: StoreTopic): TopicSpec {
  const config = { 'cleanup.policy': 'compact' };
  return { name, partitions, config, ...(replication > 0 ? { replication } : {}) };
}

/** Makes the topic when it is missing; answers how many partitions it has. Throws `config` when it is of the wrong make. */
export async function openStoreTopic(broker: Broker, topic: StoreTopic): Promise<number> {
  const { name, partitions, setting } = topic;
  const made = await broker.createTopics([storeSpec(topic)]);
  const count = (await broker.topic(name))?.partitions ?? partitions;
  if (made.includes(name)) return count;
  const policy = await cleanupPolicy(broker, name);
  if (policy !== 'compact') {
    throw new TributaryError('TRIB_STORE_TOPIC', 'config', {
      what: `Topic '${name}' supplied via the '${setting}' property is required to have 'cleanup.policy=compact', but has 'cleanup.policy=${policy}': what it holds would be lost in time.`,
      where: `${setting}=${name}`,
      fix: `Set cleanup.policy=compact on the topic (and look whether records are missing already), or change '${setting}' to another topic.`,
    });
  }
  if (partitions === 1 && count !== 1) {
    throw new TributaryError('TRIB_STORE_TOPIC', 'config', {
      what: `Topic '${name}' supplied via the '${setting}' property is required to have a single partition, but has ${count}: the order of its records would be lost.`,
      where: `${setting}=${name}`,
      fix: `Change '${setting}' to a topic with one partition, or let the worker make it.`,
    });
  }
  return count;
}

/** A topic without a policy of its own has the broker's, which is `delete` unless somebody changed it for all topics. */
async function cleanupPolicy(broker: Broker, topic: string): Promise<string> {
  try {
    return (await broker.clusterAdmin.topicConfig(topic)).get('cleanup.policy') ?? 'delete';
  } catch (error) {
    // Not allowed to ask: the topic is believed, as Kafka Connect does.
    if (error instanceof TributaryError && error.kind === 'fatal') return 'compact';
    throw error;
  }
}
