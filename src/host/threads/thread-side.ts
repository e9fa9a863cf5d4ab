// What stands on a plugin thread: it loads plugins, runs their connectors and tasks as the main thread asks, and tells what
// becomes of them.
//
// Law: whose code runs is known at any moment: every run and every connector instance has a number, which goes along with all that it
// sets off (timers, promises), so that an error that nobody catches still finds its owner.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { ConfigProvider } from '../../connect/config-provider.ts';
import type { ConnectorContext } from '../../connect/connectors.ts';
import type { PluginDef } from '../../connect/plugins.ts';
import { parseConfigOrThrow } from '../../core/config/parse.ts';
import { packError } from '../../core/error-parcel.ts';
import { builtInPlugins, PluginRegistry } from '../../plugins/index.ts';
import { dryRun } from '../config/dry-run.ts';
import { messagesOf, validateConnector } from '../config/validate.ts';
import type { Environment } from '../environment.ts';
import { rememberSecrets } from '../secrets/secrets.ts';
import { OffsetStore } from '../stores/offset-store.ts';
import { type CallMarks, CallWatch } from '../tasks/call-watch.ts';
import type { Lease } from '../tasks/lease.ts';
import { connectorContext, counters } from '../tasks/task-frame.ts';
import type { AnyConnector, ConnectorDefinition } from '../tasks/task-order.ts';
import { runHere, type TaskRun } from '../tasks/task-run.ts';
import { describeModule } from './description.ts';
import { KeptMemory } from './kept-memory.ts';
import { markedPlugin } from './marked.ts';
import type { Ask, HandedConfig, ModuleExports, Order, PluginModule, Report, RunSpec } from './messages.ts';
import type { Pulse } from './pulse.ts';
import { SampleChanges } from './sample-changes.ts';

const BEAT_MS = 250;

/** What whoever starts the thread brings along. */
export interface ThreadParts {
  readonly environment: Omit<Environment, 'plugins'>;
  readonly pulse: Pulse;
  readonly heapMaxMb: number;
  /** Imports a module and answers what it exports. Throws when that is nothing. */
  load(module: PluginModule): Promise<ModuleExports>;
  post(report: Report): void;
}

interface Instance {
  readonly connector: AnyConnector;
  readonly watch: CallWatch;
}

interface Running {
  readonly run: TaskRun;
  readonly watch: CallWatch;
  readonly hangLimitMs: number | null;
  idle: boolean;
  settled: unknown;
  retrying: unknown;
  isStuck: boolean;
}

export class ThreadSide {
  readonly #parts: ThreadParts;
  readonly #owner = new AsyncLocalStorage<number>();
  readonly #loaded = new Map<string, Promise<ModuleExports>>();
  readonly #providers = new Map<string, ConfigProvider>();
  readonly #runs = new Map<number, Running>();
  readonly #instances = new Map<number, Instance>();
  /** What was ordered of runs that are not under way yet. */
  readonly #early = new Map<number, { paused: boolean; stopped: boolean }>();
  readonly #names = new Map<string, number>();
  readonly #samples: SampleChanges;
  readonly #lease: Lease;
  #offsets: OffsetStore | null = null;

