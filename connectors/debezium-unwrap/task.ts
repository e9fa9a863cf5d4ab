// One task: settings → the public record processor.
import {
  type ConnectRecord,
  type NewTopics,
  type ParsedConfig,
  type ProcessorContext,
  type ProcessorTask,
  type RawConfig,
  type RecordChain,
  RecordProcessor,
  settingsUnder,
} from 'tributary/connect';
import { UNWRAP_PREFIX } from './config.ts';

/** How many tasks share the partitions; put into each task's config by the connector. */
export const TASK_COUNT = 'task.count';

export class UnwrapTask implements ProcessorTask {
  #processor: RecordProcessor | null = null;

  async start(config: ParsedConfig, raw: RawConfig, context: ProcessorContext): Promise<void> {
    const chain = chainOf(raw, config, context);
    const rename = targetOf(config['target.topic'] as string);
    const regex = config['topics.regex'] as string;
    this.#processor = new RecordProcessor({
      context,
      topics: regex === '' ? (config['topics'] as readonly string[]) : { regex },
      taskCount: Number(raw[TASK_COUNT] ?? 1),
      chain,
      ...(rename === null ? {} : { finish: rename }),
      partitionBy: config['target.partition.by'] as 'key' | 'input',
      newTopics: newTopicsOf(config),
      commitMs: config['commit.interval.ms'] as number,
      commitRecords: config['commit.records'] as number,
      start: config['start'] as 'earliest' | 'latest',
      converterClasses: {
        key: raw['key.converter'] ?? 'key.converter',
        value: raw['value.converter'] ?? 'value.converter',
        header: raw['header.converter'] ?? 'header.converter',
      },
    });
  }

  async run(): Promise<void> {
    await this.#processor!.run();
  }

  async stop(): Promise<void> {}
}

/** The transforms given, or the unwrapping alone; then the renaming of topics. */
function chainOf(raw: RawConfig, config: ParsedConfig, context: ProcessorContext): RecordChain {
  const regex = config['target.topic.regex'] as string;
  const isOwn = (raw['transforms'] ?? '').trim() !== '';
  if (isOwn && regex === '') return context.chain;
  const settings: Record<string, string | null> = isOwn ? { ...raw } : unwrapSettings(raw, config);
  if (regex !== '') {
    settings['transforms'] += `,${ROUTER}`;
    settings[`transforms.${ROUTER}.type`] = 'org.apache.kafka.connect.transforms.RegexRouter';
    settings[`transforms.${ROUTER}.regex`] = regex;
    settings[`transforms.${ROUTER}.replacement`] = config['target.topic.replacement'] as string;
  }
  return context.compileChain(settings);
}

const ROUTER = 'target.topic.regex';

function unwrapSettings(raw: RawConfig, config: ParsedConfig): Record<string, string | null> {
  const settings: Record<string, string | null> = {
    transforms: 'unwrap',
    'transforms.unwrap.type': 'io.debezium.transforms.ExtractNewRecordState',
    'transforms.unwrap.delete.tombstone.handling.mode': config[
      `${UNWRAP_PREFIX}delete.tombstone.handling.mode`
    ] as string,
    'transforms.unwrap.schemaless.envelopes': String(config[`${UNWRAP_PREFIX}schemaless.envelopes`]),
  };
  const given = settingsUnder(raw, UNWRAP_PREFIX);
  for (const name in given) settings[`transforms.unwrap.${name}`] = given[name] ?? null;
  return settings;
}

/** Renames by the pattern; null when the pattern changes nothing. */
function targetOf(pattern: string): ((record: ConnectRecord) => ConnectRecord) | null {
  if (pattern === '' || pattern === '${topic}') return null;
  let topic = '';
  let target = '';
  return (record) => {
    if (record.topic !== topic) {
      topic = record.topic;
      target = pattern.replaceAll('${topic}', () => topic);
    }
    return record.withTopic(target);
  };
}

function newTopicsOf(config: ParsedConfig): NewTopics {
  const partitions = config['target.partitions'] as number | null;
  const replication = config['target.replication.factor'] as number | null;
  return {
    ...(partitions === null ? {} : { partitions }),
    ...(replication === null ? {} : { replication }),
    config: { 'cleanup.policy': config['target.cleanup.policy'] as string },
  };
}
