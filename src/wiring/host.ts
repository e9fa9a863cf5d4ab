// Starts a whole worker: settings → plugins → adapters → host → listeners, and takes it down again in the opposite order.
import { systemClock } from '../adapters/system-clock.ts';
import type { StartHost } from '../cli/commands/run.ts';
import { isTransient, TributaryError } from '../core/errors.ts';
import { type LogLevel, Logs } from '../core/log.ts';
import { Metrics } from '../core/metrics.ts';
import { Redactor } from '../core/redact.ts';
import {
  applyConnectorFiles,
  type Environment,
  GroupFiles,
  HostView,
  type MetricsDialect,
  readConfigFiles,
  Services,
  totalLag,
  Worker,
} from '../host/index.ts';
import type { Clock } from '../ports/clock.ts';
import { type Adapters, openAdapters } from './adapters.ts';
import { checkStandsAlone, waitCaughtUp } from './caught-up.ts';
import { type FactSources, gatherFacts, knownFacts } from './facts.ts';
import { FactsBoard } from './facts-board.ts';
import { openOtherKafka } from './kafka.ts';
import { openListeners } from './listeners.ts';
import { logWriter } from './log-writer.ts';
import { openPlugins } from './open-plugins.ts';
import type { LoadedPlugins } from './plugins.ts';
import { RecentErrors } from './recent-errors.ts';
import { startServices } from './services.ts';
import { strangeText } from './strange-settings.ts';
import { readWorkerSettings, type WorkerSettings } from './worker-settings.ts';

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 10_000;
const REPEAT_LINE_MS = 30_000;
const FLUSH_LOG_MS = 5_000;
/** A host that was killed may hold its data folder for a moment more, until the system has cleared it away. */
const LOCK_ATTEMPTS = 3;