  constructor(parts: ThreadParts) {
    this.#parts = parts;
    const { environment, pulse } = parts;
    this.#samples = new SampleChanges(environment.metrics);
    this.#lease = {
      get untilMs() {
        return pulse.leaseUntilMs;
      },
      holds: () => environment.clock.now() < pulse.leaseUntilMs,
    };
  }

  /** Shows that the event loop turns, for as long as the thread lives. */
  async beat(): Promise<never> {
    const { pulse, environment, heapMaxMb } = this.#parts;
    const memory = new KeptMemory(heapMaxMb, environment.clock);
    this.#parts.post({ report: 'ready' });
    for (;;) {
      pulse.beat(memory.bytes());
      for (const [id, running] of this.#runs) this.#look(id, running);
      this.#tellSamples();
      await environment.clock.sleep(BEAT_MS);
    }
  }

  take(order: Order): void {
    switch (order.order) {
      case 'ask':
        void this.#answer(order.id, order.of);
        return;
      case 'run':
        void this.#start(order.spec);
        return;
      case 'pause':
        this.#runs.get(order.run)?.run.pause(order.paused);
        this.#beforehand(order.run, (early) => {
          early.paused = order.paused;
        });
        return;
      case 'stop':
        this.#runs.get(order.run)?.run.stop();
        this.#beforehand(order.run, (early) => {
          early.stopped = true;
        });
        return;
      case 'levels':
        this.#parts.environment.logs.adopt(order.levels);
    }
  }

  /** Plugin code did what would have ended the process. Called from within its context, so that its owner is known. */
  fault(error: unknown): void {
    this.#parts.post({ report: 'fault', run: this.#owner.getStore() ?? 0, error: packError(error) });
  }

  #beforehand(run: number, change: (early: { paused: boolean; stopped: boolean }) => void): void {
    const early = this.#early.get(run);
    if (early !== undefined) change(early);
  }

  async #answer(id: number, ask: Ask): Promise<void> {
    const { post } = this.#parts;
    const owner = 'instance' in ask ? -ask.instance : 0;
    try {
      const value = await this.#owner.run(owner, () => this.#asked(ask));
      post({ report: 'answer', id, value, error: null });
    } catch (error) {
      post({ report: 'answer', id, value: null, error: packError(error) });
    }
  }

  async #asked(ask: Ask): Promise<unknown> {
    switch (ask.ask) {
      case 'describe':
        return describeModule(await this.#load(ask.module));
      case 'provide':
        return this.#provide(ask);
      case 'validate': {
        const environment = await this.#environment(ask);
        const infos = await validateConnector(ask.raw, environment);
        return { infos, problems: messagesOf(infos).length > 0 ? [] : await dryRun(ask.raw, environment) };
      }
      case 'checkOffsets': {
        const { def } = this.#connector(ask.className, await this.#environment(ask));
        const connector = def.create();
        if ('checkOffsets' in connector) await connector.checkOffsets?.(ask.offsets);
        return null;
      }
      case 'start':
        return this.#startInstance(ask);
      case 'taskConfigs': {
        const { connector, watch } = this.#instances.get(ask.instance)!;
        return watch.call('taskConfigs of the connector', true, () => connector.taskConfigs(ask.maxTasks));
      }
      case 'stop': {
        const instance = this.#instances.get(ask.instance);
        this.#instances.delete(ask.instance);
        await instance?.watch.call('stop of the connector', true, () => instance.connector.stop());
        return null;
      }
    }
  }

  /** Providers are made once for each place where the worker's settings name them. */
  async #provide({ module, className, raw, path, keys }: Extract<Ask, { readonly ask: 'provide' }>): Promise<unknown> {
    const { configProviders } = await this.#load(module);
    const key = `${className} ${JSON.stringify(raw)}`;
    let provider = this.#providers.get(key);
    if (provider === undefined) {
      const def = configProviders.find(({ classes }) => classes.includes(className));
      if (def === undefined) throw new TypeError(`${module.from} has no config provider ${className}.`);
      provider = def.create(parseConfigOrThrow(def.config, raw, className), raw);
      this.#providers.set(key, provider);
    }
    return provider.get(path, keys);
  }

  async #startInstance(ask: Extract<Ask, { readonly ask: 'start' }>): Promise<null> {
    const environment = await this.#environment(ask);
    const { def } = this.#connector(ask.className, environment);
    const connector = def.create();
    const watch = new CallWatch(environment.clock, this.#marks(-ask.instance));
    const { logs } = environment;
    const log = logs.logger(`connect.${ask.connector}`).with({ connector: ask.connector });
    const { post } = this.#parts;
    const context: ConnectorContext = connectorContext(
      environment,
      ask.connector,
      log,
      counters(environment, { connector: ask.connector }),
      {
        requestTaskReconfiguration: () => post({ report: 'reconfigure', run: 0, instance: ask.instance }),
        raise: (error) => post({ report: 'raise', run: 0, instance: ask.instance, error: packError(error) }),
      },
    );
    const parsed = parseConfigOrThrow(def.config, ask.raw, ask.connector);
    await watch.call('start of the connector', true, () => connector.start(parsed, ask.raw, context));
    this.#instances.set(ask.instance, { connector, watch });
    return null;
  }

  async #start(spec: RunSpec): Promise<void> {
    const { post } = this.#parts;
    const early = { paused: spec.paused, stopped: false };
    this.#early.set(spec.run, early);
    try {
      await this.#owner.run(spec.run, () => this.#run(spec, early));
      this.#tellSamples();
      post({ report: 'ended', run: spec.run, error: null });
    } catch (error) {
      this.#tellSamples();
      post({ report: 'ended', run: spec.run, error: packError(error) });
    } finally {
      this.#runs.delete(spec.run);
      this.#early.delete(spec.run);
    }
  }

  async #run(spec: RunSpec, early: { readonly paused: boolean; readonly stopped: boolean }): Promise<void> {
    const environment = await this.#environment(spec);
    if (early.stopped) return;
    const { connector: name, task } = spec;
    environment.metrics.adoptMeter(name, task, spec.meter);
    const { def, className } = this.#connector(spec.className, environment);
    const log = environment.logs.logger(`connect.${name}.task-${task}`).with({ connector: name, task });
    const { post } = this.#parts;
    const watch = new CallWatch(environment.clock, this.#marks(spec.run));
    const noted = new Set<string>();
    const run = runHere(
      {
        owner: {
          environment,
          offsets: this.#offsetStore(environment),
          name,
          lease: this.#lease,
          taskChanged: () => {},
          noteTopic: (topic, direction) => {
            const key = `${direction} ${topic}`;
            if (noted.has(key)) return;
            noted.add(key);
            post({ report: 'topic', run: spec.run, topic, direction });
          },
          requestTaskReconfiguration: () => post({ report: 'reconfigure', run: spec.run, instance: 0 }),
          raise: (error) => post({ report: 'raise', run: spec.run, instance: 0, error: packError(error) }),
        },
        task,
        plan: {
          definition: def,
          className,
          connector: def.create(),
          config: spec.raw,
          taskCount: spec.taskCount,
        },
        log,
        paused: early.paused,
        lease: this.#lease,
        became: (state) => post({ report: 'became', run: spec.run, state }),
      },
      watch,
    );
    this.#runs.set(spec.run, {
      run,
      watch,
      hangLimitMs: spec.hangLimitMs,
      idle: false,
      settled: null,
      retrying: null,
      isStuck: false,
    });
    await run.ended;
  }

  #look(id: number, running: Running): void {
    const { post } = this.#parts;
    const { idle, settled, retrying } = running.run;
    if (idle !== running.idle || settled !== running.settled || retrying !== running.retrying) {
      running.idle = idle;
      running.settled = settled;
      running.retrying = retrying;
      post({ report: 'progress', run: id, idle, settled, retrying });
    }
    if (running.hangLimitMs === null || running.isStuck) return;
    const overdue = running.watch.overdue(running.hangLimitMs);
    if (overdue === null) return;
    running.isStuck = true;
    post({ report: 'stuck', run: id, ...overdue });
  }

  #tellSamples(): void {
    const samples = this.#samples.take();
    if (samples.length > 0) this.#parts.post({ report: 'samples', samples });
  }

  /** The environment with just the plugins of these modules. */
  async #environment({ modules, secrets, className, raw }: HandedConfig): Promise<Environment> {
    const { environment } = this.#parts;
    const defs: PluginDef[] = [...builtInPlugins];
    for (const module of modules) defs.push(...(await this.#load(module)).plugins);
    const plugins = new PluginRegistry(defs);
    for (const secret of secrets) environment.redactor.add(secret);
    rememberSecrets(plugins.findConnector(className)?.def.config ?? [], raw, environment.redactor);
    return { ...environment, plugins };
  }

  #load(module: PluginModule): Promise<ModuleExports> {
    let loading = this.#loaded.get(module.url);
    if (loading === undefined) {
      loading = this.#import(module);
      this.#loaded.set(module.url, loading);
    }
    return loading;
  }

  async #import(module: PluginModule): Promise<ModuleExports> {
    if (!module.foreign) return this.#parts.load(module);
    const marks = this.#marks(this.#owner.getStore() ?? 0);
    const call = marks.number(`import of ${module.from}`);
    marks.enter(call);
    const slot = marks.begin(call);
    try {
      const { plugins, configProviders } = await this.#parts.load(module);
      const marksNow = (): CallMarks => this.#marks(this.#owner.getStore() ?? 0);
      return { plugins: plugins.map((def) => markedPlugin(def, marksNow)), configProviders };
    } finally {
      marks.leave(0);
      marks.end(slot);
    }
  }

  #connector(
    className: string,
    { plugins }: Environment,
  ): { readonly def: ConnectorDefinition; readonly className: string } {
    const found = plugins.findConnector(className);
    if (found !== null) return found;
    throw new TypeError(`No plugin of this thread has the class ${className}.`);
  }

  #offsetStore(environment: Environment): OffsetStore {
    this.#offsets ??= new OffsetStore(environment.broker, {
      topic: environment.settings.stores.offsets,
      clock: environment.clock,
      log: environment.logs.logger('host.offsets'),
    });
    return this.#offsets;
  }

  #marks(owner: number): CallMarks {
    const { pulse, post } = this.#parts;
    return {
      number: (name) => {
        let call = this.#names.get(name);
        if (call === undefined) {
          call = this.#names.size + 1;
          this.#names.set(name, call);
          // Sent before the call: when it blocks the thread, the main thread knows the name already.
          post({ report: 'name', call, name });
        }
        return call;
      },
      enter: (call) => pulse.enter(call, owner),
      leave: (before) => pulse.leave(before),
      begin: (call) => pulse.begin(call, owner),
      end: (slot) => pulse.end(slot),
    };
  }
}
