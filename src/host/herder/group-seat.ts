// A seat in a group of workers: joins it, does as the leader's assignments say, and plans for all while it leads.
//
// Laws. What is revoked has stopped before this worker joins the next round without claiming it. What runs or may still be
// stopping is claimed, whatever assignments say. A worker that has not read the config topic as far as the leader reads on first,
// or stays away for a while. Without a session nothing is owned.
import { isTransient } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { Generation, GroupHandler, GroupMember, GroupOptions, Membership } from '../../ports/group.ts';
import type { GroupSettings } from '../environment.ts';
import { type Assignment, encodeMetadata, GROUP_PROTOCOL, parseAssignment } from '../group/protocol.ts';
import { isExpired, makeSessionKey } from '../group/session-key.ts';
import { within } from '../tasks/deadline.ts';
import type { Lease } from '../tasks/lease.ts';
import { GroupPlans, type PlanDesk } from './group-plans.ts';
import type { Place, Seat } from './seat.ts';

/** Changes of a moment go into one round. */
const ROUND_DELAY_MS = 50;
const RETRY_MS = 1000;
const KEY_CHECK_MS = 30_000;
/** Items settled in one turn of the event loop. */
const AT_ONCE = 25;

/** What the seat asks of the herder. */
export interface SeatDesk extends PlanDesk {
  /** What runs here or may still be stopping. */
  held(): readonly string[];
  /** Brings the connectors of these items in line with what is owned now; resolves when the rest has stopped. */
  settle(items: Iterable<string>): Promise<void>;
  /** This worker has come to lead: it may write connectors. */
  leads(): void;
  /** States that were told are on their way to the others. */
  flush(): Promise<void>;
  /** Called on the leader after each round: what nobody runs, and the workers that are there (`host:port`). */
  planned(unassigned: readonly string[], workers: ReadonlySet<string>): void;
}

export class GroupSeat implements Seat, GroupHandler {
  readonly lease: Lease;
  readonly #desk: SeatDesk;
  readonly #settings: GroupSettings;
  readonly #log: Logger;
  readonly #plans: GroupPlans;
  #membership: Membership | null = null;
  #round: Generation | null = null;
  #assigned: ReadonlySet<string> = new Set();
  #leaderUrl: string | null = null;
  /** Ends when this worker stops leading. */
  #leading: AbortController | null = null;
  #hasTakenOver = false;
  #nextRound: AbortController | null = null;
  /** Ends when the round that was asked for has begun. */
  #askedRound: AbortController | null = null;
  /** This worker goes for good: settled when the group has handed its work on. */
  #leaving: PromiseWithResolvers<void> | null = null;
  readonly #closing = new AbortController();
  readonly #seated = Promise.withResolvers<void>();

  constructor(desk: SeatDesk, settings: GroupSettings) {
    this.#desk = desk;
    this.#settings = settings;
    this.#plans = new GroupPlans(desk, settings.maxDelayMs);
    this.#log = desk.environment.logs.logger('host.group');
    const { clock } = desk.environment;
    const untilMs = (): number => this.#membership?.aliveUntilMs ?? 0;
    this.lease = {
      get untilMs() {
        return untilMs();
      },
      holds: () => untilMs() > clock.now(),
    };
  }

  get generation(): number {
    return this.#round?.generation ?? 0;
  }

  get isLeader(): boolean {
    return this.#hasTakenOver && this.lease.holds();
  }

  owns(item: string): boolean {
    return this.#assigned.has(item);
  }

