// What is known of the cluster: its brokers, the leaders of partitions, and who coordinates what. Shared by all readers and
// producers of a broker; each of them has links of its own, for a broker answers the requests of one connection in turn.

import type { Clock } from '../../ports/clock.ts';
import { type CoordinatorKind, findCoordinator, metadata, type TopicMetadata } from './api/metadata.ts';
import type { TopicAnswer } from './api/topics.ts';
import {
  CONCURRENT_TRANSACTIONS,
  ConnectionError,
  explain,
  isRetriable,
  KafkaError,
  NOT_CONTROLLER,
  UNKNOWN_TOPIC_OR_PARTITION,
} from './error-codes.ts';
import type { Connector } from './internals.ts';
import { type Address, type Call, Link } from './link.ts';

const TOPIC_FRESH_MS = 5_000;
/** A topic just made is unknown to some brokers for a moment; one that stays unknown for this long does not exist. */
export const UNKNOWN_TOPIC_FOR_MS = 1_000;
const BACKOFF_FIRST_MS = 20;
const BACKOFF_MAX_MS = 1_000;

interface KnownTopic {
  readonly topic: TopicMetadata;
  readonly readAtMs: number;
}

export class Cluster {
  readonly clock: Clock;
  readonly closing = new AbortController();
  private readonly connector: Connector;
  private readonly seeds: readonly Address[];
  private readonly retryForMs: number;
  private nodes: ReadonlyMap<number, Address> = new Map();
  private controller = -1;
  private readonly topics = new Map<string, KnownTopic>();
  private readonly coordinators = new Map<string, number>();
  // Links for everything that is not a reader's or producer's own.
  private readonly shared = new Map<number, Link>();
  private bootstrap: Link | null = null;
  private seedIndex = 0;
  // Topics to ask for in the metadata request that is about to leave: callers of one moment share it.
  private asking: { readonly names: Set<string>; readonly done: Promise<void> } | null = null;

  constructor(connector: Connector, seeds: readonly Address[], clock: Clock, retryForMs: number) {
    this.connector = connector;
    this.seeds = seeds;
    this.clock = clock;
    this.retryForMs = retryForMs;
  }

  /** The topic from the cache if that is fresh, else asked for. Null when the cluster does not have it. */
  async topic(name: string): Promise<TopicMetadata | null> {
    const known = this.topics.get(name);
    if (known === undefined || this.clock.now() - known.readAtMs > TOPIC_FRESH_MS) await this.learn([name]);
    return this.topics.get(name)?.topic ?? null;
  }

  async allTopics(): Promise<readonly TopicMetadata[]> {
    return (await this.retrying(() => this.ask(null))).filter((topic) => topic.errorCode === 0);
  }

  /** Asks for topics now, whatever the cache says. */
  async learn(names: readonly string[]): Promise<void> {
    await this.retrying(() => this.askTogether(names));
  }

  /** One attempt of {@link learn}. */
  askTogether(names: readonly string[]): Promise<void> {
    if (this.asking === null) {
      const batch = new Set<string>();
      const done = Promise.resolve().then(async () => {
        this.asking = null;
        await this.ask([...batch]);
      });
      this.asking = { names: batch, done };
    }
    for (const name of names) this.asking.names.add(name);
    return this.asking.done;
  }

  forget(name: string): void {
    this.topics.delete(name);
  }

  /** The leader as far as known; −1 when there is none, null when there is no such partition. */
  leaderOf(topic: string, partition: number): number | null {
    return this.topics.get(topic)?.topic.leaders[partition] ?? null;
  }

  /** The leaders of partitions, learnt when need be. Throws for a partition that does not exist. */
  async leaders(
    partitions: readonly { topic: string; partition: number }[],
  ): Promise<Map<number, (typeof partitions)[number][]>> {
    const missing = new Set<string>();
    for (const { topic, partition } of partitions) {
      if ((this.leaderOf(topic, partition) ?? -1) < 0) missing.add(topic);
    }
    if (missing.size > 0) await this.askTogether([...missing]);
    const found = new Map<number, (typeof partitions)[number][]>();
    for (const entry of partitions) {
      const leader = this.leaderOf(entry.topic, entry.partition);
      if (leader === null) throw new KafkaError(UNKNOWN_TOPIC_OR_PARTITION, `${entry.topic}-${entry.partition}`);
      if (leader < 0) throw new KafkaError(5, `${entry.topic}-${entry.partition}`);
      const known = found.get(leader);
      if (known === undefined) found.set(leader, [entry]);
      else known.push(entry);
    }
    return found;
  }

  /** A link of the caller's own; the caller closes it. */
  newLink(nodeId: number): Link {
    const address = this.nodes.get(nodeId);
    if (address === undefined) throw new KafkaError(8, `broker ${nodeId}`);
    return new Link(this.connector, address, this.clock);
  }

  /** The shared link to a broker. */
  link(nodeId: number): Link {
    const known = this.shared.get(nodeId);
    const address = this.nodes.get(nodeId);
    if (known !== undefined && known.address.host === address?.host && known.address.port === address.port)
      return known;
    known?.close();
    const link = this.newLink(nodeId);
    this.shared.set(nodeId, link);
    return link;
  }

