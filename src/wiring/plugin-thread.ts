// The inside of a plugin thread: its ports, its guards, and the loop that takes orders.
//
// What is a server (Kafka, a registry, Redis) the thread connects to by itself; what stands in this process is lent by the main
// thread. A plugin must not end the process: what would do so is turned into a fault of the plugin.
import type { MessagePort } from 'node:worker_threads';
import { lazyClient } from '../adapters/http/lazy-client.ts';
import { borrowPorts } from '../adapters/remote/index.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { Logs } from '../core/log.ts';
import { Metrics } from '../core/metrics.ts';
import { Redactor } from '../core/redact.ts';
import { Services } from '../host/environment.ts';
import { Providers } from '../host/secrets/providers.ts';
import type { Order, Report } from '../host/threads/messages.ts';
import { Pulse } from '../host/threads/pulse.ts';
import { ThreadSide } from '../host/threads/thread-side.ts';
import { openPorts } from './adapters.ts';
import { importPlugins, lendPublicApi } from './import-plugins.ts';
import { openOtherKafka } from './kafka.ts';
import type { ThreadData } from './plugin-threads.ts';

/** Runs the thread; never resolves. */
export async function runPluginThread(data: ThreadData, parent: MessagePort): Promise<never> {
  const clock = systemClock();
  const redactor = new Redactor();
  const post = (report: Report): void => parent.postMessage(report);
  const logs = new Logs({ write: (line) => post({ report: 'log', line }), now: () => clock.now() });
  logs.adopt(data.seed.levels);
  lendPublicApi();
  const http = lazyClient();
  const ports = await openPorts(data, { http, clock, lent: borrowPorts(data.ports) });
  const side = new ThreadSide({
    environment: {
      broker: ports.broker,
      openBroker: (raw) => openOtherKafka(raw, clock),
      registry: ports.registry,
      registryOf: ports.registryOf,
      store: ports.store,
      http,
      clock,
      // References were resolved by the main thread.
      providers: new Providers({ environment: {} }, redactor),
      redactor,
      logs,
      metrics: new Metrics(),
      services: new Services(),
      settings: data.host,
    },
    pulse: new Pulse(data.seed.pulse),
    heapMaxMb: data.seed.heapMaxMb,
    load: importPlugins,
    post,
  });
  guard(side);
  parent.on('message', (order: Order) => side.take(order));
  return side.beat();
}

function guard(side: ThreadSide): void {
  process.on('uncaughtException', (error) => side.fault(error));
  process.on('unhandledRejection', (reason) => side.fault(reason));
  const refused = (what: string): never => {
    const error = new Error(`${what} was called: a plugin must not end its process.`);
    side.fault(error);
    throw error;
  };
  process.exit = (code) => refused(`process.exit(${code ?? ''})`);
  process.abort = () => refused('process.abort()');
  const { kill } = process;
  process.kill = (pid, signal) => {
    // To look whether a process lives is harmless.
    if (signal !== 0 && (pid === process.pid || pid <= 0)) refused(`process.kill(${pid})`);
    return kill(pid, signal);
  };
}
