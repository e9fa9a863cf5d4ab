import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PluginDef, SourceConnector } from '../../../../src/connect/index.ts';
import { type ClusterNode, clusterWorld } from '../../../support/cluster-world.ts';
import { SinkProbe, SourceProbe } from '../../../support/host-world.ts';

const sink = (more: Record<string, string> = {}) => ({ 'connector.class': 'ProbeSink', topics: 'in', ...more });

/** `connector@worker task@worker …` as a node tells it. */
function places(node: ClusterNode, name: string): string {
  if (!node.worker.has(name)) return '';
  const { connector, tasks } = node.worker.status(name);
  return [connector, ...tasks].map(({ state, workerId }) => `${state}@${workerId.slice(-1)}`).join(' ');
}

/** How many instances and tasks run on each worker. */
function shares(nodes: readonly ClusterNode[]): string {
  const count = (node: ClusterNode) => {
    const views = node.worker.names().map((name) => node.worker.get(name));
    const instances = views.filter(({ isHere }) => isHere).length;
    return `${instances}+${views.flatMap(({ tasks }) => tasks).filter(({ isHere }) => isHere).length}`;
  };
  return nodes.map(count).join(' ');
}

test('a worker that comes takes its share, and every worker tells the same states', async () => {
  const world = clusterWorld();
  const probes = [new SinkProbe(), new SinkProbe()];
  const first = await world.join([probes[0]!.definition()]);
  await first.worker.create('a', sink({ 'tasks.max': '2' }), null);
  await first.worker.create('b', sink({ 'tasks.max': '2' }), null);
  await world.until('all runs on the first', () => shares(world.nodes) === '2+4');

  const second = await world.join([probes[1]!.definition()]);
  await world.until('the work is split', () => shares(world.nodes) === '1+2 1+2');
  await world.until(
    'both know',
    () => places(first, 'a') === places(second, 'a') && !places(first, 'a').includes('UNASSIGNED'),
  );

  assert.equal(probes[1]!.starts.length, 2);
  assert.equal(probes[0]!.starts.length, 4);
  const figures = first.environment.metrics.group.read(world.clock.now());
  assert.ok(figures.join.total >= figures.completed && figures.completed >= 3, JSON.stringify(figures));
});

test('what a worker gives up has stopped before another one starts it', async () => {
  const world = clusterWorld();
  const events: string[] = [];
  const probe = (node: string) => {
    const made = new SinkProbe();
    const definition = made.definition();
    made.script = { onStart: () => void events.push(`start ${node}`) };
    const create = definition.create as () => { task(): { stop(): Promise<void> } };
    return {
      ...definition,
      create: () => {
        const connector = create();
        const task = connector.task.bind(connector);
        connector.task = () => {
          const own = task();
          const stop = own.stop.bind(own);
          own.stop = async () => {
            await world.clock.sleep(1000);
            events.push(`stop ${node}`);
            await stop();
          };
          return own;
        };
        return connector;
      },
    } as ReturnType<SinkProbe['definition']>;
  };
  const first = await world.join([probe('1')]);
  await first.worker.create('a', sink({ 'tasks.max': '2' }), null);
  await world.until('both run', () => events.length === 2);

  await world.join([probe('2')]);
  await world.until('one has moved', () => events.includes('start 2'));

  assert.deepEqual(events, ['start 1', 'start 1', 'stop 1', 'start 2']);
});

test('task configs that an instance computes on a follower are stored by the leader, through a signed call', async () => {
  const world = clusterWorld();
  const probes = [new SinkProbe(), new SinkProbe()];
  const first = await world.join([probes[0]!.definition()]);
  await world.join([probes[1]!.definition()]);
  const leader = world.leader();

  for (const name of ['a', 'b', 'c', 'd']) await leader.worker.create(name, sink(), null);
  await world.until('all run', () => shares(world.nodes) === '2+2 2+2');

  assert.equal(leader, first);
  assert.equal(world.calls.length, 2);
  assert.match(world.calls[0]!, /^POST \/connectors\/[a-d]\/tasks$/);
});

