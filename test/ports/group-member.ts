// A member of a group that notes what it is told, for the contract suite.
import type { Broker } from '../../src/ports/broker.ts';
import type { Generation, GroupHandler, GroupMember, GroupOptions, Membership } from '../../src/ports/group.ts';

/** Metadata and assignments are texts here. The leader gives every member its own metadata and its number in the round. */
export class NotingMember implements GroupHandler {
  readonly name: string;
  readonly assignments: { readonly text: string; readonly round: Generation }[] = [];
  readonly losses: Error[] = [];
  /** Calls under way, to see that they never overlap. */
  overlaps = 0;
  /** What `assigned` waits for. */
  during: Promise<void> = Promise.resolve();
  says: string;
  membership!: Membership;
  #busy = 0;

  constructor(name: string) {
    this.name = name;
    this.says = name;
  }

  async join(broker: Broker, options: GroupOptions): Promise<this> {
    this.membership = await broker.join(options, this);
    return this;
  }

  get last(): { readonly text: string; readonly round: Generation } {
    return this.assignments.at(-1)!;
  }

  metadata(): Uint8Array {
    this.#note(0);
    return Buffer.from(this.says);
  }

  plan(members: readonly GroupMember[], round: Generation): ReadonlyMap<string, Uint8Array> {
    this.#note(0);
    const texts = members.map(({ id, metadata }) => ({ id, text: Buffer.from(metadata).toString() }));
    const all = texts
      .map(({ text }) => text)
      .sort()
      .join(' ');
    return new Map(texts.map(({ id, text }) => [id, Buffer.from(`${text} of ${all} by ${round.generation}`)]));
  }

  async assigned(assignment: Uint8Array, round: Generation): Promise<void> {
    this.#note(1);
    this.assignments.push({ text: Buffer.from(assignment).toString(), round });
    try {
      await this.during;
    } finally {
      this.#busy--;
    }
  }

  async lost(why: Error): Promise<void> {
    this.#note(1);
    this.losses.push(why);
    await Promise.resolve();
    this.#busy--;
  }

  #note(enters: number): void {
    if (this.#busy > 0) this.overlaps++;
    this.#busy += enters;
  }
}

/** Waits until `holds`; throws with `what` when that takes too long. */
export async function until(what: string, holds: () => boolean, withinMs = 20_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Waits until all members agree on one round whose members are those that `names` says. */
export function agreed(members: readonly NotingMember[]): Promise<void> {
  const names = members
    .map(({ says }) => says)
    .sort()
    .join(' ');
  return until(`a round of ${names}`, () => {
    const generation = members[0]!.membership.current?.generation;
    return members.every(({ membership, assignments, says }) => {
      const told = assignments.at(-1);
      if (told === undefined || generation === undefined) return false;
      const isCurrent = membership.current?.generation === generation && told.round.generation === generation;
      return isCurrent && told.text === `${says} of ${names} by ${generation}`;
    });
  });
}
