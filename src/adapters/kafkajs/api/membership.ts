// JoinGroup, SyncGroup, Heartbeat, LeaveGroup: membership of a group with dynamic members (no instance ids).

import { check } from '../error-codes.ts';
import type { Call } from '../link.ts';
import { WireWriter } from '../wire.ts';

/** Kafka Connect's: only members of one protocol type can be in a group, and tools show it. */
const PROTOCOL_TYPE = 'connect';

export interface JoinRequest {
  readonly group: string;
  readonly protocol: string;
  /** Empty at first: the coordinator then answers MEMBER_ID_REQUIRED and an id to come back with. */
  readonly memberId: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly metadata: Uint8Array;
}

export interface JoinAnswer {
  readonly errorCode: number;
  readonly generation: number;
  readonly leaderId: string;
  readonly memberId: string;
  /** Only told to the leader. */
  readonly members: readonly { readonly id: string; readonly metadata: Uint8Array }[];
}

/** Held back by the coordinator until all members have joined, or those who have not are out. */
export function joinGroup(request: JoinRequest): Call<JoinAnswer> {
  const { group, protocol, memberId, sessionTimeoutMs, rebalanceTimeoutMs, metadata } = request;
  const body = new WireWriter().string(group).int32(sessionTimeoutMs).int32(rebalanceTimeoutMs);
  body.string(memberId).string(null).string(PROTOCOL_TYPE);
  body.array([protocol], (name) => body.string(name).bytes(metadata));
  return {
    apiKey: 11,
    apiVersion: 5,
    apiName: 'JoinGroup',
    body: [body.done()],
    extraTimeoutMs: rebalanceTimeoutMs,
    read: (answer) => {
      answer.int32(); // throttle
      const errorCode = answer.int16();
      const generation = answer.int32();
      answer.string(); // protocol
      const leaderId = answer.string() ?? '';
      const ownId = answer.string() ?? '';
      const members = answer.array(() => {
        const id = answer.string()!;
        answer.string(); // instance id
        return { id, metadata: answer.slice() };
      });
      return { errorCode, generation, leaderId, memberId: ownId, members };
    },
  };
}

/** One member's place in one generation. */
export interface Place {
  readonly group: string;
  readonly generation: number;
  readonly memberId: string;
}

/** The leader brings all assignments, the others none; answers one's own. Held back until the leader's are there. */
export function syncGroup(
  place: Place,
  assignments: ReadonlyMap<string, Uint8Array>,
  waitMs: number,
): Call<Uint8Array> {
  const body = placed(place);
  body.array(assignments, ([memberId, assignment]) => body.string(memberId).bytes(assignment));
  return {
    apiKey: 14,
    apiVersion: 3,
    apiName: 'SyncGroup',
    body: [body.done()],
    extraTimeoutMs: waitMs,
    read: (answer) => {
      answer.int32(); // throttle
      check(answer.int16(), `group ${place.group}`);
      return answer.slice();
    },
  };
}

/** Answers the error code: some of them are news rather than failures. */
export function heartbeat(place: Place): Call<number> {
  return {
    apiKey: 12,
    apiVersion: 3,
    apiName: 'Heartbeat',
    body: [placed(place).done()],
    read: (answer) => {
      answer.int32(); // throttle
      return answer.int16();
    },
  };
}

export function leaveGroup(group: string, memberId: string): Call<void> {
  return {
    apiKey: 13,
    apiVersion: 2,
    apiName: 'LeaveGroup',
    body: [new WireWriter().string(group).string(memberId).done()],
    read: (answer) => {
      answer.int32(); // throttle
      check(answer.int16(), `group ${group}`);
    },
  };
}

function placed({ group, generation, memberId }: Place): WireWriter {
  return new WireWriter().string(group).int32(generation).string(memberId).string(null);
}
