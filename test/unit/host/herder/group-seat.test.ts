import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupMeter } from '../../../../src/core/group-meter.ts';
import type { Assignment } from '../../../../src/host/group/protocol.ts';
import { encodeAssignment, NO_MEMORY } from '../../../../src/host/group/protocol.ts';
import { GroupSeat, type SeatDesk } from '../../../../src/host/herder/group-seat.ts';
import type { Membership } from '../../../../src/ports/group.ts';
import { turningClock } from '../../../support/turning-clock.ts';

const ASSIGNMENT: Assignment = {
  error: 'none',
  leaderId: 'leader',
  leaderUrl: 'http://leader',
  leaderKsqlUrl: null,
  configOffset: 1,
  assigned: [],
  revoked: [],
  isMoving: false,
  delayMs: 0,
  memory: NO_MEMORY,
};

/** A follower's seat, with what it asks of its desk and its group, in order. */
async function seated() {
  const events: string[] = [];
  const silent = { info: () => {}, warn: () => {}, debug: () => {} };
  const membership = { aliveUntilMs: Number.POSITIVE_INFINITY, rejoin: () => void events.push('rejoin') };
  const desk = {
    environment: {
      clock: turningClock(),
      logs: { logger: () => silent },
      metrics: { group: new GroupMeter() },
      broker: { join: async () => membership as unknown as Membership },
    },
    configs: { offset: 1, reach: async () => {} },
    settle: async (items: Iterable<string>) => void events.push(`settle ${[...items].length}`),
    flush: async () => void events.push('flush'),
  } as unknown as SeatDesk;
  const seat = new GroupSeat(desk, { id: 'test' } as ConstructorParameters<typeof GroupSeat>[1]);
  void seat.open();
  await new Promise(setImmediate);
  const take = (part: Partial<Assignment>) => {
    const round = { generation: 1, leaderId: 'leader', memberId: 'me' };
    return seat.assigned(encodeAssignment({ ...ASSIGNMENT, ...part }), round);
  };
  return { events, take };
}

test('a worker that has nothing to give up asks for the next round at once when work moves', async () => {
  const { events, take } = await seated();

  await take({ assigned: ['c|a'], isMoving: true });

  assert.deepEqual(events, ['settle 1', 'rejoin']);
});

test('a worker that gives something up asks for the next round once it has stopped and said so', async () => {
  const { events, take } = await seated();
  await take({ assigned: ['c|a', 'c|b'] });
  assert.deepEqual(events.splice(0), ['settle 2']);

  await take({ assigned: ['c|a'], revoked: ['c|b'], isMoving: true });

  assert.deepEqual(events, ['settle 2', 'flush', 'rejoin']);
});

test('hundreds of items are settled in pieces, with the event loop turning in between', async () => {
  const { events, take } = await seated();

  await take({ assigned: Array.from({ length: 60 }, (_, i) => `c|${i}`) });

  assert.deepEqual(events, ['settle 25', 'settle 25', 'settle 10']);
});
