// What this worker runs of one connector: its instance, some of its tasks, both or neither; and how it gets from what runs to
// what is wanted here.
//
// Law: what is not wanted any more has stopped (or was let go after its time) before anything is started. A task runs under one
// version of its settings; another version is another task. What is wanted is asked for anew in each pass, so calls may be dropped.
import type { RawConfig } from '../../core/config/define.ts';
import type { Logger } from '../../core/log.ts';
import { unknownClass } from '../config/unknown-class.ts';
import { type ConnectorRuntime, ConnectorRuntime as Instance, type InstanceOwner } from '../connector-runtime.ts';
import type { Environment } from '../environment.ts';
import { connectorItem, taskItem } from '../group/work-items.ts';
import { rememberSecrets } from '../secrets/secrets.ts';
import { failedStatus, type State, type Status, type TargetState } from '../states.ts';
import type { OffsetStore } from '../stores/offset-store.ts';
import type { SetTask, TaskSet } from '../stores/task-set.ts';
import { within } from '../tasks/deadline.ts';
import type { Lease } from '../tasks/lease.ts';
import { type TaskOwner, type TaskPlan, TaskRuntime } from '../tasks/task-runtime.ts';

/** What is to run here of a connector. */
export interface WantedWork {
  readonly config: RawConfig;
  readonly target: TargetState;
  readonly instance: boolean;
  /** Those that are to run here. */
  readonly tasks: readonly SetTask[];
  /** How many the connector has in all. */
  readonly taskCount: number;
}

export interface RestartOrder {
  readonly connector: boolean;
  readonly tasks: readonly number[];
}

/** What the work asks of the herder. */
export interface WorkDesk {
  readonly environment: Environment;
  readonly offsets: OffsetStore;
  readonly lease: Lease;
  /** Null: nothing of the connector is to run here. */
  wanted(name: string): WantedWork | null;
  tasksUnder(name: string, config: RawConfig): TaskSet | 'outdated' | null;
  publishTasks(name: string, configs: readonly RawConfig[]): Promise<void>;
  /** Producers of older task sets may still write: they are to be fenced before a task of this connector starts. */
  fencingDue(name: string): boolean;
  fence(name: string): Promise<void>;
  connectorChanged(name: string, status: Status): void;
  taskChanged(name: string, task: number, status: Status): void;
  noteTopic(name: string, task: number, topic: string, direction: 'reads' | 'writes'): void;
}

interface RunningTask {
  readonly version: string;
  /** Null: it could not even be made. */
  readonly runtime: TaskRuntime | null;
  /** Why it could not. */
  readonly failure: Status | null;
}

const FENCE_RETRY_MS = 1000;

export class ConnectorWork implements InstanceOwner {
  readonly name: string;
  readonly environment: Environment;
  readonly #desk: WorkDesk;
  readonly #log: Logger;
  #instance: ConnectorRuntime | null = null;
  readonly #tasks = new Map<number, RunningTask>();
  /** Versions that are being stopped: claimed until they have. */
  readonly #stopping = new Set<string>();
  #queue: Promise<void> = Promise.resolve();
  #passes = 0;
  #fencing: Promise<void> | null = null;

  constructor(desk: WorkDesk, name: string) {
    this.#desk = desk;
    this.name = name;
    this.environment = desk.environment;
    this.#log = desk.environment.logs.logger(`connect.${name}`).with({ connector: name });
  }

  get instance(): ConnectorRuntime | null {
    return this.#instance;
  }

  task(id: number): TaskRuntime | null {
    return this.#tasks.get(id)?.runtime ?? null;
  }

  /** The state of the instance (`task` null) or of a task, as it is here; null: it is not here. */
  statusOf(task: number | null): Status | null {
    if (task === null) return this.#instance?.status ?? null;
    const found = this.#tasks.get(task);
    return found?.runtime?.status ?? found?.failure ?? null;
  }

