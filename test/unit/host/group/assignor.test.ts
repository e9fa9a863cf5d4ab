import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AssignorPlan,
  type AssignorState,
  assign,
  assignNothingNew,
  NO_ASSIGNOR_STATE,
} from '../../../../src/host/group/assignor.ts';
import type { WorkerMember } from '../../../../src/host/group/protocol.ts';

const DELAY_MS = 300_000;

function member(id: string, owned: readonly string[] = [], changes: Partial<WorkerMember> = {}): WorkerMember {
  return { id, url: `http://${id}`, ksqlUrl: null, configOffset: 0, owned, leaving: false, ...changes };
}

function tasks(connector: string, count: number, hash = 'aa'): string[] {
  return Array.from({ length: count }, (_, task) => `t|${connector}|${task}|${count}-${hash}`);
}

function plan(
  members: readonly WorkerMember[],
  work: readonly string[],
  more: { readonly state?: AssignorState; readonly nowMs?: number; readonly maxDelayMs?: number } = {},
): AssignorPlan {
  return assign({ members, work, nowMs: 0, maxDelayMs: DELAY_MS, state: NO_ASSIGNOR_STATE, ...more });
}

function given(result: AssignorPlan): Record<string, readonly string[]> {
  return Object.fromEntries([...result.shares].map(([id, { assigned }]) => [id, [...assigned].sort()]));
}

function revoked(result: AssignorPlan): Record<string, readonly string[]> {
  const entries = [...result.shares].map(([id, share]) => [id, [...share.revoked].sort()] as const);
  return Object.fromEntries(entries.filter(([, items]) => items.length > 0));
}

test('connectors and tasks are each spread evenly, and the tasks of one connector over the workers', () => {
  const work = ['c|a', 'c|b', 'c|c', ...tasks('a', 3), ...tasks('b', 3)];

  const result = plan([member('1'), member('2'), member('3')], work);

  assert.deepEqual(given(result), {
    1: ['c|a', 't|a|0|3-aa', 't|b|0|3-aa'],
    2: ['c|b', 't|a|1|3-aa', 't|b|1|3-aa'],
    3: ['c|c', 't|a|2|3-aa', 't|b|2|3-aa'],
  });
  assert.deepEqual([revoked(result), result.delayMs], [{}, 0]);
});

test('in an unchanged group nothing moves', () => {
  const work = ['c|a', ...tasks('a', 5)];
  const first = plan([member('1'), member('2')], work);
  const claims = given(first);

  const again = plan([member('1', claims['1']), member('2', claims['2'])], work, { state: first.state });

  assert.deepEqual([given(again), revoked(again), again.delayMs], [claims, {}, 0]);
});

test('for a worker that joins the others first give up what it is to get, and only that', () => {
  const first = plan([member('1'), member('2')], tasks('a', 6));
  const claims = given(first);

  const second = plan([member('1', claims['1']), member('2', claims['2']), member('3')], tasks('a', 6), {
    state: first.state,
  });
  const kept = given(second);
  const third = plan([member('1', kept['1']), member('2', kept['2']), member('3')], tasks('a', 6), {
    state: second.state,
  });

  assert.deepEqual(revoked(second), { 1: ['t|a|4|6-aa'], 2: ['t|a|5|6-aa'] });
  assert.deepEqual(kept['3'], []);
  assert.deepEqual(given(third), { ...kept, 3: ['t|a|4|6-aa', 't|a|5|6-aa'] });
  assert.deepEqual(revoked(third), {});
});

test('what is still claimed is given to no other, however often a round comes', () => {
  const first = plan([member('1')], tasks('a', 2));
  const claims = given(first)['1'];

  const second = plan([member('1', claims), member('2')], tasks('a', 2), { state: first.state });
  const third = plan([member('1', claims), member('2')], tasks('a', 2), { state: second.state });

  assert.deepEqual(revoked(second), { 1: ['t|a|1|2-aa'] });
  assert.deepEqual([given(third)['2'], revoked(third)], [[], { 1: ['t|a|1|2-aa'] }]);
});

test('the work of a vanished worker is held, and handed out when the time is over', () => {
  const first = plan([member('1'), member('2')], tasks('a', 4));
  const claims = given(first);
  const left = [member('1', claims['1'])];

  const gone = plan(left, tasks('a', 4), { state: first.state, nowMs: 1_000 });
  const meanwhile = plan(left, tasks('a', 4), { state: gone.state, nowMs: 201_000 });
  const over = plan(left, tasks('a', 4), { state: meanwhile.state, nowMs: 301_000 });

  assert.deepEqual([given(gone), gone.delayMs], [{ 1: claims['1'] }, 300_000]);
  assert.deepEqual([given(meanwhile), meanwhile.delayMs], [{ 1: claims['1'] }, 100_000]);
  assert.deepEqual([given(over), over.delayMs], [{ 1: tasks('a', 4) }, 0]);
});

