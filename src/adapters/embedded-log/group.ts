// Groups within one process: the same rounds as Kafka's, without heart-beats, for whoever runs here is alive. So several workers
// over one embedded broker share work as a cluster does; tests may hold one up (`stall`) to see the others take over.
//
// Law: a round ends when every member has joined it; one that does not in time is out, and told so. Nothing is kept on disk.

import { quoted, TributaryError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Generation, GroupHandler, GroupOptions, Membership } from '../../ports/group.ts';

// Before a member whose handler threw joins again.
const AFTER_FAULT_MS = 100;

export class EmbeddedGroups {
  readonly #clock: Clock;
  readonly #groups = new Map<string, Group>();
  #memberCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws `fatal` when the members that are there speak another protocol. */
  join(options: GroupOptions, handler: GroupHandler): EmbeddedMembership {
    let group = this.#groups.get(options.group);
    if (group === undefined || group.members.size === 0) {
      group = new Group(options.protocol, this.#clock, group?.generation ?? 0);
      this.#groups.set(options.group, group);
    } else if (group.protocol !== options.protocol) {
      throw new TributaryError('TRIB_GROUP_PROTOCOL', 'fatal', {
        what: `The members of group ${quoted(options.group)} speak another protocol.`,
        fix: 'Give this cluster a "group.id" of its own.',
      });
    }
    return new EmbeddedMembership(group, this.#clock, options, handler, () => `member-${++this.#memberCount}`);
  }

  async close(): Promise<void> {
    const members = [...this.#groups.values()].flatMap((group) => [...group.members]);
    await Promise.all(members.map((member) => member.leave()));
  }
}

/** What a round brought to one member; null: it was not part of it. */
type Outcome = { readonly round: Generation; readonly assignment: Uint8Array } | null;

interface Arrival {
  readonly metadata: Uint8Array;
  settle(outcome: Outcome): void;
}

class Group {
  readonly protocol: string;
  readonly members = new Set<EmbeddedMembership>();
  generation: number;
  readonly #clock: Clock;
  readonly #arrivals = new Map<EmbeddedMembership, Arrival>();
  #leader: EmbeddedMembership | null = null;
  // Ends the waiting for those who do not come; null between rounds.
  #preparing: AbortController | null = null;

  constructor(protocol: string, clock: Clock, generation: number) {
    this.protocol = protocol;
    this.#clock = clock;
    this.generation = generation;
  }

  expects(member: EmbeddedMembership): boolean {
    return this.#preparing !== null && !this.#arrivals.has(member);
  }

  enter(member: EmbeddedMembership): void {
    this.members.add(member);
    this.prepare();
  }

  remove(member: EmbeddedMembership): void {
    this.withdraw(member);
    if (!this.members.delete(member)) return;
    if (this.#leader === member) this.#leader = null;
    if (this.members.size > 0) this.prepare();
    this.#completeWhenAllAreHere();
  }

  /** Begins a round unless one is under way. */
  prepare(): void {
    if (this.#preparing !== null) return;
    const stop = new AbortController();
    this.#preparing = stop;
    const waitMs = Math.max(...[...this.members].map((member) => member.options.rebalanceTimeoutMs));
    void this.#clock.sleep(waitMs, stop.signal).then(() => {
      if (!stop.signal.aborted) this.#goOnWithout();
    });
    for (const member of this.members) member.wake();
  }

  arrive(member: EmbeddedMembership, metadata: Uint8Array): Promise<Outcome> {
    return new Promise((settle) => {
      this.#arrivals.set(member, { metadata, settle });
      this.#completeWhenAllAreHere();
    });
  }

  withdraw(member: EmbeddedMembership): void {
    this.#arrivals.get(member)?.settle(null);
    this.#arrivals.delete(member);
  }

  #goOnWithout(): void {
    for (const member of [...this.members]) {
      if (!this.#arrivals.has(member)) member.expel('it did not join a round in time');
    }
    this.#completeWhenAllAreHere();
  }

  #completeWhenAllAreHere(): void {
    if (this.#preparing === null || this.#arrivals.size < this.members.size) return;
    this.#preparing.abort();
    this.#preparing = null;
    const arrivals = [...this.#arrivals];
    this.#arrivals.clear();
    const leader = this.#leader ?? arrivals[0]?.[0];
    if (leader === undefined) return;
    this.#leader = leader;
    this.generation++;
    const round = { generation: this.generation, leaderId: leader.id };
    const members = arrivals.map(([{ id }, { metadata }]) => ({ id, metadata }));
    let plan: ReadonlyMap<string, Uint8Array>;
    try {
      plan = leader.handler.plan(members, { ...round, memberId: leader.id });
    } catch (error) {
      for (const [, { settle }] of arrivals) settle(null);
      leader.expel('its plan failed', error);
      return;
    }
    for (const [{ id }, { settle }] of arrivals) {
      settle({ round: { ...round, memberId: id }, assignment: plan.get(id) ?? new Uint8Array(0) });
    }
  }
}

export class EmbeddedMembership implements Membership {
  readonly options: GroupOptions;
  readonly handler: GroupHandler;
  id: string;
  current: Generation | null = null;
  trouble: Error | null = null;
  readonly #group: Group;
  readonly #clock: Clock;
  readonly #nextId: () => string;
  // Aborted when there may be something to do; renewed before looking.
  #sleep = new AbortController();
  readonly #left = new AbortController();
  #wantsRound = false;
  #stalledUntilMs: number | null = null;
  #isFaulty = false;

  constructor(group: Group, clock: Clock, options: GroupOptions, handler: GroupHandler, nextId: () => string) {
    this.#group = group;
    this.#clock = clock;
    this.options = options;
    this.handler = handler;
    this.#nextId = nextId;
    this.id = nextId();
    group.enter(this);
    // Not within `join`: the caller has not got its membership yet.
    void Promise.resolve().then(() => this.#run());
  }

  get aliveUntilMs(): number {
    if (this.current === null) return 0;
    return this.#stalledUntilMs ?? this.#clock.now() + this.options.sessionTimeoutMs;
  }

  rejoin(): void {
    this.#wantsRound = true;
    this.wake();
  }

  async leave(): Promise<void> {
    if (this.#left.signal.aborted) return;
    this.#left.abort();
    this.current = null;
    this.#group.remove(this);
    this.wake();
  }

  /** As if the process stood still: the group goes on without this member when its session is over. */
  stall(): void {
    if (this.#stalledUntilMs !== null) return;
    const { sessionTimeoutMs } = this.options;
    const untilMs = this.#clock.now() + sessionTimeoutMs;
    this.#stalledUntilMs = untilMs;
    this.#group.withdraw(this);
    void this.#clock.sleep(sessionTimeoutMs, this.#left.signal).then(() => {
      if (this.#stalledUntilMs === untilMs) this.#group.remove(this);
    });
  }

  resume(): void {
    if (this.#stalledUntilMs === null) return;
    this.#stalledUntilMs = null;
    if (!this.#group.members.has(this)) this.expel('it was not heard of for too long');
    this.wake();
  }

  /** The group goes on without this member, and it is told. */
  expel(why: string, cause?: unknown): void {
    this.#group.remove(this);
    if (this.#left.signal.aborted) return;
    this.current = null;
    this.#isFaulty = cause !== undefined;
    this.trouble = new TributaryError('TRIB_GROUP_LOST', 'transient', {
      what: `This worker is out of group ${quoted(this.options.group)}: ${why}.`,
      fix: 'It joins again by itself.',
      ...(cause === undefined ? {} : { cause }),
    });
    this.wake();
  }

  wake(): void {
    this.#sleep.abort();
  }

  async #run(): Promise<void> {
    let hasWork = false;
    while (!this.#left.signal.aborted) {
      this.#sleep = new AbortController();
      if (this.#stalledUntilMs !== null) {
        await this.#woken();
      } else if (!this.#group.members.has(this)) {
        if (hasWork) await this.#told(() => this.handler.lost(this.trouble!));
        hasWork = false;
        await this.#comeBack();
      } else if (this.#wantsRound || this.#group.expects(this)) {
        const outcome = await this.#joined();
        if (outcome === null || this.#left.signal.aborted) continue;
        hasWork = true;
        this.current = outcome.round;
        this.trouble = null;
        await this.#told(() => this.handler.assigned(outcome.assignment, outcome.round));
      } else {
        await this.#woken();
      }
    }
  }

  // One answer brings the round and the plan, so there is no call to get the plan by.
  async #joined(): Promise<Outcome> {
    if (this.#wantsRound) this.#group.prepare();
    this.#wantsRound = false;
    const arrivedMs = this.#clock.now();
    const outcome = await this.#group.arrive(this, this.handler.metadata());
    if (outcome !== null) this.options.answered?.('join', this.#clock.now() - arrivedMs);
    return outcome;
  }

  async #comeBack(): Promise<void> {
    if (this.#isFaulty) await this.#clock.sleep(AFTER_FAULT_MS, this.#left.signal);
    this.#isFaulty = false;
    if (this.#left.signal.aborted) return;
    this.id = this.#nextId();
    this.#group.enter(this);
  }

  #woken(): Promise<void> {
    const { signal } = this.#sleep;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  /** A handler must not fail; if it does, the member is as good as lost, and begins anew after a while. */
  async #told(call: () => Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.expel('its worker failed to follow', error);
    }
  }
}
