// CreateTopics and DeleteTopics.

import type { TopicSpec } from '../../../ports/broker.ts';
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
