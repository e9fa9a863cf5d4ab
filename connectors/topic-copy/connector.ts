// TopicCopy: topics of another cluster (or of this one) → topics of this cluster, record for record, exactly once.
import type { ConnectorDef, ParsedConfig, ProcessorConnector, ProcessorTask, RawConfig } from 'tributary/connect';
import { CONFIG, policyName } from './config.ts';
import { isOwnCluster, TASK_COUNT } from './settings.ts';
import { TopicCopyTask } from './task.ts';

class TopicCopyConnector implements ProcessorConnector {
  #raw: RawConfig = {};

  async start(_config: ParsedConfig, raw: RawConfig): Promise<void> {
    this.#raw = raw;
  }

  taskConfigs(maxTasks: number): readonly RawConfig[] {
    return Array.from({ length: maxTasks }, () => ({ ...this.#raw, [TASK_COUNT]: String(maxTasks) }));
  }

  task(): ProcessorTask {
    return new TopicCopyTask();
  }

  inputOf(raw: RawConfig): 'own' | 'elsewhere' {
    return isOwnCluster(raw) ? 'own' : 'elsewhere';
  }

  async validate(raw: RawConfig): Promise<Readonly<Record<string, readonly string[]>>> {
    return crossChecks(raw);
  }

  async stop(): Promise<void> {}
}

/** Faults that span settings, by setting. */
export function crossChecks(raw: RawConfig): Record<string, readonly string[]> {
  const errors: Record<string, readonly string[]> = {};
  const policy = policyName(raw['replication.policy.class'] ?? 'DefaultReplicationPolicy');
  const pattern = (raw['target.topic'] ?? '').trim();
  if (isOwnCluster(raw) && (pattern === '' ? policy === 'identity' : pattern === '${topic}')) {
    errors[pattern === '' ? 'replication.policy.class' : 'target.topic'] = [
      'Topics would be copied onto themselves: source and target are the cluster of this host. Name source.cluster.bootstrap.servers, or give the copies another name (target.topic).',
    ];
  }
  const source = (raw['source.cluster.alias'] ?? 'source').trim();
  if (source === (raw['target.cluster.alias'] ?? 'target').trim()) {
    errors['target.cluster.alias'] = [`"${source}" is the alias of the source, too. Give each cluster its own.`];
  }
  return errors;
}

export const topicCopy: ConnectorDef = {
  kind: 'processor',
  name: 'TopicCopy',
  classes: ['tributary.TopicCopy'],
  version: '0.1.0',
  doc: 'Copies topics of another Kafka cluster (or of this one) record for record, exactly once, with a mapping of offsets so that consumers can be moved; settings as MirrorMaker’s.',
  config: CONFIG,
  create: () => new TopicCopyConnector(),
};
