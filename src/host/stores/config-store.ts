// What connectors there are, kept in a compacted topic with Kafka Connect's record forms, so that state can be moved between
// the two in both directions.
//
// Law: one writer of connectors and tasks at a time. Their changes are transactions under a fixed id, so a host or leader that was
// taken over cannot write, and a task set is seen whole or not at all. Where exactly-once support is off, brokers may allow no
// transaction: then the lease alone keeps a former leader from writing, as in Kafka Connect. Memory follows the log, never leads it: alone, it is folded
// after the commit; in a group every worker follows the topic, and a write resolves once this worker has read it back.
import type { RawConfig } from '../../core/config/define.ts';
import { TributaryError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { type Broker, type Producer, partitionKey, type TransactionalProducer } from '../../ports/broker.ts';
import type { Clock } from '../../ports/clock.ts';
import { encodeSessionKey, type SessionKey } from '../group/session-key.ts';
import type { TargetState } from '../states.ts';
import { readWhole } from './compacted-topic.ts';
import { type ConfigChange, ConfigFold, type StoredConnector } from './config-fold.ts';
import { openStoreTopic, type StoreTopic, storeSpec } from './store-topic.ts';
import { follow, type TopicFollower } from './topic-follower.ts';

const READ_BACK_LIMIT_MS = 30_000;

export interface ConfigStoreOptions {
  readonly topic: StoreTopic;
  readonly transactionalId: string;
  /** Changes may be written without transactions where the broker does not allow them. */
  readonly mayWritePlainly: boolean;
  /** False: this host alone writes the topic. */
  readonly shared: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

type Entry = readonly [key: string, value: object | null];

export class ConfigStore {
  readonly #broker: Broker;
  readonly #options: ConfigStoreOptions;
  readonly #fold = new ConfigFold();
  #onChange: ((change: ConfigChange) => void) | null = null;
  #follower: TopicFollower | null = null;
  #producer: TransactionalProducer | null = null;
  /** A commit in doubt has ended the producer: the next write opens another one, unless another worker writes by then. */
  #mustReopen = false;
  /** This worker is the writer, but has no right to transactions. */
  #writesPlainly = false;
  #plain: Producer | null = null;
  #writes: Promise<unknown> = Promise.resolve();

  constructor(broker: Broker, options: ConfigStoreOptions) {
    this.#broker = broker;
    this.#options = options;
  }

  /** Reads the topic. A host that stands alone takes it over before, fencing an older one. */
  async open(): Promise<void> {
    const { topic, shared, clock, log } = this.#options;
    await openStoreTopic(this.#broker, topic);
    const onEntry = (key: string, value: string | null): void => this.#take(key, value);
    if (!shared) {
      await this.takeOver();
      await readWhole(this.#broker, storeSpec(topic), onEntry);
      return;
    }
    this.#follower ??= await follow(this.#broker, { topic: topic.name, partitions: 1, clock, log, onEntry });
  }

  /** From now on changes are told, one by one, in the order of the log. */
  watch(onChange: (change: ConfigChange) => void): void {
    this.#onChange = onChange;
  }

  /** Becomes the one writer: fences the one before and ends what it left half written. */
  async takeOver(): Promise<void> {
    const { transactionalId, mayWritePlainly, log } = this.#options;
    await this.#closeProducer();
    try {
      this.#producer = await this.#broker.transact(transactionalId);
    } catch (error) {
      if (!mayWritePlainly || !isNotAllowed(error)) throw error;
      this.#writesPlainly = true;
      log.warn('The config topic is written without transactions: a right is missing.', { transactionalId });
    }
  }

  /** Another worker writes from now on. */
  async giveUp(): Promise<void> {
    this.#mustReopen = false;
    await this.#closeProducer();
  }

  async #closeProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    this.#writesPlainly = false;
    await producer?.close().catch(() => {});
  }

  /** The next offset that this worker has not read. */
  get offset(): number {
    return this.#follower?.position(0) ?? 0;
  }

  /** Reads to the end as it is now; throws `transient` when that takes too long. */
  async refresh(limitMs: number): Promise<void> {
    await this.#follower?.refresh('stable', limitMs);
  }

  /** Reads up to an offset that another worker has read; throws `transient` when that takes too long. */
  async reach(offset: number, limitMs: number): Promise<void> {
    await this.#follower?.reach(new Map([[this.#key, offset]]), limitMs);
  }

  get sessionKey(): SessionKey | null {
    return this.#fold.sessionKey;
  }

  names(): readonly string[] {
    return this.#fold.names();
  }

  list(): readonly StoredConnector[] {
    return this.#fold.list();
  }

  get(name: string): StoredConnector | null {
    return this.#fold.get(name);
  }

  /** There was such a connector, and it was deleted. */
  isDeleted(name: string): boolean {
    return this.#fold.isDeleted(name);
  }

  fencingDue(name: string): boolean {
    return this.#fold.fencingDue(name);
  }

  unfenced(name: string): ReadonlySet<number> {
    return this.#fold.unfenced(name);
  }

  /** Creates or replaces; with `target` the target state is written before the config, in the same transaction. */
  putConnector(name: string, config: RawConfig, target: TargetState | null): Promise<void> {
    const entries: Entry[] = target === null ? [] : [targetEntry(name, target)];
    return this.#write([...entries, [`connector-${name}`, { properties: config }]]);
  }

  /** Pauses or resumes: any worker may. */
  putTarget(name: string, target: 'STARTED' | 'PAUSED'): Promise<void> {
    return this.#writeAnywhere([targetEntry(name, target)]);
  }

  stop(name: string): Promise<void> {
    return this.#write([[`commit-${name}`, { tasks: 0 }], targetEntry(name, 'STOPPED')]);
  }

  /** @param isOfSource a member more that Kafka Connect passes over: it tells every worker what the set's versions are made of */
  putTasks(name: string, tasks: readonly RawConfig[], isOfSource: boolean): Promise<void> {
    const entries: Entry[] = tasks.map((properties, index) => [`task-${name}-${index}`, { properties }]);
    const commit = { tasks: tasks.length, ...(isOfSource ? { type: 'source' } : {}) };
    return this.#write([...entries, [`commit-${name}`, commit]]);
  }

  /**
   * The set is emptied first: it must not come back with a later connector of the same name. This last commit outlives all
   * compaction, and so tells that there was such a connector.
   */
  remove(name: string): Promise<void> {
    return this.#write([
      [`commit-${name}`, { tasks: 0 }],
      [`connector-${name}`, null],
      [`target-state-${name}`, null],
    ]);
  }

  putFencing(name: string, count: number): Promise<void> {
    return this.#write([[`tasks-fencing-${name}`, { 'task-count': count }]]);
  }

  putSessionKey(key: SessionKey): Promise<void> {
    return this.#write([['session-key', encodeSessionKey(key)]]);
  }

  putRestart(name: string, options: { readonly includeTasks: boolean; readonly onlyFailed: boolean }): Promise<void> {
    const value = { 'include-tasks': options.includeTasks, 'only-failed': options.onlyFailed };
    return this.#write([[`restart-connector-${name}`, value]]);
  }

  putLoggerLevel(logger: string, level: string): Promise<void> {
    return this.#writeAnywhere([[`logger-cluster-${logger}`, { level }]]);
  }

  async close(): Promise<void> {
    await this.#writes.catch(() => {});
    await this.giveUp();
    await this.#plain?.close().catch(() => {});
    this.#plain = null;
    await this.#follower?.close();
  }

  get #key(): string {
    return partitionKey(this.#options.topic.name, 0);
  }

  #take(key: string, value: string | null): void {
    const change = this.#fold.take(key, value);
    if (change !== null) this.#onChange?.(change);
  }

  /** Writes are queued: the producer has one owner and one transaction at a time. */
  #write(entries: readonly Entry[]): Promise<void> {
    return this.#queued(() => this.#commitSurely(entries));
  }

  /** Records that every worker may write go without the transaction of the one writer, where there are several workers. */
  #writeAnywhere(entries: readonly Entry[]): Promise<void> {
    if (!this.#options.shared) return this.#write(entries);
    return this.#queued(() => this.#writePlain(entries));
  }

  async #writePlain(entries: readonly Entry[]): Promise<number> {
    this.#plain ??= await this.#broker.produce();
    this.#append(this.#plain, entries);
    return (await this.#plain.flush()).get(this.#key) ?? 0;
  }

  #queued(work: () => Promise<number>): Promise<void> {
    const next = this.#writes.then(work);
    this.#writes = next.catch(() => {});
    return next.then((end) => this.#follower?.reach(new Map([[this.#key, end]]), READ_BACK_LIMIT_MS));
  }

  /** A commit of unknown outcome is done again: the entries are absolute, so twice is as good as once. */
  async #commitSurely(entries: readonly Entry[]): Promise<number> {
    try {
      return await this.#commit(entries);
    } catch (error) {
      if (!(error instanceof TributaryError) || error.code !== 'TRIB_TRANSACTION_IN_DOUBT') throw error;
      await this.#reopen();
      return await this.#commit(entries);
    }
  }

  /** As long as the brokers are away each write tries this again, and fails for what they answer. */
  async #reopen(): Promise<void> {
    this.#mustReopen = true;
    await this.takeOver();
    if (!this.#mustReopen) await this.giveUp();
    this.#mustReopen = false;
  }

  async #commit(entries: readonly Entry[]): Promise<number> {
    const end = this.#writesPlainly ? await this.#writePlain(entries) : await this.#transact(entries);
    if (!this.#options.shared) {
      for (const [key, value] of entries) this.#take(key, value === null ? null : JSON.stringify(value));
    }
    return end;
  }

  async #transact(entries: readonly Entry[]): Promise<number> {
    if (this.#mustReopen) await this.#reopen();
    const producer = this.#producer;
    if (producer === null) {
      throw new TributaryError('TRIB_HOST_CLOSED', 'transient', {
        what: 'The config topic is not open for writing: the host is starting or shutting down, or another one leads.',
      });
    }
    producer.begin();
    try {
      this.#append(producer, entries);
      return (await producer.commit(null, new Map())).get(this.#key) ?? 0;
    } catch (error) {
      await producer.abort().catch(() => {});
      throw error;
    }
  }

  #append(producer: Producer, entries: readonly Entry[]): void {
    const lane = producer.lane(this.#options.topic.name, 0);
    for (const [key, value] of entries) {
      const keyBytes = Buffer.from(key);
      const valueBytes = value === null ? null : Buffer.from(JSON.stringify(value));
      lane.append(-1, keyBytes, 0, keyBytes.length, valueBytes, 0, valueBytes?.length ?? 0, null);
    }
  }
}

function isNotAllowed(error: unknown): boolean {
  return error instanceof TributaryError && error.code === 'TRIB_KAFKA_NOT_ALLOWED';
}

/** `state` is what old workers read: they know no STOPPED. */
function targetEntry(name: string, target: TargetState): Entry {
  return [`target-state-${name}`, { state: target === 'STOPPED' ? 'PAUSED' : target, 'state.v2': target }];
}
