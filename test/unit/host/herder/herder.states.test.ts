import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PluginDef, SinkConnector } from '../../../../src/connect/index.ts';
import { partitionOf } from '../../../../src/core/murmur2.ts';
import { type ClusterNode, clusterWorld } from '../../../support/cluster-world.ts';
import { SinkProbe } from '../../../support/host-world.ts';

const STATUS = '_test_connect_status';
const config = { 'connector.class': 'ProbeSink', topics: 'in' };

/** A sink whose instance runs, but whose tasks cannot even be made. */
function halfBroken(): PluginDef {
  const definition = new SinkProbe().definition() as PluginDef & { create(): SinkConnector };
  let isBroken = false;
  return {
    ...definition,
    create: () => {
      if (isBroken) throw new Error('no such driver');
      const connector = definition.create();
      const configs = connector.taskConfigs.bind(connector);
      connector.taskConfigs = async (max) => {
        isBroken = true;
        return configs(max);
      };
      return connector;
    },
  } as PluginDef;
}

const states = ({ worker }: ClusterNode) => {
  const { connector, tasks } = worker.status('a');
  return [connector, ...tasks].map(({ state, workerId }) => `${state}@${workerId.slice(-1)}`).join(' ');
};
const words = async (node: ClusterNode) =>
  (await node.read(STATUS))
    .map(({ value }) => JSON.parse(value ?? '{}') as { state?: string })
    .flatMap(({ state }) => state ?? []);

/** As a worker that slept says of the task what was true once. */
async function sayLate({ broker }: ClusterNode): Promise<void> {
  const producer = await broker.produce();
  const key = Buffer.from('status-task-a-0');
  const value = Buffer.from('{"state":"RUNNING","trace":null,"worker_id":"localhost:9009","generation":0}');
  producer
    .lane(STATUS, partitionOf(key, 0, key.length, 1))
    .append(-1, key, 0, key.length, value, 0, value.length, null);
  await producer.flush();
  await producer.close();
}

test('what another worker says late of a task that could not be made is overruled, on every worker', async () => {
  const world = clusterWorld();
  const first = await world.join([halfBroken()]);
  await first.worker.create('a', config, null);
  await world.until('the task has failed', () => states(first) === 'RUNNING@1 FAILED@1');

  await sayLate(first);
  await world.until('overruled', async () => (await words(first)).slice(-2).join() === 'RUNNING,FAILED');

  assert.equal(states(first), 'RUNNING@1 FAILED@1');
  assert.match(first.worker.status('a').tasks[0]?.trace ?? '', /no such driver/);
});

test('when the topic of states is lost it is made anew, and every worker says again what runs there', async () => {
  const world = clusterWorld();
  const first = await world.join([halfBroken()]);
  await first.worker.create('a', config, null);
  await world.until('the task has failed', () => states(first) === 'RUNNING@1 FAILED@1');

  await world.broker.deleteTopics([STATUS]);
  await world.until('told again', async () => (await words(first)).join() === 'RUNNING,FAILED');

  assert.equal(states(first), 'RUNNING@1 FAILED@1');
});

test('a restart of what has failed concerns a task that could not be made', async () => {
  const world = clusterWorld();
  const first = await world.join([halfBroken()]);
  await first.worker.create('a', config, null);
  await world.until('the task has failed', () => states(first) === 'RUNNING@1 FAILED@1');
  const before = (await words(first)).length;

  const plan = await first.worker.restart('a', { includeTasks: true, onlyFailed: true });
  await world.until('tried again', async () => (await words(first)).length > before);

  assert.deepEqual([plan.connector.state, plan.tasks[0]?.state], ['RUNNING', 'RESTARTING']);
  assert.equal(states(first), 'RUNNING@1 FAILED@1');
});