test('a change of one connector restarts no task of another, wherever it runs', async () => {
  const world = clusterWorld();
  const probes = [new SinkProbe(), new SinkProbe()];
  for (const probe of probes) await world.join([probe.definition()]);
  for (const name of ['a', 'b', 'c', 'd']) await world.leader().worker.create(name, sink(), null);
  await world.until('all run', () => shares(world.nodes) === '2+2 2+2');
  const starts = () => probes.flatMap((probe) => probe.starts.map((raw) => `${raw['name']} ${raw['extra'] ?? ''}`));

  await world.leader().worker.put('a', sink({ extra: 'x' }));
  await world.until('a runs anew', () => starts().includes('a x') && shares(world.nodes) === '2+2 2+2');

  assert.deepEqual(starts().sort(), ['a ', 'a x', 'b ', 'c ', 'd ']);
});

test('pause by any worker, restart by the leader and stop reach tasks on other workers', async () => {
  const world = clusterWorld();
  const probes = [new SinkProbe(), new SinkProbe()];
  for (const probe of probes) await world.join([probe.definition()]);
  const [first, second] = world.nodes as [ClusterNode, ClusterNode];
  await world.leader().worker.create('a', sink({ 'tasks.max': '2' }), null);
  await world.until('both run', () => places(second, 'a').match(/RUNNING/g)?.length === 3);

  await second.worker.setTarget('a', 'PAUSED');
  await world.until('paused', () => places(first, 'a').match(/PAUSED/g)?.length === 3);
  await second.worker.setTarget('a', 'STARTED');
  await world.until('running', () => places(first, 'a').match(/RUNNING/g)?.length === 3);
  const plan = await world.leader().worker.restart('a', { includeTasks: true, onlyFailed: false });
  await world.until('started anew', () => probes.flatMap(({ starts }) => starts).length === 4);
  await world.leader().worker.setTarget('a', 'STOPPED');
  await world.until('stopped', () => /^STOPPED@\d$/.test(places(second, 'a')));

  assert.deepEqual(
    [plan.connector, ...plan.tasks].map(({ state }) => state),
    ['RESTARTING', 'RESTARTING', 'RESTARTING'],
  );
  assert.equal(shares(world.nodes).endsWith('+0'), true);
});

test('the work of a worker that is out of touch goes to the others, and it stops by itself', async () => {
  const world = clusterWorld();
  const probes = [new SinkProbe(), new SinkProbe()];
  for (const probe of probes) await world.join([probe.definition()]);
  const [first, second] = world.nodes as [ClusterNode, ClusterNode];
  await first.worker.create('a', sink({ 'tasks.max': '2' }), null);
  await first.worker.create('b', sink({ 'tasks.max': '2' }), null);
  await world.until('split', () => shares(world.nodes) === '1+2 1+2');

  second.stall();
  await world.until('the first runs all', () => shares([first]) === '2+4');
  await world.until('told so', () => places(first, 'a') === 'RUNNING@1 RUNNING@1 RUNNING@1');
  second.resume();
  await world.until('split again', () => shares(world.nodes) === '1+2 1+2');

  assert.equal(places(first, 'b').includes('UNASSIGNED'), false);
});

test('work of a worker that went away waits for it, shown as UNASSIGNED, and comes back to it', async () => {
  const world = clusterWorld();
  const probes = [new SinkProbe(), new SinkProbe()];
  for (const probe of probes) await world.join([probe.definition()], { maxDelayMs: 60_000 });
  const [first, second] = world.nodes as [ClusterNode, ClusterNode];
  await first.worker.create('a', sink({ 'tasks.max': '2' }), null);
  await world.until('split', () => shares(world.nodes) === '1+1 0+1' || shares(world.nodes) === '0+1 1+1');
  const before = shares([first]);

  second.stall();
  await world.until('unassigned', () => places(first, 'a').includes('UNASSIGNED'));
  const during = shares([first]);
  second.resume();
  await world.until('as before', () => places(first, 'a').match(/RUNNING/g)?.length === 3);

  assert.equal(during, before);
  assert.equal(probes[0]!.starts.length, 1);
});

