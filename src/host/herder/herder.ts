// Runs what this worker owns: follows the stores and its seat in the group, and keeps the work here in line with both.
//
// Law: what runs here is what the config topic says, as far as the seat owns it; whatever changes, the connector concerned is
// reconciled, and no other. Alone and in a group it is the same code: alone, the seat owns everything.
import type { RawConfig } from '../../core/config/define.ts';
import { TributaryError } from '../../core/errors.ts';
import { type Logger, parseLevel } from '../../core/log.ts';
import type { Environment } from '../environment.ts';
import { connectorItem, parseItem, queryItem, taskItem } from '../group/work-items.ts';
import type { Status } from '../states.ts';
import type { ConfigChange, StoredConnector } from '../stores/config-fold.ts';
import { ConfigStore } from '../stores/config-store.ts';
import { OffsetStore } from '../stores/offset-store.ts';
import type { StatusRecord } from '../stores/status-records.ts';
import { StatusStore } from '../stores/status-store.ts';
import { sameSet, type TaskSet } from '../stores/task-set.ts';
import { within } from '../tasks/deadline.ts';
import type { Lease } from '../tasks/lease.ts';
import { ConnectorWork, concerns, type WantedWork, type WorkDesk } from './connector-work.ts';
import { Fencing, type FencingDesk } from './fencing.ts';
import { GroupSeat, type SeatDesk } from './group-seat.ts';
import type { OtherSeat, OtherWork } from './other-work.ts';
import { Peers } from './peers.ts';
import { leaderUnknown, notLeader } from './refusals.ts';
import { ALONE, type Place, type Seat } from './seat.ts';
import { TopicUse } from './topic-use.ts';

export class Herder implements WorkDesk, SeatDesk, FencingDesk {
  readonly environment: Environment;
  readonly configs: ConfigStore;
  readonly statuses: StatusStore;
  readonly offsets: OffsetStore;
  readonly peers: Peers;
  readonly topics: TopicUse;
  readonly #seat: Seat;
  readonly #log: Logger;
  readonly #works = new Map<string, ConnectorWork>();
  /** The items of each connector as they were last shared out. */
  readonly #items = new Map<string, string>();
  readonly #fencing: Fencing;
  readonly #onLead: (() => void)[] = [];
  #other: OtherWork | null = null;
  #closing = false;

  constructor(environment: Environment) {
    const { settings, broker, clock, logs, http } = environment;
    this.environment = environment;
    this.#log = logs.logger('host');
    const shared = settings.group !== null;
    const log = this.#log;
    this.configs = new ConfigStore(broker, {
      topic: settings.stores.config,
      transactionalId: `connect-cluster-${settings.group?.id ?? settings.clusterId}`,
      mayWritePlainly: settings.leaderTransactions === 'preferred',
      shared,
      clock,
      log,
    });
    this.statuses = new StatusStore(broker, { topic: settings.stores.status, shared, clock, log });
    this.offsets = new OffsetStore(broker, { topic: settings.stores.offsets, clock, log });
    this.topics = new TopicUse(environment, this.statuses);
    this.#fencing = new Fencing(this);
    this.peers = new Peers(http, () => this.configs.sessionKey);
    this.#seat = settings.group === null ? ALONE : new GroupSeat(this, settings.group);
  }

  get lease(): Lease {
    return this.#seat.lease;
  }

  get isLeader(): boolean {
    return this.#seat.isLeader;
  }

  /** From now on this work is shared out, too. To be lent before the herder is opened. */
  share(other: OtherWork): OtherSeat {
    this.#other = other;
    return {
      owns: (name) => !this.#closing && this.#seat.owns(queryItem(name)),
      mayWork: () => this.#seat.lease.holds(),
      workChanged: () => this.#seat.workChanged(),
    };
  }

  /** Calls back whenever this worker has come to lead its group. */
  whenLeading(work: () => void): void {
    this.#onLead.push(work);
  }