test('without a delay the work of a vanished worker is handed out at once', () => {
  const first = plan([member('1'), member('2')], tasks('a', 4), { maxDelayMs: 0 });

  const gone = plan([member('1', given(first)['1'])], tasks('a', 4), { state: first.state, maxDelayMs: 0 });

  assert.deepEqual([given(gone), gone.delayMs], [{ 1: tasks('a', 4) }, 0]);
});

test('workers that return get their own work back, whatever their new ids', () => {
  const first = plan([member('1'), member('2'), member('3')], tasks('a', 6));
  const claims = given(first);
  const gone = plan([member('1', claims['1'])], tasks('a', 6), { state: first.state });

  const back = plan(
    [member('1', claims['1']), member('0-new', [], { url: 'http://3' }), member('9-new', [], { url: 'http://2' })],
    tasks('a', 6),
    { state: gone.state, nowMs: 5_000 },
  );

  assert.deepEqual(given(back), { 1: claims['1'], '0-new': claims['3'], '9-new': claims['2'] });
  assert.deepEqual([revoked(back), back.delayMs], [{}, 0]);
});

test('a new worker at another address takes the place of one that vanished', () => {
  const first = plan([member('1'), member('2')], tasks('a', 4));
  const claims = given(first);

  const back = plan([member('1', claims['1']), member('new')], tasks('a', 4), { state: first.state, nowMs: 5_000 });

  assert.deepEqual([given(back), back.delayMs], [{ 1: claims['1'], new: claims['2'] }, 0]);
});

test('while work is held nothing is taken away for balance', () => {
  const first = plan([member('1'), member('2')], tasks('a', 4));
  const claims = given(first);
  const gone = plan([member('1', claims['1'])], [...tasks('a', 4), 'c|a'], { state: first.state });

  const again = plan([member('1', [...claims['1']!, 'c|a']), member('3', ['c|b'])], [...tasks('a', 4), 'c|a', 'c|b'], {
    state: gone.state,
  });

  assert.deepEqual(revoked(again), {});
});

test('a leaving worker gets nothing, and its work is handed out at once', () => {
  const first = plan([member('1'), member('2')], tasks('a', 4));
  const claims = given(first);

  const leaving = plan([member('1', claims['1']), member('2', [], { leaving: true })], tasks('a', 4), {
    state: first.state,
  });
  const gone = plan([member('1', tasks('a', 4))], tasks('a', 4), { state: leaving.state });

  assert.deepEqual([given(leaving), leaving.delayMs], [{ 1: tasks('a', 4), 2: [] }, 0]);
  assert.deepEqual([given(gone), gone.delayMs], [{ 1: tasks('a', 4) }, 0]);
});

test('a leaving worker that still has work is told to give it up before others get it', () => {
  const first = plan([member('1'), member('2')], tasks('a', 4));
  const claims = given(first);

  const leaving = plan([member('1', claims['1']), member('2', claims['2'], { leaving: true })], tasks('a', 4), {
    state: first.state,
  });

  assert.deepEqual([given(leaving), revoked(leaving)], [{ 1: claims['1'], 2: [] }, { 2: claims['2'] }]);
});

test('what two workers claim both must drop, and then one gets it', () => {
  const both = plan([member('1', ['c|a']), member('2', ['c|a'])], ['c|a']);
  const one = plan([member('1'), member('2', ['c|a'])], ['c|a'], { state: both.state });
  const none = plan([member('1'), member('2')], ['c|a'], { state: one.state });

  assert.deepEqual(
    [given(both), revoked(both)],
    [
      { 1: [], 2: [] },
      { 1: ['c|a'], 2: ['c|a'] },
    ],
  );
  assert.deepEqual([given(one), revoked(one)], [{ 1: [], 2: [] }, { 2: ['c|a'] }]);
  assert.deepEqual(given(none), { 1: ['c|a'], 2: [] });
});

