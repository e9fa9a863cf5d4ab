// The settings of one task, in the form the copying needs.
import { type ParsedConfig, Password, type ProducerOptions, type RawConfig, settingsUnder } from 'tributary/connect';
import { policyName, SOURCE_PREFIX } from './config.ts';
import { matcher, TopicNames } from './topic-names.ts';

/** How many tasks share the partitions; put into each task's config by the connector. */
export const TASK_COUNT = 'task.count';

export interface CopySettings {
  readonly names: TopicNames;
  readonly sourceAlias: string;
  /** Client settings of the source cluster; without brokers the host's own is meant. */
  readonly sourceClient: RawConfig;
  /** Source and target are one cluster. */
  readonly isOwnCluster: boolean;
  /** Positions are shown at the source, too. */
  readonly isShownAtSource: boolean;
  readonly taskCount: number;
  readonly reset: 'earliest' | 'latest' | 'none';
  readonly refreshMs: number;
  /** Null: the target's brokers choose. */
  readonly replication: number | null;
  /** Null: settings of topics are not copied. */
  readonly configEveryMs: number | null;
  readonly isOwnSetting: (name: string) => boolean;
  /** Records between two offset marks; null: none are written. */
  readonly markEvery: number | null;
  readonly marksReplication: number | null;
  readonly checkpointEveryMs: number | null;
  readonly checkpointsReplication: number | null;
  readonly groupSyncEveryMs: number | null;
  readonly isGroupWanted: (group: string) => boolean;
  readonly commitMs: number;
  readonly commitRecords: number;
  readonly compression: NonNullable<ProducerOptions['compression']>;
  /** −1: for ever. */
  readonly retryForMs: number;
  /** Records are decoded and go through the connector's transforms. */
  readonly hasTransforms: boolean;
}

export function copySettings(config: ParsedConfig, raw: RawConfig): CopySettings {
  const list = (name: string) => config[name] as readonly string[];
  const number = (name: string) => config[name] as number;
  const everyMs = (switchName: string, name: string) => (config[switchName] === true ? number(name) * 1000 : null);
  const isGroup = matcher(list('groups'));
  const isGroupExcluded = matcher(list('groups.exclude'));
  const sourceAlias = config['source.cluster.alias'] as string;
  return {
    names: new TopicNames({
      sourceAlias,
      targetAlias: config['target.cluster.alias'] as string,
      policy: policyName(config['replication.policy.class'] as string)!,
      separator: config['replication.policy.separator'] as string,
      pattern: (config['target.topic'] as string | null) || null,
      isOwnCluster: isOwnCluster(raw),
      topics: list('topics'),
      exclude: list('topics.exclude'),
    }),
    sourceAlias,
    sourceClient: clientSettings(config, raw),
    isOwnCluster: isOwnCluster(raw),
    isShownAtSource: config['source.commit.enabled'] === true && !isOwnCluster(raw),
    taskCount: Number(raw[TASK_COUNT] ?? 1),
    reset: (raw['source.consumer.auto.offset.reset'] ?? config['consumer.auto.offset.reset']) as CopySettings['reset'],
    refreshMs: everyMs('refresh.topics.enabled', 'refresh.topics.interval.seconds') ?? Number.POSITIVE_INFINITY,
    replication: replicas(number('replication.factor')),
    configEveryMs: everyMs('sync.topic.configs.enabled', 'sync.topic.configs.interval.seconds'),
    isOwnSetting: matcher(list('config.properties.exclude')),
    markEvery: config['emit.offset-syncs.enabled'] === true ? number('offset.lag.max') : null,
    marksReplication: replicas(number('offset-syncs.topic.replication.factor')),
    checkpointEveryMs: everyMs('emit.checkpoints.enabled', 'emit.checkpoints.interval.seconds'),
    checkpointsReplication: replicas(number('checkpoints.topic.replication.factor')),
    groupSyncEveryMs: everyMs('sync.group.offsets.enabled', 'sync.group.offsets.interval.seconds'),
    isGroupWanted: (group) => isGroup(group) && !isGroupExcluded(group),
    commitMs: number('commit.interval.ms'),
    commitRecords: number('commit.records'),
    compression: config['compression.type'] as CopySettings['compression'],
    retryForMs: number('retry.timeout.ms'),
    hasTransforms: (raw['transforms'] ?? '').trim() !== '',
  };
}

/** Whether no other cluster is named. */
export function isOwnCluster(raw: RawConfig): boolean {
  const brokers = (raw[`${SOURCE_PREFIX}bootstrap.servers`] ?? '').trim();
  return brokers === '' || brokers === 'embedded';
}

/** Everything under the prefix, also what is not among the declared settings; secrets in the clear, for the client alone. */
function clientSettings(config: ParsedConfig, raw: RawConfig): RawConfig {
  const settings: Record<string, string | null> = {};
  const given = settingsUnder(raw, SOURCE_PREFIX);
  for (const name in given) {
    const parsed = config[SOURCE_PREFIX + name];
    const value = parsed instanceof Password ? parsed.reveal() : (given[name] ?? null);
    if (name !== 'alias' && value !== null) settings[name] = value;
  }
  return settings;
}

function replicas(factor: number): number | null {
  return factor < 0 ? null : factor;
}
