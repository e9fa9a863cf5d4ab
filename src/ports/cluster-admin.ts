// Upkeep of a cluster: what copying topics between clusters needs beyond reading and writing. Part of the broker port, with
// its own contract suite `test/ports/cluster-admin.contract.ts`, run over both adapters.

/** All methods throw `transient` errors while the cluster cannot be reached, and `fatal` when it forbids them. */
export interface ClusterAdmin {
  /** Gives a topic at least so many partitions; never fewer than it has. Throws `notFound` when there is no such topic. */
  growTopic(topic: string, partitions: number): Promise<void>;
  /** The settings that stand on the topic itself, not those it has from its broker. Throws `notFound`. */
  topicConfig(topic: string): Promise<ReadonlyMap<string, string>>;
  /** Sets settings of a topic; null takes one back to the broker's. Others stay as they are. Throws `notFound`, `config`. */
  alterTopicConfig(topic: string, changes: ReadonlyMap<string, string | null>): Promise<void>;
  /** Names of all consumer groups. */
  groups(): Promise<readonly string[]>;
  /** Everything a group has committed, by partition key. Empty for a group that does not exist. */
  groupOffsets(group: string): Promise<ReadonlyMap<string, number>>;
}