test('a changed task waits until the old one is given up, and its neighbours go on', () => {
  const old = tasks('a', 2);
  const changed = [old[0]!, 't|a|1|2-bb'];
  const first = plan([member('1'), member('2')], old);

  const second = plan([member('1', [old[0]!]), member('2', [old[1]!])], changed, { state: first.state });
  const third = plan([member('1', [old[0]!]), member('2')], changed, { state: second.state });

  assert.deepEqual([given(second), revoked(second)], [{ 1: [old[0]], 2: [] }, { 2: [old[1]] }]);
  assert.deepEqual([given(third), revoked(third)], [{ 1: [old[0]], 2: ['t|a|1|2-bb'] }, {}]);
});

test('nothing of a changed set starts while a task that is to run no more is claimed', () => {
  const first = plan([member('1'), member('2')], tasks('a', 2));

  const second = plan([member('1', ['t|a|0|2-aa']), member('2', ['t|a|1|2-aa'])], tasks('a', 3), {
    state: first.state,
  });
  const third = plan([member('1'), member('2', ['t|a|1|2-aa'])], tasks('a', 3), { state: second.state });
  const fourth = plan([member('1'), member('2')], tasks('a', 3), { state: third.state });

  assert.deepEqual(given(second), { 1: [], 2: [] });
  assert.deepEqual(given(third), { 1: [], 2: [] });
  assert.deepEqual(given(fourth), { 1: ['t|a|0|3-aa', 't|a|2|3-aa'], 2: ['t|a|1|3-aa'] });
});

test('a task that is added starts beside those that have not changed', () => {
  const set = (count: number) => Array.from({ length: count }, (_, task) => `t|a|${task}|0-a${task}`);
  const first = plan([member('1'), member('2')], set(2));

  const second = plan([member('1', ['t|a|0|0-a0']), member('2', ['t|a|1|0-a1'])], set(3), { state: first.state });

  assert.deepEqual([given(second), revoked(second)], [{ 1: ['t|a|0|0-a0', 't|a|2|0-a2'], 2: ['t|a|1|0-a1'] }, {}]);
});

test('a worker that comes back gets its work although it still claims something that it could not stop', () => {
  const first = plan([member('1'), member('2')], tasks('a', 4));
  const claims = given(first);
  const gone = plan([member('1', claims['1'])], tasks('a', 4), { state: first.state });

  const back = plan([member('1', claims['1']), member('new', ['t|a|1|4-aa'], { url: 'http://2' })], tasks('a', 4), {
    state: gone.state,
  });

  assert.deepEqual([given(back), back.delayMs], [{ 1: claims['1'], new: claims['2'] }, 0]);
});

test('work that is about to be freed fills the gap of a new worker, so others need not give up any', () => {
  const kept = { 1: tasks('a', 2), 2: tasks('b', 2) };
  const changed = [...kept['1'], ...kept['2'], ...tasks('c', 2, 'bb')];

  const result = plan(
    [member('1', [...kept['1'], 't|c|0|2-aa']), member('2', [...kept['2'], 't|c|1|2-aa']), member('3')],
    changed,
  );

  assert.deepEqual(revoked(result), { 1: ['t|c|0|2-aa'], 2: ['t|c|1|2-aa'] });
});

test('rounds that take work away one after the other are spaced by a growing back-off', () => {
  const work = tasks('a', 8);
  const first = plan([member('1', work), member('2')], work, { nowMs: 1_000 });
  const kept = given(first)['1']!;
  const claims = [
    member('1', kept),
    member(
      '2',
      work.filter((item) => !kept.includes(item)),
    ),
  ];

  const second = plan([...claims, member('3')], work, { state: first.state, nowMs: 1_010 });
  const later = plan([...claims, member('3')], work, { state: second.state, nowMs: 1_040 });

  assert.equal(revoked(first)['1']!.length, 4);
  assert.deepEqual([revoked(second), second.delayMs], [{}, 30]);
  assert.deepEqual(Object.values(revoked(later)).flat().length, 2);
  assert.deepEqual([later.state.revokingRounds, later.state.lastRevokedMs], [2, 1_040]);
});

test('deleted work is taken away, and unknown kinds of work are given to nobody', () => {
  const result = plan([member('1', ['c|a', 'x|new'])], ['c|b', 'x|other']);

  assert.deepEqual([given(result), revoked(result)], [{ 1: ['c|b'] }, { 1: ['c|a', 'x|new'] }]);
});

test('a leader that cannot plan leaves everything where it is', () => {
  const shares = assignNothingNew([member('1', ['c|a']), member('2')]);

  assert.deepEqual(Object.fromEntries(shares), {
    1: { assigned: ['c|a'], revoked: [] },
    2: { assigned: [], revoked: [] },
  });
});