  /** Calls whichever broker can be reached. */
  async callAny<T>(call: Call<T>): Promise<T> {
    return (await this.anyLink()).call(call);
  }

  /** Calls the controller about topics; who that is, is asked anew before the next try when it has moved. */
  async callController(call: Call<readonly TopicAnswer[]>): Promise<readonly TopicAnswer[]> {
    if (!this.nodes.has(this.controller)) await this.ask([]);
    try {
      const answers = await this.link(this.controller).call(call);
      const moved = answers.find((answer) => answer.errorCode === NOT_CONTROLLER);
      if (moved !== undefined) throw new KafkaError(NOT_CONTROLLER, moved.name);
      return answers;
    } catch (error) {
      const isElsewhere = error instanceof KafkaError && error.code === NOT_CONTROLLER;
      if (isElsewhere || error instanceof ConnectionError) await this.refreshNodes();
      throw error;
    }
  }

  /** Node ids of all brokers. */
  nodeIds(): readonly number[] {
    return [...this.nodes.keys()];
  }

  /** Asks for brokers and controller anew. */
  async refreshNodes(): Promise<void> {
    await this.ask([]);
  }

  /** The node that keeps a group or transactional id. */
  async coordinator(kind: CoordinatorKind, key: string): Promise<number> {
    const cacheKey = `${kind} ${key}`;
    const known = this.coordinators.get(cacheKey);
    if (known !== undefined && this.nodes.has(known)) return known;
    const { nodeId } = await (await this.anyLink()).call(findCoordinator(kind, key));
    if (!this.nodes.has(nodeId)) await this.ask([]);
    this.coordinators.set(cacheKey, nodeId);
    return nodeId;
  }

  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.coordinators.delete(`${kind} ${key}`);
  }

  /** Calls the coordinator over the shared link, finding it anew when it has moved. */
  async callCoordinator<T>(kind: CoordinatorKind, key: string, call: Call<T>, forMs = this.retryForMs): Promise<T> {
    return this.retrying(async () => {
      try {
        return await this.link(await this.coordinator(kind, key)).call(call);
      } catch (error) {
        if (movesCoordinator(error)) this.forgetCoordinator(kind, key);
        throw error;
      }
    }, forMs);
  }

  /** Tries until it succeeds, fails for good, or the time for retries is over; errors come out as the product's own. */
  async retrying<T>(act: () => Promise<T>, forMs = this.retryForMs): Promise<T> {
    const start = this.clock.now();
    for (let attempt = 0; ; attempt++) {
      try {
        return await act();
      } catch (error) {
        const limitMs = isUnknownTopic(error) ? Math.min(forMs, UNKNOWN_TOPIC_FOR_MS) : forMs;
        const isOver = this.clock.now() > start + limitMs || this.closing.signal.aborted;
        if (!isRetriable(error) || isOver) throw explain(error);
        await this.clock.sleep(pauseMs(error, attempt), this.closing.signal);
      }
    }
  }

  close(): void {
    this.closing.abort();
    this.bootstrap?.close();
    for (const link of this.shared.values()) link.close();
  }

  private async ask(names: readonly string[] | null): Promise<readonly TopicMetadata[]> {
    const link = await this.anyLink();
    const found = await link.call(metadata(names));
    this.nodes = found.nodes;
    this.controller = found.controller;
    const readAtMs = this.clock.now();
    for (const name of names ?? []) this.topics.delete(name);
    for (const topic of found.topics) {
      if (topic.errorCode === 0 || topic.errorCode === 5) this.topics.set(topic.name, { topic, readAtMs });
      else if (topic.errorCode === 29) throw new KafkaError(29, topic.name);
    }
    return found.topics;
  }

  // An open link if there is one, else one that can be opened: brokers that are known first, then the seeds in turn.
  private async anyLink(): Promise<Link> {
    for (const link of this.shared.values()) if (link.isOpen) return link;
    if (this.bootstrap?.isOpen === true) return this.bootstrap;
    let failure: unknown = null;
    for (const nodeId of this.nodes.keys()) {
      try {
        const link = this.link(nodeId);
        await link.open();
        return link;
      } catch (error) {
        failure = error;
      }
    }
    for (let i = 0; i < this.seeds.length; i++) {
      const link = new Link(this.connector, this.seeds[this.seedIndex++ % this.seeds.length]!, this.clock);
      try {
        await link.open();
        this.bootstrap?.close();
        this.bootstrap = link;
        return link;
      } catch (error) {
        failure = error;
        if (error instanceof ConnectionError && error.refused) break;
      }
    }
    throw failure;
  }
}

/** The pause before the next try. */
export function backoffMs(attempt: number): number {
  return Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(attempt, 10));
}

// The end of the former transaction is being written: a matter of milliseconds.
function pauseMs(error: unknown, attempt: number): number {
  const isBrief = error instanceof KafkaError && error.code === CONCURRENT_TRANSACTIONS && attempt < 10;
  return isBrief ? 2 + attempt * 2 : backoffMs(attempt);
}

export function isUnknownTopic(error: unknown): boolean {
  return error instanceof KafkaError && error.code === UNKNOWN_TOPIC_OR_PARTITION;
}

/** Whether the coordinator must be looked up again. */
export function movesCoordinator(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof KafkaError && error.treatment === 'coordinator');
}
