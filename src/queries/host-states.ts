// Where each query runs and how it fares there, told by the hosts to each other through a compacted topic.
//
// Law: a host speaks of what runs on it. What it says is set right by itself within a second or two, whatever came in between; so a
// host that is gone may stand there for as long as nobody has taken its query over.
import type { Logger } from '../core/log.ts';
import { follow, type TopicFollower } from '../host/stores/topic-follower.ts';
import type { Broker, Producer } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { RunState } from './persistent-run.ts';

const LOOK_MS = 1000;

/** What a host says of a query that runs on it. */
export interface HostState {
  readonly host: string;
  /** Of its ksqlDB listener. */
  readonly url: string | null;
  readonly state: RunState;
  /** The newest error; null: none. */
  readonly error: string | null;
}

export interface HostStatesOptions {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly log: Logger;
  readonly clusterId: string;
  readonly host: string;
  /** All queries that run here now. */
  local(): ReadonlyMap<string, HostState>;
}

export class HostStates {
  readonly #options: HostStatesOptions;
  readonly #topic: string;
  readonly #states = new Map<string, HostState>();
  readonly #stop = new AbortController();
  #follower: TopicFollower | null = null;
  #producer: Producer | null = null;
  #loop: Promise<void> = Promise.resolve();
  #nudge: (() => void) | null = null;

  constructor(options: HostStatesOptions) {
    this.#options = options;
    this.#topic = `_${options.clusterId}_query_status`;
  }

  async open(): Promise<void> {
    const { broker, clock, log } = this.#options;
    const config = { 'cleanup.policy': 'compact' };
    await broker.createTopics([{ name: this.#topic, partitions: 1, config }]);
    const onEntry = (key: string, value: string | null): void => this.#take(key, value);
    this.#follower = await follow(broker, { topic: this.#topic, partitions: 1, clock, log, onEntry });
    this.#loop = this.#tell();
  }

  /** What the host that runs it says; null: nobody has said anything. */
  of(queryId: string): HostState | null {
    return this.#states.get(queryId) ?? null;
  }

  /** Something has changed here: it is told soon, without waiting for the next look. */
  nudge(): void {
    this.#nudge?.();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.nudge();
    await this.#loop;
    // What has stopped here is not said to run here any more.
    await this.#tellOnce().catch(() => undefined);
    await this.#producer?.close().catch(() => undefined);
    await this.#follower?.close();
  }

  #take(key: string, text: string | null): void {
    const state = text === null ? null : parsed(text);
    if (state === null) this.#states.delete(key);
    else this.#states.set(key, state);
  }

  async #tell(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#tellOnce();
      } catch (error) {
        log.debug('States of queries could not be told; trying again.', { error: String(error) });
        await this.#producer?.close().catch(() => undefined);
        this.#producer = null;
      }
      const nudged = new AbortController();
      this.#nudge = () => nudged.abort();
      await clock.sleep(LOOK_MS, AbortSignal.any([signal, nudged.signal]));
    }
  }

  async #tellOnce(): Promise<void> {
    const { host, broker } = this.#options;
    const local = this.#options.local();
    const news: [string, string | null][] = [];
    for (const [queryId, state] of local) {
      const text = JSON.stringify(state);
      if (JSON.stringify(this.#states.get(queryId)) !== text) news.push([queryId, text]);
    }
    for (const [queryId, state] of this.#states) {
      if (state.host === host && !local.has(queryId)) news.push([queryId, null]);
    }
    if (news.length === 0) return;
    this.#producer ??= await broker.produce();
    const lane = this.#producer.lane(this.#topic, 0);
    for (const [queryId, text] of news) {
      const key = Buffer.from(queryId);
      const value = text === null ? null : Buffer.from(text);
      lane.append(-1, key, 0, key.length, value, 0, value?.length ?? 0, null);
      this.#take(queryId, text);
    }
    await this.#producer.flush();
  }
}

function parsed(text: string): HostState | null {
  try {
    const { host, url, state, error } = JSON.parse(text) as Partial<HostState>;
    if (typeof host !== 'string' || typeof state !== 'string') return null;
    return { host, url: url ?? null, state, error: error ?? null };
  } catch {
    return null;
  }
}
