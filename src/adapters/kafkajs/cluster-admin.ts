// Upkeep of a real cluster: partitions, topic settings, groups.

import type { Offsets } from '../../ports/broker.ts';
import { partitionKey } from '../../ports/broker.ts';
import type { ClusterAdmin } from '../../ports/cluster-admin.ts';
import { refusal } from './admin.ts';
import { listGroups } from './api/groups.ts';
import { offsetFetch } from './api/offsets.ts';
import { alterTopicConfig, createPartitions, describeTopicConfig } from './api/topics.ts';
import type { Cluster } from './cluster.ts';
import { INVALID_PARTITIONS, KafkaError, UNKNOWN_TOPIC_OR_PARTITION } from './error-codes.ts';

const SERVER_TIMEOUT_MS = 15_000;
const APPEAR_WITHIN_MS = 15_000;
const SETTLE_WITHIN_MS = 90_000;

export class KafkaClusterAdmin implements ClusterAdmin {
  private readonly cluster: Cluster;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  async growTopic(topic: string, partitions: number): Promise<void> {
    await this.cluster.retrying(async () => {
      const info = await this.fresh(topic);
      if (info >= partitions) return;
      const call = createPartitions(topic, partitions, SERVER_TIMEOUT_MS);
      const answers = await this.cluster.callController(call);
      // Another worker may have been faster: what it left is seen by the next try.
      const refused = answers.find(({ errorCode }) => errorCode !== 0);
      if (refused?.errorCode === INVALID_PARTITIONS && (await this.fresh(topic)) >= partitions) return;
      if (refused !== undefined) throw refusal(refused);
    });
    // New partitions are of use once each has a leader.
    await this.cluster.retrying(async () => {
      await this.fresh(topic);
      for (let partition = 0; partition < partitions; partition++) {
        const leader = this.cluster.leaderOf(topic, partition);
        if (leader === null || leader < 0) throw new KafkaError(5, partitionKey(topic, partition));
      }
    }, APPEAR_WITHIN_MS);
  }

  async topicConfig(topic: string): Promise<ReadonlyMap<string, string>> {
    return this.cluster.retrying(() => this.cluster.callAny(describeTopicConfig(topic)));
  }

  async alterTopicConfig(topic: string, changes: ReadonlyMap<string, string | null>): Promise<void> {
    if (changes.size === 0) return;
    await this.cluster.retrying(async () => {
      const answers = await this.cluster.callAny(alterTopicConfig(topic, changes));
      for (const answer of answers) if (answer.errorCode !== 0) throw refusal(answer);
    });
  }

  /** Each broker knows the groups it coordinates. */
  async groups(): Promise<readonly string[]> {
    return this.cluster.retrying(async () => {
      await this.cluster.refreshNodes();
      const found = new Set<string>();
      for (const nodeId of this.cluster.nodeIds()) {
        for (const group of await this.cluster.link(nodeId).call(listGroups())) found.add(group);
      }
      return [...found].sort();
    });
  }

  async groupOffsets(group: string): Promise<Offsets> {
    const call = offsetFetch(group, null);
    const answers = await this.cluster.callCoordinator('group', group, call, SETTLE_WITHIN_MS);
    return new Map(answers.map(({ topic, partition, offset }) => [partitionKey(topic, partition), offset]));
  }

  /** The number of partitions as the cluster says now. */
  private async fresh(topic: string): Promise<number> {
    this.cluster.forget(topic);
    const found = await this.cluster.topic(topic);
    if (found === null) throw new KafkaError(UNKNOWN_TOPIC_OR_PARTITION, topic);
    return found.leaders.length;
  }
}