test('a source moves without losing or repeating a record', async () => {
  const world = clusterWorld();
  const probes = [new SourceProbe(), new SourceProbe()];
  const lines = Array.from({ length: 60 }, (_, index) => `line ${index}`);
  for (const probe of probes) probe.lines.push(...lines.slice(0, 20));
  for (const probe of probes) await world.join([probe.definition()]);
  const [first, second] = world.nodes as [ClusterNode, ClusterNode];
  await first.worker.create('s', { 'connector.class': 'ProbeSource', topic: 'out' }, null);
  const values = async () => (await first.read('out')).map(({ value }) => value);
  await world.until('twenty', async () => (await values()).length === 20);

  const owner = first.worker.get('s').tasks[0]!.isHere ? first : second;
  owner.stall();
  for (const probe of probes) probe.lines.push(...lines.slice(20, 40));
  await world.until('forty', async () => (await values()).length === 40);
  owner.resume();
  for (const probe of probes) probe.lines.push(...lines.slice(40));
  await world.until('sixty', async () => (await values()).length >= 60);

  assert.deepEqual(await values(), lines);
});

test('the leader fences the producers of the set before, and says so, before a source starts', async () => {
  const world = clusterWorld();
  await world.join([new SourceProbe().definition()]);
  const [first] = world.nodes as [ClusterNode];

  await first.worker.create('s', { 'connector.class': 'ProbeSource', topic: 'out' }, null);
  await world.until('it runs', () => places(first, 's') === 'RUNNING@1 RUNNING@1');

  const records = (await first.read('_test_connect_configs')).map(({ value }) => value);
  assert.deepEqual(records.slice(-2), ['{"tasks":1,"type":"source"}', '{"task-count":1}']);
});

test('a log level for the cluster is set on every worker', async () => {
  const world = clusterWorld();
  for (let index = 0; index < 2; index++) await world.join([new SinkProbe().definition()]);
  const [first, second] = world.nodes as [ClusterNode, ClusterNode];

  await second.worker.setClusterLogLevel('connect', 'DEBUG');
  await world.until('set', () => first.environment.logs.get('connect')?.level === 'DEBUG');

  assert.equal(second.environment.logs.get('connect')?.level, 'DEBUG');
});

test('a source that gets another number of tasks keeps those that have not changed, a sink shares its input anew', async () => {
  const world = clusterWorld();
  const probes = [0, 1].map(() => ({ source: new SourceProbe(), sink: new SinkProbe() }));
  for (const { source, sink: sinks } of probes) await world.join([split(source), sinks.definition()]);
  const leader = world.leader();
  const config = { 'connector.class': 'ProbeSource', topic: 'out' };
  const starts = () => [
    probes.reduce((sum, { source }) => sum + source.starts.length, 0),
    probes.reduce((sum, { sink: sinks }) => sum + sinks.starts.length, 0),
  ];
  await leader.worker.create('a', { ...config, 'tasks.max': '2' }, null);
  await leader.worker.create('b', sink({ 'tasks.max': '2' }), null);
  await world.until('four run', () => starts().join() === '2,2' && runs(leader, 'a', 2) && runs(leader, 'b', 2));

  await leader.worker.put('a', { ...config, 'tasks.max': '3' });
  await leader.worker.put('b', sink({ 'tasks.max': '3' }));
  await world.until('six run', () => runs(leader, 'a', 3) && runs(leader, 'b', 3));

  assert.deepEqual(starts(), [3, 5]);
});

/** A source with as many tasks as it may have, each with a config of its own. */
function split(probe: SourceProbe): PluginDef {
  const definition = probe.definition() as ReturnType<SourceProbe['definition']> & { create(): SourceConnector };
  return {
    ...definition,
    create: () => {
      const connector = definition.create();
      const one = connector.taskConfigs.bind(connector);
      connector.taskConfigs = async (max) => {
        const [config] = await one(1);
        return Array.from({ length: max }, (_, part) => ({ ...config!, part: String(part) }));
      };
      return connector;
    },
  } as PluginDef;
}

function runs(node: ClusterNode, name: string, count: number): boolean {
  const { tasks } = node.worker.status(name);
  return tasks.length === count && tasks.every(({ state }) => state === 'RUNNING');
}
