// What workers tell each other in a round, as JSON: a member's metadata goes to the leader, an assignment comes back.
//
// Law: reading is tolerant. Fields that a newer version adds are passed over, missing ones have a neutral value, and what
// cannot be read at all is null, never an exception: `plan` must not throw because one member is odd.

import type { GroupMember } from '../../ports/group.ts';

/** Names the forms below; workers that speak another one (Kafka Connect's own, too) cannot be in the same group. */
export const GROUP_PROTOCOL = 'tributary';

/** What a worker says of itself when it joins. */
export interface MemberMetadata {
  readonly url: string;
  readonly ksqlUrl: string | null;
  /** The next offset of the config topic that this worker has not read yet. */
  readonly configOffset: number;
  /** All that it runs or may still be stopping. Never less: what stands here is given to no other. */
  readonly owned: readonly string[];
  /**
   * The worker goes for good: it gets nothing, and what it had is handed out at once instead of being held for its return.
   * A worker that is to come back just leaves the group.
   */
  readonly leaving: boolean;
}

/** none · behind: the leader has not read the config topic as far as a member; nothing changes until the next round. */
export type AssignmentError = 'none' | 'behind';

/** What the leader says to one worker. */
export interface Assignment {
  readonly error: AssignmentError;
  readonly leaderId: string;
  readonly leaderUrl: string;
  readonly leaderKsqlUrl: string | null;
  /** How far the leader had read: a worker reads that far before it works by this assignment. */
  readonly configOffset: number;
  /** All that the worker is to run from now on: what it keeps and what is new. */
  readonly assigned: readonly string[];
  /** What it claimed and must give up; once that has stopped it joins again, so that others can get it. */
  readonly revoked: readonly string[];
  /** Somebody has to give something up, so another round follows: whoever has nothing to stop joins it at once. */
  readonly isMoving: boolean;
  /** Above 0: the leader asks for another round after so long (held work, back-off). */
  readonly delayMs: number;
  /** The whole plan in short, for whoever leads next. */
  readonly memory: PlanMemory;
}

/** A whole plan in short (see `plan-memory.ts`). Items: hashes, one after the other, in base64. */
export interface PlanMemory {
  readonly members: readonly { readonly id: string; readonly url: string; readonly items: string }[];
  readonly held: readonly { readonly url: string; readonly items: string; readonly leftMs: number }[];
}

export const NO_MEMORY: PlanMemory = { members: [], held: [] };

/** A member as the assignor takes it. */
export interface WorkerMember extends MemberMetadata {
  readonly id: string;
}

export function encodeMetadata(metadata: MemberMetadata): Uint8Array {
  return bytesOf({ ...metadata, v: 1 });
}

export function parseMetadata(bytes: Uint8Array): MemberMetadata | null {
  const fields = fieldsOf(bytes);
  if (fields === null) return null;
  return {
    url: text(fields['url']) ?? '',
    ksqlUrl: text(fields['ksqlUrl']),
    configOffset: number(fields['configOffset']),
    owned: texts(fields['owned']),
    leaving: fields['leaving'] === true,
  };
}

/** All members for the assignor. One that cannot be read gets nothing: it could not read its assignment either. */
export function workerMembers(members: readonly GroupMember[]): readonly WorkerMember[] {
  return members.map(({ id, metadata }) => ({ ...(parseMetadata(metadata) ?? UNREADABLE), id }));
}

export function encodeAssignment(assignment: Assignment): Uint8Array {
  return bytesOf({ ...assignment, v: 1 });
}

/** Null also for the empty assignment that a leader of another version leaves to members it does not know. */
export function parseAssignment(bytes: Uint8Array): Assignment | null {
  const fields = fieldsOf(bytes);
  if (fields === null) return null;
  return {
    error: fields['error'] === 'behind' ? 'behind' : 'none',
    leaderId: text(fields['leaderId']) ?? '',
    leaderUrl: text(fields['leaderUrl']) ?? '',
    leaderKsqlUrl: text(fields['leaderKsqlUrl']),
    configOffset: number(fields['configOffset']),
    assigned: texts(fields['assigned']),
    revoked: texts(fields['revoked']),
    isMoving: fields['isMoving'] === true,
    delayMs: number(fields['delayMs']),
    memory: parseMemory(fields['memory']),
  };
}

const UNREADABLE: MemberMetadata = { url: '', ksqlUrl: null, configOffset: 0, owned: [], leaving: true };

function bytesOf(fields: object): Uint8Array {
  return Buffer.from(JSON.stringify(fields), 'utf8');
}

function fieldsOf(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? [...new Set(value.filter((one): one is string => typeof one === 'string'))] : [];
}

function parseMemory(value: unknown): PlanMemory {
  if (!isObject(value)) return NO_MEMORY;
  return {
    members: objects(value['members']).map(({ id, url, items }) => ({
      id: text(id) ?? '',
      url: text(url) ?? '',
      items: text(items) ?? '',
    })),
    held: objects(value['held']).map(({ url, items, leftMs }) => {
      return { url: text(url) ?? '', items: text(items) ?? '', leftMs: number(leftMs) };
    }),
  };
}

function objects(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
