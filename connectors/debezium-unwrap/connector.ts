// DebeziumUnwrap: topics of change events → topics of rows, exactly once.
//
// The connector splits partitions over its tasks; each task is a RecordProcessor of the public API.
import {
  type ConnectorDef,
  compileFullMatch,
  type ParsedConfig,
  type ProcessorConnector,
  type ProcessorTask,
  type RawConfig,
} from 'tributary/connect';
import { CONFIG } from './config.ts';
import { TASK_COUNT, UnwrapTask } from './task.ts';

class DebeziumUnwrapConnector implements ProcessorConnector {
  #raw: RawConfig = {};

  async start(_config: ParsedConfig, raw: RawConfig): Promise<void> {
    this.#raw = raw;
  }

  taskConfigs(maxTasks: number): readonly RawConfig[] {
    return Array.from({ length: maxTasks }, () => ({ ...this.#raw, [TASK_COUNT]: String(maxTasks) }));
  }

  task(): ProcessorTask {
    return new UnwrapTask();
  }

  async validate(raw: RawConfig): Promise<Readonly<Record<string, readonly string[]>>> {
    return crossChecks(raw);
  }

  async stop(): Promise<void> {}
}

/** Faults that span settings, by setting. */
export function crossChecks(raw: RawConfig): Record<string, string[]> {
  const errors: Record<string, string[]> = {};
  const topics = (raw['topics'] ?? '').trim();
  const regex = (raw['topics.regex'] ?? '').trim();
  const add = (setting: string, error: string) => {
    errors[setting] = [...(errors[setting] ?? []), error];
  };
  if (topics === '' && regex === '') {
    for (const setting of ['topics', 'topics.regex']) add(setting, 'Must configure one of topics or topics.regex');
  }
  if (topics !== '' && regex !== '') {
    const text = 'topics and topics.regex are mutually exclusive options, but both are set.';
    for (const setting of ['topics', 'topics.regex']) add(setting, text);
  }
  const target = (raw['target.topic'] ?? '${topic}').trim();
  const renames = (raw['target.topic.regex'] ?? '') !== '' || raw['transforms'] !== undefined;
  if (target === '${topic}' && !renames) {
    add('target.topic', 'Rows would go back to the topic they came from. Name a target, e.g. "${topic}.ROWS".');
  }
  if (!target.includes('${') && isRead(target, topics, regex)) {
    add('target.topic', `"${target}" is read by this connector. Name another topic.`);
  }
  if ((raw['target.topic.regex'] ?? '') !== '' && (raw['target.topic.replacement'] ?? '') === '') {
    add('target.topic.replacement', 'target.topic.regex is given: say what the topic becomes.');
  }
  return errors;
}

function isRead(topic: string, topics: string, regex: string): boolean {
  if (topics.split(/\s*,\s*/).includes(topic)) return true;
  try {
    return regex !== '' && compileFullMatch(regex).test(topic);
  } catch {
    // A broken expression is reported by its own setting.
    return false;
  }
}

export const debeziumUnwrap: ConnectorDef = {
  kind: 'processor',
  name: 'DebeziumUnwrap',
  classes: ['tributary.DebeziumUnwrap'],
  version: '0.1.0',
  doc: 'Turns topics of Debezium change events into topics of rows (or applies any chain of transforms from topics to topics), exactly once.',
  config: CONFIG,
  create: () => new DebeziumUnwrapConnector(),
};
