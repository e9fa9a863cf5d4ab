// The settings of a topic that the embedded log heeds, under Kafka's names. Unknown ones are kept but have no effect here.

import { quoted, TributaryError } from '../../core/errors.ts';

/** What a topic takes unless it says otherwise. */
export const MESSAGE_BYTES_MAX = 8 << 20;

export interface TopicSettings {
  readonly compact: boolean;
  /** −1: kept for ever (the default here; Kafka's own is seven days). */
  readonly retentionMs: number;
  readonly retentionBytes: number;
  /** Compacted topics have smaller ones: a segment is rewritten in one step. */
  readonly segmentBytes: number;
  readonly messageBytesMax: number;
  /** How long compaction keeps a tombstone after its segment was closed. */
  readonly deleteRetentionMs: number;
  readonly deletes: boolean;
}

export function topicSettings(topic: string, config: Readonly<Record<string, string>>): TopicSettings {
  const policy = (config['cleanup.policy'] ?? 'delete').split(',').map((part) => part.trim());
  const number = (name: string, standard: number): number => {
    const text = config[name];
    if (text === undefined) return standard;
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value)) return value;
    throw invalid(topic, name, text, 'Give a whole number.');
  };
  for (const part of policy) {
    if (part !== 'delete' && part !== 'compact')
      throw invalid(topic, 'cleanup.policy', part, 'Use delete, compact or both.');
  }
  return {
    compact: policy.includes('compact'),
    deletes: policy.includes('delete'),
    retentionMs: number('retention.ms', -1),
    retentionBytes: number('retention.bytes', -1),
    segmentBytes: number('segment.bytes', policy.includes('compact') ? 8 << 20 : 64 << 20),
    messageBytesMax: number('max.message.bytes', MESSAGE_BYTES_MAX),
    deleteRetentionMs: number('delete.retention.ms', 86_400_000),
  };
}

function invalid(topic: string, name: string, value: string, fix: string): TributaryError {
  return new TributaryError('TRIB_TOPIC_CONFIG', 'config', {
    what: `The topic setting ${name} is ${quoted(value)}.`,
    where: topic,
    fix,
  });
}
