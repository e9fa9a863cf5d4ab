// The embedded broker: Kafka's semantics in one process, kept in a folder (or only in memory).

import type {
  Broker,
  Offsets,
  Producer,
  ProducerOptions,
  Reader,
  ReadOptions,
  TopicInfo,
  TopicSpec,
  TransactionalProducer,
} from '../../ports/broker.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterAdmin } from '../../ports/cluster-admin.ts';
import type { GroupHandler, GroupOptions, Membership } from '../../ports/group.ts';
import { codecId } from '../record-batch/index.ts';
import { EmbeddedAdmin } from './admin.ts';
import { JOURNAL, LogCore } from './core.ts';
import { diskStorage } from './disk-storage.ts';
import { EmbeddedGroups } from './group.ts';
import { takeLock } from './lock.ts';
import { memoryStorage } from './memory-storage.ts';
import { EmbeddedProducer, EmbeddedTransactionalProducer } from './producer.ts';
import { EmbeddedReader } from './reader.ts';
import { offsetForTime } from './time-search.ts';

/** How the embedded broker is opened. */
export interface EmbeddedSettings {
  /** The folder that holds everything. One process at a time. */
  readonly dir: string;
  readonly clock: Clock;
  /**
   * False (default): what is acknowledged outlives the process, in the operating system's cache. True: it also outlives the
   * machine; every flush and commit then waits for the disk.
   */
  readonly fsync?: boolean;
}

/** Opens the log in `dir`, cutting off what a crash left half written. Throws `conflict` when another process uses it. */
export async function embeddedBroker(settings: EmbeddedSettings): Promise<Broker> {
  const storage = diskStorage(settings.dir);
  const { dir, clock } = settings;
  let core: LogCore | null = null;
  const unlock = takeLock({
    dir,
    clock,
    witness: JOURNAL,
    lost: (error) => core?.fail(error),
  });
  try {
    core = new LogCore(storage, clock, settings.fsync ?? false);
    return new EmbeddedBroker(core, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/** The same broker with nothing behind it: for tests and evaluation. */
export function memoryBroker(clock: Clock): Broker {
  return new EmbeddedBroker(new LogCore(memoryStorage(), clock, false), () => {});
}

class EmbeddedBroker implements Broker {
  readonly clusterAdmin: ClusterAdmin;
  private readonly core: LogCore;
  private readonly groups: EmbeddedGroups;
  private readonly unlock: () => void;

  constructor(core: LogCore, unlock: () => void) {
    this.core = core;
    this.unlock = unlock;
    this.clusterAdmin = new EmbeddedAdmin(core);
    this.groups = new EmbeddedGroups(core.clock);
  }

  async createTopics(topics: readonly TopicSpec[]): Promise<readonly string[]> {
    this.core.checkOpen();
    return topics.filter((topic) => this.core.topics.create(topic)).map((topic) => topic.name);
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    this.core.checkOpen();
    for (const name of names) this.core.topics.delete(name);
  }

  async listTopics(): Promise<readonly TopicInfo[]> {
    this.core.checkOpen();
    return this.core.topics.list();
  }

  async topic(name: string): Promise<TopicInfo | null> {
    this.core.checkOpen();
    return this.core.topics.info(name);
  }

  async offsets(partitions: Iterable<string>, at: 'earliest' | 'latest' | 'stable'): Promise<Offsets> {
    this.core.checkOpen();
    const found = new Map<string, number>();
    for (const key of partitions) {
      const log = this.core.topics.log(key);
      found.set(key, at === 'earliest' ? log.startOffset : at === 'latest' ? log.nextOffset : log.lastStable);
    }
    return found;
  }

  async offsetsForTime(partitions: Iterable<string>, timestampMs: number): Promise<Offsets> {
    this.core.checkOpen();
    const found = new Map<string, number>();
    for (const key of partitions) found.set(key, offsetForTime(this.core.topics.log(key), timestampMs));
    return found;
  }

  async committed(group: string, partitions: Iterable<string>): Promise<Offsets> {
    this.core.checkOpen();
    const known = this.core.journal.groups.get(group);
    const found = new Map<string, number>();
    for (const key of partitions) {
      const offset = known?.get(key);
      if (offset !== undefined) found.set(key, offset);
    }
    return found;
  }

  async commit(group: string, offsets: Offsets): Promise<void> {
    this.core.checkOpen();
    for (const key of offsets.keys()) this.core.topics.log(key);
    await this.core.commitOffsets(group, Object.fromEntries(offsets));
  }

  async deleteGroup(group: string): Promise<void> {
    this.core.checkOpen();
    if (this.core.journal.groups.has(group)) this.core.journal.append({ kind: 'forget-group', group });
  }

  async read(from: Offsets, options: ReadOptions): Promise<Reader> {
    this.core.checkOpen();
    return new EmbeddedReader(this.core, from, options);
  }

  async produce(options: ProducerOptions = {}): Promise<Producer> {
    this.core.checkOpen();
    return new EmbeddedProducer(this.core, codecId(options.compression ?? 'none'));
  }

  async transact(id: string, options: ProducerOptions = {}): Promise<TransactionalProducer> {
    this.core.checkOpen();
    const owner = this.core.takeOwnership(id);
    return new EmbeddedTransactionalProducer(this.core, codecId(options.compression ?? 'none'), id, owner);
  }

  async join(options: GroupOptions, handler: GroupHandler): Promise<Membership> {
    this.core.checkOpen();
    return this.groups.join(options, handler);
  }

  async close(): Promise<void> {
    await this.groups.close();
    await this.core.close();
    this.unlock();
  }
}
