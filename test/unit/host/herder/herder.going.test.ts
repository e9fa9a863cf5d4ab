// What becomes of the work of workers that go: killed, shut down to come back, shut down for good.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GroupSettings } from '../../../../src/host/environment.ts';
import { type ClusterNode, type ClusterWorld, clusterWorld } from '../../../support/cluster-world.ts';
import { SinkProbe } from '../../../support/host-world.ts';

const NAMES = ['a', 'b', 'c'];
const DELAY_MS = 60_000;

/** Three workers, each with a connector of one task. */
async function three(group: Partial<GroupSettings>): Promise<ClusterWorld> {
  const world = clusterWorld();
  for (let index = 0; index < 3; index++) await world.join([new SinkProbe().definition()], group);
  for (const name of NAMES) {
    await world.leader().worker.create(name, { 'connector.class': 'ProbeSink', topics: 'in' }, null);
  }
  await world.until('each worker has its share', () => allRun(world.nodes[0]!) && isEven(world));
  return world;
}

/** `connector state@worker task state@worker`, for each connector. */
function states(node: ClusterNode): string[] {
  return NAMES.map((name) => {
    const { connector, tasks } = node.worker.status(name);
    return [connector, ...tasks].map(({ state, workerId }) => `${state}@${workerId}`).join(' ');
  });
}

function allRun(node: ClusterNode): boolean {
  return states(node).every((text) => /^RUNNING@\S+ RUNNING@\S+$/.test(text));
}

function here({ worker }: ClusterNode): string[] {
  const views = NAMES.map((name) => worker.get(name));
  const instances = views.filter(({ isHere }) => isHere).map(({ name }) => name);
  const tasks = views.filter((view) => view.tasks[0]?.isHere === true).map(({ name }) => `${name}-0`);
  return [...instances, ...tasks];
}

function isEven({ nodes }: ClusterWorld): boolean {
  return nodes.every((node) => here(node).length === 2);
}

function held({ nodes }: ClusterWorld): number {
  return states(nodes[0]!)
    .join(' ')
    .split(' ')
    .filter((text) => text.startsWith('UNASSIGNED')).length;
}

test('the work of a leader that was killed is held for it, shown as UNASSIGNED, and given back to it', async () => {
  const world = await three({ maxDelayMs: DELAY_MS });
  const leader = world.leader();
  const lost = here(leader);
  const kept = world.nodes.filter((node) => node !== leader).map(here);

  leader.kill();
  await world.until('what it ran is unassigned', () => held(world) === 2);
  await world.clock.sleep(DELAY_MS / 2);
  const others = world.nodes.map(here);
  const back = await world.join([new SinkProbe().definition()], { maxDelayMs: DELAY_MS }, leader.id);
  await world.until('all runs again', () => allRun(world.nodes[0]!) && here(back).length === 2);

  assert.deepEqual(others, kept);
  assert.deepEqual(here(back), lost);
  assert.deepEqual(world.nodes.slice(0, 2).map(here), kept);
});

test('the work of a leader that does not come back in time is given to others', async () => {
  const world = await three({ maxDelayMs: DELAY_MS });
  world.leader().kill();
  await world.until('what it ran is unassigned', () => held(world) === 2);

  await world.clock.sleep(DELAY_MS * 0.8);
  const heldStill = held(world);
  await world.clock.sleep(DELAY_MS * 0.3);
  await world.until('all runs again', () => allRun(world.nodes[0]!));

  assert.equal(heldStill, 2);
  assert.deepEqual(world.nodes.flatMap(here).sort(), ['a', 'a-0', 'b', 'b-0', 'c', 'c-0']);
});

test('when the next leader is killed as well both get back what they had', async () => {
  const world = await three({ maxDelayMs: DELAY_MS });
  const first = world.leader();
  const ran = new Map(world.nodes.map((node) => [node.id, here(node)]));
  first.kill();
  await world.until('another leads and holds', () => held(world) === 2);
  const second = world.leader();
  second.kill();
  await world.until('the last one holds all others’ work', () => held(world) === 4);

  for (const { id } of [first, second]) await world.join([new SinkProbe().definition()], { maxDelayMs: DELAY_MS }, id);
  await world.until('all runs again', () => allRun(world.nodes[0]!) && isEven(world));

  assert.deepEqual(new Map(world.nodes.map((node) => [node.id, here(node)])), new Map([...ran].sort()));
});

test('the work of a worker that was shut down is held for its return', async () => {
  const world = await three({ maxDelayMs: DELAY_MS });
  const leader = world.leader();
  const lost = here(leader);

  await leader.worker.close();
  world.nodes.splice(world.nodes.indexOf(leader), 1);
  await world.clock.sleep(DELAY_MS / 2);
  const whileAway = held(world);
  const back = await world.join([new SinkProbe().definition()], { maxDelayMs: DELAY_MS }, leader.id);
  await world.until('all runs again', () => allRun(world.nodes[0]!) && here(back).length === 2);

  assert.equal(whileAway, 2);
  assert.deepEqual(here(back), lost);
});

for (const who of ['leader', 'follower'] as const) {
  test(`a ${who} that hands over when it is shut down leaves nothing unassigned behind`, async () => {
    const world = await three({ maxDelayMs: DELAY_MS, handsOver: true });
    const leader = world.leader();
    const leaving = who === 'leader' ? leader : world.nodes.find((node) => node !== leader)!;
    const startMs = world.clock.now();

    await leaving.worker.close();
    world.nodes.splice(world.nodes.indexOf(leaving), 1);
    await world.until('all runs again', () => allRun(world.nodes[0]!));

    assert.deepEqual(world.nodes.flatMap(here).sort(), ['a', 'a-0', 'b', 'b-0', 'c', 'c-0']);
    assert.ok(world.clock.now() - startMs < 5000, `${world.clock.now() - startMs} ms`);
  });
}

test('the last worker of a group hands over to nobody, and ends', async () => {
  const world = clusterWorld();
  const node = await world.join([new SinkProbe().definition()], { maxDelayMs: DELAY_MS, handsOver: true });
  const startMs = world.clock.now();

  await node.worker.close();

  assert.ok(world.clock.now() - startMs < 5000, `${world.clock.now() - startMs} ms`);
});
