import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectorFile } from '../../../src/host/config-files.ts';
import { GroupFiles } from '../../../src/host/group-files.ts';
import { type ClusterNode, type ClusterWorld, clusterWorld } from '../../support/cluster-world.ts';
import { SinkProbe } from '../../support/host-world.ts';

const CONFIG = { 'connector.class': 'ProbeSink', topics: 'in' };

function file(name: string, more: Record<string, string> = {}): ConnectorFile {
  return { file: `${name}.json`, name, config: { ...CONFIG, ...more }, target: null };
}

async function starts(node: ClusterNode, ...files: readonly ConnectorFile[]): Promise<readonly string[]> {
  const log = node.environment.logs.logger('host');
  return (await new GroupFiles(node.worker, log).start(files)).map(({ message }) => message);
}

/** The leader, and a worker that will lead when that one is killed. */
async function two(): Promise<{ world: ClusterWorld; leader: ClusterNode; next: ClusterNode }> {
  const world = clusterWorld();
  for (let index = 0; index < 2; index++) await world.join([new SinkProbe().definition()]);
  const leader = world.leader();
  return { world, leader, next: world.nodes.find((node) => node !== leader)! };
}

async function succeed({ world, leader, next }: Awaited<ReturnType<typeof two>>): Promise<void> {
  leader.kill();
  await world.until('the other one leads', () => next.worker.isLeader);
  await world.clock.sleep(1000);
}

test('a worker that comes to lead later writes what is due since it started, and the leader writes its own at once', async () => {
  const group = await two();
  await starts(group.leader, file('a'));
  await group.world.until('all know', () => group.next.worker.has('a'));
  await starts(group.next, file('a', { topics: 'other' }), file('b'));
  const before = group.leader.worker.names();

  await succeed(group);

  assert.deepEqual(before, ['a']);
  assert.deepEqual(
    ['a', 'b'].map((name) => group.next.worker.get(name).config['topics']),
    ['other', 'in'],
  );
});

test('what was changed or deleted since is not due any more', async () => {
  const group = await two();
  const { leader, next } = group;
  await leader.worker.create('a', CONFIG, null);
  await leader.worker.create('b', CONFIG, null);
  await group.world.until('all know', () => next.worker.has('b'));
  await starts(next, file('a', { topics: 'file' }), file('b', { topics: 'file' }), file('c'));

  await leader.worker.put('a', { ...CONFIG, topics: 'hand' });
  await leader.worker.remove('b');
  await leader.worker.create('c', CONFIG, null);
  await leader.worker.remove('c');
  await succeed(group);

  assert.deepEqual(next.worker.names(), ['a']);
  assert.equal(next.worker.get('a').config['topics'], 'hand');
});

test('a connector that was deleted does not come back by its file when a worker starts', async () => {
  const { leader } = await two();
  await leader.worker.create('a', CONFIG, null);
  await leader.worker.remove('a');

  const problems = await starts(leader, file('a'), file('b'));

  assert.deepEqual(leader.worker.names(), ['b']);
  assert.deepEqual(problems, [
    'The connector a was deleted by hand and stays so; POST /connectors brings it back, or give it another name.',
  ]);
});

test('what is refused is told once', async () => {
  const { leader } = await two();

  const problems = await starts(leader, file('a', { topics: '' }));

  assert.equal(problems.length, 1);
  assert.match(problems[0]!, /topics/);
});
