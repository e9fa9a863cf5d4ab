// CreateTopics, CreatePartitions and DeleteTopics; the settings of a topic: DescribeConfigs and IncrementalAlterConfigs.

import type { TopicSpec } from '../../../ports/broker.ts';
import { check } from '../error-codes.ts';
import type { Call } from '../link.ts';
import { WireWriter } from '../wire.ts';

export interface TopicAnswer {
  readonly name: string;
  readonly errorCode: number;
  readonly detail: string | null;
}

export function createTopics(topics: readonly TopicSpec[], timeoutMs: number): Call<readonly TopicAnswer[]> {
  const body = new WireWriter();
  body.array(topics, (topic) => {
    body.string(topic.name).int32(topic.partitions);
    // −1: as many replicas as the broker's default says.
    body.int16(topic.replication ?? -1);
    body.int32(0); // no assignment of our own
    body.array(Object.entries(topic.config ?? {}), ([name, value]) => body.string(name).string(value));
  });
  body.int32(timeoutMs).bool(false);
  return {
    apiKey: 19,
    apiVersion: 4,
    apiName: 'CreateTopics',
    body: [body.done()],
    read: (answer) => {
      answer.int32(); // throttle
      return answer.array(() => ({ name: answer.string()!, errorCode: answer.int16(), detail: answer.string() }));
    },
  };
}

export function deleteTopics(names: readonly string[], timeoutMs: number): Call<readonly TopicAnswer[]> {
  const body = new WireWriter();
  body.array(names, (name) => body.string(name)).int32(timeoutMs);
  return {
    apiKey: 20,
    apiVersion: 3,
    apiName: 'DeleteTopics',
    body: [body.done()],
    read: (answer) => {
      answer.int32(); // throttle
      return answer.array(() => ({ name: answer.string()!, errorCode: answer.int16(), detail: null }));
    },
  };
}

/** Raises the number of partitions; brokers choose where they lie. */
export function createPartitions(topic: string, partitions: number, timeoutMs: number): Call<readonly TopicAnswer[]> {
  const body = new WireWriter();
  body.array([topic], (name) => body.string(name).int32(partitions).int32(-1));
  body.int32(timeoutMs).bool(false);
  return {
    apiKey: 37,
    apiVersion: 1,
    apiName: 'CreatePartitions',
    body: [body.done()],
    read: (answer) => {
      answer.int32(); // throttle
      return answer.array(() => ({ name: answer.string()!, errorCode: answer.int16(), detail: answer.string() }));
    },
  };
}

const TOPIC_RESOURCE = 2;
/** The source of a setting that was set on the topic itself. */
const SET_ON_TOPIC = 1;

/** The settings that stand on the topic itself. */
export function describeTopicConfig(topic: string): Call<ReadonlyMap<string, string>> {
  const body = new WireWriter();
  body.array([topic], (name) => body.int8(TOPIC_RESOURCE).string(name).int32(-1));
  body.bool(false); // no synonyms
  return {
    apiKey: 32,
    apiVersion: 2,
    apiName: 'DescribeConfigs',
    body: [body.done()],
    read: (answer) => {
      answer.int32(); // throttle
      const found = new Map<string, string>();
      answer.array(() => {
        check(answer.int16(), topic, answer.string());
        answer.int8(); // kind of resource
        answer.string(); // its name
        answer.array(() => {
          const name = answer.string()!;
          const value = answer.string();
          answer.bool(); // read-only
          const source = answer.int8();
          answer.bool(); // sensitive
          answer.array(() => {
            answer.string();
            answer.string();
            answer.int8();
          });
          if (source === SET_ON_TOPIC && value !== null) found.set(name, value);
        });
      });
      return found;
    },
  };
}

/** Sets settings of a topic; null takes one back. Others stay. */
export function alterTopicConfig(
  topic: string,
  changes: ReadonlyMap<string, string | null>,
): Call<readonly TopicAnswer[]> {
  const body = new WireWriter();
  body.array([topic], (name) => {
    body.int8(TOPIC_RESOURCE).string(name);
    body.array(changes, ([setting, value]) =>
      body
        .string(setting)
        .int8(value === null ? 1 : 0)
        .string(value),
    );
  });
  body.bool(false); // not only a check
  return {
    apiKey: 44,
    apiVersion: 0,
    apiName: 'IncrementalAlterConfigs',
    body: [body.done()],
    read: (answer) => {
      answer.int32(); // throttle
      return answer.array(() => {
        const errorCode = answer.int16();
        const detail = answer.string();
        answer.int8(); // kind of resource
        return { name: answer.string()!, errorCode, detail };
      });
    },
  };
}
