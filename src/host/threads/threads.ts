// The plugin threads of a host: which there are, what lives where, and that they are looked after.
//
// Law: code of third parties never runs on the main thread while `task.isolation` is `plugins` or `all`: a connector that uses any
// has a thread of its own, with all its tasks. Threads are started when they are needed and end when nothing lives on them.
import type { ConfigProviderDef } from '../../connect/config-provider.ts';
import type { PluginDef } from '../../connect/plugins.ts';
import type { RawConfig } from '../../core/config/define.ts';
import { parseSetting } from '../../core/config/parse.ts';
import { TributaryError } from '../../core/errors.ts';
import type { Logger, Logs } from '../../core/log.ts';
import type { Metrics } from '../../core/metrics.ts';
import type { Redactor } from '../../core/redact.ts';
import type { PluginRegistry } from '../../plugins/registry.ts';
import type { Clock } from '../../ports/clock.ts';
import type { HostSettings } from '../environment.ts';
import type { Providers } from '../secrets/providers.ts';
import { rememberSecrets } from '../secrets/secrets.ts';
import { hangLimitMs } from '../tasks/call-watch.ts';
import { within } from '../tasks/deadline.ts';
import type { IsolatedOrder, IsolatedPlan, Isolation, TaskRun, Validation } from '../tasks/isolation.ts';
import { type PluginDescription, type ProviderDescription, standIn, standInProvider } from './description.ts';
import { HostThread, type HostThreadParts, type StartThread } from './host-thread.ts';
import type { Ask, HandedConfig, PluginModule, RunSpec } from './messages.ts';
import { namedPlugins } from './named-plugins.ts';
import { RemoteConnector } from './remote-connector.ts';
import { RemoteRun } from './remote-run.ts';
import { ToldSamples } from './sample-changes.ts';

/** `plugins`: what uses third-party code has a thread of its own. `all`: other tasks share a pool of threads, too. `none`: no threads. */
export type IsolationMode = 'plugins' | 'all' | 'none';

export interface IsolationSettings {
  readonly mode: IsolationMode;
  readonly poolThreads: number;
  readonly heapMaxMb: number;
  readonly hangTimeoutMs: number;
  readonly validateTimeoutMs: number;
}

export interface ThreadsParts {
  readonly start: StartThread;
  readonly clock: Clock;
  readonly logs: Logs;
  readonly metrics: Metrics;
  readonly redactor: Redactor;
  readonly providers: Providers;
  readonly host: HostSettings;
  readonly settings: IsolationSettings;
}

const TICK_MS = 250;
const IDLE_TICKS = 8;
const CLERK_IDLE_TICKS = 120;
/** Code in a loop that the engine cannot interrupt keeps its thread for ever; it must not get another one each time. */
const LINGER_MS = 5000;
/** A config is validated twice in a row: for its messages, and for what shows only when its parts are made. */
const VERDICT_MS = 2000;

export class Threads implements Isolation {
  readonly #parts: ThreadsParts;
  readonly #log: Logger;
  readonly #samples: ToldSamples;
  readonly #modules = new Map<PluginDef, PluginModule>();
  readonly #threads = new Set<HostThread>();
  readonly #own = new Map<string, HostThread>();
  readonly #pool = new Set<HostThread>();
  readonly #instances = new Map<string, RemoteConnector>();
  readonly #lingering = new Map<HostThread, string>();
  readonly #stop = new AbortController();
  readonly #verdicts = new Map<string, { readonly atMs: number; readonly verdict: Promise<Validation> }>();
  #plugins: PluginRegistry | null = null;
  #clerk: HostThread | null = null;
  #lastId = 0;
  #ticking = false;

  constructor(parts: ThreadsParts) {
    this.#parts = parts;
    this.#log = parts.logs.logger('host.threads');
    this.#samples = new ToldSamples(parts.metrics);
  }

