// The group port: workers that find each other through the broker and split work among them. Two adapters pass
// `test/ports/group.contract.ts`: the kafkajs one (Kafka's own group requests) and the embedded log's, in one process.
//
// Laws: the members of one generation agree on who leads; only the leader's plan counts. A member goes on working while the
// others join (cooperative): what it must give up is told to it by an assignment, or by `lost`. Work may be done only while
// `aliveUntilMs` lies ahead: behind it another member may own it.

/** One member as the leader sees it when it plans. */
export interface GroupMember {
  readonly id: string;
  /** What the member told when it joined (see `GroupHandler.metadata`). */
  readonly metadata: Uint8Array;
}

/** A round that is over. */
export interface Generation {
  readonly generation: number;
  readonly memberId: string;
  readonly leaderId: string;
}

/** What a member of a group must answer. Calls come one at a time. */
export interface GroupHandler {
  /** Called at each joining, just before it is sent. */
  metadata(): Uint8Array;
  /** Called on the leader alone: splits the work; answers the assignment of every member by id. Synchronous, must not throw. */
  plan(members: readonly GroupMember[], round: Generation): ReadonlyMap<string, Uint8Array>;
  /** A generation has begun. Heart-beats go on while this runs; the next call comes when it has resolved. */
  assigned(assignment: Uint8Array, round: Generation): Promise<void>;
  /**
   * The session is over: the group went on without this member. Everything it owned belongs to others from now on. The member
   * joins anew by itself once this has resolved. While an `assigned` runs this waits for it; `aliveUntilMs` is 0 already then.
   */
  lost(why: Error): Promise<void>;
}

export interface GroupOptions {
  readonly group: string;
  /** Names what the members' metadata means. Members with another protocol are refused by the broker: `fatal` at `join`. */
  readonly protocol: string;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** How long the group waits for members that must join again. */
  readonly rebalanceTimeoutMs: number;
  /** Told each answer of the coordinator, and how long it took: figures only. An adapter without such calls tells none of them. */
  answered?(call: GroupCall, tookMs: number): void;
}

/** Joining a round, getting its plan, giving a sign of life. */
export type GroupCall = 'join' | 'sync' | 'heartbeat';

/** A place in a group. */
export interface Membership {
  /** Null before the first round and after `lost`. */
  readonly current: Generation | null;
  /** By the clock of this process: the session surely stands until then. 0 while there is no session. */
  readonly aliveUntilMs: number;
  /** Why there is no session, as far as known; null while there is one or nothing went wrong yet. */
  readonly trouble: Error | null;
  /** Asks for a new round, e.g. because there is new work or something was given up. Calls before the round begins count once. */
  rejoin(): void;
  /** Leaves at once, so that the others need not wait for the session to end. Afterwards no handler is called. */
  leave(): Promise<void>;
}
