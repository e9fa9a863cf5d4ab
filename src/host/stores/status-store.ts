// The states of connectors and tasks, and the topics they use, kept in a compacted topic with Kafka Connect's record forms: every
// worker can tell them, and they outlive all workers.
//
// Law: what this worker says counts here at once, before it is written; until the log has brought it back, older records of the
// same key are passed over. Writing is done in the background, all that waits at once; while the broker is down only the newest
// word on each key is kept.
import type { Logger } from '../../core/log.ts';
import { partitionOf } from '../../core/murmur2.ts';
import type { Broker, Producer } from '../../ports/broker.ts';
import type { Clock } from '../../ports/clock.ts';
import type { State } from '../states.ts';
import { within } from '../tasks/deadline.ts';
import { readWhole } from './compacted-topic.ts';
import { parseStatusRecord, type StatusRecord, statusKey, type TrackedTopic } from './status-records.ts';
import { openStoreTopic, type StoreTopic, storeSpec } from './store-topic.ts';
import { follow, type TopicFollower } from './topic-follower.ts';

const RETRY_MS = 500;
const FLUSH_LIMIT_MS = 3000;

export interface StatusStoreOptions {
  readonly topic: StoreTopic;
  /** False: this host alone writes the topic. */
  readonly shared: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Told what comes from the log. */
export interface StatusWatcher {
  /** A state, another worker's above all. `task` null: the connector's own. */
  heard(connector: string, task: number | null, status: StatusRecord | null): void;
  /** The log was lost, or cut at its head: what stood in it may be in none. */
  lost(): void;
}

/** All that is known of one connector. */
interface Entry {
  connector: StatusRecord | null;
  readonly tasks: Map<number, StatusRecord>;
  readonly topics: Map<string, TrackedTopic>;
}

export class StatusStore {
  readonly #broker: Broker;
  readonly #options: StatusStoreOptions;
  readonly #entries = new Map<string, Entry>();
  /** Our newest word on a key that the log has not brought back yet. */
  readonly #echoes = new Map<string, string | null>();
  #waiting = new Map<string, string | null>();
  #partitions = 1;
  #producer: Producer | null = null;
  #follower: TopicFollower | null = null;
  #writing: Promise<void> | null = null;
  #watcher: StatusWatcher | null = null;
  readonly #stop = new AbortController();

  constructor(broker: Broker, options: StatusStoreOptions) {
    this.#broker = broker;
    this.#options = options;
  }

