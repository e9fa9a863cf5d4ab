// The worker: every connector that it knows, and the operations that REST, files and the command line ask for.
//
// Law: an operation answers when its record is durable in the config topic and read back. What it sets off goes on by itself, on
// this worker or another; its state is read from `status`. In a group, operations that write connectors and tasks are the
// leader's, and a restart that is waited for is the owner's: see `placeOf`.
import type { RawConfig } from '../core/config/define.ts';
import { TributaryError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { checkConnector } from './config/connector-check.ts';
import type { ConnectorKind } from './config/framework-config.ts';
import type { ConnectorInfo, ConnectorStatus, ConnectorView, ShownState, TaskView } from './connector-views.ts';
import type { Environment } from './environment.ts';
import { concerns } from './herder/connector-work.ts';
import { Herder } from './herder/herder.ts';
import type { OtherSeat, OtherWork } from './herder/other-work.ts';
import type { SignatureFault } from './herder/peers.ts';
import type { Place } from './herder/seat.ts';
import type { TopicsOf } from './herder/topic-use.ts';
import type { ViewedConnector } from './observe/host-view.ts';
import { unmasked } from './secrets/secrets.ts';
import type { TargetState } from './states.ts';
import type { StoredConnector } from './stores/config-fold.ts';
import type { OffsetStore } from './stores/offset-store.ts';
import type { StatusRecord } from './stores/status-records.ts';
import { within } from './tasks/deadline.ts';
import type { Retrying } from './tasks/retry-note.ts';
import { WorkerOffsets } from './worker-offsets.ts';

const CALL_LIMIT_MS = 90_000;
const CATCH_UP_LIMIT_MS = 3000;

export class Worker {
  readonly environment: Environment;
  readonly sourceAndSinkOffsets: WorkerOffsets;
  readonly #herder: Herder;
  readonly #log: Logger;
  readonly #creating = new Set<string>();
  #ready = false;

  constructor(environment: Environment) {
    this.environment = environment;
    this.#log = environment.logs.logger('host');
    this.#herder = new Herder(environment);
    this.sourceAndSinkOffsets = new WorkerOffsets(this, environment);
  }

  get ready(): boolean {
    return this.#ready;
  }

  get offsets(): OffsetStore {
    return this.#herder.offsets;
  }

  /** This worker writes connectors and tasks. */
  get isLeader(): boolean {
    return this.#herder.isLeader;
  }

  /** Calls back whenever this worker has come to lead its group. */
  whenLeading(work: () => void): void {
    this.#herder.whenLeading(work);
  }

  /** Work beside connectors takes part in the sharing of the group's work. To be called before `open`. */
  share(other: OtherWork): OtherSeat {
    return this.#herder.share(other);
  }

  /** Takes the stores over, joins the group if there is one, and starts what is owned. Throws `transient` while the broker cannot be reached. */
  async open(): Promise<void> {
    await this.#herder.open();
    this.#ready = true;
  }

  /** Stops all that runs here, within the worker's time-out, and leaves. */
  async close(): Promise<void> {
    this.#ready = false;
    await this.#herder.close();
  }

  names(): readonly string[] {
    return this.#herder.configs.names();
  }

  has(name: string): boolean {
    return this.#herder.configs.get(name) !== null;
  }

  /** There was a connector of that name, and it was deleted. */
  isDeleted(name: string): boolean {
    return this.#herder.configs.isDeleted(name);
  }

  /** Every connector, as far as it is at work here: a scrape asks, so nothing else is looked up. */
  *viewed(): Iterable<ViewedConnector> {
    const { statuses, configs } = this.#herder;
    for (const { name, config, tasks } of configs.list()) {
      const work = this.#herder.workOf(name);
      const own = (tasks ?? []).flatMap(({ id }) => work?.task(id) ?? []);
      yield {
        name,
        config,
        state: work === null || work.instance === null ? null : (statuses.connector(name)?.state ?? 'UNASSIGNED'),
        tasks: own.map((task) => ({
          id: task.id,
          state: statuses.task(name, task.id)?.state ?? 'UNASSIGNED',
          settled: task.settled,
        })),
      };
    }
  }

  /** Throws `notFound` with Connect's text. */
  get(name: string, text = `Connector ${name} not found`): ConnectorView {
    const stored = this.#stored(name, text);
    const work = this.#herder.workOf(name);
    const status = this.#statusOf(stored);
    let use: TopicsOf | null = null;
    const topics = (): TopicsOf => (use ??= this.#herder.topics.of(stored));
    const tasks = (stored.tasks ?? []).map(({ id, config }): TaskView => {
      const here = work?.task(id) ?? null;
      return {
        id,
        config,
        status: status.tasks[id]!,
        isHere: here !== null,
        idle: here?.idle ?? false,
        settled: here?.settled ?? new Map(),
      };
    });
    return {
      name,
      config: stored.config,
      target: stored.target,
      status: status.connector,
      isHere: work !== null && work.instance !== null,
      tasks,
      get reads() {
        return topics().reads;
      },
      get writes() {
        return topics().writes;
      },
      settled: work?.settled ?? true,
    };
  }

  info(name: string): ConnectorInfo {
    const { config, tasks } = this.#stored(name);
    return { name, config, taskCount: tasks?.length ?? 0, type: this.typeOf(config) };
  }

  status(name: string): ConnectorStatus {
    return this.#statusOf(this.#stored(name, `No status found for connector ${name}`));
  }

  /** Topics that the connector uses; none for one that is not known. */
  topicsOf(name: string): readonly string[] {
    return this.#herder.statuses.topics(name).map((topic) => topic.name);
  }

  forgetTopics(name: string): void {
    this.#herder.statuses.forgetTopics(name);
  }

  /** The states of all tasks that may still be running somewhere. */
  tasksAlive(name: string): number {
    return this.#herder.statuses.tasks(name).size;
  }

  typeOf(config: RawConfig): ConnectorKind | 'unknown' {
    const name = this.environment.providers.resolve({ name: config['connector.class'] ?? '' })['name'] ?? '';
    return this.environment.plugins.findConnector(name)?.def.kind ?? 'unknown';
  }

  /** Who answers: `leader` for writes, else the owner of the instance or of a task. */
  placeOf(what: 'leader' | { readonly connector: string; readonly task: number | null }): Place {
    return what === 'leader' ? this.#herder.leader() : this.#herder.owner(what.connector, what.task);
  }

  /** Reads what others have written: a client that wrote through this worker is to see it here. */
  async catchUp(): Promise<void> {
    await this.#herder.configs.refresh(CATCH_UP_LIMIT_MS).catch(() => {});
  }

  /** Creates a connector. Throws `conflict` when the name is taken, `config` when the config is refused. */
  async create(name: string, config: RawConfig, target: TargetState | null): Promise<void> {
    const full = named(name, config);
    // The reference validates before it looks whether the name is free.
    await checkConnector(full, this.environment, this.#log);
    if (this.has(name) || this.#creating.has(name)) {
      throw new TributaryError('TRIB_CONNECTOR_EXISTS', 'conflict', { what: `Connector ${name} already exists` });
    }
    this.#creating.add(name);
    try {
      await this.#herder.lead(() => this.#herder.configs.putConnector(name, full, target ?? 'STARTED'));
      this.#log.info('Connector created.', { connector: name });
    } finally {
      this.#creating.delete(name);
    }
  }

  /** Creates or replaces a config; answers whether the connector is new. */
  async put(name: string, config: RawConfig): Promise<'created' | 'updated'> {
    const existing = this.#herder.configs.get(name);
    const full = unmasked(named(name, config), existing?.config ?? null);
    if (existing === null) {
      await this.create(name, full, null);
      return 'created';
    }
    await checkConnector(full, this.environment, this.#log);
    await this.#herder.lead(() => this.#herder.configs.putConnector(name, full, null));
    return 'updated';
  }

  /** Overrides some settings; null removes one. */
  async patch(name: string, changes: RawConfig): Promise<void> {
    const merged: Record<string, string | null> = { ...this.#stored(name).config };
    for (const [key, value] of Object.entries(unmasked(changes, merged))) {
      if (key === 'name') continue; // the URL names the connector
      if (value === null) delete merged[key];
      else merged[key] = value;
    }
    await this.put(name, merged);
  }

  async remove(name: string): Promise<void> {
    this.#stored(name);
    await this.#herder.lead(() => this.#herder.configs.remove(name));
  }

  /** Pauses, resumes or stops. */
  async setTarget(name: string, target: TargetState): Promise<void> {
    const { configs } = this.#herder;
    this.#stored(name, target === 'STOPPED' ? `Connector ${name} not found` : `Unknown connector ${name}`);
    if (target === 'STOPPED') await this.#herder.lead(() => configs.stop(name));
    else await configs.putTarget(name, target);
  }

  /** Asks for a restart that each worker carries out for what it owns; answers the plan: what will be restarted shows RESTARTING. */
  async restart(
    name: string,
    options: { readonly includeTasks: boolean; readonly onlyFailed: boolean },
  ): Promise<ConnectorStatus> {
    const stored = this.#stored(name, `Unknown connector: ${name}`);
    const now = this.#statusOf(stored);
    const plan: ConnectorStatus = {
      ...now,
      connector: restarting(now.connector, concerns(options.onlyFailed, now.connector.state)),
      tasks: now.tasks.map((task) => {
        const planned = restarting(task, options.includeTasks && concerns(options.onlyFailed, task.state));
        return planned === task ? task : { ...planned, restartsAtMs: null, retrying: null };
      }),
    };
    if ([plan.connector, ...plan.tasks].some(({ state }) => state === 'RESTARTING')) {
      await this.#herder.lead(() => this.#herder.configs.putRestart(name, options));
    }
    return plan;
  }

  /** Restarts the instance alone, and waits for it. */
  async restartInstance(name: string): Promise<void> {
    this.#stored(name, `Unknown connector: ${name}`);
    await this.#restartHere(name, { connector: true, tasks: [] });
  }

  async restartTask(name: string, task: number): Promise<void> {
    const { tasks } = this.#stored(name, `Unknown connector: ${name}`);
    if (tasks?.[task] === undefined) {
      const text = `Unknown task: ${name}-${task}`;
      throw new TributaryError('TRIB_TASK_NOT_FOUND', 'notFound', { what: text });
    }
    await this.#restartHere(name, { connector: false, tasks: [task] });
  }

  /** From another worker: the task configs that an instance has computed. */
  async takeTasks(name: string, tasks: readonly RawConfig[]): Promise<void> {
    this.#stored(name);
    await this.#herder.storeTasks(name, tasks);
  }

  /** From another worker: fences what older task sets may still write. */
  async fence(name: string): Promise<void> {
    this.#stored(name);
    await this.#herder.fenceHere(name);
  }

  /** Null when a call was signed by a worker of this group. */
  signatureFault(
    body: Uint8Array,
    signature: string | undefined,
    algorithm: string | undefined,
  ): SignatureFault | null {
    return this.#herder.peers.fault(body, signature, algorithm);
  }

  /** Sets a log level on all workers. */
  async setClusterLogLevel(logger: string, level: string): Promise<void> {
    await this.#herder.configs.putLoggerLevel(logger, level);
  }

  #stored(name: string, text = `Connector ${name} not found`): StoredConnector {
    const stored = this.#herder.configs.get(name);
    if (stored === null) throw new TributaryError('TRIB_CONNECTOR_NOT_FOUND', 'notFound', { what: text });
    return stored;
  }

  #statusOf({ name, config, tasks }: StoredConnector): ConnectorStatus {
    const { statuses } = this.#herder;
    const work = this.#herder.workOf(name);
    const version = this.environment.plugins.findConnector(config['connector.class'] ?? '')?.def.version ?? null;
    const shown = (record: StatusRecord | null): ShownState => ({
      state: record?.state ?? 'UNASSIGNED',
      trace: record?.trace ?? null,
      workerId: record?.workerId ?? this.environment.settings.workerId,
      version: record?.version ?? version,
    });
    return {
      name,
      type: this.typeOf(config),
      version,
      connector: shown(statuses.connector(name)),
      tasks: (tasks ?? []).map(({ id }) => ({
        id,
        ...shown(statuses.task(name, id)),
        restartsAtMs: work?.task(id)?.restartsAtMs ?? null,
        retrying: this.#hidden(work?.task(id)?.retrying ?? null),
      })),
    };
  }

  #hidden(retrying: Retrying | null): Retrying | null {
    if (retrying === null) return null;
    return { ...retrying, message: this.environment.redactor.redact(retrying.message) };
  }

  async #restartHere(
    name: string,
    order: { readonly connector: boolean; readonly tasks: readonly number[] },
  ): Promise<void> {
    const work = this.#herder.workOf(name);
    const isHere = order.connector ? work?.instance != null : order.tasks.every((id) => work?.taskIds.includes(id));
    if (work === null || !isHere) {
      throw new TributaryError('TRIB_NOT_OWNER', 'conflict', {
        what: 'Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)',
      });
    }
    const outcome = await within(work.restart(order), CALL_LIMIT_MS, this.environment.clock);
    if (outcome.done) return;
    throw new TributaryError('TRIB_REQUEST_TIMEOUT', 'fatal', {
      what: `Request timed out. The worker is currently waiting for the code of connector ${name}.`,
    });
  }
}

function restarting<T extends ShownState>(shown: T, concerned: boolean): T {
  return concerned ? { ...shown, state: 'RESTARTING' } : shown;
}

/** The config with its name in it. Throws `config` when the two differ. */
function named(name: string, config: RawConfig): RawConfig {
  const own = config['name'];
  if (own !== undefined && own !== null && own !== name) {
    throw new TributaryError('TRIB_CONFIG_NAME', 'config', {
      what: `Connector name configuration (${own}) doesn't match connector name in the URL (${name})`,
    });
  }
  return { ...config, name };
}
