// The instance of one connector: it watches for work and splits it into tasks, which may run anywhere.
//
// Law: the control plane never waits on plugin code. Each connector works its changes off one after the other by itself; when a
// newer change waits and plugin code does not return within the grace time, that call is let go and its result ignored.
// Law: a set of task configs that runs the same as the stored one is not stored again, so nothing is restarted for it.
import type { RawConfig } from '../core/config/define.ts';
import { parseConfigOrThrow, parseSetting } from '../core/config/parse.ts';
import { isTransient, TributaryError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { unknownClass } from './config/unknown-class.ts';
import type { Environment } from './environment.ts';
import { rememberSecrets } from './secrets/secrets.ts';
import { watchValues } from './secrets/value-watch.ts';
import { failedStatus, type Status, statusOf, type TargetState, UNASSIGNED } from './states.ts';
import { sameSet, type TaskSet } from './stores/task-set.ts';
import { unlessAborted } from './tasks/deadline.ts';
import { connectorContext, counters } from './tasks/task-frame.ts';
import type { AnyConnector, ConnectorDefinition } from './tasks/task-order.ts';
import { taskRecords, withReferences } from './tasks/task-plans.ts';

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 60_000;

/** What the instance asks of its worker. */
export interface InstanceOwner {
  readonly environment: Environment;
  /** The committed task set; null when there is none that is whole, or the config is not this one any more. */
  tasksUnder(config: RawConfig): TaskSet | 'outdated' | null;
  /** Has a new set of task configs stored. Resolves when it is. */
  publishTasks(configs: readonly RawConfig[]): Promise<void>;
  /** Told each state that the instance comes to. */
  instanceChanged(status: Status): void;
}

/** What is wanted of a connector. */
export interface Wanted {
  readonly config: RawConfig;
  readonly target: TargetState;
}

interface Instance {
  readonly definition: ConnectorDefinition;
  readonly className: string;
  readonly connector: AnyConnector;
  /** The config it was started with, as stored. */
  readonly config: RawConfig;
  alive: boolean;
  /** Aborted when the instance is given up. */
  readonly ended: AbortController;
}

interface Step {
  /** Aborted when the step's plugin calls must be let go. */
  readonly abandon: AbortController;
  readonly done: AbortController;
}

export class ConnectorRuntime {
  readonly name: string;
  readonly #environment: Environment;
  readonly #owner: InstanceOwner;
  readonly #log: Logger;
  #wanted: Wanted;
  #instance: Instance | null = null;
  #status: Status = UNASSIGNED;
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;
  #step: Step | null = null;

  constructor(owner: InstanceOwner, name: string, wanted: Wanted) {
    this.#owner = owner;
    this.name = name;
    this.#environment = owner.environment;
    this.#wanted = wanted;
    this.#log = owner.environment.logs.logger(`connect.${name}`).with({ connector: name });
  }

  get status(): Status {
    return this.#status;
  }

  get wanted(): Wanted {
    return this.#wanted;
  }

  /** Wants this from now on. Its outcome is told by the status. */
  want(wanted: Wanted): void {
    this.#wanted = wanted;
    this.#background(() => this.#settle(false));
  }

  /** Stops and starts; shows RESTARTING at once. Resolves when it is done. */
  restart(): Promise<void> {
    this.#set({ ...this.#status, state: 'RESTARTING' });
    return this.#enqueue(() => this.#settle(true));
  }

  /** Stops for good. */
  close(): Promise<void> {
    return this.#enqueue(async () => {
      await this.#stopInstance();
      this.#set(UNASSIGNED);
    });
  }

  /** True when no change is being worked off. */
  get settled(): boolean {
    return this.#waiting === 0;
  }

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
    const { clock, settings } = this.#environment;
    const running = this.#step;
    if (running !== null) {
      clock
        .sleep(settings.shutdownTimeoutMs, running.done.signal)
        .then(() => running.abandon.abort())
        .catch(() => {});
    }
    this.#waiting++;
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
      this.#waiting--;
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
    if (target !== 'STARTED') {
      await this.#stopInstance();
      this.#set(statusOf(target));
      return;
    }
    const isFresh = this.#instance?.alive !== true || this.#instance.config !== config;
    if (isFresh || restart) await this.#startInstance(config);
    if (this.#instance !== null) await this.#configureTasks();
  }

  async #startInstance(config: RawConfig): Promise<void> {
    await this.#stopInstance();
    const environment = this.#environment;
    const { name } = this;
    environment.metrics.counter('connector_starts', { connector: name }).add(1);
    try {
      await this.#call(environment.providers.load(config));
      const raw = environment.providers.resolve(config);
      const found = environment.plugins.findConnector(raw['connector.class'] ?? '');
      if (found === null) throw unknownClass(raw['connector.class'] ?? '', environment.plugins);
      rememberSecrets(found.def.config, raw, environment.redactor);
      const parsed = parseConfigOrThrow(found.def.config, raw, name);
      const connector = found.def.create();
      const instance: Instance = {
        definition: found.def,
        className: found.className,
        connector,
        config,
        alive: true,
        ended: new AbortController(),
      };
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
      this.#set(statusOf('RUNNING'));
      environment.metrics.counter('connector_startups', { result: 'success' }).add(1);
      this.#log.info('Connector is running.');
      this.#watchValues(instance);
    } catch (error) {
      this.#letGo();
      if (error instanceof LetGo) throw error;
      environment.metrics.counter('connector_startups', { result: 'failure' }).add(1);
      this.#failed(error);
    }
  }

  /** Starts the instance again when a secret with a time to live has changed; each task watches for itself. */
  #watchValues(instance: Instance): void {
    const { providers, clock } = this.#environment;
    if (!providers.isFetched(instance.config)) return;
    const { signal } = instance.ended;
    const changed = () => this.#background(() => this.#settle(true));
    watchValues({ providers, clock, log: this.#log, config: instance.config, signal, changed }).catch(() => {});
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
    if (this.#instance !== null) {
      this.#instance.alive = false;
      this.#instance.ended.abort();
    }
    this.#instance = null;
  }

  #set(status: Status): void {
    this.#status = status;
    this.#owner.instanceChanged(status);
  }

  #failed(error: unknown): void {
    this.#set(failedStatus(error));
    this.#log.error('Connector failed.', { error: messageOf(error) });
  }

  /** Asks for task configs and has them stored when they differ. */
  async #configureTasks(): Promise<void> {
    const instance = this.#instance;
    if (instance === null || this.#wanted.target !== 'STARTED') return;
    try {
      const records = taskRecords(instance, await this.#taskConfigs(instance));
      await this.#retried('Tasks could not be handed over', async () => {
        const stored = this.#owner.tasksUnder(instance.config);
        if (stored === 'outdated' || (stored !== null && sameSet(records, stored))) return;
        await this.#call(this.#owner.publishTasks(records));
      });
    } catch (error) {
      if (error instanceof LetGo) throw error;
      this.#failed(error);
    }
  }

  async #taskConfigs(instance: Instance): Promise<readonly RawConfig[]> {
    const resolved = this.#environment.providers.resolve(instance.config);
    const max = Number(parseSetting('INT', resolved['tasks.max'] ?? '1') ?? 1);
    return await this.#retried('Task configs could not be computed', async () => {
      const configs = await this.#call(Promise.resolve(instance.connector.taskConfigs(max)));
      return checkedCount(configs, max, resolved).map((task) => withReferences(task, instance.config, resolved));
    });
  }

  /** What may pass is tried again with growing waits, until a newer change waits. */
  async #retried<T>(failure: string, work: () => Promise<T>): Promise<T> {
    const abandon = this.#step?.abandon.signal;
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!isTransient(error)) throw error;
        const delayMs = Math.min(RETRY_FIRST_MS * 2 ** (attempt - 1), RETRY_MAX_MS);
        this.#log.warn(`${failure}; trying again.`, { delayMs, error: messageOf(error) });
        await this.#environment.clock.sleep(delayMs, abandon);
        if (abandon?.aborted === true) throw new LetGo();
      }
    }
  }
}

/** A plugin call was let go: not a failure of the connector. */
class LetGo extends Error {}

/**
 * Tasks beyond this are a slip of the pen: a task of a sink has nothing to do where its topics have fewer partitions, and
 * each may hold a file or a connection, of which the process has only so many (without any left, it answers nobody).
 */
const TASKS_MAX = 5_000;

function checkedCount(configs: readonly RawConfig[], max: number, raw: RawConfig): readonly RawConfig[] {
  if (configs.length > TASKS_MAX) {
    throw new TributaryError('TRIB_TASKS_TOO_MANY', 'fatal', {
      what: `The connector made ${configs.length} tasks; a connector may have at most ${TASKS_MAX}.`,
      fix: 'Lower tasks.max. A sink needs no more tasks than its topics have partitions.',
    });
  }
  if (configs.length <= max || parseSetting('BOOLEAN', raw['tasks.max.enforce'] ?? 'true') === false) return configs;
  throw new TributaryError('TRIB_TASKS_TOO_MANY', 'fatal', {
    what: `The connector made ${configs.length} tasks, but tasks.max is ${max}.`,
    fix: 'Raise tasks.max, or mend the connector.',
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
