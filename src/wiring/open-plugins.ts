// The plugins of a host and the threads they run on, as the worker's settings say.
import { availableParallelism } from 'node:os';
import type { LentPorts } from '../adapters/remote/index.ts';
import type { Logs } from '../core/log.ts';
import type { Metrics } from '../core/metrics.ts';
import type { Redactor } from '../core/redact.ts';
import { type IsolationMode, type IsolationSettings, Threads } from '../host/threads/index.ts';
import type { Clock } from '../ports/clock.ts';
import { lendPublicApi } from './import-plugins.ts';
import { loadIsolated, threadStarter } from './plugin-threads.ts';
import { type LoadedPlugins, loadPlugins, type PluginPlaces } from './plugins.ts';
import type { WorkerSettings } from './worker-settings.ts';

export interface Basics {
  readonly clock: Clock;
  readonly logs: Logs;
  readonly metrics: Metrics;
  readonly redactor: Redactor;
}

/** @param ports asked for when a thread starts; null before the outside is open. */
export async function openPlugins(
  settings: WorkerSettings,
  basics: Basics,
  ports: () => LentPorts | null,
): Promise<{ readonly plugins: LoadedPlugins; readonly threads: Threads }> {
  const { parsed } = settings;
  const own = isolationSettings(settings);
  const start = threadStarter(settings, ports);
  const threads = new Threads({
    ...basics,
    start,
    providers: settings.providers,
    host: settings.host,
    settings: own,
  });
  const places: PluginPlaces = {
    packages: parsed['plugin.packages'] as readonly string[],
    folder: '.',
    paths: parsed['plugin.path'] as readonly string[],
  };
  if (own.mode === 'none') {
    lendPublicApi();
    const plugins = await loadPlugins(places.packages, places.folder, {
      paths: places.paths,
      know: (def, module) => threads.know(def, module),
    });
    threads.use(plugins.registry);
    return { plugins, threads };
  }
  const loadTimeoutMs = parsed['plugin.load.timeout.ms'] as number;
  const plugins = await loadIsolated(places, { ...basics, start, threads, heapMaxMb: own.heapMaxMb, loadTimeoutMs });
  return { plugins, threads };
}

function isolationSettings({ parsed }: WorkerSettings): IsolationSettings {
  const threads = parsed['task.threads'] as number;
  return {
    mode: parsed['task.isolation'] as IsolationMode,
    poolThreads: threads > 0 ? threads : Math.max(1, availableParallelism() - 1),
    heapMaxMb: parsed['task.thread.heap.max.mb'] as number,
    hangTimeoutMs: parsed['task.hang.timeout.ms'] as number,
    validateTimeoutMs: parsed['validate.timeout.ms'] as number,
  };
}
