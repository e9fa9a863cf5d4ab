import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster } from '../../../../src/adapters/kafkajs/cluster.ts';
import { ConnectionError } from '../../../../src/adapters/kafkajs/error-codes.ts';
import type { Call } from '../../../../src/adapters/kafkajs/link.ts';
import { KafkaMembership } from '../../../../src/adapters/kafkajs/membership.ts';
import { WireReader, WireWriter } from '../../../../src/adapters/kafkajs/wire.ts';
import type { Clock } from '../../../../src/ports/clock.ts';
import { NotingMember } from '../../../ports/group-member.ts';
import { turningClock } from '../../../support/turning-clock.ts';

const START_MS = 1_000_000;
const OPTIONS = {
  group: 'g',
  protocol: 'test',
  sessionTimeoutMs: 10_000,
  heartbeatIntervalMs: 3_000,
  rebalanceTimeoutMs: 60_000,
};

type Name = 'JoinGroup' | 'SyncGroup' | 'Heartbeat' | 'LeaveGroup';
type Answer = { readonly code?: number; readonly afterMs?: number } | 'no connection';

/** A coordinator that answers as each test says; it keeps one member, which leads. */
class Coordinator {
  readonly clock: Clock = turningClock(START_MS);
  readonly seen: string[] = [];
  generation = 0;
  answers: (name: Name, nowMs: number) => Answer | undefined = () => undefined;

  get cluster(): Cluster {
    const parts = {
      clock: this.clock,
      retrying: (act: () => Promise<unknown>) => act(),
      coordinator: async () => 1,
      forgetCoordinator: () => {},
      newLink: () => ({ call: (call: Call<unknown>) => this.#call(call), close: () => {} }),
    };
    return parts as unknown as Cluster;
  }

  at(): number {
    return this.clock.now() - START_MS;
  }

  async #call(call: Call<unknown>): Promise<unknown> {
    const name = call.apiName as Name;
    const answer = this.answers(name, this.at()) ?? {};
    this.seen.push(`${this.at()} ${name}`);
    if (answer === 'no connection') throw new ConnectionError('broker', new Error('refused'));
    const bytes = this.#encoded(name, answer.code ?? 0, call);
    await this.clock.sleep(answer.afterMs ?? 1);
    return call.read(new WireReader(bytes));
  }

  #encoded(name: Name, code: number, call: Call<unknown>): Buffer {
    const writer = new WireWriter().int32(0);
    if (name !== 'JoinGroup') {
      writer.int16(code);
      return (name === 'SyncGroup' ? writer.bytes(Buffer.from(`work ${this.generation}`)) : writer).done();
    }
    // The first join names no member: it is told its id.
    const isKnown = call.body[0]!.includes('m-1');
    writer.int16(code === 0 && !isKnown ? 79 : code).int32(isKnown ? ++this.generation : -1);
    writer.string('test').string('m-1').string('m-1');
    const metadata = Buffer.from('\0\0\0\0a');
    return writer.array(['m-1'], (id) => writer.string(id).string(null).bytes(metadata)).done();
  }
}

async function joined(coordinator: Coordinator): Promise<NotingMember> {
  const member = new NotingMember('a');
  member.membership = await new KafkaMembership(coordinator.cluster, OPTIONS, member).open();
  await passed(coordinator, 100);
  return member;
}

function passed(coordinator: Coordinator, ms: number): Promise<void> {
  return coordinator.clock.sleep(ms);
}

function times(coordinator: Coordinator, name: Name): number[] {
  return coordinator.seen.filter((one) => one.endsWith(name)).map((one) => Number(one.split(' ')[0]));
}

test('heart-beats go on while the handler is at work, and each extends the session from when it was sent', async () => {
  const coordinator = new Coordinator();
  const member = await joined(coordinator);
  const done = new AbortController();
  member.during = coordinator.clock.sleep(60_000, done.signal);
  member.membership.rejoin();

  await passed(coordinator, 20_000);

  assert.equal(member.assignments.length, 2);
  const last = times(coordinator, 'Heartbeat').at(-1)!;
  assert.ok(coordinator.at() - last <= 3_001);
  assert.equal(member.membership.aliveUntilMs, START_MS + last + 10_000);
  done.abort();
  await member.membership.leave();
});