  async open(): Promise<void> {
    const { topic, shared, clock, log } = this.#options;
    this.#partitions = await openStoreTopic(this.#broker, topic);
    const onEntry = (key: string, value: string | null): void => this.#take(key, value);
    if (!shared) {
      await readWhole(this.#broker, storeSpec(topic), onEntry);
      return;
    }
    const partitions = this.#partitions;
    const onLost = (): Promise<void> => this.#lost();
    this.#follower ??= await follow(this.#broker, { topic: topic.name, partitions, clock, log, onEntry, onLost });
  }

  /** From now on this is told. */
  watch(watcher: StatusWatcher): void {
    this.#watcher = watcher;
  }

  /** Connectors of which anything is known, also such as are gone. */
  names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  connector(name: string): StatusRecord | null {
    return this.#entries.get(name)?.connector ?? null;
  }

  task(name: string, task: number): StatusRecord | null {
    return this.#entries.get(name)?.tasks.get(task) ?? null;
  }

  tasks(name: string): ReadonlyMap<number, StatusRecord> {
    return this.#entries.get(name)?.tasks ?? new Map();
  }

  topics(name: string): readonly TrackedTopic[] {
    return [...(this.#entries.get(name)?.topics.values() ?? [])];
  }

  /** @param safe only over a record of this worker, of an older generation, or none: another worker may have gone on already. */
  putConnector(name: string, record: StatusRecord, safe: boolean): void {
    if (safe && !mayFollow(this.connector(name), record)) return;
    this.#put(statusKey.connector(name), JSON.stringify(shape(record)));
  }

  putTask(name: string, task: number, record: StatusRecord, safe: boolean): void {
    if (safe && !mayFollow(this.task(name, task), record)) return;
    this.#put(statusKey.task(name, task), JSON.stringify(shape(record)));
  }

  /** The task is no more. */
  forgetTask(name: string, task: number): void {
    if (this.task(name, task) !== null) this.#put(statusKey.task(name, task), null);
  }

  /** The connector is no more: nothing is known of it from now on. */
  forget(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    if (entry.connector !== null) this.#put(statusKey.connector(name), null);
    for (const task of [...entry.tasks.keys()]) this.#put(statusKey.task(name, task), null);
    this.forgetTopics(name);
  }

  hasTopic(connector: string, topic: string): boolean {
    return this.#entries.get(connector)?.topics.has(topic) ?? false;
  }

  /** The connector uses a topic. */
  noteTopic(topic: TrackedTopic): void {
    this.#put(statusKey.topic(topic.name, topic.connector), JSON.stringify({ topic }));
  }

  forgetTopics(name: string): void {
    for (const topic of [...(this.#entries.get(name)?.topics.keys() ?? [])]) {
      this.#put(statusKey.topic(topic, name), null);
    }
  }

  /** Resolves when what was told so far is written, or after a moment while the broker does not take it. */
  async flush(): Promise<void> {
    if (this.#writing !== null) await within(this.#writing, FLUSH_LIMIT_MS, this.#options.clock);
  }

  async close(): Promise<void> {
    await this.flush();
    this.#stop.abort();
    await this.#producer?.close().catch(() => {});
    await this.#follower?.close();
  }

  #put(key: string, text: string | null): void {
    this.#apply(key, text);
    if (this.#options.shared) this.#echoes.set(key, text);
    this.#waiting.set(key, text);
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    const { clock, log } = this.#options;
    // What is told in the same turn goes out together.
    await clock.sleep(0);
    while (this.#waiting.size > 0 && !this.#stop.signal.aborted) {
      const batch = this.#waiting;
      this.#waiting = new Map();
      try {
        await this.#flush(batch);
      } catch (error) {
        log.debug('States could not be written; trying again.', { error: String(error) });
        this.#waiting = new Map([...batch, ...this.#waiting]);
        await this.#producer?.close().catch(() => {});
        this.#producer = null;
        await clock.sleep(RETRY_MS, this.#stop.signal);
      }
    }
    // In the same turn as the last look: what is told after it must begin another write.
    this.#writing = null;
  }

  async #flush(batch: ReadonlyMap<string, string | null>): Promise<void> {
    this.#producer ??= await this.#broker.produce();
    for (const [key, text] of batch) {
      const keyBytes = Buffer.from(key);
      const value = text === null ? null : Buffer.from(text);
      const partition = partitionOf(keyBytes, 0, keyBytes.length, this.#partitions);
      const lane = this.#producer.lane(this.#options.topic.name, partition);
      lane.append(-1, keyBytes, 0, keyBytes.length, value, 0, value?.length ?? 0, null);
    }
    await this.#producer.flush();
  }

  /** A record of the log. */
  #take(key: string, text: string | null): void {
    if (this.#echoes.has(key)) {
      if (this.#echoes.get(key) === text) this.#echoes.delete(key);
      return;
    }
    this.#apply(key, text);
    const record = this.#watcher === null ? null : parseStatusRecord(key, text);
    if (record === null || record.kind === 'topic') return;
    this.#watcher?.heard(record.connector, record.kind === 'task' ? record.task : null, record.status);
  }

  /** States can be told again, so a topic that is gone is made anew. What the old log was to bring back never comes. */
  async #lost(): Promise<void> {
    await this.#broker.createTopics([storeSpec({ ...this.#options.topic, partitions: this.#partitions })]);
    this.#echoes.clear();
    for (const { topics } of this.#entries.values()) for (const topic of topics.values()) this.noteTopic(topic);
    this.#watcher?.lost();
  }

  #apply(key: string, text: string | null): void {
    const record = parseStatusRecord(key, text);
    if (record === null) return;
    if (text === null && !this.#entries.has(record.connector)) return;
    const entry = this.#entry(record.connector);
    if (record.kind === 'connector') entry.connector = record.status;
    else if (record.kind === 'task') setOrDelete(entry.tasks, record.task, record.status);
    else setOrDelete(entry.topics, record.topic, record.tracked);
    if (entry.connector === null && entry.tasks.size === 0 && entry.topics.size === 0) {
      this.#entries.delete(record.connector);
    }
  }

  #entry(name: string): Entry {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = { connector: null, tasks: new Map(), topics: new Map() };
      this.#entries.set(name, entry);
    }
    return entry;
  }
}

function mayFollow(before: StatusRecord | null, { workerId, generation }: StatusRecord): boolean {
  return before === null || before.workerId === workerId || generation > before.generation;
}

function shape({ state, trace, workerId, generation, version }: StatusRecord): {
  readonly state: State;
  readonly trace: string | null;
  readonly worker_id: string;
  readonly generation: number;
  readonly version: string | null;
} {
  return { state, trace, worker_id: workerId, generation, version };
}

function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}
