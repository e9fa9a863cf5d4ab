// Puts the record's time into the topic name.

import type { TransformDef } from '../../connect/plugins.ts';
import { simpleDateFormat } from '../../core/java/simple-date-format.ts';
import { configFault, dataFault } from '../faults.ts';
import { sample } from '../sample.ts';
import { KAFKA_VERSION } from './side.ts';

/** Kafka's `TimestampRouter`. */
export const timestampRouter: TransformDef = {
  kind: 'transform',
  name: 'TimestampRouter',
  classes: ['org.apache.kafka.connect.transforms.TimestampRouter'],
  version: KAFKA_VERSION,
  doc: "Renames the topic by a pattern that holds the record's time (UTC), e.g. one topic a day.",
  config: [
    {
      name: 'topic.format',
      type: 'STRING',
      fallback: '${topic}-${timestamp}',
      importance: 'HIGH',
      doc: 'The new name; ${topic} and ${timestamp} stand for the old name and the time.',
    },
    {
      name: 'timestamp.format',
      type: 'STRING',
      fallback: 'yyyyMMdd',
      importance: 'HIGH',
      doc: 'Pattern of the time (Java SimpleDateFormat).',
    },
  ],
  examples: [
    {
      config: {},
      given: sample({ timestampMs: 1_700_000_000_123 }),
      gives: sample({ topic: 'orders-20231114', timestampMs: 1_700_000_000_123 }),
    },
  ],
  create: (config) => {
    const pattern = config['topic.format'] as string;
    const format = compiled(config['timestamp.format'] as string);
    return (record) => {
      if (record.timestampMs === null) {
        throw dataFault(`Timestamp missing on record of topic ${record.topic}`);
      }
      if (record.topic === null) throw dataFault('The record has no topic to route by.');
      const time = format.format(record.timestampMs);
      return record.withTopic(
        pattern.replaceAll('${topic}', () => record.topic).replaceAll('${timestamp}', () => time),
      );
    };
  },
};

function compiled(pattern: string) {
  try {
    return simpleDateFormat(pattern);
  } catch (error) {
    throw configFault(
      `timestamp.format is "${pattern}": ${(error as Error).message}.`,
      'Use a pattern of SimpleDateFormat.',
    );
  }
}