  get taskIds(): readonly number[] {
    return [...this.#tasks.keys()];
  }

  /** Nothing is being changed. */
  get settled(): boolean {
    return this.#passes === 0 && this.#fencing === null && (this.#instance?.settled ?? true);
  }

  get isEmpty(): boolean {
    return this.#instance === null && this.#tasks.size === 0 && this.#passes === 0;
  }

  /** The items that run here or may still be stopping. */
  held(): readonly string[] {
    const tasks = [...this.#tasks].map(([id, { version }]) => taskItem(this.name, id, version));
    return [...(this.#instance === null ? [] : [connectorItem(this.name)]), ...tasks, ...this.#stopping];
  }

  /** Brings what runs in line with what is wanted. Resolves when what is not wanted has stopped and the rest was told to start. */
  reconcile(): Promise<void> {
    return this.#enqueue(() => this.#pass());
  }

  /** Restarts what runs here of the order; it shows RESTARTING at once. Resolves when it is done. */
  restart(order: RestartOrder): Promise<void> {
    const instance = order.connector ? this.#instance : null;
    const restarted = instance?.restart() ?? Promise.resolve();
    for (const id of order.tasks) this.task(id)?.mark('RESTARTING');
    const tasks = this.#enqueue(() => Promise.all(order.tasks.map((id) => this.#restartTask(id))));
    return Promise.all([restarted, tasks]).then(() => {});
  }

  tasksUnder(config: RawConfig): TaskSet | 'outdated' | null {
    return this.#desk.tasksUnder(this.name, config);
  }

  publishTasks(configs: readonly RawConfig[]): Promise<void> {
    return this.#desk.publishTasks(this.name, configs);
  }

  instanceChanged(status: Status): void {
    this.#desk.connectorChanged(this.name, status);
  }

  #enqueue(work: () => Promise<unknown>): Promise<void> {
    this.#passes++;
    const next = this.#queue.then(work).then(() => {});
    this.#queue = next
      .catch((error: unknown) => {
        this.#log.error('The connector could not be brought to what is wanted.', { error: String(error) });
      })
      .finally(() => {
        this.#passes--;
      });
    return this.#queue;
  }

  async #pass(): Promise<void> {
    const before = this.#desk.wanted(this.name);
    await Promise.all([this.#stopStale(before), before?.instance === true ? null : this.#closeInstance()]);
    // What was wanted may have changed in the meantime.
    const wanted = this.#desk.wanted(this.name);
    if (wanted === null) return;
    if (wanted.instance) this.#wantInstance(wanted);
    this.#startTasks(wanted);
  }

  #wantInstance({ config, target }: WantedWork): void {
    if (this.#instance === null) this.#instance = new Instance(this, this.name, { config, target });
    else if (this.#instance.wanted.config === config && this.#instance.wanted.target === target) return;
    this.#instance.want({ config, target });
  }

  async #closeInstance(): Promise<void> {
    const instance = this.#instance;
    if (instance === null) return;
    const { clock, settings } = this.environment;
    const outcome = await within(instance.close(), settings.shutdownTimeoutMs * 2, clock);
    if (!outcome.done) this.#log.warn('The connector did not stop in time; it is let go.');
    this.#instance = null;
  }

  async #stopStale(wanted: WantedWork | null): Promise<void> {
    const versions = new Map(wanted?.tasks.map(({ id, version }) => [id, version]));
    const stale = [...this.#tasks].filter(([id, { version }]) => versions.get(id) !== version);
    await Promise.all(stale.map(([id]) => this.#stopTask(id)));
  }

  async #stopTask(id: number): Promise<void> {
    const task = this.#tasks.get(id);
    if (task === undefined) return;
    const item = taskItem(this.name, id, task.version);
    this.#stopping.add(item);
    try {
      await task.runtime?.stop();
    } finally {
      this.#tasks.delete(id);
      this.#stopping.delete(item);
    }
  }

  #startTasks(wanted: WantedWork): void {
    const paused = wanted.target !== 'STARTED';
    const missing = wanted.tasks.filter(({ id }) => !this.#tasks.has(id));
    for (const { runtime } of this.#tasks.values()) runtime?.pause(paused);
    if (missing.length === 0) return;
    if (this.#desk.fencingDue(this.name)) {
      this.#fenceFirst();
      return;
    }
    for (const task of missing) this.#startTask(task, wanted.taskCount, paused);
  }

  #startTask(task: SetTask, taskCount: number, paused: boolean): void {
    let runtime: TaskRuntime | null = null;
    let failure: Status | null = null;
    try {
      runtime = new TaskRuntime(this.#ownerOf(task.id), task.id, this.#planOf(task, taskCount));
    } catch (error) {
      failure = failedStatus(error);
      this.#desk.taskChanged(this.name, task.id, failure);
    }
    this.#tasks.set(task.id, { version: task.version, runtime, failure });
    runtime?.start(paused);
  }

  async #restartTask(id: number): Promise<void> {
    await this.task(id)?.stop();
    const wanted = this.#desk.wanted(this.name);
    const task = wanted?.tasks.find((one) => one.id === id);
    const running = this.#tasks.get(id);
    if (running === undefined || wanted === null) return;
    if (task === undefined || task.version !== running.version) {
      this.#tasks.delete(id);
      return;
    }
    if (running.runtime === null) this.#startTask(task, wanted.taskCount, wanted.target !== 'STARTED');
    else running.runtime.start(wanted.target !== 'STARTED');
  }

  /** Everything that a task needs stands in its config: its instance is never started. */
  #planOf({ config }: SetTask, taskCount: number): TaskPlan {
    const { environment } = this;
    const raw = environment.providers.resolve(config);
    const found = environment.plugins.findConnector(raw['connector.class'] ?? '');
    if (found === null) throw unknownClass(raw['connector.class'] ?? '', environment.plugins);
    rememberSecrets(found.def.config, raw, environment.redactor);
    return { definition: found.def, className: found.className, connector: found.def.create(), config, taskCount };
  }

  #ownerOf(task: number): TaskOwner {
    const desk = this.#desk;
    const { name, environment } = this;
    return {
      environment,
      offsets: desk.offsets,
      name,
      lease: desk.lease,
      noteTopic: (topic, direction) => desk.noteTopic(name, task, topic, direction),
      taskChanged: (id, status) => desk.taskChanged(name, id, status),
      requestTaskReconfiguration: () => this.#instance?.requestTaskReconfiguration(),
      raise: (error) => {
        if (this.#instance !== null) this.#instance.raise(error);
        else this.#log.error('A task reports a failure of its connector, which runs elsewhere.', { task, error });
      },
    };
  }

  /** Fencing may have to wait for the leader: nothing else does. */
  #fenceFirst(): void {
    this.#fencing ??= this.#fence().finally(() => {
      this.#fencing = null;
      void this.reconcile();
    });
  }

  async #fence(): Promise<void> {
    const { clock } = this.environment;
    while (this.#desk.fencingDue(this.name) && (this.#desk.wanted(this.name)?.tasks.length ?? 0) > 0) {
      try {
        await this.#desk.fence(this.name);
        return;
      } catch (error) {
        this.#log.warn('Older producers could not be fenced; trying again.', { error: String(error) });
        await clock.sleep(FENCE_RETRY_MS);
      }
    }
  }
}

/** True for states that a restart of the failed ones concerns. */
export function concerns(onlyFailed: boolean, state: State | null): boolean {
  return !onlyFailed || state === 'FAILED';
}
