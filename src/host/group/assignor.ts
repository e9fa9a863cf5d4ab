// Splits the work among the workers of a group: incremental, cooperative, sticky, balanced. Pure: the leader keeps the state
// between its rounds; a new leader goes on from what it was told of the former one's last plan (`plan-memory.ts`).
//
// Laws. An item that a member claims is given to no other in the same round, only once the member joins without it: so one worker
// at most runs it. A claim of two members is void: both must drop it. A task is not given out while a member still has a task of
// the same connector that is to run no more: what that one reads may be this one's share. What nothing forces to move stays.
// The work of a member that vanished is held for a while: it goes back to that worker if it returns, else to another new one.

import type { WorkerMember } from './protocol.ts';
import { Shares } from './shares.ts';
import { parseItem, type WorkKind } from './work-items.ts';

export interface AssignorInput {
  readonly members: readonly WorkerMember[];
  /** All items that should be running now. */
  readonly work: Iterable<string>;
  readonly nowMs: number;
  /** `scheduled.rebalance.max.delay.ms`: how long the work of a vanished member is held; 0: not at all. */
  readonly maxDelayMs: number;
  readonly state: AssignorState;
}

/** What the leader remembers between rounds. */
export interface AssignorState {
  /** By id, what each member was given in the last round. */
  readonly members: ReadonlyMap<string, KnownMember>;
  readonly held: readonly HeldShare[];
  /** Rounds without a calm one in between that took work away for balance, and when the last of them was. */
  readonly revokingRounds: number;
  readonly lastRevokedMs: number;
}

export interface KnownMember {
  readonly url: string;
  readonly items: readonly string[];
  /** What it was told to give up. */
  readonly revoked: readonly string[];
}

/** The work of a member that vanished. */
export interface HeldShare {
  readonly url: string;
  readonly items: readonly string[];
  readonly untilMs: number;
}

export interface MemberShare {
  /** All the member is to run: what it keeps and what is new. */
  readonly assigned: readonly string[];
  /** What it claims and must give up. */
  readonly revoked: readonly string[];
}

export interface AssignorPlan {
  /** Every member of the input has one. */
  readonly shares: ReadonlyMap<string, MemberShare>;
  /** Above 0: the leader must ask for another round after so long, for something is held or waits for its back-off. */
  readonly delayMs: number;
  readonly state: AssignorState;
}

export const NO_ASSIGNOR_STATE: AssignorState = { members: new Map(), held: [], revokingRounds: 0, lastRevokedMs: 0 };

// As Kafka Connect spaces them: 40 ms, 1.6 s, 64 s, …
const BACKOFF_FACTOR = 40;
const KINDS: readonly WorkKind[] = ['connector', 'task', 'query'];

export function assign(input: AssignorInput): AssignorPlan {
  const members = [...input.members].sort((left, right) => compareText(left.id, right.id));
  const work = new Set([...input.work].filter((item) => parseItem(item) !== null));
  const claims = claimsOf(members);
  const shares = new Shares(members.filter((member) => !member.leaving).map(({ id }) => id));
  // Who was told in the last round to give it up may be half way through, so it is not told otherwise now.
  const givingUp = new Map([...input.state.members].map(([id, { revoked }]) => [id, new Set(revoked)]));

  for (const [item, claimants] of claims) {
    const owner = claimants[0]!;
    const isAlone = claimants.length === 1 && !owner.leaving;
    if (isAlone && work.has(item) && givingUp.get(owner.id)?.has(item) !== true) shares.add(owner.id, item);
  }
  const isBlocked = blockedBy(claims, work);
  const held = restored(heldShares(input, members, work, claims), members, input.state, shares, isBlocked);
  const isHeld = new Set(held.flatMap((share) => share.items));

  // What nobody runs is handed out; what must wait for somebody to give something up fills the gaps of a later round.
  const waiting: string[] = [];
  for (const item of [...work].sort(compareText)) {
    if (shares.has(item) || isHeld.has(item)) continue;
    const isFree = !claims.has(item) && !isBlocked(item);
    if (!isFree || !shares.give(item)) waiting.push(item);
  }
  // As long as work is held its owner may come back to it: balancing now would move it twice.
  const balance = held.length > 0 ? calm(input.state) : balanced(input, shares, waiting);

  const plan = new Map(members.map((member) => [member.id, shareOf(member, shares)]));
  return {
    shares: plan,
    delayMs: delayOf(input, held, balance.waitMs),
    state: {
      members: new Map(members.map((member) => [member.id, knownMember(member, plan.get(member.id)!)])),
      held,
      revokingRounds: balance.revokingRounds,
      lastRevokedMs: balance.lastRevokedMs,
    },
  };
}

/** Everyone keeps what it has: the answer of a leader that cannot plan, e.g. because it has not read far enough. */
export function assignNothingNew(members: readonly WorkerMember[]): ReadonlyMap<string, MemberShare> {
  return new Map(members.map(({ id, owned }) => [id, { assigned: owned, revoked: [] }]));
}

