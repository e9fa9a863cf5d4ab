// What each worker keeps of the leader's last plan, so that whoever leads next knows whose work is missing, and holds it for them.
//
// Items stand as 4 bytes of hash: the next leader has them all in its config topic. Two items of one hash are both taken for work
// of the same worker, which at worst holds one of them for nothing; it never runs twice, for claims decide that.
// Law: the group's plan, which the broker stores in one record, stays small. Where it would not, only the leader's own work is
// remembered: all others are there to claim theirs when it is the leader that vanishes.
import { murmur2 } from '../../core/murmur2.ts';
import { type AssignorState, NO_ASSIGNOR_STATE } from './assignor.ts';
import type { PlanMemory } from './protocol.ts';

const HASH_BYTES = 4;
/** Of all copies together. */
const LIMIT_BYTES = 256 * 1024;

/** What the others are to know of the leader's state. */
export function remembered({ members, held }: AssignorState, leaderId: string, nowMs: number): PlanMemory {
  const lists = [...[...members.values()].map(({ items }) => items), ...held.map(({ items }) => items)];
  const bytes = lists.reduce((sum, items) => sum + items.length, 0) * HASH_BYTES * (4 / 3);
  const isLarge = bytes * members.size > LIMIT_BYTES;
  return {
    members: [...members].map(([id, { url, items }]) => {
      return { id, url, items: isLarge && id !== leaderId ? '' : hashesOf(items) };
    }),
    held: held.map(({ url, items, untilMs }) => ({ url, items: hashesOf(items), leftMs: untilMs - nowMs })),
  };
}

/** The state that a new leader goes on from. `work`: all items there are now; `readMs`: when the memory was given. */
export function recalled(memory: PlanMemory, work: Iterable<string>, readMs: number): AssignorState {
  if (memory.members.length === 0) return NO_ASSIGNOR_STATE;
  const byHash = new Map<number, string[]>();
  for (const item of work) {
    const hash = hashOf(item);
    const same = byHash.get(hash);
    if (same === undefined) byHash.set(hash, [item]);
    else same.push(item);
  }
  const itemsOf = (hashes: string): readonly string[] => {
    const bytes = Buffer.from(hashes, 'base64');
    const items: string[] = [];
    for (let at = 0; at + HASH_BYTES <= bytes.length; at += HASH_BYTES) {
      items.push(...(byHash.get(bytes.readInt32BE(at)) ?? []));
    }
    return items;
  };
  return {
    ...NO_ASSIGNOR_STATE,
    members: new Map(memory.members.map(({ id, url, items }) => [id, { url, items: itemsOf(items), revoked: [] }])),
    held: memory.held.map(({ url, items, leftMs }) => ({ url, items: itemsOf(items), untilMs: readMs + leftMs })),
  };
}

/** The same after some time, to be handed on by a leader that cannot plan yet. */
export function aged(memory: PlanMemory, byMs: number): PlanMemory {
  return { ...memory, held: memory.held.map((share) => ({ ...share, leftMs: share.leftMs - byMs })) };
}

function hashesOf(items: readonly string[]): string {
  const bytes = Buffer.allocUnsafe(items.length * HASH_BYTES);
  for (const [index, item] of items.entries()) bytes.writeInt32BE(hashOf(item), index * HASH_BYTES);
  return bytes.toString('base64');
}

function hashOf(item: string): number {
  const bytes = Buffer.from(item);
  return murmur2(bytes, 0, bytes.length);
}
