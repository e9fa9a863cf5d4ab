// Upkeep of the embedded log: topics grow and change their settings; groups are read from the journal.

import type { Offsets } from '../../ports/broker.ts';
import type { ClusterAdmin } from '../../ports/cluster-admin.ts';
import type { LogCore } from './core.ts';

export class EmbeddedAdmin implements ClusterAdmin {
  private readonly core: LogCore;

  constructor(core: LogCore) {
    this.core = core;
  }

  async growTopic(topic: string, partitions: number): Promise<void> {
    this.core.checkOpen();
    this.core.topics.grow(topic, partitions);
  }

  async topicConfig(topic: string): Promise<ReadonlyMap<string, string>> {
    this.core.checkOpen();
    return new Map(Object.entries(this.core.topics.config(topic)));
  }

  async alterTopicConfig(topic: string, changes: ReadonlyMap<string, string | null>): Promise<void> {
    this.core.checkOpen();
    this.core.topics.configure(topic, changes);
  }

  async groups(): Promise<readonly string[]> {
    this.core.checkOpen();
    return [...this.core.journal.groups.keys()].sort();
  }

  async groupOffsets(group: string): Promise<Offsets> {
    this.core.checkOpen();
    return new Map(this.core.journal.groups.get(group) ?? []);
  }
}
