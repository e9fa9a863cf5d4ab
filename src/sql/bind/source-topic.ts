// The topic that a declared source stands on (streams-and-tables.md §7.2).
import type { Source } from '../catalog/catalog.ts';
import type { TopicRequest } from './change.ts';
import { type Binding, reject } from './environment.ts';
import type { WithClause } from './with.ts';

/** The topic to make, if it is missing; E-TOPIC-1, -2, -4. */
export function sourceTopic(binding: Binding, clause: WithClause, source: Source): readonly TopicRequest[] {
  const { env } = binding;
  const facts = env.topic(source.topic);
  retentionRule(binding, clause, source);
  if (facts === null) {
    if (clause.partitions === null) {
      reject(
        binding,
        'TOPIC-1',
        clause.spanOf('KAFKA_TOPIC'),
        `There is no topic ${source.topic}.`,
        'Check its name, or have it made: add PARTITIONS=1 (and REPLICAS) to WITH.',
      );
    }
    return [
      {
        name: source.topic,
        partitions: clause.partitions,
        replicas: clause.replicas ?? 1,
        retentionMs: clause.retentionMs,
        cleanup: source.shape === 'table' ? 'compact' : 'delete',
      },
    ];
  }
  const differs = (property: 'PARTITIONS' | 'REPLICAS', given: number | null, found: number): void => {
    if (given === null || given === found || given < 0) return;
    reject(
      binding,
      'TOPIC-2',
      clause.spanOf(property),
      `Topic ${source.topic} exists with ${found} ${property.toLowerCase()}, not ${given}.`,
      `Leave ${property} out of WITH, or use another topic.`,
    );
  };
  differs('PARTITIONS', clause.partitions, facts.partitions);
  differs('REPLICAS', clause.replicas, facts.replicas);
  return [];
}

/** E-TOPIC-4, for declared and made tables alike. */
export function retentionRule(binding: Binding, clause: WithClause, source: Source): void {
  if (clause.retentionMs !== null && source.shape === 'table' && source.window === null) {
    reject(
      binding,
      'TOPIC-4',
      clause.spanOf('RETENTION_MS'),
      'RETENTION_MS does not go with a table without window: its topic is compacted.',
    );
  }
}
