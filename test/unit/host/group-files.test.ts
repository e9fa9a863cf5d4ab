import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../src/core/errors.ts';
import type { ConnectorFile } from '../../../src/host/config/config-files.ts';
import { GroupFiles } from '../../../src/host/group-files.ts';
import { type ClusterNode, type ClusterWorld, clusterWorld } from '../../support/cluster-world.ts';
import { SinkProbe } from '../../support/host-world.ts';

const CONFIG = { 'connector.class': 'ProbeSink', topics: 'in' };

function file(name: string, more: Record<string, string> = {}): ConnectorFile {
  return { file: `${name}.json`, name, config: { ...CONFIG, ...more }, target: null };
}

async function starts(node: ClusterNode, ...connectors: readonly ConnectorFile[]): Promise<readonly string[]> {
  const files = new GroupFiles(node.worker, node.environment.logs.logger('host'), async () => {});
  return (await files.start({ connectors, backfills: [] })).map(({ message }) => message);
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

test('back-fills are submitted by whoever leads, and what cannot be reached is tried by the next', async () => {
  const group = await two();
  const submitted: string[] = [];
  const backfills = ['one', 'two'].map((name) => ({ file: `${name}.json`, name, job: { name } }));
  const start = (node: ClusterNode, submit: (name: string) => void) =>
    new GroupFiles(node.worker, node.environment.logs.logger('host'), async ({ name }) => submit(String(name))).start({
      connectors: [],
      backfills,
    });

  const problems = await start(group.leader, (name) => {
    if (name === 'two') throw new TributaryError('TRIB_X', 'transient', { what: 'away' });
    submitted.push(`${name} by the first`);
  });
  await start(group.next, (name) => void submitted.push(`${name} by the next`));
  await succeed(group);

  assert.deepEqual(
    problems.map(({ message }) => message),
    ['away'],
  );
  assert.deepEqual(submitted, ['one by the first', 'one by the next', 'two by the next']);
});
