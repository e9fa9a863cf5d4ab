// Topics and offsets: everything of the broker port that neither reads nor writes records.

import { quoted, TributaryError } from '../../core/errors.ts';
import { type Offsets, partitionKey, splitPartitionKey, type TopicInfo, type TopicSpec } from '../../ports/broker.ts';
import type { TopicMetadata } from './api/metadata.ts';
import { deleteGroup, EARLIEST, LATEST, listOffsets, offsetCommit, offsetFetch } from './api/offsets.ts';
import { createTopics, deleteTopics, type TopicAnswer } from './api/topics.ts';
import { offsetsByTopic, partitionsByTopic } from './by-topic.ts';
import type { Cluster } from './cluster.ts';
import {
  ConnectionError,
  explain,
  GROUP_ID_NOT_FOUND,
  KafkaError,
  TOPIC_ALREADY_EXISTS,
  UNKNOWN_TOPIC_OR_PARTITION,
} from './error-codes.ts';

const SERVER_TIMEOUT_MS = 15_000;
const APPEAR_WITHIN_MS = 15_000;
// A pending transactional commit settles when its transaction ends, at the latest by the transaction's own time-out.
const SETTLE_WITHIN_MS = 90_000;

export class Admin {
  private readonly cluster: Cluster;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  async createTopics(topics: readonly TopicSpec[]): Promise<readonly string[]> {
    const made: string[] = [];
    let rest = topics;
    await this.cluster.retrying(async () => {
      if (rest.length === 0) return;
      const answers = await this.cluster.callController(createTopics(rest, SERVER_TIMEOUT_MS));
      for (const answer of answers) if (answer.errorCode === 0) made.push(answer.name);
      const failed = answers.filter((answer) => answer.errorCode !== 0 && answer.errorCode !== TOPIC_ALREADY_EXISTS);
      rest = rest.filter((topic) => failed.some((answer) => answer.name === topic.name));
      for (const answer of failed) throw refusal(answer);
    });
    if (made.length > 0) await this.appear(made);
    return made;
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    let rest = names;
    await this.cluster.retrying(async () => {
      if (rest.length === 0) return;
      const answers = await this.cluster.callController(deleteTopics(rest, SERVER_TIMEOUT_MS));
      const failed = answers.filter(
        (answer) => answer.errorCode !== 0 && answer.errorCode !== UNKNOWN_TOPIC_OR_PARTITION,
      );
      rest = failed.map((answer) => answer.name);
      for (const answer of failed) throw refusal(answer);
    });
    for (const name of names) this.cluster.forget(name);
  }

  async listTopics(): Promise<readonly TopicInfo[]> {
    const all = await this.cluster.allTopics();
    const own = all.filter((topic) => !topic.isInternal).map(infoOf);
    return own.sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  async topic(name: string): Promise<TopicInfo | null> {
    const topic = await this.cluster.topic(name);
    return topic === null ? null : infoOf(topic);
  }

  async offsets(partitions: Iterable<string>, at: 'earliest' | 'latest' | 'stable'): Promise<Offsets> {
    return this.list(partitions, at === 'earliest' ? EARLIEST : LATEST, at === 'stable' ? 'committed' : 'uncommitted');
  }

  async offsetsForTime(partitions: Iterable<string>, timestampMs: number): Promise<Offsets> {
    const found = new Map(await this.list(partitions, Math.max(0, timestampMs), 'uncommitted'));
    const late = [...found].filter(([, offset]) => offset < 0).map(([key]) => key);
    if (late.length === 0) return found;
    for (const [key, end] of await this.offsets(late, 'latest')) found.set(key, end);
    return found;
  }

  async committed(group: string, partitions: Iterable<string>): Promise<Offsets> {
    const wanted = partitionsByTopic([...partitions].map(splitPartitionKey));
    const found = new Map<string, number>();
    if (wanted.size === 0) return found;
    const call = offsetFetch(group, wanted);
    const answers = await this.cluster.callCoordinator('group', group, call, SETTLE_WITHIN_MS);
    for (const { topic, partition, offset } of answers) found.set(partitionKey(topic, partition), offset);
    return found;
  }

  async commit(group: string, offsets: Offsets): Promise<void> {
    if (offsets.size === 0) return;
    await this.cluster.callCoordinator('group', group, offsetCommit(group, offsetsByTopic(offsets)));
  }

  async deleteGroup(group: string): Promise<void> {
    const call = deleteGroup(group);
    const checked = {
      ...call,
      read: (answer: Parameters<typeof call.read>[0]): number => {
        const errorCode = call.read(answer);
        if (errorCode !== 0 && errorCode !== GROUP_ID_NOT_FOUND) throw new KafkaError(errorCode, `group ${group}`);
        return errorCode;
      },
    };
    await this.cluster.callCoordinator('group', group, checked);
  }

  // Answers −1 where nothing matches a time.
  private async list(
    partitions: Iterable<string>,
    timestamp: number,
    isolation: 'committed' | 'uncommitted',
  ): Promise<Offsets> {
    const found = new Map<string, number>();
    let rest = [...partitions].map(splitPartitionKey);
    await this.cluster.retrying(async () => {
      const byLeader = await this.cluster.leaders(rest);
      const calls = [...byLeader].map(([nodeId, entries]) => this.listAt(nodeId, entries, timestamp, isolation, found));
      await Promise.all(calls);
      rest = rest.filter(({ topic, partition }) => !found.has(partitionKey(topic, partition)));
    });
    return found;
  }

  private async listAt(
    nodeId: number,
    partitions: readonly { topic: string; partition: number }[],
    timestamp: number,
    isolation: 'committed' | 'uncommitted',
    found: Map<string, number>,
  ): Promise<void> {
    try {
      const call = listOffsets(partitionsByTopic(partitions), timestamp, isolation);
      const answers = await this.cluster.link(nodeId).call(call);
      for (const { topic, partition, errorCode, offset } of answers) {
        if (errorCode !== 0) throw new KafkaError(errorCode, `${topic}-${partition}`);
        found.set(partitionKey(topic, partition), offset);
      }
    } catch (error) {
      const isStale =
        error instanceof ConnectionError || (error instanceof KafkaError && error.treatment === 'refresh');
      if (isStale) for (const { topic } of partitions) this.cluster.forget(topic);
      throw error;
    }
  }

  // A topic is of use once every partition has a leader; the brokers learn of it one after the other.
  private async appear(names: readonly string[]): Promise<void> {
    await this.cluster.retrying(async () => {
      await this.cluster.askTogether(names);
      for (const name of names) {
        const topic = await this.cluster.topic(name);
        if (topic === null || topic.leaders.some((leader) => leader < 0)) throw new KafkaError(5, name);
      }
    }, APPEAR_WITHIN_MS);
  }
}

function infoOf(topic: TopicMetadata): TopicInfo {
  return { name: topic.name, partitions: topic.leaders.length, replication: topic.replication };
}

/** What to throw for a topic that Kafka refuses. */
export function refusal(answer: TopicAnswer): unknown {
  const error = new KafkaError(answer.errorCode, answer.name, answer.detail);
  if (error.treatment !== 'config') return error;
  return new TributaryError('TRIB_TOPIC_CONFIG', 'config', {
    what: `Kafka refuses topic ${quoted(answer.name)}: ${answer.detail ?? error.codeName}.`,
    fix: 'Correct its name, partitions, replication or settings.',
    cause: explain(error),
  });
}
