// Membership of a group by Kafka's own requests. Two loops run side by side: rounds (join, sync, tell the handler), and
// heart-beats on a connection of their own, which go on while others join and while the handler works.
//
// Laws. The session stands for the session time-out from the SENDING of the last request that succeeded: the coordinator counts
// from its arrival, which is later, so `aliveUntilMs` is over before the group goes on without us. When it is over nothing revives
// it: answers that come late belong to a session that is gone. Calls to the handler come from the loop of rounds alone, in turn.

import { quoted, TributaryError } from '../../core/errors.ts';
import type { Generation, GroupCall, GroupHandler, GroupMember, GroupOptions, Membership } from '../../ports/group.ts';
import { heartbeat, type JoinAnswer, joinGroup, leaveGroup, syncGroup } from './api/membership.ts';
import type { Cluster } from './cluster.ts';
import {
  ConnectionError,
  check,
  explain,
  FENCED_INSTANCE_ID,
  ILLEGAL_GENERATION,
  INCONSISTENT_GROUP_PROTOCOL,
  INVALID_SESSION_TIMEOUT,
  KafkaError,
  MEMBER_ID_REQUIRED,
  REBALANCE_IN_PROGRESS,
  UNKNOWN_MEMBER_ID,
} from './error-codes.ts';
import { GroupLink } from './group-link.ts';
import { Signal } from './signal.ts';

const BACKOFF_FIRST_MS = 50;
const BACKOFF_MAX_MS = 2_000;
const LEAVE_WITHIN_MS = 3_000;
// Beyond what the coordinator may hold a request back by its own rules.
const ANSWER_WITHIN_MS = 10_000;

export class KafkaMembership implements Membership {
  current: Generation | null = null;
  trouble: Error | null = null;
  readonly #cluster: Cluster;
  readonly #options: GroupOptions;
  readonly #handler: GroupHandler;
  readonly #rounds: GroupLink;
  readonly #beats: GroupLink;
  readonly #left = new AbortController();
  readonly #changed = new Signal();
  #memberId = '';
  // −1: no session. Kept while joining: heart-beats name it until the next generation begins.
  #generation = -1;
  #aliveUntilMs = 0;
  // Counts sessions: what was sent in an earlier one has no say any more.
  #session = 0;
  // Between the end of one round and the beginning of the next.
  #isStable = false;
  #isRebalancing = false;
  #wantsRound = false;
  // Kafka ignores a follower that joins with what it said before, so each wish for a round makes the metadata differ.
  #wish = 0;
  // Whether the handler has something to lose.
  #hasWork = false;
  #beatDueMs = 0;

  constructor(cluster: Cluster, options: GroupOptions, handler: GroupHandler) {
    this.#cluster = cluster;
    this.#options = options;
    this.#handler = handler;
    this.#rounds = new GroupLink(cluster, options.group);
    this.#beats = new GroupLink(cluster, options.group);
  }

  /** Makes itself known to the coordinator, so that what stands against it is seen here; the rest goes on behind. */
  async open(): Promise<this> {
    try {
      await this.#cluster.retrying(() => this.#introduce());
    } catch (error) {
      this.#rounds.drop();
      throw this.#refusal(error instanceof TributaryError ? error.parts.cause : error) ?? error;
    }
    void this.#runRounds();
    void this.#runBeats();
    return this;
  }

  get aliveUntilMs(): number {
    return this.#aliveUntilMs;
  }

  rejoin(): void {
    this.#wantsRound = true;
    this.#changed.notify();
  }

