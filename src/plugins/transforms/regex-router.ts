// Renames the topic by a regular expression.

import type { TransformDef } from '../../connect/plugins.ts';
import { validRegex } from '../../core/config/checks.ts';
import { compileFullMatch, compileJavaRegex, compileReplacement } from '../../core/java/regex.ts';
import { dataFault } from '../faults.ts';
import { sample } from '../sample.ts';
import { KAFKA_VERSION } from './side.ts';

/** Kafka's `RegexRouter`. */
export const regexRouter: TransformDef = {
  kind: 'transform',
  name: 'RegexRouter',
  classes: ['org.apache.kafka.connect.transforms.RegexRouter'],
  version: KAFKA_VERSION,
  doc: 'Renames the topic when the whole name matches a regular expression (Java syntax).',
  config: [
    {
      name: 'regex',
      type: 'STRING',
      importance: 'HIGH',
      doc: 'The expression; it must match the whole topic name.',
      check: validRegex,
    },
    {
      name: 'replacement',
      type: 'STRING',
      importance: 'HIGH',
      doc: 'The new name; $1 and ${name} stand for groups.',
    },
  ],
  examples: [
    {
      config: { regex: '(.*)-eu', replacement: 'europe.$1' },
      given: sample({ topic: 'orders-eu' }),
      gives: sample({ topic: 'europe.orders' }),
    },
  ],
  create: (config) => {
    const rename = topicRenamer(config['regex'] as string, config['replacement'] as string);
    // Topics are few: each name is worked out once.
    const known = new Map<string, string>();
    return (record) => {
      const { topic } = record;
      let renamed = known.get(topic);
      if (renamed === undefined) {
        renamed = rename(topic) ?? topic;
        if (known.size < TOPICS_MAX) known.set(topic, renamed);
      }
      return renamed === topic ? record : record.withTopic(renamed);
    };
  },
};

const TOPICS_MAX = 10_000;

/** The new name of a topic; null when the expression does not match all of it. Throws `data` faults for bad references. */
export function topicRenamer(regex: string, replacement: string): (topic: string) => string | null {
  const whole = compileFullMatch(regex);
  const first = compileJavaRegex(regex);
  const replace = compileReplacement(replacement);
  return (topic: string | null) => {
    // A source may hand over a record without topic; it must fail here, not match as the text "null".
    if (topic === null) throw dataFault('The record has no topic to route by.');
    if (!whole.test(topic)) return null;
    const match = first.exec(topic)!;
    try {
      return topic.slice(0, match.index) + replace(match) + topic.slice(match.index + match[0].length);
    } catch (error) {
      throw dataFault(`The replacement "${replacement}" does not fit "${regex}": ${(error as Error).message}.`);
    }
  };
}