  /** Reads the stores, takes the seat and starts what is owned. Throws `transient` while the broker cannot be reached. */
  async open(): Promise<void> {
    await this.configs.open();
    await this.offsets.look();
    await this.statuses.open();
    this.configs.watch((change) => this.#changed(change));
    this.statuses.watch({
      heard: (name, task, status) => this.#heard(name, task, status),
      lost: () => this.#tellAgain(),
    });
    for (const stored of this.configs.list()) this.#items.set(stored.name, itemsOf(stored).join());
    if (this.#seat === ALONE) {
      this.#forgetGhosts(new Set());
      for (const name of this.configs.names()) void this.#reconcile(name);
    }
    await this.#seat.open();
  }

  /** Stops all work, within the worker's time-out, leaves the group and closes the stores. */
  async close(): Promise<void> {
    this.#closing = true;
    const { clock, settings } = this.environment;
    const others = this.#other?.settle(this.#other.held());
    const stopping = Promise.all([others, ...[...this.#works.values()].map((work) => work.reconcile())]);
    await within(stopping, settings.shutdownTimeoutMs * 2, clock);
    await this.statuses.flush();
    await this.#seat.close();
    await Promise.all([this.statuses.close(), this.configs.close(), this.offsets.close()]);
  }

  /** What runs here of a connector; null: nothing. */
  workOf(name: string): ConnectorWork | null {
    return this.#works.get(name) ?? null;
  }

  leader(): Place {
    return this.#seat.leader();
  }

  /** Who runs the instance (`task` null) or a task. One that does not exist is answered for by the leader. */
  owner(name: string, task: number | null): Place {
    const stored = this.configs.get(name);
    if (task === null) return stored === null ? this.#seat.leader() : this.#seat.owner(connectorItem(name));
    const found = stored?.tasks?.[task];
    return found === undefined ? this.#seat.leader() : this.#seat.owner(taskItem(name, task, found.version));
  }

  /** A write of the leader. Throws `conflict` when this worker does not lead (any more). */
  async lead<T>(write: () => Promise<T>): Promise<T> {
    if (!this.#seat.isLeader) throw notLeader();
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof TributaryError) || error.kind !== 'fenced' || this.#seat === ALONE) throw error;
      this.#seat.deposed();
      throw notLeader();
    }
  }

  // What the work asks.

  wanted(name: string): WantedWork | null {
    const stored = this.#closing ? null : this.configs.get(name);
    if (stored === null) return null;
    const { config, target } = stored;
    const instance = this.#seat.owns(connectorItem(name));
    const all = stored.tasks ?? [];
    const tasks = all.filter(({ id, version }) => this.#seat.owns(taskItem(name, id, version)));
    return instance || tasks.length > 0 ? { config, target, instance, tasks, taskCount: all.length } : null;
  }

  tasksUnder(name: string, config: RawConfig): TaskSet | 'outdated' | null {
    const stored = this.configs.get(name);
    return stored === null || stored.config !== config ? 'outdated' : stored.tasks;
  }

  async publishTasks(name: string, configs: readonly RawConfig[]): Promise<void> {
    const leader = this.#seat.leader();
    if (leader.at === 'here') await this.storeTasks(name, configs);
    else if (leader.at === 'there') await this.peers.publishTasks(leader.url, name, configs);
    else throw leaderUnknown();
  }

  /** On the leader: a new set, unless it runs the same as the stored one, or the connector is gone or stopped by now. */
  async storeTasks(name: string, configs: readonly RawConfig[]): Promise<void> {
    await this.lead(async () => {
      const stored = this.configs.get(name);
      if (stored === null || stored.target === 'STOPPED') return;
      if (stored.tasks !== null && sameSet(configs, stored.tasks)) return;
      await this.configs.putTasks(name, configs, this.isSource(stored.config));
    });
  }

  fencingDue(name: string): boolean {
    return this.#fencing.isDue(name);
  }

  async fence(name: string): Promise<void> {
    const leader = this.#seat.leader();
    if (leader.at === 'here') await this.fenceHere(name);
    else if (leader.at === 'there') {
      await this.peers.fence(leader.url, name);
      await this.configs.refresh(this.environment.settings.shutdownTimeoutMs);
    } else throw leaderUnknown();
  }

  /** On the leader: ends what producers of older task sets may still do, and says so in the config topic. */
  fenceHere(name: string): Promise<void> {
    return this.#fencing.run(name);
  }

  connectorChanged(name: string, status: Status): void {
    if (!this.#seat.lease.holds()) return; // others may speak of it by now
    if (this.configs.get(name) === null) this.statuses.forget(name);
    else {
      this.statuses.putConnector(name, this.#recordOf(name, status), !this.#seat.owns(connectorItem(name)));
    }
  }

  taskChanged(name: string, task: number, status: Status): void {
    if (!this.#seat.lease.holds()) return;
    const current = this.configs.get(name)?.tasks?.[task];
    if (current === undefined) this.statuses.forgetTask(name, task);
    else {
      const owned = this.#seat.owns(taskItem(name, task, current.version));
      this.statuses.putTask(name, task, this.#recordOf(name, status), !owned);
    }
  }

  noteTopic(name: string, task: number, topic: string, direction: 'reads' | 'writes'): void {
    this.topics.note(this.configs.get(name), task, topic, direction);
  }

  // What the seat asks.

  work(): readonly string[] {
    return [...this.configs.list().flatMap(itemsOf), ...(this.#other?.work() ?? []).map(queryItem)];
  }

  held(): readonly string[] {
    return [...[...this.#works.values()].flatMap((work) => work.held()), ...(this.#other?.held() ?? []).map(queryItem)];
  }

  async settle(items: Iterable<string>): Promise<void> {
    const names = new Set<string>();
    const others = new Set<string>();
    for (const item of items) {
      const parsed = parseItem(item);
      if (parsed?.kind === 'query') others.add(parsed.query);
      else if (parsed !== null) names.add(parsed.connector);
    }
    await Promise.all([this.#other?.settle(others), ...[...names].map((name) => this.#reconcile(name))]);
  }

  leads(): void {
    for (const work of this.#onLead) work();
  }

  flush(): Promise<void> {
    return this.statuses.flush();
  }

  /** What the dead left behind: states of work that nobody runs. */
  planned(unassigned: readonly string[], workers: ReadonlySet<string>): void {
    this.#forgetGhosts(workers);
    for (const item of unassigned) {
      const parsed = parseItem(item);
      if (parsed === null || parsed.kind === 'query') continue;
      const { connector } = parsed;
      const isTask = parsed.kind === 'task';
      const record = isTask ? this.statuses.task(connector, parsed.task) : this.statuses.connector(connector);
      if (record === null || record.state === 'UNASSIGNED' || workers.has(record.workerId)) continue;
      const lost: StatusRecord = { ...record, state: 'UNASSIGNED', trace: null, generation: this.#seat.generation };
      if (isTask) this.statuses.putTask(connector, parsed.task, lost, false);
      else this.statuses.putConnector(connector, lost, false);
    }
  }

  /** A worker that slept may write late what it had to say before: who owns the work has the last word. */
  #heard(name: string, task: number | null, heard: StatusRecord | null): void {
    if (heard?.workerId !== this.environment.settings.workerId) this.#tell(name, task);
  }

  /** The log of states is not what it was: who comes later must find there what runs here. */
  #tellAgain(): void {
    for (const [name, work] of this.#works) {
      this.#tell(name, null);
      for (const task of work.taskIds) this.#tell(name, task);
    }
  }

  #tell(name: string, task: number | null): void {
    const own = this.#works.get(name)?.statusOf(task) ?? null;
    if (own === null || own.state === 'UNASSIGNED') return;
    const owner = this.owner(name, task);
    if (owner.at !== 'here' || this.configs.get(name) === null) return;
    if (task === null) this.connectorChanged(name, own);
    else this.taskChanged(name, task, own);
  }

  #changed(change: ConfigChange): void {
    switch (change.kind) {
      case 'logger': {
        const level = parseLevel(change.level);
        if (level !== null) this.environment.logs.setLevel(change.logger, level);
        return;
      }
      case 'session-key':
        return;
      case 'restart':
        this.#restart(change);
        return;
      default:
        void this.#reconcile(change.name);
    }
    if (change.kind === 'connector' && this.configs.get(change.name) === null) this.#removed(change.name);
    if (change.kind === 'connector' || change.kind === 'tasks') this.#shareAnew(change.name);
    // Tasks are missing in the set: the instance says what they are.
    const isBroken = change.kind === 'tasks' && this.configs.get(change.name)?.tasks === null;
    if (isBroken) this.#works.get(change.name)?.instance?.requestTaskReconfiguration();
  }

  /** A round is asked for only when there are other items to share out. */
  #shareAnew(name: string): void {
    const stored = this.configs.get(name);
    const items = stored === null ? '' : itemsOf(stored).join();
    if (this.#items.get(name) === items) return;
    if (stored === null) this.#items.delete(name);
    else this.#items.set(name, items);
    this.#seat.workChanged();
  }

  #removed(name: string): void {
    if (this.#seat.isLeader) this.statuses.forget(name);
    this.topics.forget(name);
    this.environment.metrics.forget({ connector: name });
    this.#log.info('Connector deleted.', { connector: name });
  }

  async #reconcile(name: string): Promise<void> {
    let work = this.#works.get(name);
    if (work === undefined) {
      if (this.wanted(name) === null) return;
      work = new ConnectorWork(this, name);
      this.#works.set(name, work);
    }
    await work.reconcile();
    if (work.isEmpty && this.wanted(name) === null && this.#works.get(name) === work) this.#works.delete(name);
  }

  #restart({ name, includeTasks, onlyFailed }: Extract<ConfigChange, { kind: 'restart' }>): void {
    const work = this.#works.get(name);
    if (work === undefined) return;
    const connector = work.instance !== null && concerns(onlyFailed, work.instance.status.state);
    const tasks = includeTasks
      ? work.taskIds.filter((id) => concerns(onlyFailed, work.statusOf(id)?.state ?? null))
      : [];
    if (connector || tasks.length > 0) void work.restart({ connector, tasks });
  }

  /** States of connectors and tasks that are no more, unless a worker that is there still sees to them. */
  #forgetGhosts(workers: ReadonlySet<string>): void {
    for (const name of this.statuses.names()) {
      const stored = this.configs.get(name);
      if (stored === null) this.statuses.forget(name);
      else if (stored.tasks !== null) {
        const count = stored.tasks.length;
        const gone = [...this.statuses.tasks(name)].filter(
          ([task, { workerId }]) => task >= count && !workers.has(workerId),
        );
        for (const [task] of gone) this.statuses.forgetTask(name, task);
      }
    }
  }

  isSource(config: RawConfig): boolean {
    const { plugins, providers } = this.environment;
    const className = providers.resolve({ name: config['connector.class'] ?? '' })['name'] ?? '';
    return plugins.findConnector(className)?.def.kind === 'source';
  }

  #recordOf(name: string, { state, trace }: Status): StatusRecord {
    const { settings, redactor, plugins } = this.environment;
    const className = this.configs.get(name)?.config['connector.class'] ?? '';
    return {
      state,
      trace: trace === null ? null : redactor.redact(trace),
      workerId: settings.workerId,
      generation: this.#seat.generation,
      version: plugins.findConnector(className)?.def.version ?? null,
    };
  }
}

function itemsOf({ name, tasks }: StoredConnector): readonly string[] {
  return [connectorItem(name), ...(tasks ?? []).map(({ id, version }) => taskItem(name, id, version))];
}