  async leave(): Promise<void> {
    if (this.#left.signal.aborted) return;
    this.#left.abort();
    this.#endSession();
    await this.#sayGoodbye();
    this.#beats.drop();
  }

  close(): Promise<void> {
    return this.leave();
  }

  // --- rounds

  async #runRounds(): Promise<void> {
    let failures = 0;
    while (!this.#isOver) {
      if (this.#generation < 0 && this.#hasWork) await this.#tellLost();
      try {
        const { assignment, round } = await this.#round();
        failures = 0;
        this.#hasWork = true;
        await this.#handler.assigned(assignment, round);
      } catch (error) {
        if (this.#isOver) return;
        this.#judge(error);
        await this.#cluster.clock.sleep(waitMs(failures++), this.#left.signal);
        continue;
      }
      while (this.#rests) await this.#changed.changed();
    }
  }

  get #isOver(): boolean {
    return this.#left.signal.aborted;
  }

  get #rests(): boolean {
    return !this.#isOver && this.#generation >= 0 && !this.#isRebalancing && !this.#wantsRound;
  }

  async #round(): Promise<{ assignment: Uint8Array; round: Generation }> {
    this.#isStable = false;
    this.#isRebalancing = false;
    const joined = await this.#join();
    this.#memberId = joined.memberId;
    this.#generation = joined.generation;
    this.#changed.notify();
    const { generation, leaderId, memberId } = joined;
    const round = { generation, leaderId, memberId };
    const plans = leaderId === memberId ? this.#handler.plan(joined.members.map(withoutWish), round) : new Map();
    const { group, rebalanceTimeoutMs } = this.#options;
    const call = syncGroup({ group, generation, memberId }, plans, rebalanceTimeoutMs);
    const assignment = await this.#inSession('sync', () =>
      this.#rounds.call(call, rebalanceTimeoutMs + ANSWER_WITHIN_MS),
    );
    this.#isStable = true;
    this.current = round;
    this.trouble = null;
    return { assignment, round };
  }

  async #join(): Promise<JoinAnswer> {
    if (this.#memberId === '') await this.#introduce();
    if (this.#isOver) throw new SessionOver();
    const { rebalanceTimeoutMs } = this.#options;
    const call = this.#joinCall();
    const answer = await this.#inSession('join', async () => {
      const joined = await this.#rounds.call(call, rebalanceTimeoutMs + ANSWER_WITHIN_MS);
      check(joined.errorCode, `group ${this.#options.group}`);
      return joined;
    });
    return answer;
  }

  /** Gets a member id. */
  async #introduce(): Promise<void> {
    const answer = await this.#rounds.call(this.#joinCall(), ANSWER_WITHIN_MS);
    if (answer.errorCode !== MEMBER_ID_REQUIRED) check(answer.errorCode, `group ${this.#options.group}`);
    this.#memberId = answer.memberId;
  }

  #joinCall(): ReturnType<typeof joinGroup> {
    if (this.#wantsRound) this.#wish = (this.#wish + 1) & 0x7fff_ffff;
    this.#wantsRound = false;
    const { group, protocol, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    const metadata = withWish(this.#wish, this.#handler.metadata());
    return joinGroup({ group, protocol, memberId: this.#memberId, sessionTimeoutMs, rebalanceTimeoutMs, metadata });
  }

  /** What succeeds keeps the session alive, counted from when it was sent; nothing counts when the session ended meanwhile. */
  async #inSession<T>(kind: GroupCall, call: () => Promise<T>): Promise<T> {
    const session = this.#session;
    const sentMs = this.#now();
    const answer = await call();
    this.#options.answered?.(kind, this.#now() - sentMs);
    if (session !== this.#session || this.#isOver) throw new SessionOver();
    this.#extend(sentMs);
    return answer;
  }

  async #tellLost(): Promise<void> {
    this.#hasWork = false;
    try {
      await this.#handler.lost(this.trouble ?? lost(this.#options.group, 'its session is over'));
    } catch (error) {
      // The lease is over in any case, so nothing runs on by right; the next round begins from what the worker then says.
      this.trouble = lost(this.#options.group, 'its worker failed to give up its work', error);
    }
  }

  // What became of the place in the group when a round failed.
  #judge(error: unknown): void {
    if (error instanceof SessionOver) return;
    if (error instanceof KafkaError) {
      if (error.code === REBALANCE_IN_PROGRESS) return;
      if (error.code === UNKNOWN_MEMBER_ID || error.code === FENCED_INSTANCE_ID) this.#forgotten();
      else if (error.code === ILLEGAL_GENERATION) this.#endSession(lost(this.#options.group, 'the group went on'));
      else this.#note(this.#refusal(error) ?? (explain(error) as Error));
    } else if (error instanceof ConnectionError) {
      this.#note(explain(error) as Error);
    } else {
      // The handler failed: out of the group with this member, so that another one leads or does the work.
      this.#endSession(lost(this.#options.group, 'its worker failed to plan or to follow the assignment', error));
      void this.#sayGoodbye();
    }
  }

  #note(why: Error): void {
    if (this.#generation < 0) this.trouble = why;
  }

  // --- heart-beats

  async #runBeats(): Promise<void> {
    let failures = 0;
    while (!this.#isOver) {
      if (this.#generation < 0) {
        await this.#changed.changed();
        continue;
      }
      const now = this.#now();
      if (this.#aliveUntilMs > 0 && now >= this.#aliveUntilMs) {
        this.#endSession(lost(this.#options.group, 'no heart-beat was answered in time'));
      } else if (now < this.#beatDueMs) {
        const untilMs = this.#aliveUntilMs > 0 ? Math.min(this.#beatDueMs, this.#aliveUntilMs) : this.#beatDueMs;
        await this.#changed.changedWithin(untilMs - now, this.#cluster.clock);
      } else {
        failures = (await this.#beat()) ? 0 : failures + 1;
        const pauseMs = failures === 0 ? this.#options.heartbeatIntervalMs : waitMs(failures - 1);
        this.#beatDueMs = now + Math.min(pauseMs, this.#options.heartbeatIntervalMs);
        // A call that took long is no reason to send the next at once.
        if (failures > 0) this.#beatDueMs = Math.max(this.#beatDueMs, this.#now() + waitMs(0));
      }
    }
  }

  /** False when the coordinator was not reached. */
  async #beat(): Promise<boolean> {
    const { group, sessionTimeoutMs } = this.#options;
    const session = this.#session;
    const place = { group, generation: this.#generation, memberId: this.#memberId };
    const wasStable = this.#isStable;
    const sentMs = this.#now();
    const leftMs = this.#aliveUntilMs > 0 ? this.#aliveUntilMs - sentMs : sessionTimeoutMs;
    let errorCode: number;
    try {
      // Early enough for another try over a new connection.
      errorCode = await this.#beats.call(heartbeat(place), Math.min(leftMs, Math.ceil(sessionTimeoutMs / 3)));
    } catch (error) {
      if (!(error instanceof KafkaError || error instanceof ConnectionError)) throw error;
      return false;
    }
    this.#options.answered?.('heartbeat', this.#now() - sentMs);
    if (session !== this.#session || this.#isOver) return true;
    const isOfNow = wasStable && this.#isStable && place.generation === this.#generation;
    if (errorCode === 0 || errorCode === REBALANCE_IN_PROGRESS) {
      this.#extend(sentMs);
      if (errorCode !== 0 && isOfNow) {
        this.#isRebalancing = true;
        this.#changed.notify();
      }
      return true;
    }
    if (errorCode === UNKNOWN_MEMBER_ID || errorCode === FENCED_INSTANCE_ID) this.#forgotten();
    // While a round is under way the next generation may have begun without our having heard of it yet.
    else if (errorCode === ILLEGAL_GENERATION && isOfNow) this.#endSession(lost(group, 'the group went on'));
    else if (errorCode !== ILLEGAL_GENERATION) return this.#coordinatorMoved(errorCode);
    return true;
  }

  #coordinatorMoved(errorCode: number): boolean {
    const error = new KafkaError(errorCode, `group ${this.#options.group}`);
    if (error.treatment === 'coordinator') {
      this.#cluster.forgetCoordinator('group', this.#options.group);
      this.#beats.drop();
    }
    return false;
  }

  // --- the session

  #extend(sentMs: number): void {
    const untilMs = sentMs + this.#options.sessionTimeoutMs;
    // A first join that was held back for long leaves nothing of the session it began: the sync that follows begins it anew.
    if (untilMs > this.#now()) this.#aliveUntilMs = Math.max(this.#aliveUntilMs, untilMs);
  }

  #forgotten(): void {
    this.#memberId = '';
    this.#endSession(lost(this.#options.group, 'the coordinator does not know it any more'));
  }

  #endSession(why: Error | null = null): void {
    this.#aliveUntilMs = 0;
    this.current = null;
    this.#isStable = false;
    this.#generation = -1;
    this.#session++;
    if (why !== null) this.trouble = why;
    // A request that is held back would bring an answer for a session that is gone.
    this.#rounds.drop();
    this.#changed.notify();
  }

  async #sayGoodbye(): Promise<void> {
    const memberId = this.#memberId;
    if (memberId === '') return;
    this.#memberId = '';
    try {
      await this.#beats.call(leaveGroup(this.#options.group, memberId), LEAVE_WITHIN_MS);
    } catch (error) {
      // Then the others wait for the session to end.
      if (!(error instanceof KafkaError || error instanceof ConnectionError)) throw error;
    }
  }

  /** Answers that no retry can mend, with what to do; null for others. */
  #refusal(error: unknown): TributaryError | null {
    if (!(error instanceof KafkaError)) return null;
    const { group, sessionTimeoutMs } = this.#options;
    if (error.code === INCONSISTENT_GROUP_PROTOCOL) {
      return new TributaryError('TRIB_GROUP_PROTOCOL', 'fatal', {
        what: `Kafka does not let this worker into group ${quoted(group)}: its members speak another protocol, so workers of Kafka Connect itself (or other clients) are still in it.`,
        fix: 'Stop all of them first and start again, which takes their connectors over; or give this cluster a "group.id" of its own.',
        cause: error,
      });
    }
    if (error.code === INVALID_SESSION_TIMEOUT) {
      return new TributaryError('TRIB_CONFIG_INVALID', 'config', {
        what: `Kafka does not allow a session time-out of ${sessionTimeoutMs} ms.`,
        where: 'session.timeout.ms',
        fix: "Choose one between the brokers' group.min.session.timeout.ms and group.max.session.timeout.ms.",
        cause: error,
      });
    }
    return null;
  }

  #now(): number {
    return this.#cluster.clock.now();
  }
}

/** The session in which a request was sent has ended. */
class SessionOver extends Error {
  override readonly name = 'SessionOver';
}

function lost(group: string, why: string, cause?: unknown): TributaryError {
  return new TributaryError('TRIB_GROUP_LOST', 'transient', {
    what: `This worker is out of group ${quoted(group)}: ${why}.`,
    fix: 'It joins again by itself.',
    ...(cause === undefined ? {} : { cause }),
  });
}

function waitMs(failures: number): number {
  return Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures, 10));
}

function withWish(wish: number, metadata: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(4 + metadata.length);
  bytes.writeInt32BE(wish, 0);
  bytes.set(metadata, 4);
  return bytes;
}

function withoutWish({ id, metadata }: GroupMember): GroupMember {
  return { id, metadata: metadata.subarray(4) };
}
