// Metadata: brokers, topics, leaders. FindCoordinator: who keeps a group or a transactional id.

import { check } from '../error-codes.ts';
import type { Address, Call } from '../link.ts';
import { WireWriter } from '../wire.ts';

export interface TopicMetadata {
  readonly errorCode: number;
  readonly name: string;
  readonly isInternal: boolean;
  /** By partition number: the leader's node id, −1 when there is none at the moment. */
  readonly leaders: readonly number[];
  readonly replication: number;
}

export interface ClusterMetadata {
  readonly nodes: ReadonlyMap<number, Address>;
  readonly controller: number;
  readonly topics: readonly TopicMetadata[];
}

/** `topics` null asks for all. Topics are never made by asking. */
export function metadata(topics: readonly string[] | null): Call<ClusterMetadata> {
  const body = new WireWriter();
  if (topics === null) body.int32(-1);
  else body.array(topics, (topic) => body.string(topic));
  body.bool(false);
  return {
    apiKey: 3,
    apiVersion: 7,
    apiName: 'Metadata',
    body: [body.done()],
    read: (answer) => {
      answer.int32(); // throttle
      const nodes = new Map<number, Address>();
      answer.array(() => {
        nodes.set(answer.int32(), { host: answer.string()!, port: answer.int32() });
        answer.string(); // rack
      });
      answer.string(); // cluster id
      const controller = answer.int32();
      const found = answer.array((): TopicMetadata => {
        const errorCode = answer.int16();
        const name = answer.string()!;
        const isInternal = answer.bool();
        const leaders: number[] = [];
        let replication = 0;
        answer.array(() => {
          answer.int16(); // error: shows as leader −1
          const partition = answer.int32();
          leaders[partition] = answer.int32();
          answer.int32(); // leader epoch
          replication = answer.array(() => answer.int32()).length;
          answer.array(() => answer.int32()); // in sync
          answer.array(() => answer.int32()); // offline
        });
        return { errorCode, name, isInternal, leaders, replication };
      });
      return { nodes, controller, topics: found };
    },
  };
}

export type CoordinatorKind = 'group' | 'transaction';

export function findCoordinator(kind: CoordinatorKind, key: string): Call<{ nodeId: number; address: Address }> {
  return {
    apiKey: 10,
    apiVersion: 2,
    apiName: 'FindCoordinator',
    body: [
      new WireWriter()
        .string(key)
        .int8(kind === 'group' ? 0 : 1)
        .done(),
    ],
    read: (answer) => {
      answer.int32(); // throttle
      const errorCode = answer.int16();
      check(errorCode, `${kind} ${key}`, answer.string());
      return { nodeId: answer.int32(), address: { host: answer.string()!, port: answer.int32() } };
    },
  };
}
