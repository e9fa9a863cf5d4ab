// One connector: its instance, its tasks, and how it gets from what is to what the user wants.
//
// Law: the control plane never waits on plugin code. Each connector works its changes off one after the other by itself; when a
// newer change waits and plugin code does not return within the grace time, that call is let go and its result ignored.
// Law: a change touches only the tasks whose settings or share of the input it changes.
import type { RawConfig } from '../core/config/define.ts';
import { parseConfigOrThrow, parseSetting } from '../core/config/parse.ts';
import { isTransient, TributaryError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { unlessAborted } from './deadline.ts';
import type { Environment } from './environment.ts';
import type { OffsetStore } from './offset-store.ts';
import { rememberSecrets } from './secrets.ts';
import { failedStatus, type Status, statusOf, type TargetState, UNASSIGNED } from './states.ts';
import { connectorContext, counters } from './task-frame.ts';
import { plannedTasks, sameTask, withReferences } from './task-plans.ts';
import {
  type AnyConnector,
  type ConnectorDefinition,
  type TaskOwner,
  type TaskPlan,
  TaskRuntime,
} from './task-runtime.ts';
import { unknownClass } from './unknown-class.ts';
import type { NoteTopic } from './watched-broker.ts';

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 60_000;

/** What the runtime asks of its worker. */
export interface ConnectorOwner {
  readonly environment: Environment;
  readonly offsets: OffsetStore;
  /** Stores a new set of task configs. */
  storeTasks(name: string, tasks: readonly RawConfig[]): Promise<void>;
}

/** What is wanted of a connector. */
export interface Wanted {
  readonly config: RawConfig;
  readonly target: TargetState;
}

export interface RestartOrder {
  readonly connector: boolean;
  readonly tasks: readonly number[];
}

interface Instance {
  readonly definition: ConnectorDefinition;
  readonly className: string;
  readonly connector: AnyConnector;
  /** The config it was started with, as stored. */
  readonly config: RawConfig;
  alive: boolean;
}

interface Step {
  /** Aborted when the step's plugin calls must be let go. */
  readonly abandon: AbortController;
  readonly done: AbortController;
}

export class ConnectorRuntime implements TaskOwner {
  readonly name: string;
  readonly environment: Environment;
  readonly offsets: OffsetStore;
  /** Topics in use, as REST shows them; may be cleared. */
  readonly topics = new Set<string>();
  readonly reads = new Set<string>();
  readonly writes = new Set<string>();
  readonly #owner: ConnectorOwner;
  readonly #log: Logger;
  #wanted: Wanted;
  #instance: Instance | null = null;
  #status: Status = UNASSIGNED;
  #tasks: TaskRuntime[] = [];
  #queue: Promise<void> = Promise.resolve();
  #step: Step | null = null;

  constructor(owner: ConnectorOwner, name: string, wanted: Wanted) {
    this.#owner = owner;
    this.name = name;
    this.environment = owner.environment;
    this.offsets = owner.offsets;
    this.#wanted = wanted;
    this.#log = owner.environment.logs.logger(`connect.${name}`).with({ connector: name });
  }

  get status(): Status {
    return this.#status;
  }

  get config(): RawConfig {
    return this.#wanted.config;
  }

  get target(): TargetState {
    return this.#wanted.target;
  }

  get tasks(): readonly TaskRuntime[] {
    return this.#tasks;
  }

  /** Wants this from now on. Resolves when it is so (or has failed); callers need not wait. */
  want(wanted: Wanted): Promise<void> {
    this.#wanted = wanted;
    return this.#enqueue(() => this.#settle(false));
  }

  /** Restarts the instance and the named tasks; they show RESTARTING at once. */
  restart(order: RestartOrder): Promise<void> {
    if (order.connector) this.#status = { ...this.#status, state: 'RESTARTING' };
    const tasks = this.#tasks.filter((task) => order.tasks.includes(task.id));
    for (const task of tasks) task.mark('RESTARTING');
    return this.#enqueue(async () => {
      await Promise.all(tasks.map((task) => task.stop()));
      if (order.connector) await this.#settle(true);
      for (const task of tasks) if (this.#tasks.includes(task)) task.start(this.#wanted.target !== 'STARTED');
    });
  }

  /** Stops everything: the connector was deleted, or the host ends. */
  close(): Promise<void> {
    return this.#enqueue(async () => {
      await this.#stopTasks();
      await this.#stopInstance();
      this.#status = UNASSIGNED;
    });
  }

  /** True when no change is being worked off and no start is pending. */
  get settled(): boolean {
    return this.#step === null;
  }

  readonly noteTopic: NoteTopic = (topic, direction) => {
    this.topics.add(topic);
    this[direction].add(topic);
  };

  requestTaskReconfiguration(): void {
    this.#background(() => this.#configureTasks());
  }

  raise(error: Error): void {
    this.#failed(error);
  }

  #background(work: () => Promise<void>): void {
    this.#enqueue(work).catch((error: unknown) => this.#failed(error));
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const { clock, settings } = this.environment;
    const running = this.#step;
    if (running !== null) {
      clock
        .sleep(settings.shutdownTimeoutMs, running.done.signal)
        .then(() => running.abandon.abort())
        .catch(() => {});
    }
    const next = this.#queue.then(() => this.#runStep(work));
    this.#queue = next.catch(() => {});
    return next;
  }

  async #runStep(work: () => Promise<void>): Promise<void> {
    const step: Step = { abandon: new AbortController(), done: new AbortController() };
    this.#step = step;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof LetGo)) throw error;
      this.#log.warn('A call of the connector did not return in time; it is let go.');
    } finally {
      step.done.abort();
      this.#step = null;
    }
  }

  /** Plugin code, until it returns or a newer change has waited for long enough. */
  async #call<T>(work: Promise<T>): Promise<T> {
    const outcome = await unlessAborted(work, this.#step?.abandon.signal ?? new AbortController().signal);
    if (outcome.done) return outcome.value;
    throw new LetGo();
  }

  /** Brings the connector to what is wanted now. */
  async #settle(restart: boolean): Promise<void> {
    const { config, target } = this.#wanted;
    if (target === 'STOPPED') {
      await this.#stopTasks();
      this.#tasks = [];
      await this.#stopInstance();
      this.#status = statusOf('STOPPED');
      return;
    }
    if (target === 'PAUSED') {
      for (const task of this.#tasks) task.pause(true);
      await this.#stopInstance();
      this.#status = statusOf('PAUSED');
      return;
    }
    const isFresh = this.#instance?.alive !== true || this.#instance.config !== config;
    if (isFresh || restart) await this.#startInstance(config);
    if (this.#instance === null) return;
    await this.#configureTasks();
    for (const task of this.#tasks) task.pause(false);
  }

  async #startInstance(config: RawConfig): Promise<void> {
    await this.#stopInstance();
    const { environment, name } = this;
    environment.metrics.counter('connector_starts', { connector: name }).add(1);
    try {
      const raw = environment.providers.resolve(config);
      const found = environment.plugins.findConnector(raw['connector.class'] ?? '');
      if (found === null) throw unknownClass(raw['connector.class'] ?? '', environment.plugins);
      rememberSecrets(found.def.config, raw, environment.redactor);
      const parsed = parseConfigOrThrow(found.def.config, raw, name);
      const connector = found.def.create();
      const instance: Instance = { definition: found.def, className: found.className, connector, config, alive: true };
      this.#instance = instance;
      const context = connectorContext(environment, name, this.#log, counters(environment, { connector: name }), {
        requestTaskReconfiguration: () => {
          if (instance.alive) this.requestTaskReconfiguration();
        },
        raise: (error) => {
          if (instance.alive) this.raise(error);
        },
      });
      await this.#call(connector.start(parsed, raw, context));
      this.#status = statusOf('RUNNING');
      this.#log.info('Connector is running.');
    } catch (error) {
      this.#letGo();
      if (error instanceof LetGo) throw error;
      this.#failed(error);
    }
  }

  async #stopInstance(): Promise<void> {
    const instance = this.#instance;
    if (instance === null) return;
    this.#letGo();
    try {
      await this.#call(instance.connector.stop());
    } catch (error) {
      if (error instanceof LetGo) throw error;
      this.#log.warn('The connector failed while it was stopped.', { error: messageOf(error) });
    }
  }

  #letGo(): void {
    if (this.#instance !== null) this.#instance.alive = false;
    this.#instance = null;
  }

  async #stopTasks(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.stop()));
  }

  #failed(error: unknown): void {
    this.#status = failedStatus(error);
    this.#log.error('Connector failed.', { error: messageOf(error) });
  }

  /** Asks for task configs and brings the tasks in line, touching only those that differ. */
  async #configureTasks(): Promise<void> {
    const instance = this.#instance;
    if (instance === null || this.#wanted.target !== 'STARTED') return;
    let configs: readonly RawConfig[];
    try {
      configs = await this.#taskConfigs(instance);
    } catch (error) {
      if (error instanceof LetGo) throw error;
      this.#failed(error);
      return;
    }
    const plans = plannedTasks(instance, configs);
    const stored = plans.map(({ config }) => config);
    const isSame =
      plans.length === this.#tasks.length && plans.every((plan, index) => sameTask(plan, this.#tasks[index]!));
    if (isSame && this.#tasks.length > 0) {
      for (const [index, plan] of plans.entries()) this.#tasks[index]!.replan(plan);
      return;
    }
    await this.#owner.storeTasks(this.name, stored);
    await this.#replaceTasks(plans);
  }

  async #replaceTasks(plans: readonly TaskPlan[]): Promise<void> {
    const before = this.#tasks;
    const changed = before.filter((task) => {
      const plan = plans[task.id];
      return plan === undefined || !sameTask(plan, task);
    });
    await Promise.all(changed.map((task) => task.stop()));
    this.#tasks = plans.map((plan, id) => {
      const task = before[id];
      if (task === undefined) return new TaskRuntime(this, id, plan);
      task.replan(plan);
      return task;
    });
    for (const task of this.#tasks) {
      if (changed.includes(task) || !before.includes(task)) task.start(this.#wanted.target !== 'STARTED');
    }
  }

  async #taskConfigs(instance: Instance): Promise<readonly RawConfig[]> {
    const { clock, providers } = this.environment;
    const resolved = providers.resolve(instance.config);
    const max = Number(parseSetting('INT', resolved['tasks.max'] ?? '1') ?? 1);
    for (let attempt = 1; ; attempt++) {
      try {
        const configs = await this.#call(Promise.resolve(instance.connector.taskConfigs(max)));
        return checkedCount(configs, max, resolved).map((task) => withReferences(task, instance.config, resolved));
      } catch (error) {
        if (!isTransient(error)) throw error;
        const delayMs = Math.min(RETRY_FIRST_MS * 2 ** (attempt - 1), RETRY_MAX_MS);
        this.#log.warn('Task configs could not be computed; trying again.', { delayMs, error: messageOf(error) });
        await clock.sleep(delayMs, this.#step?.abandon.signal);
      }
    }
  }
}

/** A plugin call was let go: not a failure of the connector. */
class LetGo extends Error {}

function checkedCount(configs: readonly RawConfig[], max: number, raw: RawConfig): readonly RawConfig[] {
  if (configs.length <= max || parseSetting('BOOLEAN', raw['tasks.max.enforce'] ?? 'true') === false) return configs;
  throw new TributaryError('TRIB_TASKS_TOO_MANY', 'fatal', {
    what: `The connector made ${configs.length} tasks, but tasks.max is ${max}.`,
    fix: 'Raise tasks.max, or mend the connector.',
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
