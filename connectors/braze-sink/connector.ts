// BrazeSink: Kafka topics → user events, attributes or purchases in Braze.
import type { ConnectorDef, RawConfig, SinkConnector, SinkTask } from 'tributary/connect';
import { CONFIG } from './config.ts';
import { BrazeSinkTask } from './task.ts';

class BrazeSinkConnector implements SinkConnector {
  #raw: RawConfig = {};

  async start(_config: unknown, raw: RawConfig): Promise<void> {
    this.#raw = raw;
  }

  taskConfigs(maxTasks: number): readonly RawConfig[] {
    return Array.from({ length: maxTasks }, () => this.#raw);
  }

  task(): SinkTask {
    return new BrazeSinkTask();
  }

  async validate(raw: RawConfig): Promise<Readonly<Record<string, readonly string[]>>> {
    const isEvent = (raw['braze.object'] ?? 'event') === 'event';
    if (isEvent && !raw['braze.event.name'])
      return { 'braze.event.name': ['An event needs a name: set braze.event.name, e.g. "signed_up"'] };
    return {};
  }

  async stop(): Promise<void> {}
}

export const brazeSink: ConnectorDef = {
  kind: 'sink',
  name: 'BrazeSink',
  classes: ['tributary.BrazeSink'],
  version: '0.1.0',
  doc: 'Delivers records to Braze as custom events, attributes or purchases: exact per-record outcomes, order by user, nothing lost.',
  config: CONFIG,
  create: () => new BrazeSinkConnector(),
};
