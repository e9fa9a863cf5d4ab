// DataGenerator: made-up records for load and demos, the same each time, each of them once.
import {
  type ConnectorDef,
  type ParsedConfig,
  parseConfig,
  type RawConfig,
  type SourceConnector,
  type SourceTask,
  TributaryError,
} from 'tributary/connect';
import { CONFIG } from './config.ts';
import { Shape } from './shape.ts';
import { DataGeneratorTask, TASK_COUNT, TASK_NUMBER } from './task.ts';

class DataGeneratorConnector implements SourceConnector {
  #raw: RawConfig = {};

  async start(_config: ParsedConfig, raw: RawConfig): Promise<void> {
    this.#raw = raw;
  }

  taskConfigs(maxTasks: number): readonly RawConfig[] {
    return Array.from({ length: maxTasks }, (_, task) => ({
      ...this.#raw,
      [TASK_NUMBER]: String(task),
      [TASK_COUNT]: String(maxTasks),
    }));
  }

  task(): SourceTask {
    return new DataGeneratorTask();
  }

  async stop(): Promise<void> {}

  async validate(raw: RawConfig): Promise<Readonly<Record<string, readonly string[]>>> {
    return crossChecks(raw);
  }

  checkOffsets(offsets: readonly { partition: unknown; offset: unknown }[]): void {
    for (const { partition, offset } of offsets) {
      if (!isWhole((partition as { task?: unknown } | null)?.task)) {
        throw refused('Partition objects should be {"task": <number of the task>}');
      }
      if (offset !== null && !isWhole((offset as { next?: unknown }).next)) {
        throw refused('Offset objects should be null or {"next": <number of the next record>}');
      }
    }
  }
}

/** Faults that span settings, by setting. */
export function crossChecks(raw: RawConfig): Record<string, readonly string[]> {
  const quickstart = (raw['quickstart'] ?? '').trim();
  const fields = (raw['fields'] ?? '').trim();
  if (quickstart === '' && fields === '') {
    return { quickstart: ['Must configure one of quickstart or fields'] };
  }
  if (quickstart !== '' && fields !== '') {
    return { fields: ['quickstart and fields are mutually exclusive options, but both are set.'] };
  }
  const { values, reports } = parseConfig(CONFIG, raw);
  if (reports.some(({ errors }) => errors.length > 0)) return {};
  try {
    // The schedule of many rows takes a while to make and is not what is checked.
    const shape = new Shape({ ...values, rows: 0 }, 0, 1);
    if (!shape.hasKey && (values['deletes'] as number) > 0) {
      return { 'key.field': ['deletes is above 0: name the fields of the key, by which rows are deleted.'] };
    }
    return {};
  } catch (error) {
    if (!(error instanceof TributaryError) || error.kind !== 'config') throw error;
    const { what, where, fix } = error.parts;
    const setting = where === 'key.field' ? 'key.field' : 'fields';
    // The setting stands before the message anyway; the name of a field within it does not.
    const place = where === undefined || where === setting ? '' : `${where}: `;
    return { [setting]: [`${place}${what}${fix === undefined ? '' : ` ${fix}`}`] };
  }
}

export const dataGenerator: ConnectorDef = {
  kind: 'source',
  name: 'DataGenerator',
  classes: ['tributary.DataGenerator'],
  version: '0.1.0',
  doc: 'Makes up records for load and demos: ready-made shapes or fields of your own, as rows or as Debezium change events. The same seed gives the same records, each of them once, also over restarts.',
  config: CONFIG,
  create: () => new DataGeneratorConnector(),
};

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function refused(what: string): TributaryError {
  return new TributaryError('TRIB_OFFSETS_INVALID', 'config', { what });
}
