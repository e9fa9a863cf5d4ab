// What every group promises (`src/ports/group.ts`), run over the embedded log and over real Kafka.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Broker } from '../../src/ports/broker.ts';
import type { GroupOptions } from '../../src/ports/group.ts';
import { agreed, NotingMember, until } from './group-member.ts';

/** Brokers over one cluster, so that members may be held up one by one. */
export interface GroupWorld {
  /** A broker for one member: `stall` makes its process stand still, as far as the group can see. */
  open(): Promise<{ readonly broker: Broker; stall(): void; resume(): void }>;
  close(): Promise<void>;
}

/** Runs the contract. `prefix` starts the name of every group. */
export function groupContract(
  name: string,
  prefix: string,
  sessionTimeoutMs: number,
  start: () => Promise<GroupWorld>,
): void {
  describe(`group contract: ${name}`, () => {
    let world: GroupWorld;
    let count = 0;

    before(async () => {
      world = await start();
    });
    after(() => world.close());

    function options(changes: Partial<GroupOptions> = {}): GroupOptions {
      return {
        group: `${prefix}${count}`,
        protocol: 'test',
        sessionTimeoutMs,
        heartbeatIntervalMs: Math.floor(sessionTimeoutMs / 5),
        rebalanceTimeoutMs: 60_000,
        ...changes,
      };
    }

    async function member(
      name: string,
      its: GroupOptions = options(),
    ): Promise<NotingMember & { stall(): void; resume(): void }> {
      const { broker, stall, resume } = await world.open();
      const noting = await new NotingMember(name).join(broker, its);
      return Object.assign(noting, { stall, resume });
    }

    async function leaveAll(members: readonly NotingMember[]): Promise<void> {
      for (const one of members) await one.membership.leave();
      count++;
    }

    test('members of a round agree on its number and leader, and each gets what the leader planned for it', async () => {
      const members = [await member('a'), await member('b'), await member('c')];

      await agreed(members);

      const rounds = members.map(({ last }) => last.round);
      assert.equal(new Set(rounds.map(({ leaderId }) => leaderId)).size, 1);
      assert.equal(new Set(rounds.map(({ memberId }) => memberId)).size, 3);
      assert.ok(rounds.some(({ memberId, leaderId }) => memberId === leaderId));
      assert.deepEqual(
        members.map(({ membership }) => membership.trouble),
        [null, null, null],
      );
      await leaveAll(members);
    });

    test('a member may work while others join, and hears of no loss', async () => {
      const first = await member('a');
      await agreed([first]);
      const alive: boolean[] = [];

      const second = await member('b');
      await until('the second is in', () => {
        alive.push(first.membership.aliveUntilMs > Date.now());
        return second.assignments.length > 0;
      });
      await agreed([first, second]);

      assert.deepEqual([...new Set(alive)], [true]);
      assert.deepEqual([first.losses, first.overlaps], [[], 0]);
      await leaveAll([first, second]);
    });

    test('any member can ask for a round, also when it has nothing new to say', async () => {
      const members = [await member('a'), await member('b')];
      await agreed(members);
      const follower = members.find(({ last }) => last.round.memberId !== last.round.leaderId)!;
      const before = follower.last.round.generation;

      follower.membership.rejoin();
      follower.membership.rejoin();
      await until('another round', () => members.every(({ last }) => last.round.generation > before));
      await agreed(members);

      assert.deepEqual(
        members.map(({ last }) => last.round.generation),
        [before + 1, before + 1],
      );
      await leaveAll(members);
    });

    test('the leader sees what members say at each joining', async () => {
      const members = [await member('a'), await member('b')];
      await agreed(members);

      members[1]!.says = 'b2';
      members[1]!.membership.rejoin();

      await agreed(members);
      await leaveAll(members);
    });

    test('when a member leaves the others go on at once, and it is not called any more', async () => {
      const members = [await member('a'), await member('b'), await member('c')];
      await agreed(members);
      const [gone, ...rest] = members;

      await gone!.membership.leave();
      const told = gone!.assignments.length;
      await agreed(rest);

      assert.deepEqual([gone!.assignments.length, gone!.losses], [told, []]);
      assert.deepEqual([gone!.membership.current, gone!.membership.aliveUntilMs], [null, 0]);
      await leaveAll(rest);
    });

    test('a member that stands still is left behind, hears so when it wakes, and joins anew', async () => {
      const members = [await member('a'), await member('b'), await member('c')];
      await agreed(members);
      const [still, ...rest] = members;

      still!.stall();
      const aliveUntilMs = still!.membership.aliveUntilMs;
      await agreed(rest);
      const wentOnAtMs = Date.now();
      still!.resume();
      await agreed(members);

      // Never may two believe that they own the same.
      assert.ok(wentOnAtMs >= aliveUntilMs, `${wentOnAtMs} < ${aliveUntilMs}`);
      assert.equal(still!.losses.length, 1);
      assert.deepEqual(
        members.map(({ overlaps }) => overlaps),
        [0, 0, 0],
      );
      await leaveAll(members);
    });

    test('a member that does not join in time is left behind, and hears so behind what it was doing', async () => {
      const its = options({ rebalanceTimeoutMs: sessionTimeoutMs });
      const slow = await member('a', its);
      await agreed([slow]);
      let finish = (): void => {};
      slow.during = new Promise((resolve) => {
        finish = resolve;
      });
      slow.membership.rejoin();
      await until('it is at work', () => slow.assignments.length === 2);

      const quick = await member('b', its);
      await agreed([quick]);
      await until('its session is over', () => slow.membership.aliveUntilMs === 0);
      const lostBefore = slow.losses.length;
      finish();
      await agreed([slow, quick]);

      assert.deepEqual([lostBefore, slow.losses.length, slow.overlaps], [0, 1, 0]);
      await leaveAll([slow, quick]);
    });

    test('a member that fails to follow its assignment is out, hears so, and joins anew', async () => {
      const members = [await member('a'), await member('b')];
      await agreed(members);
      const [failing, other] = members;

      failing!.during = Promise.reject(new Error('cannot'));
      failing!.during.catch(() => {});
      other!.membership.rejoin();
      await until('it was told', () => failing!.losses.length > 0);
      failing!.during = Promise.resolve();
      await agreed(members);

      assert.match(failing!.losses[0]!.message, /failed/);
      assert.deepEqual([other!.losses, failing!.overlaps, failing!.membership.trouble], [[], 0, null]);
      await leaveAll(members);
    });

    test('what the coordinator answers is told with how long it took', async () => {
      const calls: string[] = [];
      const took: number[] = [];
      const first = await member(
        'a',
        options({
          answered: (call, tookMs) => {
            calls.push(call);
            took.push(tookMs);
          },
        }),
      );
      await agreed([first]);
      const joins = calls.filter((call) => call === 'join').length;

      first.membership.rejoin();
      await until('another round', () => first.assignments.length > 1);

      assert.equal(joins, 1);
      assert.equal(calls.filter((call) => call === 'join').length, 2);
      assert.ok(took.every((ms) => ms >= 0 && ms < 20_000));
      await leaveAll([first]);
    });

    test('members of another protocol are refused with a word on what to do', async () => {
      const first = await member('a');
      await agreed([first]);

      await assert.rejects(member('b', options({ protocol: 'other' })), (error: Error & { kind?: string }) => {
        assert.equal(error.kind, 'fatal');
        assert.match(error.message, /group\.id/);
        return true;
      });
      await leaveAll([first]);
    });
  });
}