export const startHost: StartHost = async ({ file, untilCaughtUp, signal, say, log }) => {
  const clock = systemClock();
  const redactor = new Redactor();
  const settings = readWorkerSettings(file, process.env, redactor);
  if (untilCaughtUp) checkStandsAlone(settings.host);
  const errors = new RecentErrors();
  const logs = new Logs(
    { write: logWriter(settings, errors, log), now: () => clock.now(), redact: (text) => redactor.redact(text) },
    settings.parsed['log.level'] as LogLevel,
  );
  for (const strange of settings.unknown) logs.logger('host').warn(strangeText(strange));
  const { undiciClient } = await import('../adapters/http/undici-client.ts');
  const http = undiciClient();
  const metrics = new Metrics();
  let lent: Adapters | null = null;
  const { plugins, threads } = await openPlugins(settings, { clock, logs, metrics, redactor }, () => lent);
  const providerProblems = settings.providers.install(plugins.configProviders, clock);
  // Ports first: a port that is taken is told before anything else is touched.
  const listeners = await openListeners(settings);
  let areThreadsGone = true;
  const closers: (() => Promise<void>)[] = [
    async () => endProcessUnless(areThreadsGone),
    () => settings.providers.close(),
    () => http.close(),
    async () => {
      areThreadsGone = await threads.close();
    },
    () => listeners.close(),
  ];
  const close = async (): Promise<void> => {
    for (const step of closers.toReversed()) await step();
  };
  const sayWaiting = (line: string): void => {
    listeners.waiting(line.replace(/^waiting: /, ''));
    say(line);
  };
  try {
    const adapters = await patiently(() => openAdapters(settings, http, clock), { clock, signal, say: sayWaiting });
    // Threads end before what they were lent.
    closers.splice(3, 0, () => adapters.close());
    lent = adapters;
    const environment: Environment = {
      broker: adapters.broker,
      openBroker: (raw) => openOtherKafka(raw, clock),
      registry: adapters.registry,
      registryOf: adapters.registryOf,
      store: adapters.store,
      http,
      clock,
      plugins: plugins.registry,
      providers: settings.providers,
      redactor,
      logs,
      metrics,
      services: new Services(),
      settings: settings.host,
      isolation: threads,
    };
    const worker = new Worker(environment);
    const services = await patiently(() => startServices(worker, adapters, settings), {
      clock,
      signal,
      say: sayWaiting,
    });
    closers.push(() => services.close());
    await patiently(() => worker.open(), { clock, signal, say: sayWaiting });
    closers.push(() => worker.close());
    const facts = () => gatherFacts(worker, services.facts);
    const view = new HostView(worker);
    const board = factsBoard(worker, view, services.facts);
    const metricNames = settings.parsed['metrics.compat'] as MetricsDialect;
    listeners.serve({
      ...{ worker, environment, view, metricNames, logs, metrics, redactor, services, errors, adapters, clock },
      facts: () => board.read(),
    });
    closers.push(flushNowAndThen(logs, clock));
    const problems = plugins.problems.map(({ from, message }) => `plugins of ${from}: ${message}`);
    problems.push(...providerProblems, ...(await loadFiles(settings, worker, services)));
    return {
      urls: listeners.urls,
      notes: notesOf(settings, adapters, plugins),
      problems,
      facts: () => board.read(),
      complain: (text) => logs.logger('host').error(text),
      caughtUp: (until) => waitCaughtUp(worker, facts, clock, until),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

/** Node waits at its end for every thread; one in a loop that cannot be interrupted would hold it for ever. All else is closed by now. */
function endProcessUnless(areThreadsGone: boolean): void {
  if (!areThreadsGone) process.kill(process.pid, 'SIGKILL');
}

/** Facts for page and table: lag from the answer that all share. */
function factsBoard(worker: Worker, view: HostView, sources: FactSources): FactsBoard {
  const gather = async () => {
    const lags = await view.lags.view({ maxAgeMs: 1_000, waitMs: 300 });
    return gatherFacts(worker, sources, (name) =>
      lags === null ? null : totalLag(lags.connectors.get(name) ?? []).records,
    );
  };
  return new FactsBoard(gather, () => knownFacts(worker), worker.environment.clock);
}

/** Tells what the log has held back of repeated lines; answers what ends it. */
function flushNowAndThen(logs: Logs, clock: Clock): () => Promise<void> {
  const stop = new AbortController();
  const running = (async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(FLUSH_LOG_MS, stop.signal);
      logs.flush(stop.signal.aborted);
    }
  })();
  return () => {
    stop.abort();
    return running;
  };
}

/** Connectors and back-fills of `config.dir`; answers what was left out. */
async function loadFiles(
  settings: WorkerSettings,
  worker: Worker,
  services: Awaited<ReturnType<typeof startServices>>,
): Promise<readonly string[]> {
  const folder = settings.parsed['config.dir'] as string | null;
  if (folder === null) return [];
  const { settings: host, logs } = worker.environment;
  const files = await readConfigFiles(folder);
  const refused = [...files.problems];
  if (host.group === null) {
    refused.push(...(await applyConnectorFiles(files.connectors, worker)));
    for (const { file, job } of files.backfills) {
      try {
        await services.submitBackfill(job);
      } catch (error) {
        refused.push({ file, message: error instanceof Error ? error.message : String(error) });
      }
    }
  } else {
    const shared = new GroupFiles(worker, logs.logger('host'), (job) => services.submitBackfill(job));
    refused.push(...(await shared.start(files)));
  }
  return refused.map(({ file, message }) => (message.startsWith(file) ? message : `${file}: ${message}`));
}

/** Tries again while something cannot be reached, with one plain line now and then; ends with the signal. */
async function patiently<T>(
  work: () => Promise<T>,
  { clock, signal, say }: { readonly clock: Clock; readonly signal: AbortSignal; say(line: string): void },
): Promise<T> {
  let said = '';
  let saidAtMs = 0;
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error) && !(isLocked(error) && attempt < LOCK_ATTEMPTS)) throw error;
      if (signal.aborted) throw interrupted();
      const line = `waiting: ${(error as Error).message}`;
      if (line !== said || clock.now() - saidAtMs >= REPEAT_LINE_MS) {
        say(line);
        said = line;
        saidAtMs = clock.now();
      }
      await clock.sleep(Math.min(RETRY_FIRST_MS * 2 ** attempt, RETRY_MAX_MS), signal);
      if (signal.aborted) throw interrupted();
    }
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof TributaryError && error.code === 'TRIB_LOG_LOCKED';
}

function interrupted(): TributaryError {
  return new TributaryError('TRIB_INTERRUPTED', 'fatal', { what: 'Stopped while starting.' });
}

function notesOf(settings: WorkerSettings, adapters: Adapters, plugins: LoadedPlugins): readonly string[] {
  const { broker, registry, store } = adapters.names;
  const standIn = settings.parsed['braze.stand.in'] as string | null;
  const loaded = plugins.registry.list(['source', 'sink', 'processor']).map(({ def }) => def.name);
  return [
    `Broker ${broker}; schema registry ${registry}; state ${store}; cluster.id ${settings.host.clusterId}`,
    ...(standIn === null ? [] : [`Braze stand-in: what it was sent is at ${standIn}/accepted`]),
    `Connectors: ${loaded.join(', ') || 'none'}`,
    ...plugins.sources
      .filter(({ from }) => from !== 'built-in' && !from.startsWith('connectors/'))
      .map(({ from, plugins: count }) => `Plugins of ${from}: ${count}`),
    ...settings.idle,
  ];
}
