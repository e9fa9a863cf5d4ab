import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AssignorState, assign, NO_ASSIGNOR_STATE } from '../../../../src/host/group/assignor.ts';
import { aged, recalled, remembered } from '../../../../src/host/group/plan-memory.ts';
import {
  encodeAssignment,
  NO_MEMORY,
  type PlanMemory,
  parseAssignment,
  type WorkerMember,
} from '../../../../src/host/group/protocol.ts';

function member(id: string, owned: readonly string[] = [], url = `http://${id}`): WorkerMember {
  return { id, url, ksqlUrl: null, configOffset: 0, owned, leaving: false };
}

function state(items: Readonly<Record<string, readonly string[]>>, held: AssignorState['held'] = []): AssignorState {
  const members = Object.entries(items).map(
    ([id, own]) => [id, { url: `http://${id}`, items: own, revoked: [] }] as const,
  );
  return { ...NO_ASSIGNOR_STATE, members: new Map(members), held };
}

/** As another worker reads it. */
function sent(memory: PlanMemory): PlanMemory {
  const assignment = {
    error: 'none',
    leaderId: '',
    leaderUrl: '',
    leaderKsqlUrl: null,
    configOffset: 0,
    assigned: [],
    revoked: [],
    isMoving: false,
    delayMs: 0,
    memory,
  } as const;
  return parseAssignment(encodeAssignment(assignment))!.memory;
}

test('the next leader knows of every worker what it ran, and what was held, as far as that still exists', () => {
  const before = state({ 1: ['c|a', 't|a|0|1-aa'], 2: ['c|gone'] }, [
    { url: 'http://3', items: ['c|b'], untilMs: 10_000 },
  ]);

  const memory = sent(remembered(before, '1', 4_000));
  const after = recalled(memory, ['c|b', 'c|a', 'c|new', 't|a|0|1-aa'], 1_000_000);

  assert.deepEqual(
    after,
    state({ 1: ['c|a', 't|a|0|1-aa'], 2: [] }, [{ url: 'http://3', items: ['c|b'], untilMs: 1_006_000 }]),
  );
});

test('the work of a leader that vanished is held for it, and what nobody ever had is handed out', () => {
  const work = ['c|a', 'c|b', 'c|new'];
  const memory = remembered(state({ 1: ['c|a'], 2: ['c|b'] }), '1', 0);
  const common = { work, nowMs: 0, maxDelayMs: 300_000 };

  const alone = assign({ ...common, members: [member('2', ['c|b'])], state: recalled(memory, work, 0) });
  const back = assign({
    ...common,
    members: [member('2', ['c|b', 'c|new']), member('3', [], 'http://1')],
    state: alone.state,
  });

  assert.deepEqual([alone.shares.get('2')?.assigned, alone.delayMs], [['c|b', 'c|new'], 300_000]);
  assert.deepEqual([back.shares.get('3')?.assigned, back.delayMs], [['c|a'], 0]);
});

test('of a plan that is too large only the leader’s own work is remembered', () => {
  const items = (name: string) => Array.from({ length: 20_000 }, (_, index) => `c|${name}${index}`);
  const work = [...items('a'), ...items('b')];

  const memory = remembered(state({ 1: items('a'), 2: items('b') }), '2', 0);
  const after = recalled(memory, work, 0);

  assert.deepEqual(
    [...after.members.values()].map((known) => known.items.length),
    [0, 20_000],
  );
});

test('what is handed on by a leader that cannot plan has grown older', () => {
  const memory = remembered(state({}, [{ url: 'http://3', items: [], untilMs: 10_000 }]), '', 0);

  assert.deepEqual(aged(memory, 4_000).held, [{ url: 'http://3', items: '', leftMs: 6_000 }]);
});

test('odd memories are none', () => {
  assert.deepEqual(
    [undefined, null, 3, {}, { members: 'x', held: [null] }].map((odd) => sent(odd as PlanMemory)),
    Array.from({ length: 5 }, () => NO_MEMORY),
  );
  assert.deepEqual(recalled(NO_MEMORY, ['c|a'], 0), NO_ASSIGNOR_STATE);
});
