// The worker: every connector of this host, and the operations that REST, files and the command line ask for.
//
// Law: an operation answers when its record is durable in the config topic. What it sets off goes on by itself; its state is
// read from `status`.
import type { RawConfig } from '../core/config/define.ts';
import { TributaryError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { compileChain } from '../plugins/chain.ts';
import { adviceOn } from './config-advice.ts';
import { ConfigStore } from './config-store.ts';
import { type ConnectorOwner, ConnectorRuntime } from './connector-runtime.ts';
import { makeConverter, makeHeaderConverter } from './converters.ts';
import { within } from './deadline.ts';
import type { Environment } from './environment.ts';
import type { ConnectorKind } from './framework-config.ts';
import { OffsetStore } from './offset-store.ts';
import { unmasked } from './secrets.ts';
import type { State, TargetState } from './states.ts';
import { connectorOf, messagesOf, validateConnector } from './validate.ts';
import { WorkerOffsets } from './worker-offsets.ts';

const CALL_LIMIT_MS = 90_000;

/** A state as REST and the command line show it. */
export interface ShownState {
  readonly state: State;
  readonly trace: string | null;
}

export interface ConnectorStatus {
  readonly name: string;
  readonly type: ConnectorKind | 'unknown';
  readonly version: string | null;
  readonly connector: ShownState;
  readonly tasks: readonly (ShownState & { readonly id: number; readonly restartsAtMs: number | null })[];
}

export interface ConnectorInfo {
  readonly name: string;
  /** As stored; mask it with `shownConfig` before it leaves the host. */
  readonly config: RawConfig;
  readonly taskCount: number;
  readonly type: ConnectorKind | 'unknown';
}

export class Worker implements ConnectorOwner {
  readonly environment: Environment;
  readonly offsets: OffsetStore;
  readonly sourceAndSinkOffsets: WorkerOffsets;
  readonly #configs: ConfigStore;
  readonly #log: Logger;
  readonly #connectors = new Map<string, ConnectorRuntime>();
  readonly #creating = new Set<string>();
  #ready = false;

  constructor(environment: Environment) {
    const { settings, broker } = environment;
    this.environment = environment;
    this.#log = environment.logs.logger('host');
    this.#configs = new ConfigStore(broker, {
      topic: settings.configTopic,
      transactionalId: `connect-cluster-${settings.clusterId}`,
      replication: settings.replication,
    });
    this.offsets = new OffsetStore(broker, {
      topic: settings.offsetTopic,
      partitions: settings.offsetTopicPartitions,
      replication: settings.replication,
    });
    this.sourceAndSinkOffsets = new WorkerOffsets(this, environment);
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** Takes the config topic over and starts what stands in it. Throws `transient` while the broker cannot be reached. */
  async open(): Promise<void> {
    await this.#configs.open();
    await this.offsets.open();
    for (const { name, config, target } of this.#configs.list()) this.#launch(name, config, target);
    this.#ready = true;
  }

  /** Stops every connector, within the worker's time-out, and closes the store. */
  async close(): Promise<void> {
    this.#ready = false;
    const { clock, settings } = this.environment;
    const closing = Promise.all([...this.#connectors.values()].map((connector) => connector.close()));
    await within(closing, settings.shutdownTimeoutMs * 2, clock);
    await this.#configs.close();
  }

  names(): readonly string[] {
    return [...this.#connectors.keys()];
  }

  has(name: string): boolean {
    return this.#connectors.has(name);
  }

  /** The runtime of a connector. Throws `notFound` with Connect's text. */
  get(name: string, text = `Connector ${name} not found`): ConnectorRuntime {
    const connector = this.#connectors.get(name);
    if (connector === undefined) throw new TributaryError('TRIB_CONNECTOR_NOT_FOUND', 'notFound', { what: text });
    return connector;
  }

  info(name: string): ConnectorInfo {
    const connector = this.get(name);
    return {
      name,
      config: connector.config,
      taskCount: connector.tasks.length,
      type: this.typeOf(connector.config),
    };
  }

  status(name: string): ConnectorStatus {
    const connector = this.get(name, `No status found for connector ${name}`);
    const { redactor, plugins } = this.environment;
    const clean = (trace: string | null) => (trace === null ? null : redactor.redact(trace));
    return {
      name,
      type: this.typeOf(connector.config),
      version: plugins.findConnector(connector.config['connector.class'] ?? '')?.def.version ?? null,
      connector: { state: connector.status.state, trace: clean(connector.status.trace) },
      tasks: connector.tasks.map(({ id, status, restartsAtMs }) => ({
        id,
        state: status.state,
        trace: clean(status.trace),
        restartsAtMs,
      })),
    };
  }

  typeOf(config: RawConfig): ConnectorKind | 'unknown' {
    const name = this.environment.providers.resolve({ name: config['connector.class'] ?? '' })['name'] ?? '';
    return this.environment.plugins.findConnector(name)?.def.kind ?? 'unknown';
  }

  /** Creates a connector. Throws `conflict` when the name is taken, `config` when the config is refused. */
  async create(name: string, config: RawConfig, target: TargetState | null): Promise<void> {
    const full = named(name, config);
    // The reference validates before it looks whether the name is free.
    await this.#validate(full);
    if (this.#connectors.has(name) || this.#creating.has(name)) {
      throw new TributaryError('TRIB_CONNECTOR_EXISTS', 'conflict', { what: `Connector ${name} already exists` });
    }
    this.#creating.add(name);
    try {
      await this.#configs.putConnector(name, full, target ?? 'STARTED');
      this.#launch(name, full, target ?? 'STARTED');
    } finally {
      this.#creating.delete(name);
    }
  }

  /** Creates or replaces a config; answers whether the connector is new. */
  async put(name: string, config: RawConfig): Promise<'created' | 'updated'> {
    const existing = this.#connectors.get(name);
    const full = unmasked(named(name, config), existing?.config ?? null);
    if (existing === undefined) {
      await this.create(name, full, null);
      return 'created';
    }
    await this.#validate(full);
    await this.#configs.putConnector(name, full, null);
    this.#background(existing, existing.want({ config: full, target: existing.target }));
    return 'updated';
  }

  /** Overrides some settings; null removes one. */
  async patch(name: string, changes: RawConfig): Promise<void> {
    const merged: Record<string, string | null> = { ...this.get(name).config };
    for (const [key, value] of Object.entries(unmasked(changes, merged))) {
      if (key === 'name') continue; // the URL names the connector
      if (value === null) delete merged[key];
      else merged[key] = value;
    }
    await this.put(name, merged);
  }

  async remove(name: string): Promise<void> {
    const connector = this.get(name);
    await this.#configs.remove(name);
    this.#connectors.delete(name);
    this.#background(connector, connector.close());
    this.environment.metrics.forget({ connector: name });
    this.#log.info('Connector deleted.', { connector: name });
  }

  /** Pauses, resumes or stops. */
  async setTarget(name: string, target: TargetState): Promise<void> {
    const text = target === 'STOPPED' ? `Connector ${name} not found` : `Unknown connector ${name}`;
    const connector = this.get(name, text);
    await this.#configs.putTarget(name, target);
    this.#background(connector, connector.want({ config: connector.config, target }));
  }

  /** The plan of a restart, carried out in the background; the caller shows the status that it leaves. */
  restart(name: string, options: { readonly includeTasks: boolean; readonly onlyFailed: boolean }): void {
    const connector = this.get(name, `Unknown connector: ${name}`);
    const concerned = (state: State) => !options.onlyFailed || state === 'FAILED';
    const tasks = options.includeTasks ? connector.tasks.filter(({ status }) => concerned(status.state)) : [];
    const order = { connector: concerned(connector.status.state), tasks: tasks.map(({ id }) => id) };
    if (!order.connector && order.tasks.length === 0) return;
    this.#background(connector, connector.restart(order));
  }

  /** Restarts the instance alone, and waits for it. */
  async restartInstance(name: string): Promise<void> {
    const connector = this.get(name, `Unknown connector: ${name}`);
    await this.#bounded(connector.restart({ connector: true, tasks: [] }), name);
  }

  async restartTask(name: string, task: number): Promise<void> {
    const connector = this.get(name, `Unknown connector: ${name}`);
    if (!connector.tasks.some(({ id }) => id === task)) {
      const text = `Unknown task: ${name}-${task}`;
      throw new TributaryError('TRIB_TASK_NOT_FOUND', 'notFound', { what: text });
    }
    await this.#bounded(connector.restart({ connector: false, tasks: [task] }), name);
  }

  storeTasks(name: string, tasks: readonly RawConfig[]): Promise<void> {
    return this.#configs.putTasks(name, tasks);
  }

  #launch(name: string, config: RawConfig, target: TargetState): void {
    const connector = new ConnectorRuntime(this, name, { config, target });
    this.#connectors.set(name, connector);
    this.#background(connector, connector.want({ config, target }));
    this.#log.info('Connector created.', { connector: name });
  }

  #background(connector: ConnectorRuntime, work: Promise<void>): void {
    work.catch((error: unknown) => connector.raise(error instanceof Error ? error : new Error(String(error))));
  }

  async #bounded(work: Promise<void>, name: string): Promise<void> {
    const outcome = await within(work, CALL_LIMIT_MS, this.environment.clock);
    if (outcome.done) return;
    throw new TributaryError('TRIB_REQUEST_TIMEOUT', 'fatal', {
      what: `Request timed out. The worker is currently waiting for the code of connector ${name}.`,
    });
  }

  /** Refuses a config with every message, in Connect's words; what is merely a likely slip is logged. */
  async #validate(config: RawConfig): Promise<void> {
    const resolved = this.environment.providers.resolve(config);
    connectorOf(resolved, this.environment);
    const infos = await validateConnector(config, this.environment);
    const messages = [...messagesOf(infos)];
    if (messages.length === 0) messages.push(...this.#dryRun(config));
    const advice = adviceOn(resolved, infos);
    if (messages.length === 0) {
      for (const line of advice) this.#log.warn(line, { connector: config['name'] ?? null });
      return;
    }
    const { redactor } = this.environment;
    throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
      what: [
        `Connector configuration is invalid and contains the following ${messages.length} error(s):`,
        ...messages.map((message) => redactor.redact(message)),
        ...advice,
        'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`',
      ].join('\n'),
    });
  }

  /** Makes what the tasks will make, so that settings which only fail together are refused now and not in a task. */
  #dryRun(config: RawConfig): readonly string[] {
    const raw = this.environment.providers.resolve(config);
    try {
      compileChain(raw, this.environment.plugins);
      if (raw['key.converter']) makeConverter('key', raw, this.environment);
      if (raw['value.converter']) makeConverter('value', raw, this.environment);
      if (raw['header.converter']) makeHeaderConverter(raw, this.environment);
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }
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
