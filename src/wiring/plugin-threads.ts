// Starts plugin threads, and loads third-party plugins without letting their code onto the main thread.
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { type LentPorts, lendPorts } from '../adapters/remote/index.ts';
import type { PluginDef } from '../connect/plugins.ts';
import type { ParsedConfig, RawConfig } from '../core/config/define.ts';
import { TributaryError } from '../core/errors.ts';
import type { Logs } from '../core/log.ts';
import type { Metrics } from '../core/metrics.ts';
import type { HostSettings } from '../host/index.ts';
import {
  HostThread,
  type ModuleDescription,
  type PluginDescription,
  type PluginModule,
  type Report,
  type StartThread,
  type ThreadSeed,
  type Threads,
  ToldSamples,
} from '../host/threads/index.ts';
import { hardLimitMb } from '../host/threads/kept-memory.ts';
import { builtInPlugins, PluginRegistry } from '../plugins/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { PortSettings } from './adapters.ts';
import { importPlugins } from './import-plugins.ts';
import type { PluginProblem } from './plugin-path.ts';
import {
  connectorModules,
  type Found,
  foreignModules,
  type LoadedPlugins,
  newest,
  type PluginPlaces,
  sourcesOf,
} from './plugins.ts';

/** What a thread is started with. */
export interface ThreadData {
  readonly seed: ThreadSeed;
  /** The worker's settings, references resolved. */
  readonly raw: RawConfig;
  /** Those that tell where the outside is. */
  readonly parsed: ParsedConfig;
  readonly host: HostSettings;
  /** Where the lent ports are reached. */
  readonly ports: MessagePort;
}

/** @param ports asked for when a thread starts: the first ones start before the outside is open, and get none. */
export function threadStarter(settings: PortSettings, ports: () => LentPorts | null): StartThread {
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  const entry = new URL(`../thread.${extension}`, import.meta.url);
  return ({ name, seed, heapMaxMb, report, died }) => {
    const { port1, port2 } = new MessageChannel();
    const lendable = ports();
    const lent = lendable === null ? null : lendPorts(port1, lendable);
    const data: ThreadData = {
      seed,
      raw: settings.raw,
      parsed: outside(settings.parsed),
      host: settings.host,
      ports: port2,
    };
    const worker = new Worker(entry, {
      name,
      workerData: data,
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: hardLimitMb(heapMaxMb) },
    });
    let isOver = false;
    const over = (error: Error | null): void => {
      if (isOver) return;
      isOver = true;
      died(error);
      void lent?.close();
    };
    worker.on('message', (message: Report) => report(message));
    worker.on('error', (error: unknown) => over(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', () => over(null));
    return {
      post: (order) => worker.postMessage(order),
      heapBytes: async () => (isOver ? null : (await worker.getHeapStatistics()).used_heap_size),
      terminate: async () => {
        isOver = true;
        await worker.terminate();
        port1.close();
        await lent?.close();
      },
    };
  };
}

/** What opening ports asks for, as plain data. */
function outside(parsed: ParsedConfig): ParsedConfig {
  const names = [
    'data.dir',
    'bootstrap.servers',
    'schema.registry.url',
    'schema.registry.basic.auth.user.info',
    'state.store.url',
  ];
  return Object.fromEntries(names.map((name) => [name, parsed[name] ?? null]));
}

/** A thread that has not loaded our own code by then never will. */
const LOADING_MS = 30_000;

export interface IsolatedParts {
  readonly start: StartThread;
  readonly threads: Threads;
  readonly clock: Clock;
  readonly logs: Logs;
  readonly metrics: Metrics;
  readonly heapMaxMb: number;
  readonly loadTimeoutMs: number;
}

/** Loads ours here, and lets a thread describe those of third parties: what throws, hangs or ends its thread at import is left out. */
export async function loadIsolated(places: PluginPlaces, parts: IsolatedParts): Promise<LoadedPlugins> {
  const { threads } = parts;
  const { modules, problems } = foreignModules(places);
  const ours: Found<PluginDef>[] = [];
  for (const module of connectorModules()) ours.push({ module, defs: (await importPlugins(module)).plugins });
  const foreign = await describeAll(modules, parts, problems);
  const described = foreign.map(({ module, exported }) => ({ module, defs: exported.plugins }));
  const { kept, losers } = newest<PluginDef | PluginDescription>([...ours, ...described]);
  const defs: PluginDef[] = [...builtInPlugins];
  for (const { module, defs: own } of kept) {
    for (const def of own) {
      if (module.foreign) defs.push(threads.standIn(def as PluginDescription, module));
      else {
        threads.know(def as PluginDef, module);
        defs.push(def as PluginDef);
      }
    }
  }
  const registry = new PluginRegistry(defs);
  threads.use(registry);
  const configProviders = foreign.flatMap(({ module, exported }) =>
    exported.configProviders.map((provider) => threads.standInProvider(provider, module)),
  );
  return { registry, configProviders, sources: sourcesOf(kept), problems: [...problems, ...losers] };
}

interface Described {
  readonly module: PluginModule;
  readonly exported: ModuleDescription;
}

async function describeAll(
  modules: readonly PluginModule[],
  parts: IsolatedParts,
  problems: PluginProblem[],
): Promise<readonly Described[]> {
  const found: Described[] = [];
  let thread: HostThread | null = null;
  for (const module of modules) {
    thread = thread === null || thread.ended ? loader(parts) : thread;
    try {
      found.push({ module, exported: await described(thread, module, parts) });
    } catch (error) {
      problems.push({ from: module.from, message: error instanceof Error ? error.message : String(error) });
      // What a module that failed has left behind must not be the next one's.
      thread.end(null, new Set());
    }
  }
  thread?.end(null, new Set());
  return found;
}

function loader({ start, clock, logs, metrics, heapMaxMb, loadTimeoutMs }: IsolatedParts): HostThread {
  return new HostThread({
    ...{ start, clock, logs, heapMaxMb },
    log: logs.logger('host.threads'),
    samples: new ToldSamples(metrics),
    name: 'loading of plugins',
    hangTimeoutMs: loadTimeoutMs,
    exclusive: true,
    idleTicksMax: Number.POSITIVE_INFINITY,
  });
}

async function described(
  thread: HostThread,
  module: PluginModule,
  { clock, loadTimeoutMs }: IsolatedParts,
): Promise<ModuleDescription> {
  const over = new AbortController();
  await Promise.race([thread.loaded, clock.sleep(LOADING_MS, over.signal)]);
  const late = clock.sleep(loadTimeoutMs, over.signal).then(() => {
    throw new TributaryError('TRIB_PLUGIN_HUNG', 'config', {
      what: `Its import has not ended within ${loadTimeoutMs / 1000} s.`,
      fix: 'It is left out. Look for an endless loop or a top-level await in the package; "plugin.load.timeout.ms" says how long it may take.',
    });
  });
  try {
    return await Promise.race([thread.ask<ModuleDescription>({ ask: 'describe', module }), late]);
  } finally {
    over.abort();
    late.catch(() => {});
  }
}
