// The product, put together as `trib run` does it, over a broker that may be watched by a meter.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { undiciClient } from '../src/adapters/http/undici-client.ts';
import { systemClock } from '../src/adapters/system-clock.ts';
import type { PluginDef } from '../src/connect/plugins.ts';
import { Logs } from '../src/core/log.ts';
import { Metrics } from '../src/core/metrics.ts';
import { Redactor } from '../src/core/redact.ts';
import { type Environment, Services } from '../src/host/index.ts';
import { PluginRegistry } from '../src/plugins/index.ts';
import type { Broker } from '../src/ports/broker.ts';
import { openAdapters } from '../src/wiring/adapters.ts';
import { openOtherKafka } from '../src/wiring/kafka.ts';
import { loadPlugins } from '../src/wiring/plugins.ts';
import { readWorkerSettings } from '../src/wiring/worker-settings.ts';
import type { Run } from './contract.ts';

/** The parts of one process. */
export interface Product {
  readonly environment: Environment;
  /** Closes everything. */
  close(): Promise<void>;
}

/** Opens the product with the settings of a run. `watch` answers the broker that it is given. */
export async function openProduct(
  run: Run,
  watch: (broker: Broker) => Broker,
  own: readonly PluginDef[],
): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), 'trib-bench-'));
  const file = join(folder, 'worker.json');
  writeFileSync(
    file,
    JSON.stringify({
      'bootstrap.servers': run.brokers,
      'schema.registry.url': run.registryUrl,
      'state.store.url': run.redisUrl ?? 'lmdb',
      'data.dir': folder,
      'cluster.id': run.prefix,
      'config.storage.topic': `${run.prefix}configs`,
      'offset.storage.topic': `${run.prefix}offsets`,
      'offset.flush.interval.ms': String(run.commitMs),
      'log.level': 'WARN',
    }),
  );
  const clock = systemClock();
  const redactor = new Redactor();
  const settings = readWorkerSettings(file, process.env, redactor);
  const http = undiciClient();
  const adapters = await openAdapters(settings, http, clock);
  const { registry } = await loadPlugins([], '.');
  const environment: Environment = {
    broker: watch(adapters.broker),
    openBroker: (raw) => openOtherKafka(raw, clock),
    registry: adapters.registry,
    registryOf: adapters.registryOf,
    store: adapters.store,
    http,
    clock,
    plugins: new PluginRegistry([...new Set(registry.list().map(({ def }) => def)), ...own]),
    providers: settings.providers,
    redactor,
    logs: new Logs(
      {
        write: (line) => process.stderr.write(`${line}\n`),
        now: () => clock.now(),
        redact: (text) => redactor.redact(text),
      },
      'WARN',
    ),
    metrics: new Metrics(),
    services: new Services(),
    settings: settings.host,
  };
  return {
    environment,
    close: async () => {
      await adapters.close();
      await http.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