  leader(): Place {
    if (this.isLeader) return { at: 'here' };
    // A leader that has not taken the topic over yet answers nothing for a moment.
    if (this.#leaderUrl === null || this.#leading !== null) return { at: 'unknown' };
    return { at: 'there', url: this.#leaderUrl };
  }

  owner(item: string): Place {
    if (this.owns(item)) return { at: 'here' };
    if (!this.isLeader) return this.leader();
    const url = this.#plans.placeOf(item);
    return url === undefined ? { at: 'unknown' } : { at: 'there', url };
  }

  /** Every worker asks: so none has to learn of the round from its next heart-beat. */
  workChanged(): void {
    if (this.#round === null || this.#askedRound !== null) return;
    const asked = new AbortController();
    this.#askedRound = asked;
    this.#later(ROUND_DELAY_MS, asked.signal, () => {
      this.#askedRound = null;
      this.#membership?.rejoin();
    });
  }

  /** Another worker has taken the config topic over: it is asked anew who leads. */
  deposed(): void {
    this.#log.warn('Another worker has taken over the config topic; asking the group who leads.');
    void this.#stopLeading();
    this.#membership?.rejoin();
  }

  /** Joins; resolves when the first round is over, and this worker has read as far as the leader or leads itself. */
  async open(): Promise<void> {
    await this.#join();
    await this.#seated.promise;
  }

  /** Leaves; work that the group is to hand on at once is given up in a last round before. All work must have stopped. */
  async close(): Promise<void> {
    if (this.#settings.handsOver) await this.#handOver();
    this.#closing.abort();
    this.#seated.resolve();
    await this.#stopLeading();
    await this.#membership?.leave();
    this.#assigned = new Set();
  }

  metadata(): Uint8Array {
    this.#askedRound?.abort();
    this.#askedRound = null;
    const { environment, configs } = this.#desk;
    environment.metrics.group.began(environment.clock.now());
    const work = new Set(this.#desk.work());
    const due = [...this.#assigned].filter((item) => work.has(item));
    return encodeMetadata({
      url: environment.settings.advertisedUrl,
      ksqlUrl: environment.settings.advertisedKsqlUrl,
      configOffset: configs.offset,
      owned: [...new Set([...this.#desk.held(), ...due])],
      leaving: this.#leaving !== null,
    });
  }

  plan(members: readonly GroupMember[], round: Generation): ReadonlyMap<string, Uint8Array> {
    return this.#plans.plan(members, round);
  }

  async assigned(bytes: Uint8Array, round: Generation): Promise<void> {
    const assignment = parseAssignment(bytes);
    this.#round = round;
    this.#nextRound?.abort();
    if (round.leaderId !== round.memberId) {
      await this.#stopLeading();
      this.#plans.follow();
    }
    if (assignment === null) return;
    this.#leaderUrl = assignment.leaderUrl;
    this.#plans.remember(assignment.memory);
    if (this.#leaving !== null) {
      if (assignment.error === 'none' && assignment.assigned.length === 0) this.#leaving.resolve();
      return;
    }
    if (!(await this.#readOn(assignment.configOffset))) return;
    if (assignment.error === 'none') await this.#take(assignment);
    const { metrics, clock } = this.#desk.environment;
    const ended = { epoch: round.generation, leaderName: assignment.leaderUrl, protocol: GROUP_PROTOCOL };
    metrics.group.ended(ended, clock.now());
    if (round.leaderId === round.memberId) this.#lead(assignment);
    else this.#seated.resolve();
  }

  async lost(why: Error): Promise<void> {
    this.#log.warn('Out of touch with the group: all work stops, and this worker joins anew.', { error: why.message });
    await this.#abandon();
  }

  async #join(): Promise<void> {
    const { id, sessionTimeoutMs, heartbeatIntervalMs, rebalanceTimeoutMs } = this.#settings;
    const { broker, metrics, clock } = this.#desk.environment;
    const options: GroupOptions = {
      group: id,
      protocol: GROUP_PROTOCOL,
      sessionTimeoutMs,
      heartbeatIntervalMs,
      rebalanceTimeoutMs,
      answered: (call, tookMs) => metrics.group.call(call, tookMs, clock.now()),
    };
    this.#membership = await broker.join(options, this);
  }

  /** Reads the config topic as far as the leader has; false when that took too long, and this worker leaves for a while. */
  async #readOn(offset: number): Promise<boolean> {
    const { configs } = this.#desk;
    try {
      await configs.reach(offset, this.#settings.syncTimeoutMs);
      return true;
    } catch (error) {
      if (!isTransient(error)) throw error;
      const { unsyncBackoffMs } = this.#settings;
      const figures = { offset, readTo: configs.offset, unsyncBackoffMs };
      this.#log.warn('The config topic cannot be read in time: this worker leaves for a while.', figures);
      void this.#stayAway();
      return false;
    }
  }

  async #stayAway(): Promise<void> {
    const { clock } = this.#desk.environment;
    const membership = this.#membership;
    this.#membership = null;
    await this.#abandon();
    await membership?.leave();
    await clock.sleep(this.#settings.unsyncBackoffMs, this.#closing.signal);
    while (!this.#closing.signal.aborted) {
      try {
        await this.#join();
        return;
      } catch (error) {
        this.#log.warn('The group cannot be joined; trying again.', { error: String(error) });
        await clock.sleep(RETRY_MS, this.#closing.signal);
      }
    }
  }

  /** Is in one more round, as leaving; without an answer the group does as with any that went away. */
  async #handOver(): Promise<void> {
    const membership = this.#membership;
    if (membership === null || !this.lease.holds()) return;
    this.#leaving = Promise.withResolvers();
    this.#assigned = new Set();
    membership.rejoin();
    const { clock, settings } = this.#desk.environment;
    const limitMs = this.#settings.heartbeatIntervalMs * 2 + settings.shutdownTimeoutMs;
    const outcome = await within(this.#leaving.promise, limitMs, clock);
    if (!outcome.done) this.#log.warn('The group did not take this worker’s work over in time.', { limitMs });
  }

  async #abandon(): Promise<void> {
    const before = this.#assigned;
    this.#assigned = new Set();
    this.#round = null;
    this.#leaderUrl = null;
    this.#plans.follow();
    this.#nextRound?.abort();
    this.#desk.environment.metrics.group.failed(this.#desk.environment.clock.now());
    await Promise.all([this.#stopLeading(), this.#desk.settle([...before, ...this.#desk.held()])]);
  }

  /**
   * Stops what is revoked, starts what is new. Where work moves every worker asks for the next round: those who give nothing up
   * would hear of it with their next heart-beat only, and all that has stopped would wait for them.
   */
  async #take({ assigned, revoked, isMoving }: Assignment): Promise<void> {
    const before = this.#assigned;
    const now = new Set(assigned);
    this.#assigned = now;
    const changed = [...before, ...assigned].filter((item) => before.has(item) !== now.has(item));
    const given = assigned.filter((item) => !before.has(item)).length;
    if (given > 0 || revoked.length > 0) {
      this.#log.info('Work was assigned.', { all: assigned.length, new: given, revoked: revoked.length });
    }
    await this.#settle([...changed, ...revoked]);
    // The next owner's states must come after what this worker says of the end.
    if (revoked.length > 0) await this.#desk.flush();
    if (revoked.length > 0 || isMoving) this.#membership?.rejoin();
  }

  /** In pieces: calls are answered while hundreds of tasks stop and start. */
  async #settle(items: readonly string[]): Promise<void> {
    const { clock } = this.#desk.environment;
    const settling: Promise<void>[] = [];
    for (let from = 0; from < items.length; from += AT_ONCE) {
      if (from > 0) await clock.sleep(0);
      settling.push(this.#desk.settle(items.slice(from, from + AT_ONCE)));
    }
    await Promise.all(settling);
  }

  #lead({ error, delayMs }: Assignment): void {
    if (this.#leading === null) {
      this.#leading = new AbortController();
      void this.#reign(this.#leading.signal);
    } else if (this.#hasTakenOver) this.#tellPlan();
    if (error === 'behind') this.workChanged();
    if (delayMs === 0) return;
    this.#nextRound = new AbortController();
    this.#later(delayMs, this.#nextRound.signal, () => this.#membership?.rejoin());
  }

  /** Takes the config topic over, and sees to the session key as long as it leads. */
  async #reign(signal: AbortSignal): Promise<void> {
    const { configs, environment } = this.#desk;
    const { clock } = environment;
    while (!signal.aborted) {
      try {
        if (!this.#hasTakenOver) {
          await configs.takeOver();
          // What the leader before committed last is read before anything is decided.
          await configs.refresh(this.#settings.rebalanceTimeoutMs);
          if (signal.aborted) return;
          this.#hasTakenOver = true;
          this.#log.info('This worker leads the group.', { generation: this.generation });
          this.#tellPlan();
          this.#seated.resolve();
          this.#desk.leads();
          // What was read meanwhile may have changed the work.
          this.workChanged();
        }
        await this.#renewKey();
        await clock.sleep(Math.min(KEY_CHECK_MS, this.#settings.keyTtlMs), signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#log.warn('The leader cannot write; trying again.', { error: String(error) });
        await clock.sleep(RETRY_MS, signal);
      }
    }
  }

  async #renewKey(): Promise<void> {
    const { configs, environment } = this.#desk;
    const nowMs = environment.clock.now();
    const key = configs.sessionKey;
    if (key === null || isExpired(key, nowMs, this.#settings.keyTtlMs))
      await configs.putSessionKey(makeSessionKey(nowMs));
  }

  #tellPlan(): void {
    const { last } = this.#plans;
    if (last !== null) this.#desk.planned(last.unassigned, last.workers);
  }

  async #stopLeading(): Promise<void> {
    if (this.#leading === null) return;
    this.#leading.abort();
    this.#leading = null;
    this.#hasTakenOver = false;
    this.#plans.forget();
    await this.#desk.configs.giveUp();
  }

  #later(delayMs: number, signal: AbortSignal, work: () => void): void {
    void this.#desk.environment.clock.sleep(delayMs, signal).then(() => {
      if (!signal.aborted) work();
    });
  }
}