  /** Says where a plugin of the registry comes from. */
  know(def: PluginDef, module: PluginModule): void {
    this.#modules.set(def, module);
  }

  /** The definition of a plugin whose code stays on threads. */
  standIn(description: PluginDescription, module: PluginModule): PluginDef {
    const className = description.classes[0] ?? description.name;
    const def = standIn(description, () => this.#connector(className));
    this.know(def, module);
    return def;
  }

  /** A config provider whose code stays on a thread, which all share. */
  standInProvider(description: ProviderDescription, module: PluginModule): ConfigProviderDef {
    const className = description.classes[0] ?? description.name;
    return standInProvider(description, (raw, path, keys) =>
      this.#keeper().ask({ ask: 'provide', module, className, raw, path, keys }),
    );
  }

  /** The plugins that configs name. To be called once, before anything runs. */
  use(plugins: PluginRegistry): void {
    this.#plugins = plugins;
  }

  /** Threads that are alive, for metrics. */
  get count(): number {
    return this.#threads.size;
  }

  run(order: IsolatedOrder): TaskRun | null {
    const { plan, owner } = order;
    let raw: RawConfig;
    try {
      raw = this.#parts.providers.resolve(plan.config);
    } catch {
      return null; // the run fails of it, with this very error
    }
    const isForeign = this.#isForeign(raw);
    const isOwn = isForeign && this.#mode(raw) !== 'none';
    const isPooled = !isForeign && this.#mode(raw) === 'all';
    if (plan.definition.needsServices === true || !(isOwn || isPooled)) return null;
    return new RemoteRun({
      order,
      stopLimitMs: this.#parts.host.shutdownTimeoutMs,
      exclusive: isOwn,
      nextId: () => ++this.#lastId,
      specify: (run, paused) => this.#specify(order, { run, paused }),
      place: (alone) => {
        if (isOwn) return this.#ownThread(owner.name, raw);
        return alone ? this.#soloThread(`${owner.name}-${order.task}`, raw) : this.#poolThread();
      },
    });
  }

  hangLimitMs(plan: IsolatedPlan): number | null {
    return hangLimitMs(plan.config, this.#isForeign(plan.config), this.#parts.settings.hangTimeoutMs);
  }

  validate(raw: RawConfig): Promise<Validation> | null {
    if (this.#mode(raw) === 'none' || !this.#isForeign(raw)) return null;
    const { clock, settings } = this.#parts;
    const key = JSON.stringify(raw);
    const known = this.#verdicts.get(key);
    if (known !== undefined && clock.now() - known.atMs < settings.validateTimeoutMs + VERDICT_MS) return known.verdict;
    const handed = this.#hand(raw['connector.class'] ?? '', raw);
    const verdict = this.#askClerk({ ask: 'validate', ...handed }) as Promise<Validation>;
    this.#verdicts.set(key, { atMs: clock.now(), verdict });
    const forget = () => {
      clock
        .sleep(VERDICT_MS, this.#stop.signal)
        .then(() => this.#verdicts.delete(key))
        .catch(() => {});
    };
    verdict.then(forget, () => this.#verdicts.delete(key));
    return verdict;
  }

  /** Ends all. Answers false when one could not be ended: the process will not come to an end by itself then. */
  async close(): Promise<boolean> {
    this.#stop.abort();
    for (const thread of this.#threads) thread.end(null, new Set());
    const { clock } = this.#parts;
    const threads = [...this.#lingering.keys()];
    for (let waitedMs = 0; threads.some((thread) => thread.lingersMs > 0); waitedMs += TICK_MS) {
      if (waitedMs >= LINGER_MS) return false;
      await clock.sleep(TICK_MS);
    }
    return true;
  }

  #keeper(): HostThread {
    return this.#kept(this.#own, 'config providers', {}, true);
  }

  #connector(className: string): RemoteConnector {
    const { clock, host } = this.#parts;
    return new RemoteConnector({
      className,
      clock,
      stopLimitMs: host.shutdownTimeoutMs,
      nextId: () => ++this.#lastId,
      hand: (name, raw) => this.#hand(name, raw),
      hangLimitMs: (raw) => hangLimitMs(raw, true, this.#parts.settings.hangTimeoutMs),
      place: (connector, raw) => this.#ownThread(connector, raw),
      settle: (connector, instance) => {
        this.#instances.get(connector)?.abandon();
        this.#instances.set(connector, instance);
      },
      ask: (of) => this.#askClerk(of),
    });
  }

  #specify(
    { owner, task, plan }: IsolatedOrder,
    { run, paused }: { readonly run: number; readonly paused: boolean },
  ): RunSpec {
    const raw = this.#parts.providers.resolve(plan.config);
    const { metrics, settings } = this.#parts;
    return {
      ...this.#hand(plan.className, raw),
      run,
      connector: owner.name,
      task,
      taskCount: plan.taskCount,
      paused,
      hangLimitMs: hangLimitMs(raw, this.#isForeign(raw), settings.hangTimeoutMs),
      meter: metrics.meter(owner.name, task).shared,
    };
  }

  #hand(className: string, raw: RawConfig): HandedConfig {
    const { redactor } = this.#parts;
    const plugins = this.#registry();
    rememberSecrets(plugins.findConnector(className)?.def.config ?? [], raw, redactor);
    const secrets = redactor.within(Object.values(raw).join('\n'));
    return { className, raw, secrets, modules: this.#modulesOf({ ...raw, 'connector.class': className }) };
  }

  /** In the order of registration, which decides who has a short name. */
  #modulesOf(raw: RawConfig): readonly PluginModule[] {
    const named = new Set<PluginModule>();
    for (const def of namedPlugins(raw, this.#registry(), this.#parts.host)) {
      const module = this.#modules.get(def);
      if (module !== undefined) named.add(module);
    }
    return [...new Set(this.#modules.values())].filter((module) => named.has(module));
  }

  #isForeign(raw: RawConfig): boolean {
    for (const def of namedPlugins(raw, this.#registry(), this.#parts.host)) {
      if (this.#modules.get(def)?.foreign === true) return true;
    }
    return false;
  }

  /** A connector may ask for more than the worker does; only the worker may let third-party code in. */
  #mode(raw: RawConfig): IsolationMode {
    const { mode } = this.#parts.settings;
    const own = raw['task.isolation']?.trim().toLowerCase();
    if (own === 'none') return this.#isForeign(raw) ? mode : 'none';
    return own === 'plugins' || own === 'all' ? own : mode;
  }

  #ownThread(connector: string, raw: RawConfig): HostThread {
    return this.#kept(this.#own, connector, raw, true);
  }

  #soloThread(name: string, raw: RawConfig): HostThread {
    return this.#kept(this.#own, `task ${name}`, raw, true);
  }

  #kept(threads: Map<string, HostThread>, name: string, raw: RawConfig, exclusive: boolean): HostThread {
    const known = threads.get(name);
    if (known !== undefined && !known.ended) return known;
    for (const [thread, of] of this.#lingering) {
      if (of === name && thread.lingersMs >= LINGER_MS) throw unstoppable(name, thread.doing());
    }
    const own = parseSetting('INT', raw['task.thread.heap.max.mb'] ?? '');
    const heapMaxMb = typeof own === 'number' && own > 0 ? own : this.#parts.settings.heapMaxMb;
    const thread = this.#make({ name: `plugins of ${name}`, exclusive, heapMaxMb, idleTicksMax: IDLE_TICKS });
    this.#lingering.set(thread, name);
    threads.set(name, thread);
    return thread;
  }

  #poolThread(): HostThread {
    for (const thread of this.#pool) if (thread.ended) this.#pool.delete(thread);
    const least = [...this.#pool].sort((left, right) => left.load - right.load)[0];
    const { poolThreads, heapMaxMb } = this.#parts.settings;
    if (least !== undefined && (least.load === 0 || this.#pool.size >= poolThreads)) return least;
    const name = `pool ${this.#pool.size + 1}`;
    const thread = this.#make({ name, exclusive: false, heapMaxMb, idleTicksMax: IDLE_TICKS });
    this.#pool.add(thread);
    return thread;
  }

  #make(
    own: Pick<HostThreadParts, 'name' | 'exclusive' | 'heapMaxMb' | 'idleTicksMax'> &
      Partial<Pick<HostThreadParts, 'hangTimeoutMs'>>,
  ): HostThread {
    const { start, clock, logs, settings } = this.#parts;
    const { hangTimeoutMs } = settings;
    const thread = new HostThread({
      start,
      clock,
      logs,
      log: this.#log,
      samples: this.#samples,
      hangTimeoutMs,
      ...own,
    });
    this.#threads.add(thread);
    this.#tickOn();
    return thread;
  }

  /** Asks the thread that lends itself for checks. Rejects with the step that hangs, when it does not answer in time. */
  async #askClerk(of: Ask): Promise<unknown> {
    const { clock, settings } = this.#parts;
    if (this.#clerk === null || this.#clerk.ended) {
      const { heapMaxMb } = settings;
      this.#clerk = this.#make({
        name: 'checks of plugins',
        exclusive: false,
        heapMaxMb,
        idleTicksMax: CLERK_IDLE_TICKS,
        // The limit of the answer comes first: it says more.
        hangTimeoutMs: 2 * settings.validateTimeoutMs,
      });
    }
    const clerk = this.#clerk;
    const answer = clerk.ask(of);
    answer.catch(() => {});
    await clerk.loaded;
    const outcome = await within(answer, settings.validateTimeoutMs, clock);
    if (outcome.done) return outcome.value;
    const error = new TributaryError('TRIB_VALIDATE_TIMEOUT', 'transient', {
      what: `Request timed out. The plugins that the config names did not answer within ${settings.validateTimeoutMs / 1000} s; they were at: ${clerk.doing()}.`,
      fix: 'Check that what the plugin connects to can be reached; "validate.timeout.ms" of the worker says how long it may take.',
    });
    // The call may hold the thread or wait for ever on it: the next check gets a new one.
    clerk.end(error, new Set());
    return Promise.reject(error);
  }

  #tickOn(): void {
    if (this.#ticking) return;
    this.#ticking = true;
    void this.#tick().finally(() => {
      this.#ticking = false;
    });
  }

  async #tick(): Promise<void> {
    const { clock } = this.#parts;
    let lastMs = clock.now();
    while (this.#threads.size + this.#lingering.size > 0 && !this.#stop.signal.aborted) {
      await clock.sleep(TICK_MS, this.#stop.signal);
      // A host that was itself asleep must not take the time for the threads': they slept, too.
      const elapsedMs = Math.min(clock.now() - lastMs, 2 * TICK_MS);
      lastMs = clock.now();
      for (const thread of this.#threads) if (!thread.tick(elapsedMs)) this.#threads.delete(thread);
      for (const thread of this.#lingering.keys()) {
        if (thread.ended && thread.lingersMs === 0) this.#lingering.delete(thread);
      }
      for (const [name, thread] of this.#own) if (thread.ended) this.#own.delete(name);
    }
  }

  #registry(): PluginRegistry {
    if (this.#plugins === null) throw new TypeError('The plugins are not known yet.');
    return this.#plugins;
  }
}

function unstoppable(name: string, doing: string): TributaryError {
  return new TributaryError('TRIB_THREAD_UNSTOPPABLE', 'config', {
    what: `Plugin code cannot be interrupted, so its former thread still runs; it was at: ${doing}.`,
    where: name,
    fix: 'It is not started again in this process. Mend the plugin and restart the worker.',
  });
}
