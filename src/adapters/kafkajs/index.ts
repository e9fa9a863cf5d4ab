// The broker port over a real Kafka: kafkajs' connections, everything else of our own.

import type { Logger } from '../../core/log.ts';
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
import { splitPartitionKey } from '../../ports/broker.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterAdmin } from '../../ports/cluster-admin.ts';
import type { GroupHandler, GroupOptions, Membership } from '../../ports/group.ts';
import { codecId } from '../record-batch/index.ts';
import { Admin } from './admin.ts';
import { Cluster } from './cluster.ts';
import { KafkaClusterAdmin } from './cluster-admin.ts';
import { connector } from './internals.ts';
import { KafkaMembership } from './membership.ts';
import { KafkaProducer, type ProducerLimits } from './producer.ts';
import { KafkaReader } from './reader.ts';
import { type KafkaSettings, type ParsedSettings, parseSettings } from './settings.ts';
import { KafkaTransactionalProducer } from './transactional-producer.ts';

/** How Kafka is reached. */
export interface KafkaBrokerSettings {
  /**
   * Kafka's own names: `bootstrap.servers`, `client.id`, `security.protocol`, `sasl.mechanism`, `sasl.jaas.config` (or
   * `sasl.username` and `sasl.password`), `ssl.*` (PEM, PKCS12 for the key store), `request.timeout.ms`,
   * `default.api.timeout.ms`, `delivery.timeout.ms`, `transaction.timeout.ms`, `max.request.size`.
   */
  readonly config: KafkaSettings;
  readonly clock: Clock;
  /** Hears what kafkajs has to say, at debug level: what matters reaches the caller as errors. */
  readonly log?: Logger;
}

/** Whoever opens the broker tries again itself, says so meanwhile, and can be interrupted: one round is enough here. */
const OPEN_FOR_MS = 1_000;

/** What brokers take by default. A record may be larger where the topic allows it, and then stands in a batch of its own. */
const BATCH_BYTES_MAX = 1_000_000;

/** Connects; throws `transient` when no bootstrap server can be reached, `fatal` when the credentials are refused. */
export async function kafkaBroker(settings: KafkaBrokerSettings): Promise<Broker> {
  const parsed = parseSettings(settings.config);
  const connections = connector({
    brokers: parsed.seeds.map(({ host, port }) => `${host}:${port}`),
    clientId: parsed.clientId,
    connectionTimeoutMs: parsed.connectionTimeoutMs,
    requestTimeoutMs: parsed.requestTimeoutMs,
    ssl: parsed.ssl,
    sasl: parsed.sasl,
    log: (_level, message, fields) => settings.log?.debug(message, fields),
  });
  const cluster = new Cluster(connections, parsed.seeds, settings.clock, parsed.retryForMs);
  try {
    await cluster.retrying(() => cluster.refreshNodes(), OPEN_FOR_MS);
  } catch (error) {
    cluster.close();
    throw error;
  }
  return new KafkaBroker(cluster, parsed);
}

class KafkaBroker implements Broker {
  readonly clusterAdmin: ClusterAdmin;
  private readonly cluster: Cluster;
  private readonly settings: ParsedSettings;
  private readonly admin: Admin;
  // What is still open is closed with the broker.
  private readonly users = new Set<{ close(): Promise<void> }>();

  constructor(cluster: Cluster, settings: ParsedSettings) {
    this.cluster = cluster;
    this.settings = settings;
    this.admin = new Admin(cluster);
    this.clusterAdmin = new KafkaClusterAdmin(cluster);
  }

  createTopics(topics: readonly TopicSpec[]): Promise<readonly string[]> {
    return this.admin.createTopics(topics);
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.admin.deleteTopics(names);
  }

  listTopics(): Promise<readonly TopicInfo[]> {
    return this.admin.listTopics();
  }

  topic(name: string): Promise<TopicInfo | null> {
    return this.admin.topic(name);
  }

  offsets(partitions: Iterable<string>, at: 'earliest' | 'latest' | 'stable'): Promise<Offsets> {
    return this.admin.offsets(partitions, at);
  }

  offsetsForTime(partitions: Iterable<string>, timestampMs: number): Promise<Offsets> {
    return this.admin.offsetsForTime(partitions, timestampMs);
  }

  committed(group: string, partitions: Iterable<string>): Promise<Offsets> {
    return this.admin.committed(group, partitions);
  }

  commit(group: string, offsets: Offsets): Promise<void> {
    return this.admin.commit(group, offsets);
  }

  deleteGroup(group: string): Promise<void> {
    return this.admin.deleteGroup(group);
  }

  async read(from: Offsets, options: ReadOptions): Promise<Reader> {
    // Unknown topics show here and not only in a poll.
    await this.cluster.retrying(() => this.cluster.leaders([...from.keys()].map(splitPartitionKey)));
    return this.kept(new KafkaReader(this.cluster, from, options));
  }

  async produce(options: ProducerOptions = {}): Promise<Producer> {
    return this.kept(await new KafkaProducer(this.cluster, this.limits(options), null).open());
  }

  async transact(id: string, options: ProducerOptions = {}): Promise<TransactionalProducer> {
    return this.kept(await new KafkaTransactionalProducer(this.cluster, this.limits(options), id).open());
  }

  async join(options: GroupOptions, handler: GroupHandler): Promise<Membership> {
    return this.kept(await new KafkaMembership(this.cluster, options, handler).open());
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.users].map((user) => user.close()));
    this.cluster.close();
  }

  private limits(options: ProducerOptions): ProducerLimits {
    const { recordBytesMax = this.settings.recordBytesMax } = options;
    return {
      codecId: codecId(options.compression ?? 'none'),
      recordBytesMax,
      batchBytesMax: Math.min(BATCH_BYTES_MAX, recordBytesMax),
      deliveryTimeoutMs: options.deliveryTimeoutMs ?? this.settings.deliveryTimeoutMs,
      transactionTimeoutMs: options.transactionTimeoutMs ?? this.settings.transactionTimeoutMs,
    };
  }

  private kept<T extends { close(): Promise<void> }>(user: T): T {
    const close = user.close.bind(user);
    user.close = () => {
      this.users.delete(user);
      return close();
    };
    this.users.add(user);
    return user;
  }
}