test('a session without answers is over by its own clock, and an answer that comes too late does not revive it', async () => {
  const coordinator = new Coordinator();
  const member = await joined(coordinator);
  await passed(coordinator, 4_000);
  const aliveUntil = member.membership.aliveUntilMs - START_MS;
  coordinator.answers = (name) => (name === 'Heartbeat' ? { afterMs: 12_000 } : 'no connection');

  await passed(coordinator, aliveUntil - coordinator.at() - 1);
  const before = [member.losses.length, member.membership.current?.generation];
  await passed(coordinator, 100);
  const after = [member.losses.length, member.membership.current, member.membership.aliveUntilMs];
  await passed(coordinator, 20_000);

  assert.deepEqual(before, [0, 1]);
  assert.deepEqual(after, [1, null, 0]);
  assert.deepEqual([member.losses.length, member.membership.aliveUntilMs], [1, 0]);
  assert.match(member.membership.trouble!.message, /cannot be reached/);
  await member.membership.leave();
});

test('waits between tries to come back grow to two seconds', async () => {
  const coordinator = new Coordinator();
  const member = await joined(coordinator);
  coordinator.answers = () => 'no connection';
  await passed(coordinator, 14_000);
  const tries = times(coordinator, 'JoinGroup');
  coordinator.answers = () => undefined;

  await passed(coordinator, 2_100);

  const waits = tries.slice(3).map((time, index) => time - tries[index + 2]!);
  assert.deepEqual(waits.slice(0, 5), [50, 100, 200, 400, 800]);
  assert.equal(member.membership.current?.generation, 2);
  assert.equal(member.membership.trouble, null);
  await member.membership.leave();
});

test('a member the coordinator does not know any more is lost at once', async () => {
  const coordinator = new Coordinator();
  const member = await joined(coordinator);
  coordinator.answers = (name) => (name === 'Heartbeat' ? { code: 25 } : undefined);

  await passed(coordinator, 3_000);
  coordinator.answers = () => undefined;
  await passed(coordinator, 1_000);

  assert.equal(member.losses.length, 1);
  assert.match(member.losses[0]!.message, /does not know it/);
  assert.ok(member.membership.current!.generation > 1);
  await member.membership.leave();
});

test('while a round is under way, word of a newer generation is no loss', async () => {
  const coordinator = new Coordinator();
  const member = await joined(coordinator);
  coordinator.answers = (name) => {
    if (name === 'JoinGroup') return { afterMs: 8_000 };
    return name === 'Heartbeat' ? { code: 22 } : undefined;
  };
  member.membership.rejoin();

  await passed(coordinator, 7_000);
  coordinator.answers = () => undefined;
  await passed(coordinator, 2_000);

  assert.deepEqual([member.losses.length, member.membership.current?.generation], [0, 2]);
  await member.membership.leave();
});

test('a coordinator that is loading or has moved is asked again, and costs no session', async () => {
  const coordinator = new Coordinator();
  const member = await joined(coordinator);
  coordinator.answers = (name, nowMs) =>
    name === 'Heartbeat' && nowMs < 8_000 ? { code: [14, 15, 16][nowMs % 3]! } : undefined;

  await passed(coordinator, 12_000);

  assert.deepEqual([member.losses.length, member.membership.current?.generation], [0, 1]);
  assert.ok(member.membership.aliveUntilMs - START_MS > 18_000);
  await member.membership.leave();
});

test('leaving says goodbye once and calls nobody afterwards', async () => {
  const coordinator = new Coordinator();
  const member = await joined(coordinator);

  await member.membership.leave();
  await member.membership.leave();
  member.membership.rejoin();
  await passed(coordinator, 20_000);

  assert.equal(times(coordinator, 'LeaveGroup').length, 1);
  assert.deepEqual([member.assignments.length, member.losses.length], [1, 0]);
  assert.deepEqual([member.membership.current, member.membership.aliveUntilMs], [null, 0]);
});