type Claims = ReadonlyMap<string, readonly WorkerMember[]>;

function claimsOf(members: readonly WorkerMember[]): Claims {
  const claims = new Map<string, WorkerMember[]>();
  for (const member of members) {
    for (const item of member.owned) {
      const claimants = claims.get(item);
      if (claimants === undefined) claims.set(item, [member]);
      else claimants.push(member);
    }
  }
  return claims;
}

/** What is held from former rounds and still missing, and the work of those who have vanished since. */
function heldShares(
  { state, nowMs, maxDelayMs }: AssignorInput,
  members: readonly WorkerMember[],
  work: ReadonlySet<string>,
  claims: Claims,
): readonly HeldShare[] {
  if (maxDelayMs <= 0) return [];
  const present = new Set(members.map(({ id }) => id));
  const vanished = [...state.members].filter(([id]) => !present.has(id));
  const lost = vanished.map(([, { url, items }]) => ({ url, items, untilMs: nowMs + maxDelayMs }));
  return [...state.held, ...lost]
    .map((share) => ({ ...share, items: share.items.filter((item) => work.has(item) && !claims.has(item)) }))
    .filter((share) => share.items.length > 0 && share.untilMs > nowMs);
}

/** Gives held work to those who have come since: each worker its own, then others by age. Answers what is still held. */
function restored(
  held: readonly HeldShare[],
  members: readonly WorkerMember[],
  state: AssignorState,
  shares: Shares,
  isBlocked: (item: string) => boolean,
): readonly HeldShare[] {
  const newcomers = members.filter(({ id, leaving }) => !leaving && !state.members.has(id));
  let rest = [...held];
  const restore = (share: HeldShare, newcomer: WorkerMember): void => {
    for (const item of share.items) if (!isBlocked(item)) shares.add(newcomer.id, item);
    rest = rest.filter((other) => other !== share);
  };
  const strangers: WorkerMember[] = [];
  for (const newcomer of newcomers) {
    // A worker that vanished twice has two shares.
    const own = rest.filter((share) => share.url === newcomer.url);
    for (const share of own) restore(share, newcomer);
    if (own.length === 0 && newcomer.owned.length === 0) strangers.push(newcomer);
  }
  for (const newcomer of strangers) if (rest.length > 0) restore(rest[0]!, newcomer);
  return rest;
}

/** Tells whether something that is still claimed forbids an item to run. */
function blockedBy(claims: Claims, work: ReadonlySet<string>): (item: string) => boolean {
  const connectors = new Set<string>();
  for (const item of claims.keys()) {
    const claimed = parseItem(item);
    if (claimed?.kind === 'task' && !work.has(item)) connectors.add(claimed.connector);
  }
  return (item) => {
    const parsed = parseItem(item);
    return parsed?.kind === 'task' && connectors.has(parsed.connector);
  };
}

interface Balance {
  readonly revokingRounds: number;
  readonly lastRevokedMs: number;
  readonly waitMs: number;
}

function calm(state: AssignorState): Balance {
  return { revokingRounds: 0, lastRevokedMs: state.lastRevokedMs, waitMs: 0 };
}

/** Takes from those who have too much; repeated rounds of that are spaced, so that a flapping worker does not churn all others. */
function balanced({ state, nowMs, maxDelayMs }: AssignorInput, shares: Shares, waiting: readonly string[]): Balance {
  const pending = new Map<WorkKind, number>();
  for (const item of waiting) {
    const { kind } = parseItem(item)!;
    pending.set(kind, (pending.get(kind) ?? 0) + 1);
  }
  const taken = KINDS.flatMap((kind) => shares.takeSurplus(kind, pending.get(kind) ?? 0));
  if (taken.length === 0) return calm(state);

  const { revokingRounds, lastRevokedMs } = state;
  const backoffMs = revokingRounds === 0 ? 0 : Math.min(maxDelayMs, BACKOFF_FACTOR ** Math.min(revokingRounds, 6));
  const waitMs = lastRevokedMs + backoffMs - nowMs;
  if (waitMs > 0) {
    for (const { id, item } of taken) shares.add(id, item);
    return { revokingRounds, lastRevokedMs, waitMs };
  }
  return { revokingRounds: revokingRounds + 1, lastRevokedMs: nowMs, waitMs: 0 };
}

function knownMember({ url }: WorkerMember, share: MemberShare): KnownMember {
  return { url, items: share.assigned, revoked: share.revoked };
}

function shareOf(member: WorkerMember, shares: Shares): MemberShare {
  const assigned = shares.of(member.id);
  const stays = new Set(assigned);
  return { assigned, revoked: member.owned.filter((item) => !stays.has(item)) };
}

function delayOf({ nowMs }: AssignorInput, held: readonly HeldShare[], waitMs: number): number {
  const times = held.map((share) => share.untilMs - nowMs);
  if (waitMs > 0) times.push(waitMs);
  return times.length === 0 ? 0 : Math.max(1, Math.ceil(Math.min(...times)));
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
