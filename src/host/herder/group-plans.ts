// The plans of a group, as one worker makes them while it leads and remembers them while another one does.
//
// Law: each worker keeps the last plan in short, and goes on from it when it comes to lead: so work is held for a leader that
// vanished as for any other.
import type { Generation, GroupMember } from '../../ports/group.ts';
import type { Environment } from '../environment.ts';
import { type AssignorState, assign, assignNothingNew } from '../group/assignor.ts';
import { aged, recalled, remembered } from '../group/plan-memory.ts';
import { encodeAssignment, NO_MEMORY, type PlanMemory, workerMembers } from '../group/protocol.ts';
import type { ConfigStore } from '../stores/config-store.ts';

/** What planning asks of the herder. */
export interface PlanDesk {
  readonly environment: Environment;
  readonly configs: ConfigStore;
  /** Every item that should run somewhere, by the config topic as read so far. */
  work(): readonly string[];
}

export interface LastPlan {
  /** What nobody runs. */
  readonly unassigned: readonly string[];
  /** The workers that are there, `host:port`. */
  readonly workers: ReadonlySet<string>;
}

export class GroupPlans {
  readonly #desk: PlanDesk;
  readonly #maxDelayMs: number;
  /** Null while another one leads. */
  #state: AssignorState | null = null;
  /** The last plan that was heard of, and when. */
  #memory: { readonly plan: PlanMemory; readonly atMs: number } = { plan: NO_MEMORY, atMs: 0 };
  #places: ReadonlyMap<string, string> = new Map();
  #last: LastPlan | null = null;

  constructor(desk: PlanDesk, maxDelayMs: number) {
    this.#desk = desk;
    this.#maxDelayMs = maxDelayMs;
  }

  /** The newest plan made here; null: another one leads. */
  get last(): LastPlan | null {
    return this.#last;
  }

  /** URL of the worker that an item was given to by the newest plan. */
  placeOf(item: string): string | undefined {
    return this.#places.get(item);
  }

  /** Splits the work among the members; answers each one's assignment. */
  plan(given: readonly GroupMember[], round: Generation): ReadonlyMap<string, Uint8Array> {
    const { configs, environment } = this.#desk;
    const members = workerMembers(given);
    const furthest = members.reduce((most, { configOffset }) => Math.max(most, configOffset), 0);
    const isBehind = configs.offset < furthest;
    const work = this.#desk.work();
    const nowMs = environment.clock.now();
    const plan = isBehind
      ? { shares: assignNothingNew(members), delayMs: 0, state: this.#state }
      : assign({
          members,
          work,
          nowMs,
          maxDelayMs: this.#maxDelayMs,
          state: this.#state ?? recalled(this.#memory.plan, work, this.#memory.atMs),
        });
    this.#state = plan.state;
    const memory =
      plan.state === null
        ? aged(this.#memory.plan, nowMs - this.#memory.atMs)
        : remembered(plan.state, round.memberId, nowMs);
    const urls = new Map(members.map(({ id, url }) => [id, url]));
    const places = new Map<string, string>();
    for (const [id, { assigned }] of plan.shares) for (const item of assigned) places.set(item, urls.get(id) ?? '');
    this.#places = places;
    this.#last = {
      unassigned: isBehind ? [] : work.filter((item) => !places.has(item)),
      workers: new Set(members.map(({ url }) => workerIdOf(url))),
    };
    const common = {
      error: isBehind ? ('behind' as const) : ('none' as const),
      leaderId: round.leaderId,
      leaderUrl: environment.settings.advertisedUrl,
      leaderKsqlUrl: environment.settings.advertisedKsqlUrl,
      configOffset: isBehind ? furthest : configs.offset,
      isMoving: !isBehind && [...plan.shares.values()].some(({ revoked }) => revoked.length > 0),
      delayMs: plan.delayMs,
      memory,
    };
    return new Map([...plan.shares].map(([id, share]) => [id, encodeAssignment({ ...common, ...share })]));
  }

  /** The plan of a round has come. */
  remember(plan: PlanMemory): void {
    this.#memory = { plan, atMs: this.#desk.environment.clock.now() };
  }

  /** Another one leads, or nobody: the next plan made here goes on from what is remembered. */
  follow(): void {
    this.#state = null;
  }

  /** This worker answers for no plan any more. */
  forget(): void {
    this.#places = new Map();
    this.#last = null;
  }
}

/** `host:port` of a worker's URL. */
function workerIdOf(url: string): string {
  return url.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}
