// SqlTransform: statements of a file as a connector. It owns the persistent queries they make, and pauses and stops with them.
import {
  type ConnectorContext,
  type ConnectorDef,
  type ParsedConfig,
  type ProcessorConnector,
  type ProcessorTask,
  type RawConfig,
  TributaryError,
} from 'tributary/connect';
import { faultInFile, mayComeTrue, type QueryEngine, queryCount } from 'tributary/sql';
import { CONFIG } from './config.ts';
import { readScript, withText } from './script.ts';
import { SqlTask, TASK_COUNT, TASK_NUMBER } from './task.ts';

class SqlTransform implements ProcessorConnector {
  #raw: RawConfig = {};

  async start(_config: ParsedConfig, raw: RawConfig, _context: ConnectorContext): Promise<void> {
    this.#raw = raw;
  }

  /** One task a query, as far as tasks go. */
  taskConfigs(maxTasks: number): readonly RawConfig[] {
    const count = Math.max(1, Math.min(maxTasks, queryCount(readScript(this.#raw).text)));
    const raw = withText(this.#raw);
    return Array.from({ length: count }, (_, index) => ({
      ...raw,
      [TASK_NUMBER]: String(index),
      [TASK_COUNT]: String(count),
    }));
  }

  task(): ProcessorTask {
    return new SqlTask();
  }

  /** Parses the statements and binds them against the catalog; what may come later is no fault. */
  async validate(
    raw: RawConfig,
    service: (name: string) => unknown,
  ): Promise<Readonly<Record<string, readonly string[]>>> {
    try {
      const script = readScript(raw);
      const engine = service('sql') as QueryEngine;
      const failure = await engine.checkOwned(script.text, raw['name'] ?? '', { properties: script.properties });
      if (failure === null || mayComeTrue(failure.error)) return {};
      return { [script.setting]: [faultInFile(failure, script.text, script.file).message] };
    } catch (error) {
      if (!(error instanceof TributaryError) || error.kind !== 'config') throw error;
      return {
        [error.parts.where ?? 'sql']: [
          error.parts.fix === undefined ? error.parts.what : `${error.parts.what} ${error.parts.fix}`,
        ],
      };
    }
  }

  async stop(): Promise<void> {}
}

export const sqlTransform: ConnectorDef = {
  kind: 'processor',
  needsServices: true,
  name: 'SqlTransform',
  classes: ['tributary.SqlTransform'],
  version: '0.1.0',
  doc: 'Runs statements of ksqlDB SQL from a file or a setting, exactly once. It owns the queries they make: they start, pause and stop with it.',
  config: CONFIG,
  create: () => new SqlTransform(),
};
