import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Broker } from '../../../../src/ports/broker.ts';
import { type ClusterNode, type ClusterWorld, clusterWorld } from '../../../support/cluster-world.ts';
import { SinkProbe } from '../../../support/host-world.ts';

const CONFIGS = '_test_connect_configs';
const config = { 'connector.class': 'ProbeSink', topics: 'in', name: 'a' };

/** Writes records as another program would, without transactions. */
async function write(
  broker: Broker,
  records: readonly (readonly [key: string, value: object | null])[],
): Promise<void> {
  await broker.createTopics([{ name: CONFIGS, partitions: 1, config: { 'cleanup.policy': 'compact' } }]);
  const producer = await broker.produce();
  for (const [key, value] of records) {
    const [k, v] = [Buffer.from(key), value === null ? null : Buffer.from(JSON.stringify(value))];
    producer.lane(CONFIGS, 0).append(-1, k, 0, k.length, v, 0, v?.length ?? 0, null);
  }
  await producer.flush();
  await producer.close();
}

const running = (node: ClusterNode) =>
  node.worker.has('a') &&
  node.worker.get('a').tasks.length > 0 &&
  node.worker.status('a').tasks.every(({ state }) => state === 'RUNNING');

async function configRecords({ nodes }: ClusterWorld): Promise<number> {
  return (await nodes[0]!.read(CONFIGS)).length;
}

test('the topics of a Kafka Connect cluster are taken over as they are, and a set that fits is not written again', async () => {
  const world = clusterWorld();
  await write(world.broker, [
    ['connector-a', { properties: config }],
    ['task-a-0', { properties: { ...config, 'task.class': 'test.ProbeSinkTask' } }],
    ['commit-a', { tasks: 1 }],
    ['session-key', { key: Buffer.alloc(32, 7).toString('base64'), algorithm: 'HmacSHA256', 'creation-timestamp': 1 }],
  ]);
  const probe = new SinkProbe();

  const node = await world.join([probe.definition()]);
  await world.until('it runs', () => running(node) && node.worker.get('a').settled);

  assert.equal(await configRecords(world), 4);
  assert.equal(probe.starts.length, 1);
});

test('a set that was left half written is asked for anew', async () => {
  const world = clusterWorld();
  await write(world.broker, [
    ['connector-a', { properties: { ...config, 'tasks.max': '2' } }],
    ['task-a-0', { properties: config }],
    ['commit-a', { tasks: 2 }],
  ]);
  const probe = new SinkProbe();

  const node = await world.join([probe.definition()]);
  await world.until('both run', () => running(node));

  assert.equal(node.worker.get('a').tasks.length, 2);
  assert.equal(probe.starts.length, 2);
});

test('a set that breaks while the connector runs is asked for anew', async () => {
  const world = clusterWorld();
  const node = await world.join([new SinkProbe().definition()]);
  await node.worker.create('a', config, null);
  await world.until('it runs', () => running(node));

  await write(world.broker, [['commit-a', { tasks: 3 }]]);
  await world.until('mended', () => node.worker.get('a').tasks.length === 1 && running(node));

  assert.equal(node.worker.status('a').connector.state, 'RUNNING');
});

test('a restart request is acted on when it is met live, and not at start', async () => {
  const world = clusterWorld();
  await write(world.broker, [
    ['connector-a', { properties: config }],
    ['restart-connector-a', { 'include-tasks': true, 'only-failed': false }],
  ]);
  const probe = new SinkProbe();
  const node = await world.join([probe.definition()]);
  await world.until('it runs', () => running(node));
  await world.clock.sleep(5000);
  const atStart = probe.starts.length;

  await write(world.broker, [['restart-connector-a', { 'include-tasks': true, 'only-failed': false }]]);
  await world.until('started again', () => probe.starts.length === 2);

  assert.equal(atStart, 1);
});

test('a worker that leads no more cannot store a set, and its successor goes on', async () => {
  const world = clusterWorld();
  for (let index = 0; index < 2; index++) await world.join([new SinkProbe().definition()]);
  const [first, second] = world.nodes as [ClusterNode, ClusterNode];
  const before = first.worker.isLeader ? first : second;
  const other = before === first ? second : first;

  before.stall();
  await world.until('another leads', () => other.worker.isLeader);
  await other.worker.create('a', config, null);
  await assert.rejects(before.worker.create('b', { ...config, name: 'b' }, null), /stale configuration/);
  before.resume();
  await world.until('both know', () => before.worker.has('a') && !before.worker.isLeader);

  assert.deepEqual(before.worker.names(), ['a']);
});

test('offsets of a stopped connector are changed once its tasks have ended, wherever they ran', async () => {
  const world = clusterWorld();
  for (let index = 0; index < 2; index++) await world.join([new SinkProbe().definition()]);
  await world.broker.createTopics([{ name: 'in', partitions: 2 }]);
  const leader = world.leader();
  await leader.worker.create('a', { ...config, 'tasks.max': '2' }, null);
  await world.until('both run', () => running(leader));

  await leader.worker.setTarget('a', 'STOPPED');
  await leader.worker.sourceAndSinkOffsets.alter('a', [
    { partition: { kafka_topic: 'in', kafka_partition: 0 }, offset: { kafka_offset: 0 } },
  ]);

  assert.equal(leader.worker.tasksAlive('a'), 0);
});

test('a worker that cannot read as far as the leader leaves for a while, and comes back', async () => {
  const world = clusterWorld();
  for (let index = 0; index < 2; index++) await world.join([new SinkProbe().definition()], { unsyncBackoffMs: 5000 });
  const leader = world.leader();
  const other = world.nodes.find((node) => node !== leader)!;

  other.reading.paused = true;
  await leader.worker.create('a', { ...config, 'tasks.max': '2' }, null);
  await leader.until(
    'the leader runs all',
    () => running(leader) && leader.worker.get('a').tasks.every(({ isHere }) => isHere),
  );
  other.reading.paused = false;
  await leader.until('it is back', () => other.worker.has('a') && other.worker.placeOf('leader').at === 'there');
  await leader.until('shared', () => leader.worker.get('a').tasks.some(({ isHere }) => !isHere) && running(leader));

  assert.equal(
    other.log.some((line) => line.includes('this worker leaves for a while')),
    true,
  );
});

test('a state that a worker says too late is overruled by the one that owns the work', async () => {
  const world = clusterWorld();
  for (let index = 0; index < 2; index++) await world.join([new SinkProbe().definition()]);
  await world.leader().worker.create('a', config, null);
  await world.until('both know that it runs', () => world.nodes.every(running));
  const states = ({ worker }: ClusterNode) => {
    const { connector, tasks } = worker.status('a');
    return [connector, ...tasks].map(({ state, workerId }) => `${state}@${workerId}`).join(' ');
  };
  const before = states(world.leader());

  const late = { state: 'UNASSIGNED', trace: null, worker_id: 'localhost:9', generation: 1, version: '1.0' };
  const producer = await world.broker.produce();
  for (const key of ['status-connector-a', 'status-task-a-0']) {
    const [k, v] = [Buffer.from(key), Buffer.from(JSON.stringify(late))];
    producer.lane('_test_connect_status', 0).append(-1, k, 0, k.length, v, 0, v.length, null);
  }
  await producer.flush();
  await producer.close();
  await world.clock.sleep(5000);

  assert.deepEqual(world.nodes.map(states), [before, before]);
  const told = await world.nodes[0]!.read('_test_connect_status');
  assert.match(JSON.stringify(told.at(-1)), /RUNNING/);
});
